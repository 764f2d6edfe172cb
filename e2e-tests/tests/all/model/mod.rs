//! A naive model of the whole suite: what every message must do, in maps, sets and lists, without a thought for cost.
//!
//! It shares the contracts' types and none of their rules: nothing here calls a method of theirs that decides anything. What the contracts
//! count, it recounts: a campaign's budget from every redemption, a member's position from every debt.

pub(crate) mod alliance;
pub(crate) mod invariants;
pub(crate) mod market;
pub(crate) mod money;
pub(crate) mod ops;
pub(crate) mod real;
pub(crate) mod registry;
pub(crate) mod run;
pub(crate) mod storage;

use self::ops::Op;
use ::alliance::error::AllianceError;
use ::market::error::MarketError;
use chain::{AccountId, Hash};
use e2e_tests::account;
use money::Money;
use shared::{
    ids::CouponId,
    order::{Quote, Redemption},
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
    Quote(Quote),
    Redemption(Box<Redemption>),
}

/// Why a message refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Registry(RegistryError),
    Psp34(PSP34Error),
    Alliance(AllianceError),
    Market(MarketError),
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
    pub(crate) alliance: AccountId,
    pub(crate) market: AccountId,
    pub(crate) token: AccountId,
    pub(crate) registry_code: Hash,
    pub(crate) alliance_code: Hash,
}

impl Places {
    pub(crate) fn of(&self, who: Who) -> AccountId {
        match who {
            "registry" => self.registry,
            "alliance" => self.alliance,
            "market" => self.market,
            "token" => self.token,
            person => account(person),
        }
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
            Op::Overpay(..) => return Err(Refusal::Trapped),
            Op::Registry(call) => return self.registry_call(call),
            Op::Alliance(call) => return self.alliance_call(call),
            Op::Market(call) => return self.market_call(call),
        }
        Ok(Answer::Nothing)
    }

    pub(crate) fn emit(&mut self, event: &'static str) {
        self.events.push(event);
    }
}
