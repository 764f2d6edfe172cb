//! The steps of a random life. Knows what can be asked of the suite, and nothing of what it answers.

use super::{printed::Printed, Who};
use ::custody::terms::HoldingTerms;
use ::market::{
    listings::{Ask, Guard},
    offers::Wish,
};
use chain::{Balance, Hash};
use mock_psp22::Mode;
use shared::{
    alliance::{council::Motion, rates::Rate},
    assets::Asset,
    campaigns::Improvement,
    claims::VoucherKey,
    ids::{CampaignId, CouponId},
    order::{Kept, Order, Redemption},
    permit::Presented,
    terms::Terms,
};

/// A minute, in milliseconds.
pub(crate) const MINUTE: u64 = 60_000;

/// A day, in milliseconds.
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;

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
    /// A code only: without its Merkle proof.
    NoProof,
}

/// What is wrong with signatures that carry no proof.
pub(crate) const FORGERIES: [Forgery; 7] = [
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

/// An order with its coupons and everyone's consent.
#[derive(Clone, Debug)]
pub(crate) struct OrderCall {
    pub(crate) order: Order,
    pub(crate) acceptor: Option<Consent>,
    pub(crate) coupons: Vec<(Presented, Option<Consent>)>,
}

/// A code to be claimed; its key signs when the step is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeCall {
    pub(crate) campaign: CampaignId,
    pub(crate) drop: u32,
    pub(crate) index: u32,
    pub(crate) to: Who,
    pub(crate) advocate: Option<Who>,
    pub(crate) printed: Printed,
    pub(crate) forgery: Option<Forgery>,
}

/// The attesting key's word, to be signed when the step is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attested {
    pub(crate) class: u8,
    pub(crate) expires_at: u64,
    pub(crate) forgery: Option<Forgery>,
}

/// What is claimed at the office.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entitled {
    Listed { drop: u32, index: u32, printed: Printed },
    Voucher { signer: Who, nonce: u64, deadline: u64, forgery: Option<Forgery> },
    Code { drop: u32, index: u32, printed: Printed, forgery: Option<Forgery> },
}

/// A step.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Advance(u64),
    Allow { caller: Who, spender: Who, amount: Balance },
    Misbehave(Mode),
    Gift { caller: Who, contract: Who, amount: Balance },
    Call { caller: Who, value: Balance, message: Message },
}

#[derive(Clone, Debug)]
pub(crate) enum Message {
    Office(OfficeCall),
    Registry(RegistryCall),
    Desk(DeskCall),
    Alliance(AllianceCall),
    Market(MarketCall),
    Custody(CustodyCall),
}

#[derive(Clone, Debug)]
pub(crate) enum OfficeCall {
    CreateCampaign {
        terms: Box<Terms>,
        uri: u32,
        escrow: Balance,
    },
    ImproveCampaign {
        campaign: CampaignId,
        improvement: Improvement,
    },
    WithdrawEscrow {
        campaign: CampaignId,
        amount: Balance,
    },
    OfferCampaign {
        campaign: CampaignId,
        to: Option<Who>,
    },
    AcceptCampaign {
        campaign: CampaignId,
    },
    CreateDrop {
        campaign: CampaignId,
        printed: Printed,
    },
    Issue {
        campaign: CampaignId,
        to: Vec<Who>,
        source: u64,
    },
    Claim {
        campaign: CampaignId,
        to: Who,
        advocate: Option<Who>,
        attested: Option<Attested>,
        entitled: Entitled,
    },
    SetVoucherKey {
        campaign: CampaignId,
        signer: Who,
        named: Option<VoucherKey>,
    },
    SetRole {
        account: Who,
        operator: bool,
        cashier: bool,
        daily_cap: Option<Balance>,
    },
    SetFrozen {
        coupon: CouponId,
        reason: Option<u8>,
    },
    SetAccountFrozen {
        account: Who,
        reason: Option<u8>,
    },
    Revoke {
        coupon: CouponId,
        reason: u8,
    },
    TopUp {
        coupon: CouponId,
        value: Balance,
    },
    SetPaused {
        scopes: u8,
    },
    OfferGuardian {
        to: Option<Who>,
    },
    AcceptGuardian,
    StepDown,
}

#[derive(Clone, Debug)]
pub(crate) enum RegistryCall {
    Claim(CodeCall),
    ClaimAndRedeem {
        claim: CodeCall,
        order: Order,
        acceptor: Option<Consent>,
    },
    Redeem(OrderCall),
    RedeemBatch(Vec<OrderCall>),
    Approve {
        operator: Who,
        coupon: Option<CouponId>,
        approved: bool,
    },
    Transfer {
        to: Who,
        coupon: CouponId,
    },
    /// The door that only the office and the desk may use.
    Apply,
}

#[derive(Clone, Debug)]
pub(crate) enum DeskCall {
    RollBack { redemption: Box<Redemption>, kept: Option<Kept>, for_alliance: bool },
    Reserve(OrderCall),
    Release { coupon: CouponId, order: Option<Order> },
    Reward { redemption: Box<Redemption>, coupon: CouponId },
    Rate { redemption: Box<Redemption>, stars: u8, comment: Option<Hash> },
    Forget { redemption: Box<Redemption> },
    Expire { coupon: CouponId },
    Split { coupon: CouponId, value: Balance },
    Merge { into: CouponId, from: CouponId },
    CancelPermits,
    WithdrawCredit { asset: Asset },
    Quote { order: Order, presented: Vec<Presented>, by: Option<Who> },
    SaleTerms { coupon: CouponId },
    SaleTermsOf { coupons: Vec<CouponId> },
    TransferMany { to: Who, coupons: Vec<CouponId> },
    Campaign { campaign: CampaignId },
    Coupon { coupon: CouponId },
    Holder { account: Who },
}

#[derive(Clone, Debug)]
pub(crate) enum AllianceCall {
    WaiveFee { account: Who, waived: bool },
    Apply { registry: Who, profile: Hash },
    Decide { motion: Motion },
    Propose { motion: Motion },
    Vote { proposal: u32 },
    Clear { proposal: u32 },
    OfferRate { acceptor: Who, issuer: Who, rate: Option<Rate> },
    AcceptRate { acceptor: Who, issuer: Who, rate: Rate },
    OpenCase { registry: Who, reason: u8, redemption: Box<Redemption> },
    Reply { case: u32 },
    Rule { case: u32, bps: u16 },
    TimeOut { case: u32 },
    ClearCase { case: u32 },
    Deposit { amount: Balance },
    Withdraw { amount: Balance },
    Redeem { registry: Who, order: OrderCall },
    RedeemBatch { registry: Who, orders: Vec<OrderCall> },
    Convert { registry: Who, other: Who, coupon: CouponId, to: Who, order: OrderCall },
    RollBack { registry: Who, redemption: Box<Redemption> },
    Close,
    PayIn { member: Who, amount: Balance },
    Default { member: Who },
    MakeGood { member: Who, amount: Balance },
    Endow { amount: Balance },
    Payout { member: Who },
    Leave,
    Exit,
}

#[derive(Clone, Debug)]
pub(crate) enum CustodyCall {
    SetTerms {
        terms: HoldingTerms,
    },
    /// The permit is the acceptor's, to be signed for custody when the step is done.
    Pay {
        order: OrderCall,
        permit: Consent,
    },
    Dispute {
        acceptor: Who,
        number: u64,
        reason: u8,
    },
    Reply {
        number: u64,
    },
    Rule {
        acceptor: Who,
        number: u64,
        bps: u16,
    },
    Settle {
        acceptor: Who,
        number: u64,
    },
    GiveBack {
        number: u64,
        amount: Balance,
    },
    Withdraw {
        asset: Asset,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum MarketCall {
    List { registry: Who, coupons: Vec<CouponId>, ask: Ask, ends_at: u64, reserved: Option<Who> },
    Buy { id: u64, guard: Guard },
    BuyMany { ids: Vec<u64>, guard: Guard, all: bool },
    BuyAndUse { id: u64, highest: Balance, through: Option<Who>, order: OrderCall },
    Bid { id: u64, amount: Balance, guard: Guard },
    Swap { id: u64, coupons: Vec<CouponId>, guard: Guard },
    Settle { id: u64 },
    Cancel { id: u64 },
    CancelAll,
    Forget { ids: Vec<u64> },
    MakeOffer { wish: Wish },
    AcceptOffer { id: u64, coupon: CouponId, least: Balance },
    WithdrawOffer { id: u64 },
    Withdraw { asset: Asset },
    SetFee { bps: u16 },
    SetToken { token: Who, allowed: bool },
    OfferOwnership { to: Option<Who> },
    AcceptOwnership,
}

impl Op {
    /// A message that is sent no value.
    pub(crate) fn plain(caller: Who, message: Message) -> Self {
        Self::Call { caller, value: 0, message }
    }

    /// The message a step calls, for the histogram. What has no dot isn't one.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Advance(_) => "time passes",
            Self::Allow { .. } => "an allowance",
            Self::Misbehave(_) => "the token changes",
            Self::Gift { .. } => "a gift",
            Self::Call { message, .. } => message.name(),
        }
    }
}

impl Message {
    /// Whether value may be sent along.
    pub(crate) fn takes_value(&self) -> bool {
        matches!(
            self,
            Self::Office(
                OfficeCall::CreateCampaign { .. }
                    | OfficeCall::ImproveCampaign { .. }
                    | OfficeCall::TopUp { .. }
            ) | Self::Registry(
                RegistryCall::Redeem(_) | RegistryCall::ClaimAndRedeem { .. } | RegistryCall::Apply
            ) | Self::Desk(DeskCall::RollBack { .. })
                | Self::Alliance(
                    AllianceCall::Apply { .. }
                        | AllianceCall::Deposit { .. }
                        | AllianceCall::Redeem { .. }
                        | AllianceCall::RollBack { .. }
                        | AllianceCall::PayIn { .. }
                        | AllianceCall::Endow { .. }
                        | AllianceCall::MakeGood { .. }
                        | AllianceCall::OpenCase { .. }
                )
                | Self::Market(
                    MarketCall::List { .. }
                        | MarketCall::Buy { .. }
                        | MarketCall::BuyMany { .. }
                        | MarketCall::BuyAndUse { .. }
                        | MarketCall::Bid { .. }
                        | MarketCall::Swap { .. }
                        | MarketCall::MakeOffer { .. }
                )
                | Self::Custody(CustodyCall::Pay { .. })
        )
    }

    /// Whether it changes nothing, so that it is only looked at.
    pub(crate) fn is_view(&self) -> bool {
        matches!(
            self,
            Self::Desk(
                DeskCall::Quote { .. }
                    | DeskCall::SaleTerms { .. }
                    | DeskCall::SaleTermsOf { .. }
                    | DeskCall::Campaign { .. }
                    | DeskCall::Coupon { .. }
                    | DeskCall::Holder { .. }
            )
        )
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Office(call) => match call {
                OfficeCall::CreateCampaign { .. } => "office.create_campaign",
                OfficeCall::ImproveCampaign { .. } => "office.improve_campaign",
                OfficeCall::WithdrawEscrow { .. } => "office.withdraw_escrow",
                OfficeCall::OfferCampaign { .. } => "office.offer_campaign",
                OfficeCall::AcceptCampaign { .. } => "office.accept_campaign",
                OfficeCall::CreateDrop { .. } => "office.create_drop",
                OfficeCall::Issue { .. } => "office.issue",
                OfficeCall::Claim { entitled: Entitled::Listed { .. }, .. } => "office.claim (list)",
                OfficeCall::Claim { entitled: Entitled::Voucher { .. }, .. } => "office.claim (voucher)",
                OfficeCall::Claim { entitled: Entitled::Code { .. }, .. } => "office.claim (code)",
                OfficeCall::SetVoucherKey { .. } => "office.set_voucher_key",
                OfficeCall::SetRole { .. } => "office.set_role",
                OfficeCall::SetFrozen { .. } => "office.set_frozen",
                OfficeCall::SetAccountFrozen { .. } => "office.set_account_frozen",
                OfficeCall::Revoke { .. } => "office.revoke",
                OfficeCall::TopUp { .. } => "office.top_up",
                OfficeCall::SetPaused { .. } => "office.set_paused",
                OfficeCall::OfferGuardian { .. } => "office.offer_guardian",
                OfficeCall::AcceptGuardian => "office.accept_guardian",
                OfficeCall::StepDown => "office.step_down",
            },
            Self::Registry(call) => match call {
                RegistryCall::Claim(_) => "registry.claim",
                RegistryCall::ClaimAndRedeem { .. } => "registry.claim_and_redeem",
                RegistryCall::Redeem(_) => "registry.redeem",
                RegistryCall::RedeemBatch(_) => "registry.redeem_batch",
                RegistryCall::Approve { .. } => "registry.approve",
                RegistryCall::Transfer { .. } => "registry.transfer",
                RegistryCall::Apply => "registry.apply",
            },
            Self::Desk(call) => match call {
                DeskCall::RollBack { for_alliance: true, .. } => "desk.roll_back_for_alliance",
                DeskCall::RollBack { kept: None, .. } => "desk.roll_back (whole)",
                DeskCall::RollBack { .. } => "desk.roll_back (in part)",
                DeskCall::Reserve(_) => "desk.reserve",
                DeskCall::Release { .. } => "desk.release",
                DeskCall::Reward { .. } => "desk.reward",
                DeskCall::Rate { .. } => "desk.rate",
                DeskCall::Forget { .. } => "desk.forget",
                DeskCall::Expire { .. } => "desk.expire",
                DeskCall::Split { .. } => "desk.split",
                DeskCall::Merge { .. } => "desk.merge",
                DeskCall::CancelPermits => "desk.cancel_permits",
                DeskCall::WithdrawCredit { .. } => "desk.withdraw_credit",
                DeskCall::Quote { .. } => "desk.quote",
                DeskCall::SaleTerms { .. } => "desk.sale_terms",
                DeskCall::SaleTermsOf { .. } => "desk.sale_terms_of",
                DeskCall::TransferMany { .. } => "desk.transfer_many",
                DeskCall::Campaign { .. } => "desk.campaign",
                DeskCall::Coupon { .. } => "desk.coupon",
                DeskCall::Holder { .. } => "desk.holder",
            },
            Self::Alliance(call) => match call {
                AllianceCall::Apply { .. } => "alliance.apply",
                AllianceCall::WaiveFee { .. } => "alliance.waive_fee",
                AllianceCall::Decide { .. } => "alliance.decide",
                AllianceCall::Propose { .. } => "alliance.propose",
                AllianceCall::Vote { .. } => "alliance.vote",
                AllianceCall::Clear { .. } => "alliance.clear",
                AllianceCall::OfferRate { .. } => "alliance.offer_rate",
                AllianceCall::AcceptRate { .. } => "alliance.accept_rate",
                AllianceCall::OpenCase { .. } => "alliance.open_case",
                AllianceCall::Reply { .. } => "alliance.reply",
                AllianceCall::Rule { .. } => "alliance.rule",
                AllianceCall::TimeOut { .. } => "alliance.time_out",
                AllianceCall::ClearCase { .. } => "alliance.clear_case",
                AllianceCall::MakeGood { .. } => "alliance.make_good",
                AllianceCall::RedeemBatch { .. } => "alliance.redeem_batch",
                AllianceCall::Convert { .. } => "alliance.convert",
                AllianceCall::Deposit { .. } => "alliance.deposit_collateral",
                AllianceCall::Withdraw { .. } => "alliance.withdraw_collateral",
                AllianceCall::Redeem { .. } => "alliance.redeem",
                AllianceCall::RollBack { .. } => "alliance.roll_back",
                AllianceCall::Close => "alliance.close_cycle",
                AllianceCall::PayIn { .. } => "alliance.pay_in",
                AllianceCall::Default { .. } => "alliance.declare_default",
                AllianceCall::Endow { .. } => "alliance.endow",
                AllianceCall::Leave => "alliance.leave",
                AllianceCall::Payout { .. } => "alliance.payout",
                AllianceCall::Exit => "alliance.exit",
            },
            Self::Market(call) => match call {
                MarketCall::List { ask: Ask::Fixed { .. }, .. } => "market.list (price)",
                MarketCall::List { ask: Ask::Dutch { .. }, .. } => "market.list (falling)",
                MarketCall::List { ask: Ask::English { .. }, .. } => "market.list (auction)",
                MarketCall::List { ask: Ask::Swap { .. }, .. } => "market.list (swap)",
                MarketCall::Buy { .. } => "market.buy",
                MarketCall::BuyMany { .. } => "market.buy_many",
                MarketCall::BuyAndUse { .. } => "market.buy_and_use",
                MarketCall::Bid { .. } => "market.bid",
                MarketCall::Swap { .. } => "market.swap",
                MarketCall::Settle { .. } => "market.settle",
                MarketCall::Cancel { .. } => "market.cancel",
                MarketCall::CancelAll => "market.cancel_all",
                MarketCall::Forget { .. } => "market.forget",
                MarketCall::MakeOffer { .. } => "market.make_offer",
                MarketCall::AcceptOffer { .. } => "market.accept_offer",
                MarketCall::WithdrawOffer { .. } => "market.withdraw_offer",
                MarketCall::Withdraw { .. } => "market.withdraw",
                MarketCall::SetFee { .. } => "market.set_fee",
                MarketCall::SetToken { .. } => "market.set_token",
                MarketCall::OfferOwnership { .. } => "market.offer_ownership",
                MarketCall::AcceptOwnership => "market.accept_ownership",
            },
            Self::Custody(call) => match call {
                CustodyCall::SetTerms { .. } => "custody.set_terms",
                CustodyCall::Pay { .. } => "custody.pay",
                CustodyCall::Dispute { .. } => "custody.dispute",
                CustodyCall::Reply { .. } => "custody.reply",
                CustodyCall::Rule { .. } => "custody.rule",
                CustodyCall::Settle { .. } => "custody.settle",
                CustodyCall::GiveBack { .. } => "custody.give_back",
                CustodyCall::Withdraw { .. } => "custody.withdraw",
            },
        }
    }
}

/// The public key that goes by this name.
pub(crate) fn key_of(signer: Who) -> Hash {
    e2e_tests::keys(signer).public()
}
