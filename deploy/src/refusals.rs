//! Refusals in plain words: what is wrong, and what to do about it. Knows every error of the contracts and the chain, and none of the commands.

mod custody;
mod market;

use crate::{amounts::Unit, times};
use alliance::{config::ConfigFault, error::AllianceError};
use chain::{keys::ss58, AccountId, Balance, ChainError};
use shared::{
    alliance::council::CouncilFault,
    assets::{Asset, PaymentFault},
    ids::CouponId,
    psp34::{self, PSP34Error},
    registry::{Limit, RegistryError, Scope},
    terms::TermsFault,
};
use std::{borrow::Cow, collections::HashMap, fmt};

/// A command that was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One sentence with its evidence.
    pub what: String,
    /// What to do.
    pub fix: String,
}

impl Refusal {
    pub fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }

    /// The same, said of a field, a row or a file.
    #[must_use]
    pub fn at(self, place: impl fmt::Display) -> Self {
        Self { what: format!("{place}: {}", self.what), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  fix: {}", self.what, self.fix)
    }
}

impl std::error::Error for Refusal {}

/// How to write what an error carries: names for accounts, and the unit of its amounts.
#[derive(Clone, Debug)]
pub struct Words {
    names: HashMap<AccountId, String>,
    unit: Unit,
}

impl Default for Words {
    fn default() -> Self {
        Self { names: HashMap::new(), unit: Unit::native() }
    }
}

/// `3/17`: campaign and serial.
pub fn coupon(id: CouponId) -> String {
    format!("{}/{}", id.campaign, id.serial)
}

/// Alliance rules are checked before anything is sent, so they need no words.
pub fn config(fault: ConfigFault) -> Refusal {
    Words::default().config(fault)
}

impl Words {
    /// Writes `account` as `name` from now on.
    pub fn name(&mut self, account: AccountId, name: impl Into<String>) {
        self.names.insert(account, name.into());
    }

    /// Writes amounts in `asset` from now on.
    pub fn count_in(&mut self, asset: Asset) {
        self.unit = Unit::of(asset);
    }

    pub fn account(&self, account: &AccountId) -> String {
        self.names.get(account).cloned().unwrap_or_else(|| ss58(account))
    }

    pub fn money(&self, amount: Balance) -> String {
        self.unit.show(amount)
    }

    /// What a registry said.
    pub fn registry(&self, error: &RegistryError) -> Refusal {
        use RegistryError as E;
        let (account, money, time) = (
            |account| self.account(account),
            |amount: &Balance| self.money(*amount),
            |time: &u64| times::show(*time),
        );
        match error {
            E::NoSuchCampaign { campaign } => Refusal::new(
                format!("there is no campaign {campaign}"),
                "look up the number that `campaign create` printed",
            ),
            E::NoSuchDrop { campaign, drop } => Refusal::new(
                format!("campaign {campaign} has no drop {drop}"),
                "use the code that belongs to this chain's campaign",
            ),
            E::NoSuchCoupon { coupon: id } => Refusal::new(
                format!("there is no live coupon {}: it was never issued, or it is spent", coupon(*id)),
                "choose a coupon that is live (`couponry coupon show`)",
            ),
            E::NotIssuer { issuer } => Refusal::new(
                format!("the campaign is {}'s, and only its issuer may do this", account(issuer)),
                self.act_as(issuer),
            ),
            E::InvalidTerms(fault) => self.terms(fault),
            E::UriTooLong { length, most } => Refusal::new(
                format!("the document's URI has {length} bytes, and at most {most} fit"),
                "shorten `document.uri`",
            ),
            E::Payment(fault) => self.payment(fault),
            E::Overflow => overflow(),
            E::IssueWindowClosed { start, end, now } => Refusal::new(
                format!("coupons of this campaign are issued from {} until {}, and it is {}", time(start), time(end), time(now)),
                "issue or claim inside the issue window",
            ),
            E::IssuingStopped => Refusal::new(
                "the issuer stopped issuing coupons of this campaign for good",
                "create a new campaign",
            ),
            E::SupplyExhausted { asked, left } => Refusal::new(
                format!("{asked} coupons were asked for and the supply has {left} left"),
                "ask for fewer, or create a new campaign",
            ),
            E::HolderLimit { limit } => Refusal::new(
                format!("the account has had as many coupons as the terms allow one account: {limit}"),
                "give the coupon to another account",
            ),
            E::EscrowShort { needed, free } => Refusal::new(
                format!("the escrow must back {} more and has {} free", money(needed), money(free)),
                "add escrow first: `couponry campaign improve N --add-escrow AMOUNT`",
            ),
            E::BatchSize { items, most } => Refusal::new(
                format!("the batch has {items} accounts, and 1 to {most} fit"),
                "split the batch",
            ),
            E::SourceUsed { source } => Refusal::new(
                format!("a batch with the source number {source} was issued before"),
                "nothing to do if this is a retry; else choose another --source",
            ),
            E::EmptyDrop => Refusal::new("a drop needs at least one code", "ask for --codes 1 or more"),
            E::CodeUsed { index } => Refusal::new(
                format!("code {index} was used before"),
                "use another code: each gives one coupon",
            ),
            E::CodeUnproven { index } => Refusal::new(
                format!("code {index} is not one of this drop's"),
                "use a code that the issuer printed for this drop, with its own drop.json",
            ),
            E::ClaimUnsigned { index } => Refusal::new(
                format!("code {index} was claimed for another account than the one it gives the coupon to"),
                "claim again with the code itself: its key must sign the account",
            ),
            E::NotBetter => Refusal::new(
                "a campaign may only get better for holders, and this doesn't change anything for the better",
                "extend the redeem window, add to the budget or escrow, or stop issuing once",
            ),
            E::NoEscrow => Refusal::new(
                "the campaign isn't funded by escrow",
                "leave the escrow out, or set `funding = \"escrow\"`",
            ),
            E::EscrowCommitted { asked, free } => Refusal::new(
                format!("{} was asked for and only {} of the escrow backs no coupon", money(asked), money(free)),
                format!("withdraw at most {}", money(free)),
            ),
            E::NoCredit => Refusal::new("nothing is waiting for this account", "nothing to do"),
            E::CouponCount { presented, most } => Refusal::new(
                format!("{presented} coupons were presented, and an order takes 1 to {most}"),
                format!("present at most {most}"),
            ),
            E::EligibleOverBasket { eligible, basket } => Refusal::new(
                format!("the eligible amount {} is more than the basket {}", money(eligible), money(basket)),
                "lower `eligible` to what of the basket the coupon applies to",
            ),
            E::OrderExpired { deadline, now } => Refusal::new(
                format!("the order was good until {}, and it is {}", time(deadline), time(now)),
                "have the acceptor write a new order",
            ),
            E::OrderUsed { number } => Refusal::new(
                format!("order {number} of this acceptor took effect before"),
                "use the acceptor's next order number",
            ),
            E::NotAcceptor { signer } => Refusal::new(
                format!("{} is neither the order's acceptor nor its cashier", account(signer)),
                "act as the acceptor, or bring an order that it signed: `couponry order sign`",
            ),
            E::ForeignCoupon { coupon: id } => Refusal::new(
                format!("the terms of coupon {} don't let this acceptor take it", coupon(*id)),
                "spend it at its issuer, or at an acceptor its terms name",
            ),
            E::RedeemWindowClosed { start, end, now } => Refusal::new(
                format!("coupons of this campaign are good from {} until {}, and it is {}", time(start), time(end), time(now)),
                "spend coupons inside the redeem window",
            ),
            E::CouponExpired { coupon: id, valid_until, now } => Refusal::new(
                format!("coupon {} expired at {}, and it is {}", coupon(*id), time(valid_until), time(now)),
                "use a coupon that is still good",
            ),
            E::CouponFrozen { coupon: id, reason } => Refusal::new(
                format!("coupon {} is frozen by its issuer (reason {reason})", coupon(*id)),
                "ask the issuer to thaw it",
            ),
            E::BelowMinBasket { basket, least } => Refusal::new(
                format!("the basket {} is below the least {} that the terms ask for", money(basket), money(least)),
                "use the coupon on a larger basket",
            ),
            E::BudgetExhausted { campaign } => Refusal::new(
                format!("the discount budget of campaign {campaign} is used up"),
                "the issuer may add to it: `couponry campaign improve N --add-budget AMOUNT`",
            ),
            E::NoEffect { coupon: id } => Refusal::new(
                format!("coupon {} would take nothing off this order", coupon(*id)),
                "use it on an order with a larger eligible amount",
            ),
            E::PermitMissing { coupon: id } => Refusal::new(
                format!("coupon {} is another account's, and no permit of its holder came with it", coupon(*id)),
                "have the holder sign: `couponry permit sign`",
            ),
            E::PermitExpired { deadline, now } => Refusal::new(
                format!("the permit was good until {}, and it is {}", time(deadline), time(now)),
                "have it signed again",
            ),
            E::PermitCancelled { epoch, current } => Refusal::new(
                format!("the permit is of epoch {epoch}, and its signer cancelled all before epoch {current}"),
                "have it signed again",
            ),
            E::PermitInvalid { signer } => Refusal::new(
                format!("the signature isn't {}'s over exactly this order, coupon, chain and contract", account(signer)),
                "have the unchanged order signed again, on this chain, by that account",
            ),
            E::AcceptorIsPayer => Refusal::new(
                "an acceptor can't pay itself on chain",
                "let the customer submit the order, or settle it off chain",
            ),
            E::NotTheAlliance { caller } => Refusal::new(
                format!("{} isn't the alliance that the terms, or the redemption, name", account(caller)),
                "go through that alliance, or directly where the campaign has none",
            ),
            E::OnlyThroughAlliance { alliance } => Refusal::new(
                format!("other merchants accept this coupon only through the alliance {}", account(alliance)),
                "redeem it there: `couponry redeem` does so for an alliance of this chain's suite",
            ),
            E::NoSuchRedemption { number } => Refusal::new(
                format!("no redemption of order {number} can be rolled back: there is none, or it was rolled back, or it differs"),
                "give the acceptor and number of an order that took effect",
            ),
            E::RedemptionFinal { final_at, now } => Refusal::new(
                format!("the redemption became final at {}, and it is {}", time(final_at), time(now)),
                "settle with the customer directly",
            ),
            E::CouponBacked { coupon: id } => Refusal::new(
                format!("coupon {} is backed by escrow and can't be frozen", coupon(*id)),
                "let it be: its holder was promised the money",
            ),
            E::NotFrozen { coupon: id } => Refusal::new(
                format!("coupon {} isn't frozen", coupon(*id)),
                "nothing to do",
            ),
            E::LimitReached { limit, most, asked } => self.limit(*limit, *most, *asked),
            E::NotFirstOrder { coupon: id, acceptor, number } => Refusal::new(
                format!(
                    "coupon {} is for a first order, and its holder's was order {number} of {}",
                    coupon(*id),
                    account(acceptor)
                ),
                "use another coupon",
            ),
            E::AccountFrozen { account: who, reason } => Refusal::new(
                format!("the issuer froze the account of {} (reason {reason})", account(who)),
                "ask the issuer; the reason is its own number",
            ),
            E::CouponLocked { coupon: id, until } => Refusal::new(
                format!("coupon {} is reserved for an order until {}", coupon(*id), time(until)),
                "spend it on that order, wait, or have the shop release it",
            ),
            E::NotStackable { coupon: id } => Refusal::new(
                format!("coupon {} can only be spent alone", coupon(*id)),
                "present it without others, or leave it out",
            ),
            E::OutOfOrder { coupon: id, priority, after } => Refusal::new(
                format!("coupon {} of priority {priority} comes before one of priority {after}", coupon(*id)),
                "present coupons of a lower priority number first",
            ),
            E::DuplicateCoupon { coupon: id } => Refusal::new(
                format!("coupon {} is presented twice", coupon(*id)),
                "present each coupon once",
            ),
            E::AssetMismatch { coupon: id } => Refusal::new(
                format!("coupon {} counts in another asset than the ones before it", coupon(*id)),
                "spend coupons of one asset on an order",
            ),
            E::NothingApplied => Refusal::new(
                "every coupon was refused",
                "quote the coupons one by one to see why, or charge the full price",
            ),
            E::OnChainInBatch => Refusal::new(
                "orders settled on chain don't go in a batch",
                "redeem that order by itself",
            ),
            E::AttestationMissing { class } => Refusal::new(
                format!("the campaign asks for an attestation of class {class}"),
                "have the issuer's attester sign one (`couponry attest`) and show it with the claim",
            ),
            E::AttestationExpired { expires_at, now } => Refusal::new(
                format!("the attestation ended at {}, and it is {}", time(expires_at), time(now)),
                "have it signed again",
            ),
            E::AttestationInvalid { class } => Refusal::new(
                format!("the campaign's attester didn't sign class {class} for this account"),
                "have it signed for this account, class, chain and registry",
            ),
            E::NoSuchKey { key } => Refusal::new(
                format!("the campaign names no voucher key {}, or not any more", hex::encode(key)),
                "ask the issuer for a voucher of a key that it names",
            ),
            E::QuotaReached { most, until } => Refusal::new(
                format!("the key's {most} vouchers of this period are spent; the next one starts at {}", time(until)),
                "wait, or have the issuer raise the quota",
            ),
            E::VoucherUsed { nonce } => {
                Refusal::new(format!("voucher {nonce} was used before"), "ask for another voucher")
            }
            E::VoucherExpired { deadline, now } => Refusal::new(
                format!("the voucher ended at {}, and it is {}", time(deadline), time(now)),
                "ask for another voucher",
            ),
            E::VoucherUnsigned { nonce } => Refusal::new(
                format!("the key didn't sign voucher {nonce} for this account"),
                "use the voucher as it was handed out, for the account it names",
            ),
            E::NotOneUse { campaign } => Refusal::new(
                format!("a coupon of campaign {campaign} isn't used up by this order"),
                "claim the code first, and then spend the coupon",
            ),
            E::AdvocateUnsigned => Refusal::new(
                "an entry of a list brings no advocate",
                "claim it without --advocate",
            ),
            E::SelfReferral => {
                Refusal::new("nobody is their own advocate", "name who brought you, or nobody")
            }
            E::Paused { scope } => Refusal::new(
                format!("the registry's guardian paused {}", match scope {
                    Scope::Campaigns => "new campaigns",
                    Scope::Claims => "issuing and claiming",
                    Scope::Trading => "trading",
                }),
                "try again later; spending and collecting go on",
            ),
            E::NotTheOffice { caller } => Refusal::new(
                format!("{} is neither the registry's office nor its service desk", account(caller)),
                "use the office's and the desk's messages",
            ),
            E::NotHolder { holder } => Refusal::new(
                format!("the coupon is {}'s", account(holder)),
                self.act_as(holder),
            ),
            E::NoReservations { campaign } => Refusal::new(
                format!("coupons of campaign {campaign} can't be reserved"),
                "redeem without reserving",
            ),
            E::NotReserved { coupon: id } => Refusal::new(
                format!("nothing reserves coupon {}", coupon(*id)),
                "there is nothing to release",
            ),
            E::NotStoredValue { coupon: id } => Refusal::new(
                format!("coupon {} is no gift card with something left on it", coupon(*id)),
                "split, merge and top up gift cards only",
            ),
            E::BadSplit { asked, left } => Refusal::new(
                format!("{} can't be split off {}", money(asked), money(left)),
                "leave something on both cards",
            ),
            E::MergeMismatch { into, from } => Refusal::new(
                format!("coupon {} doesn't merge into {}", coupon(*from), coupon(*into)),
                "merge two different gift cards of one campaign",
            ),
            E::NotExpired { coupon: id, ends_at } => Refusal::new(
                format!("coupon {} can be spent until {}", coupon(*id), time(ends_at)),
                "wait until it has ended",
            ),
            E::AlreadyRated { number } => {
                Refusal::new(format!("order {number} is rated already"), "a redemption is rated once")
            }
            E::BadRating { stars } => Refusal::new(format!("{stars} stars"), "give 1 to 5"),
            E::NotFinal { final_at, now } => Refusal::new(
                format!("the redemption is final at {}, and it is {}", time(final_at), time(now)),
                "wait until then; forgetting takes 30 days more",
            ),
            E::NoReferral { coupon: id } => Refusal::new(
                format!("coupon {} came without an advocate, or its campaign has no reward", coupon(*id)),
                "there is nothing to reward",
            ),
            E::NotRewarded { friend } => Refusal::new(
                format!("this wasn't the first order of {}, or it was rewarded", account(friend)),
                "an advocate is rewarded once, for a friend's first order",
            ),
            E::ReferralCap { most } => Refusal::new(
                format!("the advocate has been rewarded for {most} friends, and the terms allow no more"),
                "there is nothing to do",
            ),
            E::NotOperator { caller } => Refusal::new(
                format!("{} is neither the issuer nor its operator", account(caller)),
                "run the command as the issuer, or have it name you (`couponry role set`)",
            ),
            E::NotGuardian { caller } => Refusal::new(
                format!("{} is not the registry's guardian", account(caller)),
                "only the guardian pauses",
            ),
            E::NotOffered { caller } => Refusal::new(
                format!("nothing was offered to {}", account(caller)),
                "have the owner offer it first",
            ),
            E::BadKept { basket, eligible } => Refusal::new(
                format!("{} kept, of it {} eligible, is no smaller order", money(basket), money(eligible)),
                "give what was kept: less than the order, with no more eligible than the basket",
            ),
            E::NetWouldRise { before, after } => Refusal::new(
                format!("what was kept would cost {}, and all of it cost {}", money(after), money(before)),
                "a coupon no longer applies to what was kept: roll the whole order back and sell anew",
            ),
            E::NoChange => Refusal::new("nothing would change", "there is nothing to do"),
            E::OfficeFailed => Refusal::new(
                "the registry's office or desk isn't there, or didn't answer as it should",
                "upload the office's and the desk's code before instantiating the registry (`couponry deploy` does)",
            ),
            E::TooManyDrops { most } => Refusal::new(
                format!("the campaign has {most} drops, and no more fit"),
                "create another campaign",
            ),
            E::HeldByContract { holder } => Refusal::new(
                format!("{} holds the coupon, and couldn't pass on what is paid for it", account(holder)),
                "have its holder take it back first (`couponry market cancel`); 90 days after its end it needn't",
            ),
            E::NotApproved { coupon: id } => Refusal::new(
                format!("coupon {} isn't the caller's to move", coupon(*id)),
                "have its holder send it, or approve the caller at the registry",
            ),
            E::Soulbound { coupon: id } => Refusal::new(
                format!("coupons of {}'s campaign never change hands", coupon(*id)),
                "let its holder spend it",
            ),
            E::MarketOnly { coupon: id } => Refusal::new(
                format!("coupon {} changes hands only through its campaign's market", coupon(*id)),
                "list it there: `couponry market sell`",
            ),
            E::CardMovedOn { coupon: id } => Refusal::new(
                format!("stamp card {} is full or has another holder, so a stamp can't be taken back", coupon(*id)),
                "take back the order that filled it first",
            ),
        }
    }

    /// An address can't sign here, so it is no use to name one.
    fn act_as(&self, account: &AccountId) -> String {
        self.names.get(account).map_or_else(
            || "run the command as that account: --as NAME".to_owned(),
            |name| format!("run the command --as {name}"),
        )
    }

    fn limit(&self, limit: Limit, most: Balance, asked: Balance) -> Refusal {
        let (whose, counts) = match limit {
            Limit::CampaignUses => ("the campaign's redemptions", true),
            Limit::PeriodUses => ("the campaign's redemptions in this period", true),
            Limit::PeriodValue => ("the campaign's discounts in this period", false),
            Limit::HolderUses => ("the holder's redemptions", true),
            Limit::HolderValue => ("the holder's discounts", false),
            Limit::HolderPeriodUses => ("the holder's redemptions in this period", true),
            Limit::HolderPeriodValue => ("the holder's discounts in this period", false),
            Limit::CashierDay => ("what the cashier accepts in a day", false),
        };
        let shown = |amount: Balance| if counts { amount.to_string() } else { self.money(amount) };
        Refusal::new(
            format!("{whose} would come to {}, and the limit is {}", shown(asked), shown(most)),
            if limit == Limit::CashierDay {
                "have the merchant itself accept, or raise the cap (`couponry role set`)"
            } else {
                "wait for the next period if there is one, or use another coupon"
            },
        )
    }

    /// What is wrong with terms. Fields are named as in a campaign file.
    pub fn terms(&self, fault: &TermsFault) -> Refusal {
        use TermsFault as F;
        match fault {
            F::NoBenefit => Refusal::new(
                "[benefit]: the coupon would give nothing",
                "set the amount, or the percent and its cap, above zero",
            ),
            F::PercentOverWhole { bps } => Refusal::new(
                format!("benefit.percent: {}% is more than the whole", percent(*bps)),
                "set it to 100 or less",
            ),
            F::EmptyWindow { start, end } => Refusal::new(
                format!(
                    "the window ends at {}, before it starts at {}",
                    times::show(*end),
                    times::show(*start)
                ),
                "set `end` after `start`",
            ),
            F::IssueWindowPast { end, now } => Refusal::new(
                format!("issue.end: {} is past, it is {}", times::show(*end), times::show(*now)),
                "set it later",
            ),
            F::IssueOutlastsRedeem { issue_end, redeem_end } => Refusal::new(
                format!(
                    "issue.end: coupons could still be issued at {}, after none can be spent at {}",
                    times::show(*issue_end),
                    times::show(*redeem_end)
                ),
                "end the issue window no later than the redeem window",
            ),
            F::NoSupply => Refusal::new("supply: 0 coupons", "set it to 1 or more"),
            F::ZeroLimit => Refusal::new(
                "`valid_for`, `budget`, `resale_percent`, `referral.per_advocate`, a key's quota, or something of [card] or [limits] is zero",
                "leave the field out for no limit, or set it above zero",
            ),
            F::AcceptorCount { listed } => Refusal::new(
                format!(
                    "accept: {listed} accounts are listed, and 1 to {} fit",
                    shared::terms::MAX_ACCEPTORS
                ),
                "list fewer, or let an alliance accept",
            ),
            F::AllianceMissing => Refusal::new(
                "funding: \"alliance\" needs an alliance that accepts",
                "set `accept = \"alliance\"`",
            ),
            F::RoyaltyOverCap { bps } => Refusal::new(
                format!(
                    "royalty_percent: {}% is more than {}%",
                    percent(*bps),
                    percent(shared::terms::MAX_ROYALTY_BPS)
                ),
                format!("set it to {} or less", percent(shared::terms::MAX_ROYALTY_BPS)),
            ),
            F::RollbackWindowOverCap { .. } => {
                Refusal::new("rollback_window: longer than 90 days", "set it to 90d or less")
            }
            F::CardOfValue => Refusal::new(
                "[card]: a gift card has no uses or stamps",
                "leave [card] out, or choose another benefit",
            ),
            F::BudgetBesideEscrow => Refusal::new(
                "budget: escrow is its own budget",
                "leave `budget` out, or choose another funding",
            ),
            F::AttestedButTraded => Refusal::new(
                "transfer: coupons for an attested audience must stay with whom they were attested for",
                "set `transfer = \"soulbound\"`",
            ),
            F::FirstOrderUnmarked => Refusal::new(
                "marks_first_order: first-order and referral campaigns must mark first orders",
                "set `marks_first_order = true`",
            ),
            F::ReservationOverCap { .. } => {
                Refusal::new("reservation: longer than 7 days", "set it to 7d or less")
            }
            F::BreakageOverWhole { bps } => Refusal::new(
                format!("[breakage]: shares of {bps} bps, and only escrow can be shared, up to the whole"),
                "lower the shares, or set `funding = \"escrow\"`",
            ),
            F::NoRewardCampaign { reward } => Refusal::new(
                format!("[referral] reward: {reward} is no campaign of yours that is for anyone"),
                "create the reward's campaign first and give its number",
            ),
        }
    }

    /// Why money didn't move.
    pub fn payment(&self, fault: &PaymentFault) -> Refusal {
        match fault {
            PaymentFault::WrongValue { expected, paid } => Refusal::new(
                format!("{} was sent where {} is due", self.money(*paid), self.money(*expected)),
                format!("pay exactly {}", self.money(*expected)),
            ),
            PaymentFault::TokenRefused { token } => Refusal::new(
                format!("the token {} refused to move the amount", self.account(token)),
                "check the balance, and the allowance given to the contract",
            ),
            PaymentFault::TokenLied { expected, received } => Refusal::new(
                format!("the token was to move {expected} and moved {received}"),
                "use a token without a fee on transfers",
            ),
            PaymentFault::TransferRefused => Refusal::new(
                "the chain refused the transfer, for one to an account below the existential deposit",
                "fund the receiving account first",
            ),
        }
    }

    /// What an alliance said.
    pub fn alliance(&self, error: &AllianceError) -> Refusal {
        use AllianceError as E;
        let (account, money, time) = (
            |account| self.account(account),
            |amount: &Balance| self.money(*amount),
            |time: &u64| times::show(*time),
        );
        match error {
            E::InvalidConfig(fault) => self.config(*fault),
            E::UnknownRegistry { registry } => Refusal::new(
                format!("{} is not a registry whose code the alliance knows", account(registry)),
                "use the registry the alliance was set up with; a look-alike is refused",
            ),
            E::AlreadyMember { account: member } => Refusal::new(
                format!("{} is a member, or has applied, already", account(member)),
                "nothing to do",
            ),
            E::NotMember { account: member } => Refusal::new(
                format!("{} is not a member of the alliance", account(member)),
                "apply first: `couponry alliance apply --as MEMBER`",
            ),
            E::NotOperator { operator, caller } => Refusal::new(
                format!("{} is not the alliance's operator", account(caller)),
                self.act_as(operator),
            ),
            E::AlreadyAdmitted { account: member } => {
                Refusal::new(format!("{} was admitted before", account(member)), "nothing to do")
            }
            E::NotActive { account: member } => Refusal::new(
                format!("{} is no active member: not admitted yet, suspended, in default or leaving", account(member)),
                "see where it stands: `couponry alliance status MEMBER`",
            ),
            E::NotAcceptor { acceptor, caller } => Refusal::new(
                format!("{} is neither the acceptor {} nor its cashier", account(caller), account(acceptor)),
                self.act_as(acceptor),
            ),
            E::Registry(refusal) => refusal.error().map_or_else(
                || {
                    Refusal::new(
                        "the registry refused, for a reason that this version doesn't know",
                        "use a newer couponry",
                    )
                },
                |error| self.registry(&error),
            ),
            E::RegistryFailed { registry } => Refusal::new(
                format!("the registry {} didn't answer as one", account(registry)),
                "check its address",
            ),
            E::WrongAsset { expected, redeemed } => Refusal::new(
                format!(
                    "the alliance settles in {} and the coupon is in {}",
                    asset(*expected),
                    asset(*redeemed)
                ),
                "redeem coupons of the alliance's asset",
            ),
            E::OverLimit { account: member, exposure, limit } => Refusal::new(
                format!(
                    "{} would owe {}, over its limit of {}",
                    account(member),
                    money(exposure),
                    money(limit)
                ),
                "it can put up more collateral (`couponry alliance collateral`), or pay in first",
            ),
            E::CollateralShort { asked, collateral } => Refusal::new(
                format!("{} was asked for, and the collateral is {}", money(asked), money(collateral)),
                "ask for less",
            ),
            E::ZeroAmount => Refusal::new("an amount of zero changes nothing", "give an amount above zero"),
            E::CycleRunning { ends_at, now } => Refusal::new(
                format!("the cycle runs until {}, and it is {}", time(ends_at), time(now)),
                "close it later (on the embedded chain: `couponry chain advance`)",
            ),
            E::CycleUnsettled { cycle, owed } => Refusal::new(
                format!("{} of cycle {cycle} is still to be paid in", money(owed)),
                "let debtors pay in, or after the cut-off declare their default: `couponry alliance default MEMBER`",
            ),
            E::OverDue { asked, due } => Refusal::new(
                format!("{} is more than the {} that is due", money(asked), money(due)),
                format!("pay at most {}", money(due)),
            ),
            E::BeforeCutOff { cut_off, now } => Refusal::new(
                format!("the member may pay in until {}, and it is {}", time(cut_off), time(now)),
                "declare the default after the cut-off",
            ),
            E::NothingDue { account: member } => Refusal::new(
                format!("{} owes nothing of the last cycle", account(member)),
                "nothing to do",
            ),
            E::NothingToPay { account: member } => Refusal::new(
                format!("nothing that {} has earned is settled yet", account(member)),
                "pay out once the cycle is closed and paid in",
            ),
            E::PositionOpen { open, due, credit } => Refusal::new(
                format!(
                    "the member still has something open: {} this cycle, {} of the last, {} to collect",
                    self.signed(*open),
                    self.signed(*due),
                    money(credit)
                ),
                "settle and pay out first",
            ),
            E::Payment(fault) => self.payment(fault),
            E::Overflow => overflow(),
            E::TailTooShort { final_at, tail } => Refusal::new(
                format!("it could be rolled back until {}, and members stay answerable for {tail} ms", time(final_at)),
                "the alliance takes coupons whose rollback window is within its tail",
            ),
            E::LongstopRunning { due, longstop } => Refusal::new(
                format!("{} of the default waits for someone to pay it until {}", money(due), time(longstop)),
                "pay it in, add to the fund, or call again then",
            ),
            E::NotMadeGood { unpaid } => Refusal::new(
                format!("others bear {} of the member's default", money(unpaid)),
                "make it good first: `couponry alliance make-good`",
            ),
            E::NotLeaving { account: member } => Refusal::new(
                format!("{} hasn't said that it leaves", account(member)),
                "say so first: `couponry alliance leave`",
            ),
            E::StillLiable { until, now } => Refusal::new(
                format!("the member is answerable until {}, and it is {}", time(until), time(now)),
                "go then (on the embedded chain: `couponry chain advance`)",
            ),
            E::CasesOpen { cases } => Refusal::new(
                format!("{cases} disputes about the member's redemptions are open"),
                "wait for their rulings",
            ),
            E::AlreadyLeaving { account: member } => Refusal::new(
                format!("{} has said already that it leaves", account(member)),
                "go when it is no longer answerable: `couponry alliance exit`",
            ),
            E::BatchSize { items, most } => Refusal::new(
                format!("{items} orders for the alliance are none, or more than the {most} that fit in a call"),
                "send them in several calls",
            ),
            E::NotAnOrder { index } => Refusal::new(
                format!("what was sent at place {index} is not an order with its permits"),
                "use a newer couponry",
            ),
            E::WrongRefund { expected, offered } => Refusal::new(
                format!("{} goes back to escrow and the payer, not {}", money(expected), money(offered)),
                format!("pay back exactly {}", money(expected)),
            ),
            E::ByVoteOnly { voters } => Refusal::new(
                format!("with {voters} members who have a vote, only their votes decide this"),
                "move a motion, and have members vote for it",
            ),
            E::ApplicationDiffers { account: member } => Refusal::new(
                format!("{} applied with another registry or another profile", account(member)),
                "look at its application again",
            ),
            E::NotSuspended { account: member } => {
                Refusal::new(format!("{} is not suspended", account(member)), "nothing to do")
            }
            E::NotDefaulted { account: member } => {
                Refusal::new(format!("{} has not defaulted", account(member)), "nothing to do")
            }
            E::NoSuchProposal { proposal } => Refusal::new(
                format!("there is no motion {proposal}, or nothing of yours is left of it"),
                "check its number",
            ),
            E::VoteClosed { ends_at, now } => Refusal::new(
                format!("the vote ended {}, or the motion was carried; it is {}", time(ends_at), time(now)),
                "move it again if it wasn't carried",
            ),
            E::NoVote { account: member } => Refusal::new(
                format!("{} was not an active member when the motion was moved", account(member)),
                "only those who were then have a vote on it",
            ),
            E::AlreadyVoted { proposal, account: member } => Refusal::new(
                format!("{} has voted for motion {proposal} already", account(member)),
                "nothing to do",
            ),
            E::VoteOpen { ends_at, now } => Refusal::new(
                format!("the vote runs until {}, and it is {}", time(ends_at), time(now)),
                "clear it then",
            ),
            E::NoSuchOffer => {
                Refusal::new("the other of the two offers no such rate", "look at what is offered again")
            }
            E::NotParty { account: member } => Refusal::new(
                format!("{} is none of those it is about", account(member)),
                "only they may",
            ),
            E::RateOutOfRange { bps } => Refusal::new(
                format!("a rate of {bps} bps is nothing, or more than the whole"),
                "between 1 and 10,000 bps",
            ),
            E::RateTooEarly { from, earliest } => Refusal::new(
                format!("{} is too early for this rate: it may be from {} on", time(from), time(earliest)),
                "offer one that starts later, or agree on it then: the rate before stays for the tail and the time to dispute",
            ),
            E::OverDailyCap { cap, asked } => Refusal::new(
                format!("the day's sum between the two would be {}, over their cap of {}", money(asked), money(cap)),
                "redeem it tomorrow",
            ),
            E::NoSuchRedemption { acceptor, number } => Refusal::new(
                format!("no redemption of order {number} at {} stands as it was given", account(acceptor)),
                "give the redemption exactly as its event told it",
            ),
            E::CaseWindowOver { until, now } => Refusal::new(
                format!("the redemption could be disputed until {}, and it is {}", time(until), time(now)),
                "settle it between yourselves",
            ),
            E::AlreadyDisputed { case } => {
                Refusal::new(format!("it is dispute {case} already"), "a redemption is disputed once")
            }
            E::NothingBooked { issuer } => Refusal::new(
                format!("the redemption makes {} owe nothing", account(issuer)),
                "there is nothing to dispute",
            ),
            E::NoSuchCase { case } => Refusal::new(format!("there is no dispute {case}"), "check its number"),
            E::CaseClosed => Refusal::new("the dispute is over", "nothing to do"),
            E::CaseOpen { case } => {
                Refusal::new(format!("dispute {case} is not over"), "clear it once it is ruled on")
            }
            E::AlreadyReplied => Refusal::new("the acceptor has replied already", "there is one reply"),
            E::ReplyWindowOver { until, now } => Refusal::new(
                format!("a reply was possible until {}, and it is {}", time(until), time(now)),
                "the resolver rules without it",
            ),
            E::ReplyRunning { until, now } => Refusal::new(
                format!("the acceptor may reply until {}, and it is {}", time(until), time(now)),
                "rule after its reply, or then",
            ),
            E::NotResolver { resolver, caller } => Refusal::new(
                format!("{} does not rule on disputes", account(caller)),
                self.act_as(resolver),
            ),
            E::ShareOverWhole { bps } => Refusal::new(
                format!("{bps} bps is more than the whole"),
                "at most 10,000 bps can be given back",
            ),
            E::RulingOver { until, now } => Refusal::new(
                format!("a ruling was possible until {}, and it is {}", time(until), time(now)),
                "the preset share holds: time the dispute out",
            ),
            E::RulingRunning { until, now } => Refusal::new(
                format!("the resolver may rule until {}, and it is {}", time(until), time(now)),
                "time it out then",
            ),
            E::CaseWindowRunning { until, now } => Refusal::new(
                format!("it might be disputed again until {}, and it is {}", time(until), time(now)),
                "clear it then",
            ),
            E::OtherConversion { number } => Refusal::new(
                format!("order {number} is for other goods than this coupon for this account"),
                "its basket hash is the digest of registry, coupon and receiver",
            ),
            E::CouponElsewhere { holder } => Refusal::new(
                holder.as_ref().map_or_else(
                    || "the coupon is not live".to_owned(),
                    |holder| format!("the coupon is held by {}, not by the acceptor", account(holder)),
                ),
                "the acceptor hands over a coupon that it holds",
            ),
            E::TransferRefused { coupon } => Refusal::new(
                format!("the registry did not move coupon {}/{}", coupon.campaign, coupon.serial),
                "its holder lets the council move it first, and its terms allow it",
            ),
            E::NotTheCouncil { caller } => Refusal::new(
                format!("{} is not the alliance's council", account(caller)),
                "call the council",
            ),
            E::CouncilFailed => Refusal::new(
                "the council's code is not on the chain",
                "upload it before the alliance is instantiated",
            ),
            E::AllianceFailed => Refusal::new("the alliance didn't answer as one", "check its address"),
            E::NoChange => Refusal::new("nothing would change", "look at how it stands"),
            E::NotFinal { final_at, now } => Refusal::new(
                format!("the redemption can be rolled back until {}, and it is {}", time(final_at), time(now)),
                "dispute it then, or ask the acceptor to roll it back",
            ),
            E::ResolverIsParty { resolver } => Refusal::new(
                format!("{} is a party to this dispute, and rules on none of its own", account(resolver)),
                "it times out, at the alliance's preset share",
            ),
            E::UriTooLong { length, most } => Refusal::new(
                format!("the profile's URI has {length} bytes, more than {most}"),
                "use a shorter one",
            ),
        }
    }

    /// What is wrong with an alliance's rules.
    pub fn config(&self, fault: ConfigFault) -> Refusal {
        match fault {
            ConfigFault::PayInWindow { window, cycle_length } => Refusal::new(
                format!("--pay-in-window: {window} ms is not between zero and the cycle's {cycle_length} ms"),
                "make it shorter than --cycle",
            ),
            ConfigFault::FeeOverCap { bps } => Refusal::new(
                format!("--fee-bps: {bps} is more than {}", alliance::config::MAX_FEE_BPS),
                "lower it",
            ),
            ConfigFault::Rate { bps } => Refusal::new(
                format!("--rate-bps: {bps} is not between 1 and 10000"),
                "set it between 1 and 10000",
            ),
            ConfigFault::CapFactor { bps } => Refusal::new(
                format!(
                    "--cap-factor-bps: {bps} is not between 1 and {}",
                    alliance::config::MAX_CAP_FACTOR_BPS
                ),
                format!("set it between 1 and {}", alliance::config::MAX_CAP_FACTOR_BPS),
            ),
            ConfigFault::RegistryCount { listed } => Refusal::new(
                format!("{listed} registries are listed, and 1 to {} fit", alliance::config::MAX_REGISTRIES),
                "list fewer",
            ),
            ConfigFault::CutOverWhole { bps } => Refusal::new(
                format!("the cut of {bps} bps is more than the whole"),
                "set it to 10000 at most",
            ),
            ConfigFault::EarlyFeeHigher { early, fee } => Refusal::new(
                format!(
                    "the early joining fee of {} is higher than the later {}",
                    self.money(early),
                    self.money(fee)
                ),
                "make it lower, or the same",
            ),
            ConfigFault::NoFounders => {
                Refusal::new("--founders: with none, nobody could ever be admitted", "set it to 1 at least")
            }
            ConfigFault::Longstop { longstop } => Refusal::new(
                format!("--longstop: {longstop} ms is more than a year"),
                "make it shorter: a cycle must come to its end",
            ),
            ConfigFault::Council(fault) => match fault {
                CouncilFault::Quorum { bps } => Refusal::new(
                    format!("a quorum of {bps} bps is nothing, or more than the whole"),
                    "between 1 and 10,000 bps",
                ),
                CouncilFault::NoTime => {
                    Refusal::new("voting, replying or ruling would have no time", "give each some time")
                }
                CouncilFault::UnruledOverWhole { bps } => Refusal::new(
                    format!("{bps} bps is more than the whole"),
                    "at most 10,000 bps can be given back",
                ),
                CouncilFault::TooLong { window, most } => Refusal::new(
                    format!("voting, replying, ruling or disputing would take {window} ms, and may take {most} ms"),
                    "at most 90 days to vote, to reply and to rule, and 30 to dispute",
                ),
            },
        }
    }

    /// What PSP34's own messages say.
    pub fn psp34(&self, error: &PSP34Error, id: CouponId) -> Refusal {
        let id = coupon(id);
        let (what, fix) = match error {
            PSP34Error::Custom(word) => match word.as_str() {
                psp34::FROZEN => {
                    (format!("coupon {id} is frozen by its issuer"), "ask the issuer to thaw it")
                }
                psp34::LOCKED => (
                    format!("coupon {id} is reserved for an order"),
                    "wait until the reservation ends, or have the shop release it",
                ),
                psp34::SOULBOUND => (format!("coupon {id} may never change hands"), "spend it yourself"),
                psp34::MARKET_ONLY => (
                    format!("coupon {id} changes hands only through its market"),
                    "sell it there: `couponry market sell`",
                ),
                psp34::OVERFLOW => ("a number passed what it can hold".into(), "use another account"),
                other => (format!("the registry refused: {other}"), "check the coupon"),
            },
            PSP34Error::SelfApprove => {
                ("an account needs no approval for itself".into(), "approve another account")
            }
            PSP34Error::NotApproved => (format!("coupon {id} isn't yours to move"), "act as its holder"),
            PSP34Error::TokenExists => (format!("coupon {id} exists already"), "choose another"),
            PSP34Error::TokenNotExists => (
                format!("there is no live coupon {id}: it was never issued, or it is spent"),
                "choose a coupon that is live",
            ),
            PSP34Error::SafeTransferCheckFailed(word) => {
                (format!("the receiver refused: {word}"), "send to another account")
            }
        };
        Refusal::new(what, fix)
    }

    /// What the chain itself said.
    pub fn chain(&self, error: &ChainError) -> Refusal {
        use ChainError as E;
        let fix: Cow<'static, str> = match error {
            E::InsufficientBalance { account, .. } | E::DepositShort { signer: account, .. } => {
                return Refusal::new(
                    format!("{} can't pay for this from its balance", self.account(account)),
                    format!("fund it: `couponry chain fund {} 100`", self.account(account)),
                )
            }
            E::BelowExistentialDeposit { account, existential_deposit, .. } => {
                return Refusal::new(
                    format!(
                        "{} would hold less than the existential deposit of {}",
                        self.account(account),
                        Unit::native().show(*existential_deposit)
                    ),
                    "send at least that much",
                )
            }
            E::CorruptFile { .. } => {
                "restore the file from a copy, or start afresh with `couponry chain new`".into()
            }
            E::File { .. } => "check the path and its permissions; `couponry chain new` makes a chain".into(),
            E::Locked { .. } => "wait for the other command to end".into(),
            E::Node { .. } => "check the endpoint, and that its chain is the one that is meant; then run this again".into(),
            E::NoKey { .. } => "give the key of the account that is to sign".into(),
            E::Unsettled { .. } => {
                "look for the transaction in a block explorer, or run this again: what took effect is found and kept".into()
            }
            E::TimeBackwards { .. } => "advance by a period".into(),
            E::NoSuchContract { .. } | E::NoSuchCode { .. } => {
                "deploy the suite on this chain: `couponry deploy`".into()
            }
            E::DuplicateContract { .. } => "it is deployed; nothing to do".into(),
            E::CodeTooLarge { .. } | E::CodeRejected { .. } => {
                "build the contracts with `couponry build`".into()
            }
            E::Reverted { .. } | E::Trapped { .. } | E::Unreadable(_) | E::Undecodable { .. } => {
                "check that the contract is the suite's, built with this version".into()
            }
            E::OutOfGas { .. }
            | E::DepositLimit { .. }
            | E::Module { .. }
            | E::Dispatch(_)
            | E::EndOfChain { .. } => "nothing was changed; try a smaller step".into(),
        };
        Refusal::new(error.to_string(), fix)
    }

    /// A position: negative is owed.
    pub fn signed(&self, position: i128) -> String {
        let sign = if position < 0 { "-" } else { "" };
        format!("{sign}{}", self.money(position.unsigned_abs()))
    }
}

pub fn asset(asset: Asset) -> String {
    match asset {
        Asset::Native => "the native token".to_owned(),
        Asset::Psp22(token) => format!("the token {}", ss58(&token)),
    }
}

/// Basis points as a percentage.
pub fn percent(bps: u16) -> String {
    crate::amounts::decimal(bps.into(), 2)
}

fn overflow() -> Refusal {
    Refusal::new("a sum passed what a number can hold", "use smaller amounts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ink::scale_info::{TypeDef, TypeInfo};
    use scale::Decode;
    use std::collections::BTreeSet;

    /// Every variant of an error, with zeros for evidence.
    fn variants<E: Decode + TypeInfo>() -> Vec<E> {
        let TypeDef::Variant(variants) = E::type_info().type_def else { panic!("an error is an enum") };
        let indices = variants.variants.iter().map(|variant| variant.index);
        indices
            .map(|index| {
                let mut bytes = vec![0; 256];
                bytes[0] = index;
                E::decode(&mut bytes.as_slice()).unwrap()
            })
            .collect()
    }

    #[test]
    fn every_error_says_something_of_its_own() {
        let words = Words::default();
        let registry: Vec<_> = variants().iter().map(|error| words.registry(error)).collect();
        let alliance: Vec<_> = variants().iter().map(|error| words.alliance(error)).collect();
        let market: Vec<_> = variants().iter().map(|error| words.market(error)).collect();
        for refusals in [registry, alliance, market] {
            let said: BTreeSet<_> = refusals.iter().map(|refusal| refusal.what.as_str()).collect();
            assert_eq!(said.len(), refusals.len());
            assert!(refusals.iter().all(|refusal| !refusal.what.is_empty() && !refusal.fix.is_empty()));
        }
    }

    #[test]
    fn accounts_are_called_by_their_names_and_amounts_by_their_asset() {
        let mut words = Words::default();
        let bakery = AccountId::from([1; 32]);
        assert_eq!(words.account(&bakery), ss58(&bakery));
        words.name(bakery, "bakery");
        let error = RegistryError::NotIssuer { issuer: bakery };
        assert_eq!(words.registry(&error).fix, "run the command --as bakery");
        assert_eq!(words.money(1_500_000_000_000), "1.5 UNIT");
        words.count_in(Asset::Psp22(bakery));
        assert_eq!(words.money(15), "15 of the token's smallest units");
        assert_eq!(words.signed(-15), "-15 of the token's smallest units");
    }
}
