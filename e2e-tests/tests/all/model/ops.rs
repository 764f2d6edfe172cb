//! The steps of a random life, and how they are drawn: mostly sensible, often a little wrong. Knows the model's state, to aim at what exists.

use super::{registry::CodeSet, Model, Who};
use ::registry::campaigns::Improvement;
use chain::{AccountId, Balance};
use e2e_tests::actors::{CONSUMERS, GHOST, HELPERS, MERCHANTS, OPERATOR, OWNER};
use mock_psp22::Mode;
use rand::{rngs::StdRng, seq::SliceRandom, Rng};
use shared::{
    assets::Asset,
    ids::{CampaignId, CouponId},
    order::{Order, Redemption, Settlement},
    terms::{Acceptance, Benefit, Funding, Terms, TransferPolicy, Window},
};

/// A minute, in milliseconds: what times are counted in here.
pub(crate) const MINUTE: u64 = 60_000;

/// How a signature is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgery {
    WrongKey,
    Unwrapped,
    OtherPurpose,
    OtherChain,
    OtherContract,
    OtherSubject,
    /// Signed for an earlier deadline or epoch than it carries.
    OtherTerms,
    /// A claim only: without its Merkle proof.
    NoProof,
}

const FORGERIES: [Forgery; 7] = [
    Forgery::WrongKey,
    Forgery::Unwrapped,
    Forgery::OtherPurpose,
    Forgery::OtherChain,
    Forgery::OtherContract,
    Forgery::OtherSubject,
    Forgery::OtherTerms,
];

/// A permit to be signed when the step is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consent {
    pub(crate) signer: Who,
    pub(crate) epoch: u32,
    pub(crate) deadline: u64,
    pub(crate) forgery: Option<Forgery>,
}

/// How an order reaches the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Direct(AccountId),
    Alliance(AccountId),
}

/// A step.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Advance(u64),
    Allow {
        caller: Who,
        spender: Who,
        amount: Balance,
    },
    Misbehave(Mode),
    Gift {
        caller: Who,
        contract: Who,
        amount: Balance,
    },
    /// Value sent to a message that takes none.
    Overpay(Overpaid),
    Registry(RegistryCall),
    Alliance(AllianceCall),
    Market(MarketCall),
}

/// A message that takes no value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Overpaid {
    CancelPermits,
    CloseCycle,
    SetFee,
}

#[derive(Clone, Debug)]
pub(crate) enum RegistryCall {
    Create {
        caller: Who,
        terms: Terms,
        uri: u32,
        escrow: Balance,
        value: Balance,
    },
    Improve {
        caller: Who,
        campaign: CampaignId,
        improvement: Improvement,
        value: Balance,
    },
    WithdrawEscrow {
        caller: Who,
        campaign: CampaignId,
        amount: Balance,
    },
    CreateDrop {
        caller: Who,
        campaign: CampaignId,
        codes: CodeSet,
    },
    Issue {
        caller: Who,
        campaign: CampaignId,
        to: Vec<Who>,
        source: u64,
    },
    Claim {
        caller: Who,
        campaign: CampaignId,
        drop: u32,
        index: u32,
        to: Who,
        codes: CodeSet,
        forgery: Option<Forgery>,
    },
    SetFrozen {
        caller: Who,
        coupon: CouponId,
        reason: Option<u8>,
    },
    SetCashier {
        caller: Who,
        cashier: Who,
        allowed: bool,
    },
    CancelPermits {
        caller: Who,
    },
    Quote {
        caller: Who,
        order: Order,
        coupons: Vec<CouponId>,
        through: Option<Who>,
    },
    Redeem {
        caller: Who,
        order: Order,
        acceptor: Option<Consent>,
        coupons: Vec<(CouponId, Option<Consent>)>,
        value: Balance,
        /// By the message that is meant for alliances.
        through_alliance: bool,
    },
    RollBack {
        caller: Who,
        redemption: Box<Redemption>,
        value: Balance,
        through_alliance: bool,
    },
    WithdrawCredit {
        caller: Who,
        asset: Asset,
    },
    SaleTerms {
        caller: Who,
        coupon: CouponId,
    },
    Approve {
        caller: Who,
        operator: Who,
        coupon: Option<CouponId>,
        approved: bool,
    },
    Transfer {
        caller: Who,
        to: Who,
        coupon: CouponId,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum AllianceCall {
    Apply {
        caller: Who,
        registry: Who,
        profile: [u8; 32],
        value: Balance,
    },
    Admit {
        caller: Who,
        member: Who,
        cap: Balance,
    },
    Deposit {
        caller: Who,
        amount: Balance,
        value: Balance,
    },
    Withdraw {
        caller: Who,
        amount: Balance,
    },
    Redeem {
        caller: Who,
        registry: Who,
        order: Order,
        acceptor: Option<Consent>,
        coupons: Vec<(CouponId, Option<Consent>)>,
    },
    RollBack {
        caller: Who,
        registry: Who,
        redemption: Box<Redemption>,
        value: Balance,
    },
    Close {
        caller: Who,
    },
    PayIn {
        caller: Who,
        member: Who,
        amount: Balance,
        value: Balance,
    },
    Cover {
        caller: Who,
        member: Who,
    },
    Payout {
        caller: Who,
        member: Who,
    },
    Exit {
        caller: Who,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum MarketCall {
    List { caller: Who, registry: Who, coupon: CouponId, price: Balance, ends_at: u64 },
    Buy { caller: Who, registry: Who, coupon: CouponId, highest: Balance, value: Balance },
    Cancel { caller: Who, registry: Who, coupon: CouponId },
    Withdraw { caller: Who, asset: Asset },
    SetFee { caller: Who, bps: u16 },
}

impl RegistryCall {
    pub(crate) fn caller(&self) -> Who {
        match self {
            Self::Create { caller, .. }
            | Self::Improve { caller, .. }
            | Self::WithdrawEscrow { caller, .. }
            | Self::CreateDrop { caller, .. }
            | Self::Issue { caller, .. }
            | Self::Claim { caller, .. }
            | Self::SetFrozen { caller, .. }
            | Self::SetCashier { caller, .. }
            | Self::CancelPermits { caller }
            | Self::Quote { caller, .. }
            | Self::Redeem { caller, .. }
            | Self::RollBack { caller, .. }
            | Self::WithdrawCredit { caller, .. }
            | Self::SaleTerms { caller, .. }
            | Self::Approve { caller, .. }
            | Self::Transfer { caller, .. } => caller,
        }
    }
}

impl AllianceCall {
    pub(crate) fn caller(&self) -> Who {
        match self {
            Self::Apply { caller, .. }
            | Self::Admit { caller, .. }
            | Self::Deposit { caller, .. }
            | Self::Withdraw { caller, .. }
            | Self::Redeem { caller, .. }
            | Self::RollBack { caller, .. }
            | Self::Close { caller }
            | Self::PayIn { caller, .. }
            | Self::Cover { caller, .. }
            | Self::Payout { caller, .. }
            | Self::Exit { caller } => caller,
        }
    }

    pub(crate) fn value(&self) -> Balance {
        match self {
            Self::Apply { value, .. }
            | Self::Deposit { value, .. }
            | Self::RollBack { value, .. }
            | Self::PayIn { value, .. } => *value,
            Self::Admit { .. }
            | Self::Withdraw { .. }
            | Self::Redeem { .. }
            | Self::Close { .. }
            | Self::Cover { .. }
            | Self::Payout { .. }
            | Self::Exit { .. } => 0,
        }
    }
}

impl MarketCall {
    pub(crate) fn caller(&self) -> Who {
        match self {
            Self::List { caller, .. }
            | Self::Buy { caller, .. }
            | Self::Cancel { caller, .. }
            | Self::Withdraw { caller, .. }
            | Self::SetFee { caller, .. } => caller,
        }
    }
}

/// The message a step calls, for the histogram.
pub(crate) fn message(op: &Op) -> &'static str {
    match op {
        Op::Advance(_) => "time passes",
        Op::Allow { .. } => "token.approve",
        Op::Misbehave(_) => "token.misbehave",
        Op::Gift { .. } => "a gift",
        Op::Overpay(_) => "value where none is taken",
        Op::Registry(call) => match call {
            RegistryCall::Create { .. } => "registry.create_campaign",
            RegistryCall::Improve { .. } => "registry.improve_campaign",
            RegistryCall::WithdrawEscrow { .. } => "registry.withdraw_escrow",
            RegistryCall::CreateDrop { .. } => "registry.create_drop",
            RegistryCall::Issue { .. } => "registry.issue",
            RegistryCall::Claim { .. } => "registry.claim",
            RegistryCall::SetFrozen { .. } => "registry.set_frozen",
            RegistryCall::SetCashier { .. } => "registry.set_cashier",
            RegistryCall::CancelPermits { .. } => "registry.cancel_permits",
            RegistryCall::Quote { .. } => "registry.quote",
            RegistryCall::Redeem { through_alliance: false, .. } => "registry.redeem",
            RegistryCall::Redeem { .. } => "registry.redeem_for_alliance",
            RegistryCall::RollBack { through_alliance: false, .. } => "registry.roll_back",
            RegistryCall::RollBack { .. } => "registry.roll_back_for_alliance",
            RegistryCall::WithdrawCredit { .. } => "registry.withdraw_credit",
            RegistryCall::SaleTerms { .. } => "registry.sale_terms",
            RegistryCall::Approve { .. } => "registry.approve",
            RegistryCall::Transfer { .. } => "registry.transfer",
        },
        Op::Alliance(call) => match call {
            AllianceCall::Apply { .. } => "alliance.apply",
            AllianceCall::Admit { .. } => "alliance.admit",
            AllianceCall::Deposit { .. } => "alliance.deposit_collateral",
            AllianceCall::Withdraw { .. } => "alliance.withdraw_collateral",
            AllianceCall::Redeem { .. } => "alliance.redeem",
            AllianceCall::RollBack { .. } => "alliance.roll_back",
            AllianceCall::Close { .. } => "alliance.close_cycle",
            AllianceCall::PayIn { .. } => "alliance.pay_in",
            AllianceCall::Cover { .. } => "alliance.cover",
            AllianceCall::Payout { .. } => "alliance.payout",
            AllianceCall::Exit { .. } => "alliance.exit",
        },
        Op::Market(call) => match call {
            MarketCall::List { .. } => "market.list",
            MarketCall::Buy { .. } => "market.buy",
            MarketCall::Cancel { .. } => "market.cancel",
            MarketCall::Withdraw { .. } => "market.withdraw",
            MarketCall::SetFee { .. } => "market.set_fee",
        },
    }
}

/// Draws steps.
pub(crate) struct Dice<'a> {
    pub(crate) rng: &'a mut StdRng,
    pub(crate) model: &'a Model,
}

/// Draws one kind of step.
type Draw = fn(&mut Dice<'_>) -> Op;

/// Every kind of step, with its weight.
const STEPS: [(u32, Draw); 39] = [
    (9, |dice| dice.advance()),
    (1, |dice| dice.allow()),
    (2, |dice| dice.misbehave()),
    (1, |dice| dice.gift()),
    (1, |dice| dice.overpay()),
    (5, |dice| dice.create()),
    (3, |dice| dice.improve()),
    (3, |dice| dice.withdraw_escrow()),
    (3, |dice| dice.create_drop()),
    (8, |dice| dice.issue()),
    (4, |dice| dice.claim()),
    (2, |dice| dice.set_frozen()),
    (2, |dice| dice.set_cashier()),
    (1, |dice| dice.cancel_permits()),
    (3, |dice| dice.quote()),
    (12, |dice| dice.redeem()),
    (2, |dice| dice.redeem_as_if_an_alliance()),
    (6, |dice| dice.roll_back()),
    (1, |dice| dice.roll_back_as_if_an_alliance()),
    (2, |dice| dice.withdraw_credit()),
    (1, |dice| dice.sale_terms()),
    (5, |dice| dice.approve()),
    (5, |dice| dice.transfer()),
    (2, |dice| dice.apply()),
    (2, |dice| dice.admit()),
    (4, |dice| dice.deposit()),
    (3, |dice| dice.withdraw_collateral()),
    (12, |dice| dice.alliance_redeem()),
    (4, |dice| dice.alliance_roll_back()),
    (2, |dice| dice.close()),
    (3, |dice| dice.pay_in()),
    (2, |dice| dice.cover()),
    (2, |dice| dice.payout()),
    (1, |dice| dice.exit()),
    (5, |dice| dice.list()),
    (8, |dice| dice.buy()),
    (3, |dice| dice.cancel()),
    (2, |dice| dice.withdraw()),
    (1, |dice| dice.set_fee()),
];

impl Dice<'_> {
    /// The next step: half the time one that life is short of, so that lives go deep.
    pub(crate) fn roll(&mut self) -> Op {
        if self.chance(50) {
            let wanted = self.wanted();
            if let Some(step) = self.pick(&wanted) {
                return step(self);
            }
        }
        STEPS.choose_weighted(self.rng, |(weight, _)| *weight).unwrap().1(self)
    }

    /// What would lead on from here.
    fn wanted(&self) -> Vec<Draw> {
        let (registry, alliance, now) = (&self.model.registry, &self.model.alliance, self.model.now);
        let standing = || alliance.members.keys().map(|who| alliance.positions(*who));
        let live = |through_alliance| {
            registry.coupons.keys().filter(|id| Self::spendable(self.model, **id, through_alliance)).count()
        };
        let issuing = registry.campaigns.iter().filter(|campaign| {
            now < campaign.terms.issue_window.end && campaign.issued < campaign.terms.supply
        });
        let undoable = |route| {
            registry.past.iter().any(|past| {
                !past.undone && now < past.redemption.final_at && past.redemption.alliance == route
            })
        };
        let market = self.model.places.market;
        let ghost = self.model.places.of(GHOST);
        let approved = |coupon: &super::registry::Coupon| coupon.approved == Some(market);
        let wanted: [(bool, Draw); 20] = [
            (alliance.members.len() < MERCHANTS.len(), |dice| dice.apply()),
            (alliance.members.values().any(|member| !member.active), |dice| dice.admit()),
            (alliance.members.values().any(|member| member.collateral < 100), |dice| dice.deposit()),
            (issuing.count() < 5, |dice| dice.create()),
            (registry.campaigns.iter().all(|campaign| campaign.drops.is_empty()), |dice| dice.create_drop()),
            (live(false) < 6, |dice| dice.issue()),
            (live(true) < 6, |dice| dice.claim()),
            (live(true) > 0, |dice| dice.alliance_redeem()),
            (live(false) > 2, |dice| dice.redeem()),
            (now >= alliance.opened_at + alliance.config.cycle_length, |dice| dice.close()),
            (standing().any(|(_, due, _)| due < 0), |dice| dice.pay_in()),
            (standing().any(|(_, due, _)| due < 0) && now >= alliance.cut_off, |dice| dice.cover()),
            (standing().any(|(_, due, credit)| due > 0 || credit > 0), |dice| dice.payout()),
            (undoable(None), |dice| dice.roll_back()),
            (undoable(Some(self.model.places.alliance)), |dice| dice.alliance_roll_back()),
            (undoable(Some(self.model.places.of(HELPERS[1]))), |dice| dice.roll_back_as_if_an_alliance()),
            (registry.coupons.keys().any(|id| Self::of_relayer(self.model, *id)), |dice| {
                dice.redeem_as_if_an_alliance()
            }),
            (registry.credits.keys().any(|(who, _)| *who != ghost), |dice| dice.withdraw_credit()),
            (registry.coupons.values().any(approved), |dice| dice.list()),
            (!self.model.market.listings.is_empty(), |dice| dice.buy()),
        ];
        wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, step)| step).collect()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.gen_ratio(percent, 100)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        from.choose(self.rng).cloned()
    }

    fn merchant(&mut self) -> Who {
        MERCHANTS[self.rng.gen_range(0..MERCHANTS.len())]
    }

    fn consumer(&mut self) -> Who {
        CONSUMERS[self.rng.gen_range(0..CONSUMERS.len())]
    }

    fn anyone(&mut self) -> Who {
        let everyone: Vec<Who> =
            MERCHANTS.into_iter().chain(CONSUMERS).chain(HELPERS).chain([OPERATOR, OWNER]).collect();
        self.pick(&everyone).unwrap()
    }

    /// The person with this account, or sometimes someone else; someone else too for a contract.
    fn mostly(&mut self, account: AccountId) -> Who {
        let wrong = self.chance(10);
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

    fn campaign(&mut self) -> CampaignId {
        let count = u32::try_from(self.model.registry.campaigns.len()).unwrap();
        let wrong = self.chance(5);
        self.rng.gen_range(u32::from(count > 0)..=count) + if wrong { count } else { 0 }
    }

    fn campaign_and_issuer(&mut self) -> (CampaignId, Who) {
        let number = self.campaign();
        match self.model.registry.campaign(number).map(|campaign| campaign.issuer) {
            Ok(issuer) => (number, self.mostly(issuer)),
            Err(_) => (number, self.merchant()),
        }
    }

    /// A live coupon with its owner, or sometimes one that isn't live.
    fn coupon(&mut self, wanted: impl Fn(&Model, CouponId) -> bool) -> (CouponId, AccountId) {
        let live: Vec<_> =
            self.model.registry.coupons.iter().map(|(id, coupon)| (*id, coupon.owner)).collect();
        let fit: Vec<_> = live.iter().filter(|(id, _)| wanted(self.model, *id)).copied().collect();
        let strict = self.chance(90);
        let chosen = if strict { self.pick(&fit) } else { self.pick(&live) };
        let stranger = self.consumer();
        let nowhere = CouponId { campaign: self.campaign(), serial: self.rng.gen_range(1..9) };
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
        match self.rng.gen_range(0..20) {
            0 => due + 1,
            1 => due.saturating_sub(1),
            _ => due,
        }
    }

    fn asset(&mut self) -> Asset {
        if self.chance(60) {
            Asset::Native
        } else if self.chance(95) {
            Asset::Psp22(self.model.places.token)
        } else {
            // An address where there is no token.
            Asset::Psp22(self.model.places.of(GHOST))
        }
    }

    fn registry(&mut self) -> Who {
        match self.rng.gen_range(0..20) {
            0 => "alliance",
            1 => GHOST,
            _ => "registry",
        }
    }

    fn advance(&mut self) -> Op {
        let minutes = match self.rng.gen_range(0..10) {
            0 => 0,
            1..=6 => self.rng.gen_range(1..15),
            7 | 8 => self.rng.gen_range(15..60),
            _ => self.rng.gen_range(60..120),
        };
        // A millisecond more or less than a round time meets the edges of windows.
        let jitter = self.rng.gen_range(0..3);
        Op::Advance((minutes * MINUTE + jitter).saturating_sub(1))
    }

    fn allow(&mut self) -> Op {
        let spender = ["registry", "alliance", "market"][self.rng.gen_range(0..3)];
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
        ];
        let mode = if self.model.money.mode != Mode::Honest || self.chance(50) {
            Mode::Honest
        } else {
            self.pick(&bad).unwrap()
        };
        Op::Misbehave(mode)
    }

    fn gift(&mut self) -> Op {
        let contract = ["registry", "alliance", "market"][self.rng.gen_range(0..3)];
        Op::Gift { caller: self.anyone(), contract, amount: self.rng.gen_range(1..100) }
    }

    fn overpay(&mut self) -> Op {
        let messages = [Overpaid::CancelPermits, Overpaid::CloseCycle, Overpaid::SetFee];
        Op::Overpay(self.pick(&messages).unwrap())
    }

    fn terms(&mut self) -> Terms {
        let now = self.model.now;
        let issue_ends = self.rng.gen_range(30..180) * MINUTE;
        let redeem_ends = issue_ends + self.rng.gen_range(0..120) * MINUTE;
        let later = if self.chance(5) { 5 * MINUTE } else { 0 };
        let funding = *[
            Funding::Merchant,
            Funding::Escrow,
            Funding::Escrow,
            Funding::Alliance,
            Funding::Alliance,
            Funding::Alliance,
        ]
        .choose(self.rng)
        .unwrap();
        let [a, b] = [self.merchant(), self.merchant()].map(|who| self.model.places.of(who));
        let acceptance = match (funding, self.rng.gen_range(0..10)) {
            (Funding::Alliance, _) | (_, 0 | 1) => Acceptance::Alliance(self.model.places.alliance),
            (_, 2) => Acceptance::Listed(vec![a, self.model.places.of(GHOST)]),
            (_, 3..=6) => Acceptance::Listed(vec![a, b]),
            (_, 7 | 8) => Acceptance::Alliance(self.model.places.of(HELPERS[1])),
            (Funding::Merchant | Funding::Escrow, _) => Acceptance::IssuerOnly,
        };
        let benefit = if self.chance(50) {
            Benefit::AmountOff { value: self.rng.gen_range(1..60) }
        } else {
            Benefit::PercentOff { bps: self.rng.gen_range(1..=10_000), cap: self.rng.gen_range(1..60) }
        };
        let transfer = match self.rng.gen_range(0..8) {
            0 => TransferPolicy::Soulbound,
            1 => TransferPolicy::MarketOnly(self.model.places.market),
            2 => TransferPolicy::MarketOnly(self.model.places.of(OWNER)),
            _ => TransferPolicy::Free,
        };
        let asset = if funding == Funding::Alliance && self.chance(85) {
            self.model.alliance.config.asset
        } else {
            self.asset()
        };
        let mut terms = Terms {
            benefit,
            asset,
            min_basket: if self.chance(30) { self.rng.gen_range(1..80) } else { 0 },
            issue_window: Window { start: now + later, end: now + issue_ends },
            redeem_window: Window { start: now + later, end: now + redeem_ends },
            valid_for: self.chance(30).then(|| self.rng.gen_range(5..90) * MINUTE),
            supply: self.rng.gen_range(1..12),
            per_holder: self.chance(30).then(|| self.rng.gen_range(1..4)),
            budget: self.chance(40).then(|| self.rng.gen_range(1..150)),
            funding,
            acceptance,
            transfer,
            royalty_bps: if self.chance(50) { self.rng.gen_range(0..=1_000) } else { 500 },
            rollback_window: if self.chance(20) { 0 } else { self.rng.gen_range(5..90) * MINUTE },
            document: [7; 32],
        };
        if self.chance(15) {
            self.spoil(&mut terms);
        }
        terms
    }

    fn spoil(&mut self, terms: &mut Terms) {
        match self.rng.gen_range(0..11) {
            0 => terms.benefit = Benefit::AmountOff { value: 0 },
            1 => terms.benefit = Benefit::PercentOff { bps: 10_001, cap: 1 },
            2 => terms.issue_window.end = terms.issue_window.start,
            3 => terms.redeem_window.end = terms.redeem_window.start.saturating_sub(1),
            4 => terms.issue_window = Window { start: 0, end: self.model.now },
            5 => terms.redeem_window.end = terms.issue_window.end - 1,
            6 => terms.supply = 0,
            7 => terms.budget = Some(0),
            8 => terms.acceptance = Acceptance::Listed(Vec::new()),
            9 => terms.royalty_bps = 1_001,
            _ => terms.rollback_window = 7_776_000_001,
        }
    }

    fn create(&mut self) -> Op {
        let terms = self.terms();
        let escrow = if terms.funding == Funding::Escrow || self.chance(3) { self.amount(300) } else { 0 };
        let value = self.value(terms.asset, escrow);
        let uri = if self.chance(3) { 257 } else { 20 };
        Op::Registry(RegistryCall::Create { caller: self.merchant(), terms, uri, escrow, value })
    }

    fn improve(&mut self) -> Op {
        let (campaign, caller) = self.campaign_and_issuer();
        let known = self.model.registry.campaign(campaign).ok();
        let (ends, asset) = known.map_or((0, Asset::Native), |known| (known.ends, known.terms.asset));
        let improvement = match self.rng.gen_range(0..10) {
            0..=2 => Improvement::ExtendRedeemWindow { until: ends + self.rng.gen_range(0..20) * MINUTE },
            3..=5 => Improvement::AddBudget { amount: self.amount(60) },
            6..=8 => Improvement::AddEscrow { amount: self.amount(100) },
            _ => Improvement::StopIssuing,
        };
        let price = match improvement {
            Improvement::AddEscrow { amount } => amount,
            Improvement::ExtendRedeemWindow { .. }
            | Improvement::AddBudget { .. }
            | Improvement::StopIssuing => 0,
        };
        let value = self.value(asset, price);
        Op::Registry(RegistryCall::Improve { caller, campaign, improvement, value })
    }

    fn withdraw_escrow(&mut self) -> Op {
        let (mut campaign, mut caller) = self.campaign_and_issuer();
        let now = self.model.now;
        let registry = &self.model.registry;
        let count = u32::try_from(registry.campaigns.len()).unwrap();
        let rich: Vec<CampaignId> =
            (1..=count).filter(|number| registry.free_escrow(*number, now) > 0).collect();
        if let Some(number) = self.pick(&rich) {
            campaign = number;
            caller = self.mostly(self.model.registry.campaign(number).unwrap().issuer);
        }
        let free = self
            .model
            .registry
            .campaign(campaign)
            .map_or(0, |_| self.model.registry.free_escrow(campaign, now));
        let amount = match self.rng.gen_range(0..5) {
            0 => free + 1,
            1 => free,
            _ => self.amount(free),
        };
        Op::Registry(RegistryCall::WithdrawEscrow { caller, campaign, amount })
    }

    fn codes(&mut self) -> CodeSet {
        let name = ["poster", "receipt"][self.rng.gen_range(0..2)];
        CodeSet { name, size: self.rng.gen_range(1..9) }
    }

    fn create_drop(&mut self) -> Op {
        let (campaign, caller) = self.issuing();
        let mut codes = self.codes();
        if self.chance(10) {
            codes.size = 0;
        }
        Op::Registry(RegistryCall::CreateDrop { caller, campaign, codes })
    }

    /// A campaign that issues now, mostly.
    fn issuing(&mut self) -> (CampaignId, Who) {
        let now = self.model.now;
        let open: Vec<CampaignId> = (1u32..)
            .zip(&self.model.registry.campaigns)
            .filter(|(number, campaign)| {
                let terms = &campaign.terms;
                let counts = self.model.registry.counts(*number);
                let backed = terms.funding != Funding::Escrow
                    || counts.escrow_left >= counts.reserved + super::registry::largest(terms);
                let window = terms.issue_window;
                backed
                    && !campaign.stopped
                    && campaign.issued < terms.supply
                    && window.start <= now
                    && now < window.end
            })
            .map(|(number, _)| number)
            .collect();
        let good = self.chance(85);
        match self.pick(&open) {
            Some(number) if good => {
                let issuer = self.model.registry.campaign(number).unwrap().issuer;
                (number, self.mostly(issuer))
            }
            Some(_) | None => self.campaign_and_issuer(),
        }
    }

    fn issue(&mut self) -> Op {
        let (campaign, caller) = self.issuing();
        let known = self.model.registry.campaign(campaign).ok();
        let left = known.map_or(1, |known| known.terms.supply - known.issued).max(1);
        let count = match self.rng.gen_range(0..30) {
            0 => 0,
            1 => 101,
            2 => left + 1,
            3..=10 => self.rng.gen_range(1..=left),
            _ => 1,
        };
        let to =
            (0..count).map(|_| if self.chance(85) { self.consumer() } else { self.merchant() }).collect();
        let source = if self.chance(80) { self.rng.gen_range(0..100_000) } else { self.rng.gen_range(0..5) };
        Op::Registry(RegistryCall::Issue { caller, campaign, to, source })
    }

    fn claim(&mut self) -> Op {
        let (mut campaign, caller) = self.issuing();
        let dropped: Vec<CampaignId> = (1u32..)
            .zip(&self.model.registry.campaigns)
            .filter(|(number, campaign)| {
                let claimed = self.model.registry.codes.iter().filter(|(of, ..)| of == number).count();
                let printed: u32 = campaign.drops.iter().map(|codes| codes.size).sum();
                campaign.issued < campaign.terms.supply
                    && !campaign.stopped
                    && claimed < usize::try_from(printed).unwrap()
                    && self.model.now < campaign.terms.issue_window.end
            })
            .map(|(number, _)| number)
            .collect();
        if self.chance(90) {
            campaign = self.pick(&dropped).unwrap_or(campaign);
        }
        let drops =
            self.model.registry.campaign(campaign).map(|known| known.drops.clone()).unwrap_or_default();
        let unclaimed = |(drop, codes): &(u32, CodeSet)| {
            (0..codes.size).any(|index| !self.model.registry.codes.contains(&(campaign, *drop, index)))
        };
        let numbered: Vec<(u32, CodeSet)> = (1u32..).zip(drops).filter(unclaimed).collect();
        let fallback = (1, self.codes());
        let (mut drop, mut codes) = self.pick(&numbered).unwrap_or(fallback);
        if self.chance(3) {
            drop += 1;
        }
        if self.chance(3) {
            codes = self.codes();
        }
        let fresh: Vec<u32> = (0..codes.size)
            .filter(|index| !self.model.registry.codes.contains(&(campaign, drop, *index)))
            .collect();
        let any = self.rng.gen_range(0..=codes.size);
        let index = if self.chance(85) { self.pick(&fresh).unwrap_or(any) } else { any };
        let forgery = self.chance(12).then(|| {
            if self.chance(20) {
                Forgery::NoProof
            } else {
                self.pick(&FORGERIES).unwrap()
            }
        });
        let to = self.consumer();
        Op::Registry(RegistryCall::Claim { caller, campaign, drop, index, to, codes, forgery })
    }

    fn set_frozen(&mut self) -> Op {
        let (coupon, _) = self.coupon(|_, _| true);
        let issuer = self.model.registry.campaign(coupon.campaign).map(|campaign| campaign.issuer);
        let stranger = self.merchant();
        let caller = issuer.map_or(stranger, |issuer| self.mostly(issuer));
        let frozen = self.model.registry.coupons.get(&coupon).is_some_and(|coupon| coupon.frozen.is_some());
        let reason = if frozen != self.chance(15) { None } else { Some(self.rng.gen_range(0..3)) };
        Op::Registry(RegistryCall::SetFrozen { caller, coupon, reason })
    }

    fn set_cashier(&mut self) -> Op {
        let cashier = match self.rng.gen_range(0..10) {
            0..=4 => HELPERS[0],
            5 | 6 => HELPERS[1],
            7 | 8 => "alliance",
            _ => self.anyone(),
        };
        let allowed = self.chance(75);
        Op::Registry(RegistryCall::SetCashier { caller: self.merchant(), cashier, allowed })
    }

    fn cancel_permits(&mut self) -> Op {
        Op::Registry(RegistryCall::CancelPermits { caller: self.anyone() })
    }

    fn order(&mut self, acceptor: AccountId, settlement: Settlement) -> Order {
        let now = self.model.now;
        let basket = self.rng.gen_range(20..200);
        let eligible = match self.rng.gen_range(0..20) {
            0 => basket + 1,
            1 => 0,
            2..=9 => basket,
            _ => self.rng.gen_range(10..=basket),
        };
        let used: Vec<u64> = self.model.registry.past.iter().map(|past| past.redemption.number).collect();
        let fresh = self.rng.gen_range(0..1_000_000);
        let number = if self.chance(5) { self.pick(&used).unwrap_or(fresh) } else { fresh };
        let deadline = if self.chance(4) { now } else { now + self.rng.gen_range(1..30) * MINUTE };
        Order { acceptor, number, basket, eligible, basket_hash: [9; 32], deadline, settlement }
    }

    fn consent(&mut self, signer: AccountId) -> Consent {
        let name = self.name(signer).unwrap_or(HELPERS[1]);
        let current = self.model.registry.epoch(signer);
        let epoch = if self.chance(3) { current + 1 } else { current };
        let now = self.model.now;
        let deadline = if self.chance(3) { now } else { now + self.rng.gen_range(1..20) * MINUTE };
        let forgery = if self.chance(6) { self.pick(&FORGERIES) } else { None };
        Consent { signer: name, epoch, deadline, forgery }
    }

    /// Whether a coupon could be spent now by a suitable acceptor, alone or through the alliance.
    fn spendable(model: &Model, id: CouponId, through_alliance: bool) -> bool {
        let (Some(coupon), Ok(campaign)) =
            (model.registry.coupons.get(&id), model.registry.campaign(id.campaign))
        else {
            return false;
        };
        let by_alliance = campaign.terms.acceptance == Acceptance::Alliance(model.places.alliance);
        let now = model.now;
        coupon.frozen.is_none()
            && coupon.owner != model.places.market
            && by_alliance == through_alliance
            && now < coupon.valid_until
            && campaign.terms.redeem_window.start <= now
            && now < campaign.ends
    }

    fn suitable_acceptor(&mut self, id: CouponId) -> AccountId {
        let wrong = self.chance(7);
        let stranger = self.merchant();
        let stranger = self.model.places.of(stranger);
        match self.model.registry.campaign(id.campaign).map(|known| (known.issuer, &known.terms.acceptance)) {
            _ if wrong => stranger,
            Ok((_, Acceptance::Listed(listed))) => listed.choose(self.rng).copied().unwrap_or(stranger),
            Ok((issuer, Acceptance::IssuerOnly | Acceptance::Alliance(_))) => issuer,
            Err(_) => stranger,
        }
    }

    fn presented(&mut self, id: CouponId, consent: Option<Consent>) -> Vec<(CouponId, Option<Consent>)> {
        match self.rng.gen_range(0..50) {
            0 => Vec::new(),
            1 => vec![(id, consent), (id, consent)],
            _ => vec![(id, consent)],
        }
    }

    fn redeem(&mut self) -> Op {
        let (id, owner) = self.coupon(|model, id| Self::spendable(model, id, false));
        let acceptor = self.suitable_acceptor(id);
        let settlement = if self.chance(40) { Settlement::OnChain } else { Settlement::OffChain };
        let order = self.order(acceptor, settlement);
        let by_till = self.model.registry.cashiers.contains(&(acceptor, self.model.places.of(HELPERS[0])));
        let signer = if by_till && self.chance(50) { self.model.places.of(HELPERS[0]) } else { acceptor };
        // Who submits: the holder, the acceptor or its cashier, or a relayer.
        let (caller, signs) = match (settlement, self.rng.gen_range(0..10)) {
            (_, 0..=4) | (Settlement::OnChain, 5..=7) => (self.mostly(owner), true),
            (Settlement::OffChain, 5..=7) => (self.mostly(signer), false),
            (_, _) => (HELPERS[1], true),
        };
        let calling = self.model.places.of(caller);
        let acceptor = (signs && !self.chance(3)).then(|| self.consent(signer));
        let consent = (calling != owner && !self.chance(3)).then(|| self.consent(owner));
        let coupons = self.presented(id, consent);
        let value = match (settlement, self.model.quoted(&order, id)) {
            (Settlement::OffChain, _) => u128::from(self.chance(3)),
            (Settlement::OnChain, None) => 0,
            (Settlement::OnChain, Some((_, Asset::Psp22(_)))) => u128::from(self.chance(3)),
            (Settlement::OnChain, Some((net, Asset::Native))) => match self.rng.gen_range(0..10) {
                0 => net.saturating_sub(1),
                1..=3 => net + 5,
                _ => net,
            },
        };
        Op::Registry(RegistryCall::Redeem {
            caller,
            order,
            acceptor,
            coupons,
            value,
            through_alliance: false,
        })
    }

    /// Whether the relayer is the alliance that a coupon's terms name: any account may be.
    fn of_relayer(model: &Model, id: CouponId) -> bool {
        let relayer = Acceptance::Alliance(model.places.of(HELPERS[1]));
        model.registry.campaign(id.campaign).is_ok_and(|known| known.terms.acceptance == relayer)
    }

    fn redeem_as_if_an_alliance(&mut self) -> Op {
        let (id, owner) = self.coupon(Self::of_relayer);
        let acceptor = self.suitable_acceptor(id);
        let settlement = if self.chance(90) { Settlement::OffChain } else { Settlement::OnChain };
        let order = self.order(acceptor, settlement);
        let consent = (!self.chance(5)).then(|| self.consent(owner));
        let acceptor = self.chance(30).then(|| self.consent(acceptor));
        let coupons = self.presented(id, consent);
        let caller = HELPERS[1];
        Op::Registry(RegistryCall::Redeem {
            caller,
            order,
            acceptor,
            coupons,
            value: 0,
            through_alliance: true,
        })
    }

    /// A redemption that could be undone on this route, mostly; sometimes a stale or an altered one.
    fn redemption(&mut self, route: Option<AccountId>) -> Option<Redemption> {
        let now = self.model.now;
        let all: Vec<_> = self.model.registry.past.iter().collect();
        let fit: Vec<_> = all
            .iter()
            .filter(|past| {
                !past.undone && now < past.redemption.final_at && past.redemption.alliance == route
            })
            .copied()
            .collect();
        let strict = self.chance(85);
        let past = if strict { self.pick(&fit).or(self.pick(&all)) } else { self.pick(&all) };
        let mut redemption = past?.redemption.clone();
        match self.rng.gen_range(0..30) {
            0 => redemption.net += 1,
            1 => redemption.uses[0].discount += 1,
            2 => redemption.uses[0].holder = self.model.places.of(HELPERS[1]),
            3 => redemption.final_at += MINUTE,
            _ => {}
        }
        Some(redemption)
    }

    fn roll_back_value(&mut self, redemption: &Redemption) -> Balance {
        let refund = if redemption.payer.is_some() { redemption.net } else { 0 };
        self.value(redemption.asset, super::registry::from_escrow(redemption) + refund)
    }

    fn roll_back(&mut self) -> Op {
        let Some(redemption) = self.redemption(None) else { return self.create() };
        let value = self.roll_back_value(&redemption);
        let caller = self.mostly(redemption.acceptor);
        let redemption = Box::new(redemption);
        Op::Registry(RegistryCall::RollBack { caller, redemption, value, through_alliance: false })
    }

    fn roll_back_as_if_an_alliance(&mut self) -> Op {
        let Some(redemption) = self.redemption(Some(self.model.places.of(HELPERS[1]))) else {
            return self.create();
        };
        let value = self.roll_back_value(&redemption);
        let redemption = Box::new(redemption);
        Op::Registry(RegistryCall::RollBack { caller: HELPERS[1], redemption, value, through_alliance: true })
    }

    fn withdraw_credit(&mut self) -> Op {
        let owed: Vec<_> = self.model.registry.credits.keys().copied().collect();
        let owed: Vec<_> =
            owed.into_iter().filter(|(account, _)| self.name(*account) != Some(GHOST)).collect();
        let (caller, asset) = match self.pick(&owed) {
            Some((account, asset)) => (self.mostly(account), asset),
            None => (self.merchant(), self.asset()),
        };
        Op::Registry(RegistryCall::WithdrawCredit { caller, asset })
    }

    fn quote(&mut self) -> Op {
        let through = self.chance(40).then_some("alliance");
        let (id, owner) = self.coupon(|model, id| Self::spendable(model, id, through.is_some()));
        let acceptor = self.suitable_acceptor(id);
        let order = self.order(acceptor, Settlement::OffChain);
        let coupons = self.presented(id, None).into_iter().map(|(id, _)| id).collect();
        Op::Registry(RegistryCall::Quote { caller: self.mostly(owner), order, coupons, through })
    }

    fn sale_terms(&mut self) -> Op {
        let frozen = self.chance(40);
        let (coupon, owner) = self.coupon(|model, id| model.registry.coupons[&id].frozen.is_some() == frozen);
        Op::Registry(RegistryCall::SaleTerms { caller: self.mostly(owner), coupon })
    }

    fn approve(&mut self) -> Op {
        let (coupon, owner) = self.coupon(|model, id| model.registry.coupons[&id].approved.is_none());
        let caller = self.mostly(owner);
        let operator = if self.chance(75) { "market" } else { self.anyone() };
        let coupon = (!self.chance(15)).then_some(coupon);
        Op::Registry(RegistryCall::Approve { caller, operator, coupon, approved: self.chance(85) })
    }

    fn transfer(&mut self) -> Op {
        let (coupon, owner) = self.coupon(|_, _| true);
        let approved = self.model.registry.coupons.get(&coupon).and_then(|coupon| coupon.approved);
        let caller = match approved {
            Some(approved) if self.chance(40) => self.mostly(approved),
            Some(_) | None => self.mostly(owner),
        };
        Op::Registry(RegistryCall::Transfer { caller, to: self.consumer(), coupon })
    }

    fn apply(&mut self) -> Op {
        let fee = self.model.alliance.config.joining_fee;
        let value = self.value(self.model.alliance.config.asset, fee);
        let outside: Vec<Who> = MERCHANTS
            .into_iter()
            .filter(|who| !self.model.alliance.members.contains_key(&self.model.places.of(who)))
            .collect();
        let any = self.merchant();
        let caller = if self.chance(90) { self.pick(&outside).unwrap_or(any) } else { any };
        let profile = [self.rng.gen(); 32];
        Op::Alliance(AllianceCall::Apply { caller, registry: self.registry(), profile, value })
    }

    fn member(&mut self, wanted: impl Fn(&Model, AccountId) -> bool) -> Who {
        let members = self.model.alliance.members.keys().copied();
        let fit: Vec<_> = members.filter(|account| wanted(self.model, *account)).collect();
        let any = self.merchant();
        let account = self.pick(&fit).unwrap_or(self.model.places.of(any));
        if self.chance(92) {
            self.name(account).unwrap_or(any)
        } else {
            any
        }
    }

    fn admit(&mut self) -> Op {
        let member = self.member(|model, account| !model.alliance.members[&account].active);
        let caller = if self.chance(92) { OPERATOR } else { self.anyone() };
        Op::Alliance(AllianceCall::Admit { caller, member, cap: self.rng.gen_range(20..300) })
    }

    fn deposit(&mut self) -> Op {
        let amount = self.amount(200);
        let value = self.value(self.model.alliance.config.asset, amount);
        Op::Alliance(AllianceCall::Deposit { caller: self.member(|_, _| true), amount, value })
    }

    fn withdraw_collateral(&mut self) -> Op {
        let caller = self.member(|model, account| model.alliance.members[&account].collateral > 0);
        let account = self.model.places.of(caller);
        let collateral = self.model.alliance.members.get(&account).map_or(10, |member| member.collateral);
        let amount = if self.chance(15) { collateral + 1 } else { self.amount(collateral / 2) };
        Op::Alliance(AllianceCall::Withdraw { caller, amount })
    }

    fn alliance_redeem(&mut self) -> Op {
        let (id, owner) = self.coupon(|model, id| Self::spendable(model, id, true));
        let acceptor = self.member(|model, account| model.alliance.members[&account].active);
        let account = self.model.places.of(acceptor);
        let settlement = if self.chance(96) { Settlement::OffChain } else { Settlement::OnChain };
        let order = self.order(account, settlement);
        let by_till = self.model.registry.cashiers.contains(&(account, self.model.places.of(HELPERS[0])));
        let caller = if by_till && self.chance(50) { HELPERS[0] } else { self.mostly(account) };
        let consent = (!self.chance(4)).then(|| self.consent(owner));
        let coupons = self.presented(id, consent);
        let acceptor = self.chance(10).then(|| self.consent(account));
        Op::Alliance(AllianceCall::Redeem { caller, registry: self.registry(), order, acceptor, coupons })
    }

    fn alliance_roll_back(&mut self) -> Op {
        let Some(redemption) = self.redemption(Some(self.model.places.alliance)) else {
            return self.create();
        };
        let value = self.roll_back_value(&redemption);
        let caller = self.mostly(redemption.acceptor);
        let redemption = Box::new(redemption);
        Op::Alliance(AllianceCall::RollBack { caller, registry: self.registry(), redemption, value })
    }

    fn close(&mut self) -> Op {
        Op::Alliance(AllianceCall::Close { caller: self.anyone() })
    }

    fn pay_in(&mut self) -> Op {
        let debtor = self.member(|model, account| model.alliance.positions(account).1 < 0);
        let account = self.model.places.of(debtor);
        let known = self.model.alliance.members.contains_key(&account);
        let due = if known { super::alliance::owed(self.model.alliance.positions(account).1) } else { 0 };
        let amount = match self.rng.gen_range(0..10) {
            0 => due + 1,
            1..=6 => due,
            _ => self.amount(due),
        };
        let value = self.value(self.model.alliance.config.asset, amount);
        let caller = self.mostly(account);
        Op::Alliance(AllianceCall::PayIn { caller, member: debtor, amount, value })
    }

    fn cover(&mut self) -> Op {
        let member = self.member(|model, account| model.alliance.positions(account).1 < 0);
        Op::Alliance(AllianceCall::Cover { caller: self.anyone(), member })
    }

    fn payout(&mut self) -> Op {
        let member = self.member(|model, account| {
            let (_, due, credit) = model.alliance.positions(account);
            due > 0 || credit > 0
        });
        Op::Alliance(AllianceCall::Payout { caller: self.anyone(), member })
    }

    fn exit(&mut self) -> Op {
        let even = |model: &Model, account| model.alliance.positions(account) == (0, 0, 0);
        let uneven = |model: &Model, account| !even(model, account);
        let caller = if self.chance(50) { self.member(even) } else { self.member(uneven) };
        Op::Alliance(AllianceCall::Exit { caller })
    }

    fn list(&mut self) -> Op {
        let market = self.model.places.market;
        let approved = |model: &Model, id: CouponId| {
            let coupon = &model.registry.coupons[&id];
            coupon.owner != market
                && (coupon.approved == Some(market)
                    || model.registry.operators.contains(&(coupon.owner, market)))
                && model.sale_terms(id).is_ok_and(|terms| model.now < terms.ends_at)
        };
        let (coupon, owner) = self.coupon(approved);
        let now = self.model.now;
        let ends = self.model.sale_terms(coupon).map_or(now, |terms| terms.ends_at);
        let ends_at = match self.rng.gen_range(0..20) {
            0 => now,
            1 => ends.saturating_add(1),
            2..=6 => ends,
            _ => ends.min(now + self.rng.gen_range(1..60) * MINUTE),
        };
        let price = self.amount(120);
        let caller = self.mostly(owner);
        Op::Market(MarketCall::List { caller, registry: self.registry(), coupon, price, ends_at })
    }

    /// A listed coupon, mostly one still for sale.
    fn listed(&mut self) -> Option<(CouponId, super::market::Listing)> {
        let now = self.model.now;
        let all: Vec<_> =
            self.model.market.listings.iter().map(|(id, listing)| (*id, listing.clone())).collect();
        let open: Vec<_> = all.iter().filter(|(_, listing)| now < listing.ends_at).cloned().collect();
        let any = self.pick(&all);
        if self.chance(85) {
            self.pick(&open).or(any)
        } else {
            any
        }
    }

    fn buy(&mut self) -> Op {
        let Some((coupon, listing)) = self.listed() else { return self.approve() };
        let mut highest = listing.price + if self.chance(70) { 10 } else { 0 };
        if self.chance(8) {
            highest = listing.price - 1;
        }
        let mut value = self.value(listing.asset, listing.price);
        if listing.asset == Asset::Native && self.chance(20) {
            value += 7;
        }
        let caller = if self.chance(5) { self.mostly(listing.seller) } else { self.consumer() };
        Op::Market(MarketCall::Buy { caller, registry: self.registry(), coupon, highest, value })
    }

    fn cancel(&mut self) -> Op {
        let Some((coupon, listing)) = self.listed() else { return self.approve() };
        Op::Market(MarketCall::Cancel {
            caller: self.mostly(listing.seller),
            registry: self.registry(),
            coupon,
        })
    }

    fn withdraw(&mut self) -> Op {
        let asset = if self.chance(70) { Asset::Native } else { Asset::Psp22(self.model.places.token) };
        let caller = if self.chance(80) { OWNER } else { self.anyone() };
        Op::Market(MarketCall::Withdraw { caller, asset })
    }

    fn set_fee(&mut self) -> Op {
        let caller = if self.chance(80) { OWNER } else { self.anyone() };
        let bps = if self.chance(20) { 1_001 } else { self.rng.gen_range(0..600) };
        Op::Market(MarketCall::SetFee { caller, bps })
    }
}

impl Model {
    /// The net price and asset of an order with a coupon, as the model would have it.
    fn quoted(&self, order: &Order, coupon: CouponId) -> Option<(Balance, Asset)> {
        let mut ahead = self.clone();
        let off_chain = Order { settlement: Settlement::OffChain, ..order.clone() };
        let call = RegistryCall::Quote {
            caller: HELPERS[1],
            order: off_chain,
            coupons: vec![coupon],
            through: None,
        };
        match ahead.registry_call(&call) {
            Ok(super::Answer::Quote(quote)) => Some((quote.net, quote.asset)),
            _ => None,
        }
    }
}
