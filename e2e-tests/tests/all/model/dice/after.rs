//! Steps after a redemption or at a coupon's end: rolling back, rating, rewarding, parting, merging, ending; and views.

use super::{issues, orders::brings_any_reward, paid, Dice};
use crate::model::{
    ops::{AllianceCall, DeskCall, Message, Op, RegistryCall, DAY, MINUTE},
    registry::{from_escrow, Fate, Past},
    terms, Model, Who,
};
use chain::{AccountId, Balance};
use e2e_tests::actors::{GHOST, HELPERS};
use mock_psp22::Mode;
use rand::{seq::SliceRandom, Rng};
use shared::{
    coupons::Coupon,
    ids::CouponId,
    order::{Kept, Redemption, Use},
    terms::TransferPolicy,
};

fn desk(call: DeskCall) -> Message {
    Message::Desk(call)
}

impl Dice<'_> {
    /// A redemption of those that fit, mostly; sometimes a stale or an altered one.
    pub(super) fn redemption(&mut self, fits: impl Fn(&Model, &Past) -> bool) -> Option<Redemption> {
        let all: Vec<_> = self.model.registry.past.iter().collect();
        let fit: Vec<_> = all.iter().filter(|past| fits(self.model, past)).copied().collect();
        let strict = self.chance(85);
        let past = if strict { self.pick(&fit).or(self.pick(&all)) } else { self.pick(&all) };
        let mut redemption = past?.redemption.clone();
        match self.rng.gen_range(0..40) {
            0 => redemption.net += 1,
            1 => redemption.uses[0].discount += 1,
            2 => redemption.uses[0].holder = self.model.places.of(HELPERS[1]),
            3 => redemption.final_at += MINUTE,
            _ => {}
        }
        Some(redemption)
    }

    fn any_undoable(&self, alliance: AccountId) -> bool {
        self.model.registry.past.iter().any(|past| {
            past.fate == Fate::Stands
                && self.model.now < past.redemption.final_at
                && past.redemption.alliance == Some(alliance)
        })
    }

    fn undoable(&mut self, route: Option<AccountId>) -> Option<Redemption> {
        let now = self.model.now;
        self.redemption(|_, past| {
            past.fate == Fate::Stands && now < past.redemption.final_at && past.redemption.alliance == route
        })
    }

    /// What a rollback costs in plancks, mostly: as the model would have it.
    fn roll_back_value(&mut self, caller: Who, redemption: &Redemption, kept: Option<Kept>) -> Balance {
        let mut ahead = self.model.clone();
        let whole = from_escrow(redemption) + redemption.payer.map_or(0, |_| redemption.net);
        let mut due = whole;
        if kept.is_some() {
            // Native money is refused unless it is exactly what is due, and the refusal says what that is.
            let caller = self.model.places.of(caller);
            let tried = ahead.roll_back(caller, redemption, kept, Balance::MAX);
            if let Err(shared::registry::RegistryError::Payment(shared::assets::PaymentFault::WrongValue {
                expected,
                ..
            })) = tried
            {
                due = expected;
            }
        }
        self.value(redemption.asset, due)
    }

    pub(super) fn roll_back(&mut self) -> Op {
        let Some(redemption) = self.undoable(None) else { return self.redeem() };
        let caller = self.mostly(redemption.acceptor);
        self.roll_back_op(caller, redemption, None, false)
    }

    fn roll_back_op(
        &mut self,
        caller: Who,
        redemption: Redemption,
        kept: Option<Kept>,
        for_alliance: bool,
    ) -> Op {
        let value = self.roll_back_value(caller, &redemption, kept);
        let redemption = Box::new(redemption);
        paid(caller, value, desk(DeskCall::RollBack { redemption, kept, for_alliance }))
    }

    fn kept(&mut self, redemption: &Redemption) -> Kept {
        let basket = self.rng.gen_range(0..=redemption.basket + 1);
        let most = basket.min(redemption.eligible);
        let eligible = if self.chance(60) { most } else { self.rng.gen_range(0..=most) };
        Kept { basket, eligible: if self.chance(4) { basket + 1 } else { eligible } }
    }

    pub(super) fn roll_back_in_part(&mut self) -> Op {
        let Some(redemption) = self.undoable(None) else { return self.redeem() };
        let caller = self.mostly(redemption.acceptor);
        let kept = self.kept(&redemption);
        self.roll_back_op(caller, redemption, Some(kept), false)
    }

    pub(super) fn roll_back_for_alliance(&mut self) -> Op {
        let relayer = self.model.places.of(HELPERS[1]);
        if !self.any_undoable(relayer) && self.chance(85) {
            return self.redeem_by_relayer();
        }
        let Some(redemption) = self.undoable(Some(relayer)) else { return self.redeem() };
        let kept = if self.chance(40) { Some(self.kept(&redemption)) } else { None };
        let caller = if self.chance(88) { HELPERS[1] } else { self.mostly(redemption.acceptor) };
        self.roll_back_op(caller, redemption, kept, true)
    }

    pub(super) fn alliance_roll_back(&mut self) -> Op {
        let alliance = self.model.places.alliance;
        if !self.any_undoable(alliance) && self.chance(85) {
            return self.alliance_redeem();
        }
        let Some(redemption) = self.undoable(Some(alliance)) else { return self.alliance_redeem() };
        let value = self.value(redemption.asset, from_escrow(&redemption));
        let caller = self.mostly(redemption.acceptor);
        let redemption = Box::new(redemption);
        let call = AllianceCall::RollBack { registry: self.registry(), redemption };
        paid(caller, value, Message::Alliance(call))
    }

    pub(super) fn release(&mut self) -> Op {
        let reserved = self.model.registry.coupons.values().any(|coupon| coupon.lock.is_some());
        if !reserved && self.chance(60) {
            return self.reserve();
        }
        let (coupon, _) = self.coupon(|_, _, coupon| coupon.lock.is_some());
        let lock = self.model.registry.coupons.get(&coupon).and_then(|coupon| coupon.lock);
        let reserved: Vec<_> = self.model.registry.reserved.clone();
        let digest = lock.map(|lock| lock.order);
        let own = reserved.iter().rfind(|order| Some(crate::model::registry::blake2(order)) == digest);
        let order = match own {
            Some(own) if self.chance(60) => Some(own.clone()),
            _ if self.chance(20) => self.pick(&reserved),
            _ => None,
        };
        let caller = match &order {
            Some(order) => self.mostly(order.acceptor),
            None => self.anyone(),
        };
        Op::plain(caller, desk(DeskCall::Release { coupon, order }))
    }

    pub(super) fn reward(&mut self) -> Op {
        let now = self.model.now;
        let fits = |model: &Model, past: &Past| {
            past.fate == Fate::Stands
                && now >= past.redemption.final_at
                && past.redemption.uses.iter().any(|used| {
                    let first = Some((past.redemption.acceptor, past.redemption.number));
                    let customer = model.registry.customers.get(&(used.issuer, used.holder));
                    let terms = &model.registry.campaign(used.coupon.campaign).unwrap().terms;
                    used.advocate.is_some()
                        && terms.referral.is_some_and(|referral| issues(model, referral.reward))
                        && customer
                            .is_some_and(|customer| customer.first_order == first && !customer.rewarded)
                })
        };
        if !self.model.registry.past.iter().any(|past| fits(self.model, past)) && self.chance(85) {
            return self.towards_reward();
        }
        let Some(redemption) = self.redemption(fits) else { return self.claim() };
        let known = |id: CouponId| self.model.registry.campaign(id.campaign).unwrap().terms.referral;
        let all: Vec<CouponId> = redemption.uses.iter().map(|used| used.coupon).collect();
        let mut uses: Vec<CouponId> = all.iter().copied().filter(|id| known(*id).is_some()).collect();
        if uses.is_empty() {
            uses = all;
        }
        let mut coupon = self.one_of(&uses);
        if self.chance(5) {
            coupon.serial += 1;
        }
        Op::plain(self.anyone(), desk(DeskCall::Reward { redemption: Box::new(redemption), coupon }))
    }

    /// The next step on the way from a campaign that rewards advocates to a first order that is final.
    fn towards_reward(&mut self) -> Op {
        let now = self.model.now;
        let first = |past: &&Past| {
            let order = Some((past.redemption.acceptor, past.redemption.number));
            let of = |used: &Use| self.model.registry.customers.get(&(used.issuer, used.holder));
            past.fate == Fate::Stands
                && past.redemption.uses.iter().any(|used| {
                    let terms = &self.model.registry.campaign(used.coupon.campaign).unwrap().terms;
                    used.advocate.is_some()
                        && terms.referral.is_some_and(|referral| issues(self.model, referral.reward))
                        && of(used).is_some_and(|known| known.first_order == order && !known.rewarded)
                })
        };
        match self.model.registry.past.iter().find(first).map(|past| past.redemption.final_at) {
            Some(final_at) if now < final_at => Op::Advance(final_at - now),
            Some(_) => self.redeem(),
            None if brings_any_reward(self.model) => self.redeem_brought(),
            None => self.claim_brought(),
        }
    }

    pub(super) fn rate(&mut self) -> Op {
        let fits = |model: &Model, past: &Past| {
            let redemption = &past.redemption;
            let rated =
                |holder| model.registry.rated.contains(&(redemption.acceptor, redemption.number, holder));
            past.fate == Fate::Stands && redemption.uses.iter().any(|used| !rated(used.holder))
        };
        let Some(redemption) = self.redemption(fits) else { return self.redeem() };
        let holders: Vec<AccountId> = redemption.uses.iter().map(|used| used.holder).collect();
        let holder = self.one_of(&holders);
        let caller = self.mostly(holder);
        let stars = if self.chance(6) { self.one_of(&[0, 6]) } else { self.rng.gen_range(1..6) };
        let comment = self.chance(50).then_some([6; 32]);
        Op::plain(caller, desk(DeskCall::Rate { redemption: Box::new(redemption), stars, comment }))
    }

    pub(super) fn forget(&mut self) -> Op {
        let now = self.model.now;
        let old =
            |_: &Model, past: &Past| past.fate == Fate::Stands && now >= past.redemption.final_at + 30 * DAY;
        let past = &self.model.registry.past;
        if !past.iter().any(|past| old(self.model, past)) && self.chance(12) {
            return Op::Advance(30 * DAY);
        }
        let Some(redemption) = self.redemption(old) else { return self.redeem() };
        let caller = self.mostly(redemption.acceptor);
        Op::plain(caller, desk(DeskCall::Forget { redemption: Box::new(redemption) }))
    }

    pub(super) fn expire(&mut self) -> Op {
        let market = self.model.places.market;
        let fits = |model: &Model, id: CouponId, coupon: &Coupon| {
            let ends = model.registry.campaign(id.campaign).unwrap().ends;
            (coupon.left > 0 || coupon.owner != market) && model.now >= coupon.valid_until.min(ends)
        };
        let (coupon, owner) = self.coupon(fits);
        let caller = match self.rng.gen_range(0..3) {
            0 => self.mostly(owner),
            1 => self.issuer_of_coupon(coupon),
            _ => self.anyone(),
        };
        Op::plain(caller, desk(DeskCall::Expire { coupon }))
    }

    fn issuer_of_coupon(&mut self, coupon: CouponId) -> Who {
        let issuer = self.model.registry.campaign(coupon.campaign).map(|campaign| campaign.issuer);
        let stranger = self.merchant();
        issuer.map_or(stranger, |issuer| self.mostly(issuer))
    }

    pub(super) fn split(&mut self) -> Op {
        let market = self.model.places.market;
        let (coupon, owner) = self.coupon(|model, id, coupon| {
            coupon.owner != market
                && coupon.left > 1
                && terms::is_gift_card(&model.registry.campaign(id.campaign).unwrap().terms)
        });
        let left = self.model.registry.coupons.get(&coupon).map_or(10, |coupon| coupon.left);
        let value = if self.chance(8) { left } else { self.amount(left.saturating_sub(1)) };
        Op::plain(self.mostly(owner), desk(DeskCall::Split { coupon, value }))
    }

    pub(super) fn merge(&mut self) -> Op {
        let cards =
            self.model.registry.coupons.iter().filter(|(id, _)| {
                terms::is_gift_card(&self.model.registry.campaign(id.campaign).unwrap().terms)
            });
        let pairs: Vec<_> = cards.map(|(id, coupon)| (id.campaign, coupon.owner)).collect();
        let pair = pairs.iter().enumerate().any(|(place, card)| pairs[..place].contains(card));
        if !pair && self.chance(70) {
            return self.split();
        }
        let (into, owner) = self.coupon(|model, id, coupon| {
            let mergeable = |(other, state): (&CouponId, &Coupon)| {
                *other != id && other.campaign == id.campaign && state.owner == coupon.owner
            };
            terms::is_gift_card(&model.registry.campaign(id.campaign).unwrap().terms)
                && model.registry.coupons.iter().any(mergeable)
        });
        let (from, _) =
            self.coupon(|_, id, coupon| id != into && id.campaign == into.campaign && coupon.owner == owner);
        let from = if self.chance(3) { into } else { from };
        Op::plain(self.mostly(owner), desk(DeskCall::Merge { into, from }))
    }

    pub(super) fn cancel_permits(&mut self) -> Op {
        Op::plain(self.anyone(), desk(DeskCall::CancelPermits))
    }

    pub(super) fn withdraw_credit(&mut self) -> Op {
        let owed: Vec<_> = self.model.registry.credits.keys().copied().collect();
        let owed: Vec<_> =
            owed.into_iter().filter(|(account, _)| self.name(*account) != Some(GHOST)).collect();
        let refusing = self.model.money.mode == Mode::RefusePayouts;
        let (caller, asset) = match self.pick(&owed) {
            // A pay-out that fails is what makes one.
            None if refusing => return self.redeem(),
            None if self.model.money.mode == Mode::Honest && self.rng.gen_ratio(1, 3) => {
                return Op::Misbehave(Mode::RefusePayouts)
            }
            Some((account, asset)) => (self.mostly(account), asset),
            None => (self.merchant(), self.asset()),
        };
        Op::plain(caller, desk(DeskCall::WithdrawCredit { asset }))
    }

    pub(super) fn sale_terms(&mut self) -> Op {
        let sellable = self.chance(60);
        let (coupon, owner) = self.coupon(|model, id, _| model.sale_terms(id).is_ok() == sellable);
        Op::plain(self.mostly(owner), desk(DeskCall::SaleTerms { coupon }))
    }

    pub(super) fn view_campaign(&mut self) -> Op {
        let (mut campaign, caller) = self.campaign(|_, _| true);
        if self.chance(25) {
            campaign += 50;
        }
        Op::plain(caller, desk(DeskCall::Campaign { campaign }))
    }

    pub(super) fn view_coupon(&mut self) -> Op {
        let (mut coupon, _) = self.coupon(|_, _, _| true);
        if self.chance(20) {
            coupon.serial += 50;
        }
        Op::plain(self.anyone(), desk(DeskCall::Coupon { coupon }))
    }

    pub(super) fn view_holder(&mut self) -> Op {
        Op::plain(self.anyone(), desk(DeskCall::Holder { account: self.consumer() }))
    }

    pub(super) fn apply_steps(&mut self) -> Op {
        Op::plain(self.anyone(), Message::Registry(RegistryCall::Apply))
    }

    pub(super) fn approve(&mut self) -> Op {
        let market = TransferPolicy::MarketOnly(self.model.places.market);
        let (coupon, owner) = self.coupon(|model, id, coupon| {
            let sells = coupon.policy == TransferPolicy::Free || coupon.policy == market;
            coupon.approved.is_none()
                && sells
                && model.sale_terms(id).is_ok_and(|sale| sale.ends_at > model.now)
        });
        let caller = self.mostly(owner);
        let operator = if self.chance(75) { "market" } else { self.anyone() };
        let coupon = (!self.chance(15)).then_some(coupon);
        let approved = self.chance(85);
        Op::plain(caller, Message::Registry(RegistryCall::Approve { operator, coupon, approved }))
    }

    pub(super) fn transfer(&mut self) -> Op {
        let (coupon, owner) = self.coupon(|_, _, coupon| coupon.policy == TransferPolicy::Free);
        let approved = self.model.registry.coupons.get(&coupon).and_then(|coupon| coupon.approved);
        let caller = match approved {
            Some(approved) if self.chance(40) => self.mostly(approved),
            Some(_) | None => self.mostly(owner),
        };
        Op::plain(caller, Message::Registry(RegistryCall::Transfer { to: self.consumer(), coupon }))
    }

    /// Several coupons of one holder, mostly.
    fn several(&mut self) -> (Vec<CouponId>, AccountId) {
        let (first, owner) = self.coupon(|_, _, coupon| coupon.policy == TransferPolicy::Free);
        let live = self.model.registry.coupons.iter();
        let others = live.filter(|(id, coupon)| {
            **id != first && coupon.owner == owner && coupon.policy == TransferPolicy::Free
        });
        let mut others: Vec<CouponId> = others.map(|(id, _)| *id).collect();
        others.shuffle(self.rng);
        others.truncate(self.rng.gen_range(0..4));
        let mut coupons: Vec<CouponId> = [first].into_iter().chain(others).collect();
        match self.rng.gen_range(0..16) {
            0 => coupons.clear(),
            1 => coupons.push(first),
            2 => coupons = vec![first; 21],
            3 => {
                let (stray, _) = self.coupon(|_, _, _| true);
                coupons.push(stray);
            }
            _ => {}
        }
        (coupons, owner)
    }

    pub(super) fn transfer_many(&mut self) -> Op {
        let (coupons, owner) = self.several();
        let (caller, to) = (self.mostly(owner), self.consumer());
        Op::plain(caller, Message::Desk(DeskCall::TransferMany { to, coupons }))
    }

    pub(super) fn sale_terms_of(&mut self) -> Op {
        let (coupons, owner) = self.several();
        Op::plain(self.mostly(owner), Message::Desk(DeskCall::SaleTermsOf { coupons }))
    }
}
