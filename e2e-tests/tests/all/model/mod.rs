//! A naive model of the whole suite: what every message must do, in maps, sets and lists, without a thought for cost.
//!
//! It shares the contracts' types and none of their rules: nothing here calls a method of theirs that decides anything. What the contracts
//! count, it recounts: a campaign's counters from every redemption and every live coupon, a member's position from every debt.

pub(crate) mod alliance;
pub(crate) mod beginnings;
pub(crate) mod custody;
pub(crate) mod desk;
pub(crate) mod dice;
pub(crate) mod enumeration;
pub(crate) mod home;
pub(crate) mod invariants;
mod limits;
pub(crate) mod market;
pub(crate) mod money;
pub(crate) mod office;
pub(crate) mod ops;
pub(crate) mod printed;
pub(crate) mod psp34;
pub(crate) mod real;
pub(crate) mod registry;
pub(crate) mod run;
pub(crate) mod spending;
pub(crate) mod storage;
pub(crate) mod terms;

use self::ops::{Message, Op};
use ::alliance::{cycles::Waterfall, error::AllianceError};
use ::custody::{error::CustodyError, payments::Split};
use ::market::error::MarketError;
use chain::{AccountId, Balance, Hash};
use e2e_tests::account;
use money::Money;
use shared::{
    campaigns::{Campaign, Progress},
    coupons::{Coupon, Holder},
    ids::CouponId,
    order::{Quote, Redeemed, Redemption},
    psp34::PSP34Error,
    registry::{RegistryError, SaleTerms},
};

/// A person or a contract, by name, so that a failing sequence reads well.
pub(crate) type Who = &'static str;

/// What a message answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Nothing,
    Number(u128),
    Coupon(CouponId),
    Sale(SaleTerms),
    Sales(Vec<SaleTerms>),
    Quote(Quote),
    Redemption(Box<Redemption>),
    Remains(Option<Box<Redemption>>),
    Results(Vec<Result<Redeemed, RegistryError>>),
    Prices(Vec<Result<Balance, MarketError>>),
    Campaign(Box<(Campaign, Progress)>),
    State(Coupon),
    Holder(Holder),
    Waterfall(Waterfall),
    Split(Split),
}

/// Why a message refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Registry(RegistryError),
    Psp34(PSP34Error),
    Alliance(AllianceError),
    Market(MarketError),
    Custody(CustodyError),
    /// The contract trapped: value sent to a message that takes none.
    Trapped,
}

/// The answer with the names of the suite's events, or the refusal.
pub(crate) type Outcome = Result<(Answer, Vec<&'static str>), Refusal>;

/// Where the contracts are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) chain_tag: Hash,
    pub(crate) registry: AccountId,
    pub(crate) office: AccountId,
    pub(crate) desk: AccountId,
    pub(crate) alliance: AccountId,
    pub(crate) council: AccountId,
    pub(crate) market: AccountId,
    pub(crate) custody: AccountId,
    pub(crate) token: AccountId,
    pub(crate) registry_code: Hash,
    pub(crate) alliance_code: Hash,
}

impl Places {
    pub(crate) fn of(&self, who: Who) -> AccountId {
        match who {
            "registry" => self.registry,
            "office" => self.office,
            "desk" => self.desk,
            "alliance" => self.alliance,
            "council" => self.council,
            "market" => self.market,
            "custody" => self.custody,
            "token" => self.token,
            person => account(person),
        }
    }

    /// The contracts that hold money or pass it on.
    pub(crate) fn contracts(&self) -> [(Who, AccountId); 7] {
        ["registry", "office", "desk", "alliance", "council", "market", "custody"]
            .map(|who| (who, self.of(who)))
    }
}

/// The suite, its people and their money.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) places: Places,
    pub(crate) money: Money,
    pub(crate) registry: registry::Registry,
    pub(crate) alliance: alliance::Alliance,
    pub(crate) market: market::Market,
    pub(crate) custody: custody::Custody,
    events: Vec<&'static str>,
}

impl Model {
    /// What `op` must do; done to the model too, whole or not at all.
    pub(crate) fn apply(&mut self, op: &Op) -> Outcome {
        let before = self.clone();
        self.events.clear();
        match self.perform(op) {
            Ok(answer) => Ok((answer, std::mem::take(&mut self.events))),
            Err(refusal) => {
                *self = before;
                Err(refusal)
            }
        }
    }

    /// Whether `op` would be done.
    pub(crate) fn accepts(&self, op: &Op) -> bool {
        self.clone().perform(op).is_ok()
    }

    fn perform(&mut self, op: &Op) -> Result<Answer, Refusal> {
        match op {
            Op::Advance(ms) => self.now += ms,
            Op::Allow { caller, spender, amount } => {
                let parties = (self.places.of(caller), self.places.of(spender));
                self.money.allowances.insert(parties, *amount);
            }
            Op::Misbehave(mode) => self.money.mode = *mode,
            Op::Gift { caller, contract, amount } => {
                let (from, to) = (self.places.of(caller), self.places.of(contract));
                *self.money.gifts.entry(to).or_default() += amount;
                assert!(self.money.move_native(from, to, *amount), "everyone is rich");
            }
            Op::Call { caller, value, message } => return self.call(self.places.of(caller), *value, message),
        }
        Ok(Answer::Nothing)
    }

    fn call(&mut self, caller: AccountId, value: Balance, message: &Message) -> Result<Answer, Refusal> {
        if value > 0 && !message.takes_value() {
            return Err(Refusal::Trapped);
        }
        match message {
            Message::Office(call) => self.office_call(caller, value, call).map_err(Refusal::Registry),
            Message::Registry(call) => self.registry_call(caller, value, call),
            Message::Desk(call) => self.desk_call(caller, value, call).map_err(Refusal::Registry),
            Message::Alliance(call) => self.alliance_call(caller, value, call).map_err(Refusal::Alliance),
            Message::Market(call) => self.market_call(caller, value, call).map_err(Refusal::Market),
            Message::Custody(call) => self.custody_call(caller, value, call).map_err(Refusal::Custody),
        }
    }

    pub(crate) fn emit(&mut self, event: &'static str) {
        self.events.push(event);
    }
}
