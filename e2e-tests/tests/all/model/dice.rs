//! How steps are drawn. Knows the model's state, to aim at what exists; draws a few times if a step isn't what was wanted: mostly one that is
//! done, often enough one that is refused.

mod after;
mod campaigns;
mod council;
mod custody;
mod issuers;
mod market;
mod offers;
mod orders;
mod others;
mod using;

use self::market::sellable;
use super::{
    desk,
    market::Entry,
    ops::{Message, Op, DAY, FORGERIES, MINUTE},
    registry::Fate,
    run::Tally,
    terms, Model, Who,
};
use ::alliance::members::Status;
use chain::{AccountId, Balance};
use e2e_tests::actors::{CONSUMERS, GHOST, HELPERS, MERCHANTS, OPERATOR, OWNER};
use mock_psp22::Mode;
use rand::{rngs::StdRng, seq::SliceRandom, Rng};
use shared::{
    assets::Asset,
    coupons::Coupon,
    ids::{CampaignId, CouponId},
};

/// Whose key attests.
pub(crate) const ATTESTER: Who = "attester";

/// Whose keys sign vouchers.
pub(crate) const SIGNERS: [Who; 2] = ["backend", "device"];

/// How often a step that isn't as wanted is drawn anew.
const TRIES: usize = 10;

/// Draws steps.
pub(crate) struct Dice<'a> {
    pub(crate) rng: &'a mut StdRng,
    pub(crate) model: &'a Model,
    /// What this life has seen.
    pub(crate) seen: &'a Tally,
}

/// Draws one kind of step.
type Draw = fn(&mut Dice<'_>) -> Op;

/// What refuses nobody.
pub(crate) const REFUSES_NOBODY: [&str; 4] =
    ["office.set_role", "desk.cancel_permits", "desk.holder", "market.cancel_all"];

/// What takes several steps to come to.
const DEEP: [&str; 32] = [
    "market.swap",
    "market.accept_offer",
    "market.buy_and_use",
    "market.buy_many",
    "desk.merge",
    "desk.withdraw_credit",
    "alliance.declare_default",
    "alliance.leave",
    "alliance.exit",
    "alliance.pay_in",
    "alliance.payout",
    "alliance.roll_back",
    "desk.reward",
    "desk.roll_back_for_alliance",
    "market.withdraw",
    "office.claim (code)",
    "custody.dispute",
    "custody.reply",
    "custody.rule",
    "custody.settle",
    "custody.give_back",
    "custody.withdraw",
    "alliance.vote",
    "alliance.clear",
    "alliance.accept_rate",
    "alliance.open_case",
    "alliance.reply",
    "alliance.rule",
    "alliance.time_out",
    "alliance.clear_case",
    "alliance.make_good",
    "alliance.convert",
];

/// Every kind of step, with its weight, and the message that each life should see done and refused.
const STEPS: [(u32, &str, Draw); 109] = [
    (60, "", |dice| dice.advance()),
    (5, "", |dice| dice.allow()),
    (14, "", |dice| dice.misbehave()),
    (5, "", |dice| dice.gift()),
    (20, "office.create_campaign", |dice| dice.create_campaign()),
    (24, "office.improve_campaign", |dice| dice.improve_campaign()),
    (18, "office.withdraw_escrow", |dice| dice.withdraw_escrow()),
    (24, "office.offer_campaign", |dice| dice.offer_campaign()),
    (22, "office.accept_campaign", |dice| dice.accept_campaign()),
    (8, "office.create_drop", |dice| dice.create_drop()),
    (18, "office.issue", |dice| dice.issue()),
    (32, "office.claim (list)", |dice| dice.claim_listed()),
    (36, "office.claim (voucher)", |dice| dice.claim_with_voucher()),
    (60, "office.claim (code)", |dice| dice.claim_attested_code()),
    (18, "office.set_voucher_key", |dice| dice.set_voucher_key()),
    (10, "office.set_role", |dice| dice.set_role()),
    (22, "office.set_frozen", |dice| dice.set_frozen()),
    (22, "office.set_account_frozen", |dice| dice.set_account_frozen()),
    (22, "office.revoke", |dice| dice.revoke()),
    (32, "office.top_up", |dice| dice.top_up()),
    (16, "office.set_paused", |dice| dice.set_paused()),
    (26, "office.offer_guardian", |dice| dice.offer_guardian()),
    (50, "office.accept_guardian", |dice| dice.accept_guardian()),
    (20, "", |dice| dice.step_down()),
    (20, "registry.claim", |dice| dice.claim()),
    (20, "registry.claim_and_redeem", |dice| dice.claim_and_redeem()),
    (50, "registry.redeem", |dice| dice.redeem()),
    (26, "registry.redeem_batch", |dice| dice.redeem_batch()),
    (20, "registry.approve", |dice| dice.approve()),
    (28, "registry.transfer", |dice| dice.transfer()),
    (30, "", |dice| dice.apply_steps()),
    (16, "desk.roll_back (whole)", |dice| dice.roll_back()),
    (16, "desk.roll_back (in part)", |dice| dice.roll_back_in_part()),
    (28, "desk.roll_back_for_alliance", |dice| dice.roll_back_for_alliance()),
    (16, "desk.reserve", |dice| dice.reserve()),
    (20, "desk.release", |dice| dice.release()),
    (74, "desk.reward", |dice| dice.reward()),
    (22, "desk.rate", |dice| dice.rate()),
    (30, "desk.forget", |dice| dice.forget()),
    (16, "desk.expire", |dice| dice.expire()),
    (12, "desk.split", |dice| dice.split()),
    (14, "desk.merge", |dice| dice.merge()),
    (10, "desk.cancel_permits", |dice| dice.cancel_permits()),
    (36, "desk.withdraw_credit", |dice| dice.withdraw_credit()),
    (30, "desk.quote", |dice| dice.quote()),
    (32, "desk.sale_terms", |dice| dice.sale_terms()),
    (20, "desk.campaign", |dice| dice.view_campaign()),
    (18, "desk.coupon", |dice| dice.view_coupon()),
    (10, "desk.holder", |dice| dice.view_holder()),
    (9, "alliance.apply", |dice| dice.apply()),
    (12, "alliance.waive_fee", |dice| dice.waive_fee()),
    (14, "alliance.decide", |dice| dice.decide()),
    (18, "alliance.propose", |dice| dice.propose()),
    (18, "alliance.vote", |dice| dice.vote()),
    (18, "alliance.clear", |dice| dice.clear_vote()),
    (18, "alliance.offer_rate", |dice| dice.offer_rate()),
    (24, "alliance.accept_rate", |dice| dice.accept_rate()),
    (24, "alliance.open_case", |dice| dice.open_case()),
    (24, "alliance.reply", |dice| dice.reply_to_case()),
    (24, "alliance.rule", |dice| dice.rule_case()),
    (24, "alliance.time_out", |dice| dice.time_out_case()),
    (20, "alliance.clear_case", |dice| dice.clear_case()),
    (30, "alliance.make_good", |dice| dice.make_good()),
    (20, "alliance.redeem_batch", |dice| dice.alliance_redeem_batch()),
    (30, "alliance.convert", |dice| dice.convert()),
    (6, "", |dice| dice.let_council()),
    (8, "alliance.deposit_collateral", |dice| dice.deposit()),
    (56, "alliance.withdraw_collateral", |dice| dice.withdraw_collateral()),
    (40, "alliance.redeem", |dice| dice.alliance_redeem()),
    (16, "alliance.roll_back", |dice| dice.alliance_roll_back()),
    (18, "alliance.close_cycle", |dice| dice.close()),
    (40, "alliance.pay_in", |dice| dice.pay_in()),
    (50, "alliance.declare_default", |dice| dice.cover()),
    (30, "alliance.payout", |dice| dice.payout()),
    (9, "alliance.endow", |dice| dice.endow()),
    (14, "alliance.leave", |dice| dice.leave()),
    (18, "alliance.exit", |dice| dice.exit()),
    (12, "custody.set_terms", |dice| dice.set_terms()),
    (30, "custody.pay", |dice| dice.pay()),
    (24, "custody.dispute", |dice| dice.dispute()),
    (24, "custody.reply", |dice| dice.reply()),
    (24, "custody.rule", |dice| dice.rule()),
    (24, "custody.settle", |dice| dice.settle_payment()),
    (24, "custody.give_back", |dice| dice.give_back()),
    (30, "custody.withdraw", |dice| dice.custody_withdraw()),
    (10, "desk.transfer_many", |dice| dice.transfer_many()),
    (10, "desk.sale_terms_of", |dice| dice.sale_terms_of()),
    (24, "market.list (price)", |dice| dice.list_price()),
    (20, "market.list (falling)", |dice| dice.list_falling()),
    (24, "market.list (auction)", |dice| dice.list_auction()),
    (24, "market.list (swap)", |dice| dice.list_swap()),
    (24, "market.buy", |dice| dice.buy()),
    (24, "market.buy_many", |dice| dice.buy_many()),
    (40, "market.buy_and_use", |dice| dice.buy_and_use()),
    (30, "", |dice| dice.use_others()),
    (40, "market.bid", |dice| dice.bid()),
    (40, "market.swap", |dice| dice.swap()),
    (36, "market.settle", |dice| dice.settle()),
    (26, "market.cancel", |dice| dice.cancel()),
    (6, "market.cancel_all", |dice| dice.cancel_all()),
    (20, "market.forget", |dice| dice.forget_listings()),
    (30, "market.make_offer", |dice| dice.make_offer()),
    (40, "market.accept_offer", |dice| dice.accept_offer()),
    (16, "market.withdraw_offer", |dice| dice.withdraw_offer()),
    (30, "market.withdraw", |dice| dice.market_withdraw()),
    (16, "market.set_fee", |dice| dice.set_fee()),
    (16, "market.set_token", |dice| dice.set_token()),
    (14, "market.offer_ownership", |dice| dice.offer_market()),
    (20, "market.accept_ownership", |dice| dice.accept_market()),
];

impl Dice<'_> {
    /// The next step: half the time one that life is short of, so that lives go deep.
    pub(crate) fn roll(&mut self) -> Op {
        let (mut steps, mut to_be_done) = (Vec::new(), self.chance(70));
        match self.rng.gen_range(0..100) {
            0..=27 => steps = self.wanted(),
            28..=64 => (steps, to_be_done) = (self.unseen(true), true),
            65..=81 => (steps, to_be_done) = (self.unseen(false), false),
            _ => {}
        }
        if steps.is_empty() {
            steps = STEPS.iter().map(|(weight, _, draw)| (*weight, *draw)).collect();
        }
        let draw = steps.choose_weighted(self.rng, |(weight, _)| *weight).unwrap().1;
        let mut op = draw(self);
        for _ in 0..TRIES {
            if !matches!(op, Op::Call { .. }) || self.model.accepts(&op) == to_be_done {
                break;
            }
            op = draw(self);
        }
        match &mut op {
            // Value where none is taken.
            Op::Call { value, message, .. }
                if !to_be_done && !message.takes_value() && !message.is_view() && self.chance(4) =>
            {
                *value = 1;
            }
            _ => {}
        }
        op
    }

    /// Messages that this life has not seen done, or refused, however much they weigh.
    fn unseen(&self, done: bool) -> Vec<(u32, Draw)> {
        let unseen = |message: &str| {
            let seen = self.seen.0.get(message);
            !message.is_empty()
                && seen.is_none_or(|(successes, refusals)| {
                    if done {
                        *successes < if DEEP.contains(&message) { 3 } else { 2 }
                    } else {
                        refusals.values().sum::<u32>() < 2 && !REFUSES_NOBODY.contains(&message)
                    }
                })
        };
        let weight = |message: &str| match message {
            "alliance.make_good" => 110,
            "alliance.declare_default" | "alliance.convert" => 50,
            "desk.reward" | "market.swap" | "alliance.rule" => 64,
            "office.claim (code)" | "custody.rule" => 36,
            "alliance.clear_case" | "alliance.reply" | "alliance.time_out" => 24,
            "custody.withdraw" | "custody.reply" => 24,
            "alliance.payout" | "alliance.pay_in" | "desk.withdraw_credit" => 16,
            "desk.roll_back_for_alliance" | "alliance.accept_rate" | "alliance.exit" => 16,
            "market.buy_and_use" | "market.accept_offer" | "custody.settle" | "alliance.clear" => 16,
            "alliance.endow" | "alliance.waive_fee" | "desk.release" | "market.cancel"
            | "market.cancel_all" => 8,
            "market.set_fee" | "market.set_token" | "office.accept_campaign" | "office.set_frozen" => 6,
            "desk.campaign" | "desk.quote" | "office.withdraw_escrow" | "office.offer_campaign" => 6,
            "office.improve_campaign"
            | "office.set_account_frozen"
            | "office.top_up"
            | "registry.transfer" => 6,
            _ if DEEP.contains(&message) => 7,
            _ => 3,
        };
        let unseen = STEPS.iter().filter(|(_, message, _)| unseen(message));
        unseen.map(|(_, message, draw)| (weight(message), *draw)).collect()
    }

    /// What would lead on from here.
    fn wanted(&self) -> Vec<(u32, Draw)> {
        let (registry, alliance, now) = (&self.model.registry, &self.model.alliance, self.model.now);
        let standing = || alliance.members.keys().map(|who| alliance.positions(*who));
        let stand = |status| alliance.members.values().any(|member| member.status == status);
        let unpaid = alliance.members.values().any(|member| member.unpaid > 0);
        let disputes = alliance.disputes.values().any(|dispute| !dispute.closed);
        let live = |through_alliance| {
            registry.coupons.keys().filter(|id| self.spendable(**id, through_alliance)).count()
        };
        let issuing = registry.numbered().filter(|(number, _)| self.issues(*number)).count();
        let undoable = |route| {
            registry.past.iter().any(|past| {
                past.fate == Fate::Stands
                    && now < past.redemption.final_at
                    && past.redemption.alliance == route
            })
        };
        let (this, relayer) = (self.model.places.market, self.model.places.of(HELPERS[1]));
        let ghost = self.model.places.of(GHOST);
        let entries = || self.model.market.entries.iter();
        let over = |id: u64, entry: &Entry| entry.holds() && !market::open(self.model, id, entry);
        let offers = || self.model.market.offers.iter();
        let coupons = || registry.coupons.iter();
        let ended = |id: &CouponId, coupon: &Coupon| {
            let campaign = registry.campaign(id.campaign).unwrap();
            coupon.owner != this && coupon.left > 0 && now >= coupon.valid_until.min(campaign.ends)
        };
        let referred = registry.past.iter().any(|past| {
            past.fate == Fate::Stands
                && now >= past.redemption.final_at
                && past.redemption.uses.iter().any(|used| {
                    let referral = registry.campaign(used.coupon.campaign).unwrap().terms.referral;
                    used.advocate.is_some() && referral.is_some_and(|referral| self.issues(referral.reward))
                })
        });
        let old = registry
            .past
            .iter()
            .any(|past| past.fate == Fate::Stands && now >= past.redemption.final_at + 30 * DAY);
        let gift_cards = coupons()
            .filter(|(id, coupon)| {
                coupon.left > 1
                    && coupon.owner != this
                    && terms::is_gift_card(&registry.campaign(id.campaign).unwrap().terms)
            })
            .count();
        let drops = |lists: bool| {
            registry.numbered().any(|(number, campaign)| {
                self.issues(number) && campaign.drops.iter().any(|printed| printed.is_list == lists)
            })
        };
        let fees = self.model.market.native_fees > 0;
        let referring = registry.numbered().any(|(number, campaign)| {
            let coded = campaign.drops.iter().any(|printed| !printed.is_list);
            self.issues(number) && campaign.terms.referral.is_some() && !coded
        });
        let keys = registry.keys.keys().any(|(number, _)| self.issues(*number));
        let offered = registry.campaigns.iter().any(|campaign| campaign.offered.is_some());
        let wanted: [(bool, u32, Draw); 67] = [
            (alliance.members.len() < MERCHANTS.len(), 3, |dice| dice.apply()),
            (stand(Status::Applied), 4, |dice| dice.admit()),
            (stand(Status::Suspended), 3, |dice| dice.decide()),
            (unpaid, 3, |dice| dice.make_good()),
            (stand(Status::Defaulted) && !unpaid, 5, |dice| dice.readmit()),
            (council::any_undecided(self.model), 5, |dice| dice.vote()),
            (!alliance.offers.is_empty(), 3, |dice| dice.accept_rate()),
            (council::any_disputable(self.model), 2, |dice| dice.open_case()),
            (disputes, 3, |dice| dice.reply_to_case()),
            (disputes, 3, |dice| dice.rule_case()),
            (disputes, 2, |dice| dice.time_out_case()),
            (live(true) > 1, 2, |dice| dice.alliance_redeem_batch()),
            (self.model.custody.terms.len() < MERCHANTS.len(), 2, |dice| dice.set_terms()),
            (custody::payable(self.model), 3, |dice| dice.pay()),
            (!self.model.custody.payments.is_empty(), 4, |dice| dice.dispute()),
            (!self.model.custody.credits.is_empty(), 8, |dice| dice.custody_withdraw()),
            (alliance.members.values().any(|member| member.collateral < 20), 2, |dice| dice.deposit()),
            (issuing < 7, 1, |dice| dice.create_campaign()),
            (issuing < 4, 1, |dice| dice.create_campaign()),
            (!drops(false) && issuing > 0, 1, |dice| dice.create_drop()),
            (!drops(true) && issuing > 0, 1, |dice| dice.create_drop()),
            (!keys && issuing > 0, 1, |dice| dice.set_voucher_key()),
            (drops(false), 2, |dice| dice.claim()),
            (drops(false), 3, |dice| dice.claim_and_redeem()),
            (drops(true), 3, |dice| dice.claim_listed()),
            (keys, 3, |dice| dice.claim_with_voucher()),
            (live(false) < 8, 1, |dice| dice.issue()),
            (live(true) < 6, 1, |dice| dice.issue()),
            (live(true) > 0, 6, |dice| dice.alliance_redeem()),
            (live(false) > 2, 1, |dice| dice.redeem()),
            (live(false) > 4, 1, |dice| dice.reserve()),
            (coupons().any(|(_, coupon)| coupon.lock.is_some()), 3, |dice| dice.release()),
            (now >= alliance.opened_at + alliance.config.cycle_length, 5, |dice| dice.close()),
            (standing().any(|(_, due, _)| due < 0), 11, |dice| dice.pay_in()),
            (standing().any(|(_, due, _)| due < 0) && now >= alliance.cut_off, 14, |dice| dice.cover()),
            (standing().any(|(_, due, credit)| due > 0 || credit > 0), 6, |dice| dice.payout()),
            (undoable(None), 1, |dice| dice.roll_back()),
            (undoable(None), 1, |dice| dice.roll_back_in_part()),
            (undoable(Some(self.model.places.alliance)), 1, |dice| dice.alliance_roll_back()),
            (undoable(Some(relayer)), 9, |dice| dice.roll_back_for_alliance()),
            (registry.credits.keys().any(|(who, _)| *who != ghost), 12, |dice| dice.withdraw_credit()),
            (coupons().any(|(id, coupon)| sellable(self.model, *id, coupon)), 2, |dice| dice.list_price()),
            (coupons().any(|(id, coupon)| sellable(self.model, *id, coupon)), 4, |dice| dice.list_falling()),
            (live(false) > 1, 3, |dice| dice.transfer_many()),
            (live(false) > 1, 2, |dice| dice.sale_terms_of()),
            (registry.heir.is_some(), 4, |dice| dice.accept_guardian()),
            (entries().any(|(id, entry)| over(*id, entry)), 4, |dice| dice.settle()),
            (entries().any(|(_, entry)| !entry.holds()), 2, |dice| dice.forget_listings()),
            (entries().any(|(id, entry)| Self::usable(self.model, *id, entry)), 8, |dice| dice.buy_and_use()),
            (!self.usable_with_others().is_empty(), 12, |dice| dice.use_others()),
            (entries().any(|(id, entry)| market::bid_for(self.model, *id, entry)), 6, |dice| dice.bid()),
            (entries().any(|(id, entry)| market::swappable(self.model, *id, entry)), 24, |dice| dice.swap()),
            (offers().any(|(id, offer)| offers::acceptable(self.model, *id, offer)), 16, |dice| {
                dice.accept_offer()
            }),
            (offers().any(|(id, offer)| !offers::live(self.model, *id, offer)), 2, |dice| {
                dice.withdraw_offer()
            }),
            (!self.model.market.tokens.contains_key(&self.model.places.token), 6, |dice| dice.set_token()),
            (self.model.market.heir.is_some(), 3, |dice| dice.accept_market()),
            (coupons().any(|(id, coupon)| ended(id, coupon)), 1, |dice| dice.expire()),
            (gift_cards > 0, 1, |dice| dice.split()),
            (gift_cards > 1, 1, |dice| dice.merge()),
            (self.model.registry.is_paused(7), 2, |dice| dice.set_paused()),
            (entries().any(|(id, entry)| market::priced(self.model, *id, entry)), 4, |dice| dice.buy()),
            (
                entries().filter(|(id, entry)| market::priced(self.model, **id, entry)).count() > 1,
                9,
                |dice| dice.buy_many(),
            ),
            (offered, 8, |dice| dice.accept_campaign()),
            (fees, 9, |dice| dice.market_withdraw()),
            (referring, 3, |dice| dice.create_drop()),
            (referred, 16, |dice| dice.reward()),
            (old, 8, |dice| dice.forget()),
        ];
        wanted.into_iter().filter(|(wanted, ..)| *wanted).map(|(_, weight, step)| (weight, step)).collect()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.gen_ratio(percent, 100)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        from.choose(self.rng).cloned()
    }

    fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        *from.choose(self.rng).expect("there is something to choose from")
    }

    /// A round number of minutes, or of days.
    fn span(&mut self, minutes: std::ops::Range<u64>, days: std::ops::Range<u64>) -> u64 {
        if self.chance(55) {
            self.rng.gen_range(minutes) * MINUTE
        } else {
            self.rng.gen_range(days) * DAY
        }
    }

    fn merchant(&mut self) -> Who {
        self.one_of(&MERCHANTS)
    }

    fn consumer(&mut self) -> Who {
        if self.chance(80) {
            self.one_of(&CONSUMERS)
        } else {
            self.merchant()
        }
    }

    fn anyone(&mut self) -> Who {
        let everyone: Vec<Who> =
            MERCHANTS.into_iter().chain(CONSUMERS).chain(HELPERS).chain([OPERATOR, OWNER]).collect();
        self.one_of(&everyone)
    }

    /// The person with this account, or sometimes someone else; someone else too for a contract.
    fn mostly(&mut self, account: AccountId) -> Who {
        let wrong = self.chance(12);
        match self.name(account) {
            Some(who) if !wrong && who != GHOST => who,
            Some(_) | None => self.anyone(),
        }
    }

    fn name(&self, account: AccountId) -> Option<Who> {
        let mut people =
            MERCHANTS.into_iter().chain(CONSUMERS).chain(HELPERS).chain([OPERATOR, OWNER, GHOST]);
        people.find(|who| self.model.places.of(who) == account)
    }

    /// A campaign of those that fit, mostly; with a caller who is its issuer, mostly.
    fn campaign(&mut self, fits: impl Fn(&Model, CampaignId) -> bool) -> (CampaignId, Who) {
        let count = u32::try_from(self.model.registry.campaigns.len()).unwrap();
        let fit: Vec<CampaignId> = (1..=count).filter(|number| fits(self.model, *number)).collect();
        let beyond = u32::from(self.chance(10));
        let any = self.rng.gen_range(0..=count + beyond);
        let number = if self.chance(88) { self.pick(&fit).unwrap_or(any) } else { any };
        let merchant = self.merchant();
        let issuer = self.model.registry.campaign(number).map(|campaign| campaign.issuer);
        (number, issuer.map_or(merchant, |issuer| self.mostly(issuer)))
    }

    /// Whether a campaign hands coupons out now.
    fn issues(&self, number: CampaignId) -> bool {
        issues(self.model, number)
    }

    /// A live coupon of those that fit, mostly, with its owner.
    fn coupon(&mut self, fits: impl Fn(&Model, CouponId, &Coupon) -> bool) -> (CouponId, AccountId) {
        let live: Vec<_> =
            self.model.registry.coupons.iter().map(|(id, coupon)| (*id, coupon.owner)).collect();
        let fit: Vec<_> = live
            .iter()
            .filter(|(id, _)| fits(self.model, *id, &self.model.registry.coupons[id]))
            .copied()
            .collect();
        let strict = self.chance(90);
        let chosen = if strict { self.pick(&fit) } else { self.pick(&live) };
        let stranger = self.consumer();
        let (campaign, _) = self.campaign(|_, _| true);
        let nowhere = CouponId { campaign, serial: self.rng.gen_range(1..9) };
        chosen.unwrap_or((nowhere, self.model.places.of(stranger)))
    }

    fn amount(&mut self, most: Balance) -> Balance {
        if self.chance(5) {
            0
        } else {
            self.rng.gen_range(1..=most.max(1))
        }
    }

    /// What must be sent along to pay `amount` in `asset`, mostly.
    fn value(&mut self, asset: Asset, amount: Balance) -> Balance {
        let due = if asset == Asset::Native { amount } else { 0 };
        match self.rng.gen_range(0..25) {
            0 => due + 1,
            1 => due.saturating_sub(1),
            _ => due,
        }
    }

    fn asset(&mut self) -> Asset {
        if self.chance(60) {
            Asset::Native
        } else if self.chance(96) {
            Asset::Psp22(self.model.places.token)
        } else {
            // An address where there is no token.
            Asset::Psp22(self.model.places.of(GHOST))
        }
    }

    fn registry(&mut self) -> Who {
        match self.rng.gen_range(0..25) {
            0 => "alliance",
            1 => GHOST,
            _ => "registry",
        }
    }

    fn forgery(&mut self) -> Option<super::ops::Forgery> {
        self.chance(6).then(|| self.one_of(&FORGERIES))
    }

    fn advance(&mut self) -> Op {
        let minutes = match self.rng.gen_range(0..100) {
            0..=4 => 0,
            5..=69 => self.rng.gen_range(1..15),
            70..=82 => self.rng.gen_range(15..90),
            83..=90 => self.rng.gen_range(1..4) * 24 * 60,
            _ => self.rng.gen_range(26..40) * 24 * 60,
        };
        // A millisecond more or less than a round time meets the edges of windows.
        let jitter = self.rng.gen_range(0..3);
        Op::Advance((minutes * MINUTE + jitter).saturating_sub(1))
    }

    fn allow(&mut self) -> Op {
        let spender =
            self.one_of(&["registry", "office", "desk", "alliance", "council", "market", "custody"]);
        let amount = if self.chance(20) { self.rng.gen_range(0..50) } else { 1_000_000_000 };
        Op::Allow { caller: self.anyone(), spender, amount }
    }

    fn misbehave(&mut self) -> Op {
        let bad = [
            Mode::FeeOnTransfer,
            Mode::TrueWithoutMoving,
            Mode::Refuse,
            Mode::Trap,
            Mode::RefusePayouts,
            Mode::RefusePayouts,
            Mode::RefusePayouts,
        ];
        let honest = match self.model.money.mode {
            Mode::Honest => self.chance(30),
            Mode::RefusePayouts => self.chance(45),
            _ => true,
        };
        Op::Misbehave(if honest { Mode::Honest } else { self.one_of(&bad) })
    }

    fn gift(&mut self) -> Op {
        let contract =
            self.one_of(&["registry", "office", "desk", "alliance", "council", "market", "custody"]);
        Op::Gift { caller: self.anyone(), contract, amount: self.rng.gen_range(1..100) }
    }
}

/// A message of the office's, with the value that pays for it, mostly.
fn paid(caller: Who, value: Balance, message: Message) -> Op {
    Op::Call { caller, value, message }
}

/// Whether a campaign hands coupons out now.
pub(crate) fn issues(model: &Model, number: CampaignId) -> bool {
    let Ok(campaign) = model.registry.campaign(number) else { return false };
    let terms = &campaign.terms;
    let backed = terms.funding != shared::terms::Funding::Escrow
        || model.registry.uncommitted(number) >= terms::largest(terms, terms::full(terms));
    backed
        && !campaign.stopped
        && campaign.issued < terms.supply
        && terms.issue_window.start <= model.now
        && model.now < terms.issue_window.end
}

/// Whether `number` may be the reward of a campaign of `issuer`'s, and hands coupons out.
fn rewards(model: &Model, number: CampaignId, issuer: AccountId) -> bool {
    issues(model, number) && desk::can_be_reward(model, number, issuer)
}
