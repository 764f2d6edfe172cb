//! Coupons, who holds them, and what an issuer keeps of an account. Knows no storage.
use crate::{
    calendar,
    ids::CouponId,
    psp34::{PSP34Error, FROZEN, LOCKED, MARKET_ONLY, SOULBOUND},
    registry::{Limit, Refusal, RegistryError},
    terms::{Terms, TransferPolicy},
    AccountId, Balance, Hash, Timestamp,
};
use ink::prelude::string::String;

/// A live coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Coupon {
    /// Who holds it.
    pub owner: AccountId,
    /// Who else may move it; a transfer clears this.
    pub approved: Option<AccountId>,
    /// When it ends, apart from the redeem window.
    pub valid_until: Timestamp,
    /// What is left of it: value of a gift card, in the asset's smallest unit; uses of any other coupon.
    pub left: Balance,
    /// Why the issuer froze it, if it did.
    pub frozen: Option<u8>,
    /// What it is reserved for.
    pub lock: Option<Lock>,
    /// Who brought its holder.
    pub advocate: Option<AccountId>,
    /// The terms' policy, kept here so that a transfer needn't read the terms.
    pub policy: TransferPolicy,
}

/// A reservation: until it ends, the coupon is spent on this order or not at all, and stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Lock {
    /// The order's digest.
    pub order: Hash,
    /// From this time on, it counts no more.
    pub until: Timestamp,
}

/// What an issuer keeps of an account across its campaigns that mark first orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Customer {
    /// The first order, as (acceptor, number), unless it was rolled back.
    pub first_order: Option<(AccountId, u64)>,
    /// Whether an advocate was rewarded for it.
    pub rewarded: bool,
    /// Why the issuer froze the account, if it did.
    pub frozen: Option<u8>,
}

/// What a merchant lets an account do for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Role {
    /// Issue coupons, create drops, name keys, freeze.
    pub operator: bool,
    /// Accept orders.
    pub cashier: bool,
    /// The most that the discounts it accepts come to in a day (UTC), in the smallest units of their assets together.
    pub daily_cap: Option<Balance>,
    /// The newest day it accepted on, from the epoch; only kept with a cap.
    pub day: u32,
    /// What the discounts came to on that day.
    pub spent: Balance,
}

impl Role {
    /// Counts a discount against the daily cap.
    /// # Errors
    /// `LimitReached`, `Overflow`.
    pub fn count(&mut self, discount: Balance, now: Timestamp) -> Result<(), Refusal> {
        let Some(most) = self.daily_cap else {
            return Ok(());
        };
        let day = u32::try_from(calendar::whole_days(now)).unwrap_or(u32::MAX);
        let before = if day == self.day { self.spent } else { 0 };
        let asked = before.checked_add(discount).ok_or(RegistryError::Overflow)?;
        if asked > most {
            return Err(RegistryError::LimitReached { limit: Limit::CashierDay, most, asked }.into());
        }
        (self.day, self.spent) = (day, asked);
        Ok(())
    }
}

/// An account that holds coupons or signed permits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Holder {
    /// Its live coupons.
    pub coupons: u32,
    /// Permits of any other epoch are void.
    pub permit_epoch: u32,
}

impl Holder {
    /// One coupon more. `None` past a `u32`.
    pub fn with_one_more(self) -> Option<Self> {
        Some(Self { coupons: self.coupons.checked_add(1)?, ..self })
    }

    /// One coupon less. `None` below zero, which would mean that the books don't add up.
    pub fn with_one_less(self) -> Option<Self> {
        Some(Self { coupons: self.coupons.checked_sub(1)?, ..self })
    }
}

/// # Errors
/// `HeldByContract`.
pub fn ensure_held_by_person(coupon: &Coupon) -> Result<(), Refusal> {
    if ink::env::is_contract::<ink::env::DefaultEnvironment>(&coupon.owner) {
        return Err(RegistryError::HeldByContract { holder: coupon.owner }.into());
    }
    Ok(())
}

impl Coupon {
    /// One just handed out.
    pub fn new(owner: AccountId, valid_until: Timestamp, terms: &Terms, advocate: Option<AccountId>) -> Self {
        Self {
            owner,
            approved: None,
            valid_until,
            left: terms.full(),
            frozen: None,
            lock: None,
            advocate,
            policy: terms.transfer,
        }
    }

    /// # Errors
    /// `CouponFrozen`.
    pub fn ensure_not_frozen(&self, coupon: CouponId) -> Result<(), Refusal> {
        self.frozen.map_or(Ok(()), |reason| Err(RegistryError::CouponFrozen { coupon, reason }.into()))
    }

    /// The reservation that is in force.
    pub fn locked(&self, now: Timestamp) -> Option<Lock> {
        self.lock.filter(|lock| now < lock.until)
    }

    /// # Errors
    /// `CouponLocked`, unless it is for `order`.
    pub fn ensure_not_locked(
        &self,
        coupon: CouponId,
        order: Option<&Hash>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        match self.locked(now) {
            Some(lock) if order != Some(&lock.order) => {
                Err(RegistryError::CouponLocked { coupon, until: lock.until }.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What keeps it from going to `to`, whoever asks.
    pub fn obstacle(&self, to: AccountId, now: Timestamp) -> Option<Obstacle> {
        if let Some(reason) = self.frozen {
            return Some(Obstacle::Frozen { reason });
        }
        if let Some(Lock { until, .. }) = self.locked(now) {
            return Some(Obstacle::Locked { until });
        }
        match self.policy {
            TransferPolicy::Soulbound => Some(Obstacle::Soulbound),
            TransferPolicy::MarketOnly(market) if self.owner != market && to != market => {
                Some(Obstacle::MarketOnly)
            }
            TransferPolicy::Free | TransferPolicy::MarketOnly(_) => None,
        }
    }
}

/// Why a coupon stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Its issuer froze it.
    Frozen {
        /// Why.
        reason: u8,
    },
    /// It is reserved for an order.
    Locked {
        /// From this time on it isn't.
        until: Timestamp,
    },
    /// Its campaign's coupons never change hands.
    Soulbound,
    /// Its campaign's coupons change hands only through its market.
    MarketOnly,
}

impl Obstacle {
    /// As PSP34's `transfer` refuses.
    pub fn for_psp34(self) -> PSP34Error {
        let word = match self {
            Self::Frozen { .. } => FROZEN,
            Self::Locked { .. } => LOCKED,
            Self::Soulbound => SOULBOUND,
            Self::MarketOnly => MARKET_ONLY,
        };
        PSP34Error::Custom(String::from(word))
    }

    /// As the desk's `transfer_many` refuses.
    pub fn for_coupon(self, coupon: CouponId) -> Refusal {
        match self {
            Self::Frozen { reason } => RegistryError::CouponFrozen { coupon, reason },
            Self::Locked { until } => RegistryError::CouponLocked { coupon, until },
            Self::Soulbound => RegistryError::Soulbound { coupon },
            Self::MarketOnly => RegistryError::MarketOnly { coupon },
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::DAY,
        terms::Card,
        testing::{account, terms, NOW},
    };

    const ID: CouponId = CouponId { campaign: 1, serial: 2 };
    const ORDER: Hash = [7; 32];

    fn coupon() -> Coupon {
        Coupon::new(account(1), 200, &terms(), None)
    }

    fn locked(until: Timestamp) -> Coupon {
        Coupon { lock: Some(Lock { order: ORDER, until }), ..coupon() }
    }

    #[test]
    fn a_new_coupon_is_whole_and_free() {
        let terms = Terms { card: Card::Stamps(9), transfer: TransferPolicy::Soulbound, ..terms() };
        let expected = Coupon {
            owner: account(1),
            approved: None,
            valid_until: 200,
            left: 9,
            frozen: None,
            lock: None,
            advocate: Some(account(4)),
            policy: TransferPolicy::Soulbound,
        };
        assert_eq!(Coupon::new(account(1), 200, &terms, Some(account(4))), expected);
    }

    #[test]
    fn a_frozen_coupon_says_why() {
        assert_eq!(coupon().ensure_not_frozen(ID), Ok(()));
        let frozen = Coupon { frozen: Some(0), ..coupon() };
        let refusal = RegistryError::CouponFrozen { coupon: ID, reason: 0 };
        assert_eq!(frozen.ensure_not_frozen(ID), Err(refusal.into()));
    }

    #[test]
    fn a_reservation_holds_until_just_before_its_end_and_lets_its_own_order_through() {
        let refusal = || Err(RegistryError::CouponLocked { coupon: ID, until: NOW }.into());
        let ensure = |order, now| locked(NOW).ensure_not_locked(ID, order, now);
        assert_eq!(ensure(None, NOW - 1), refusal());
        assert_eq!(ensure(Some(&[8; 32]), NOW - 1), refusal());
        assert_eq!(ensure(Some(&ORDER), NOW - 1), Ok(()));
        assert_eq!(ensure(None, NOW), Ok(()));
        assert_eq!(coupon().ensure_not_locked(ID, None, 0), Ok(()));
        assert_eq!(locked(NOW).locked(NOW - 1), Some(Lock { order: ORDER, until: NOW }));
        assert_eq!(locked(NOW).locked(NOW), None);
    }

    #[test]
    fn a_coupon_moves_as_its_policy_allows() {
        let market = account(8);
        let moves = |policy, owner, to| Coupon { policy, owner, ..coupon() }.obstacle(to, NOW);
        let (holder, other) = (account(1), account(2));
        assert_eq!(moves(TransferPolicy::Free, holder, other), None);
        assert_eq!(moves(TransferPolicy::Soulbound, holder, other), Some(Obstacle::Soulbound));
        let policy = TransferPolicy::MarketOnly(market);
        assert_eq!(moves(policy, holder, other), Some(Obstacle::MarketOnly));
        assert_eq!(moves(policy, holder, market), None);
        assert_eq!(moves(policy, market, other), None);
    }

    #[test]
    fn neither_a_frozen_nor_a_reserved_coupon_moves_and_the_freeze_is_named_first() {
        let policy = TransferPolicy::Soulbound;
        let both = Coupon { frozen: Some(1), policy, ..locked(NOW + 1) };
        assert_eq!(both.obstacle(account(2), NOW), Some(Obstacle::Frozen { reason: 1 }));
        let reserved = Coupon { frozen: None, ..both };
        assert_eq!(reserved.obstacle(account(2), NOW), Some(Obstacle::Locked { until: NOW + 1 }));
        assert_eq!(reserved.obstacle(account(2), NOW + 1), Some(Obstacle::Soulbound));
    }

    #[test]
    fn an_obstacle_is_a_word_in_psp34_and_a_refusal_with_evidence_at_the_desk() {
        let cases = [
            (Obstacle::Frozen { reason: 3 }, FROZEN, RegistryError::CouponFrozen { coupon: ID, reason: 3 }),
            (Obstacle::Locked { until: 4 }, LOCKED, RegistryError::CouponLocked { coupon: ID, until: 4 }),
            (Obstacle::Soulbound, SOULBOUND, RegistryError::Soulbound { coupon: ID }),
            (Obstacle::MarketOnly, MARKET_ONLY, RegistryError::MarketOnly { coupon: ID }),
        ];
        for (obstacle, word, refusal) in cases {
            assert_eq!(obstacle.for_psp34(), PSP34Error::Custom(word.into()));
            assert_eq!(obstacle.for_coupon(ID), refusal.into());
        }
    }

    #[test]
    fn a_cashiers_cap_starts_anew_each_day() {
        let mut role = Role { cashier: true, daily_cap: Some(100), ..Role::default() };
        let reached =
            |asked| Err(RegistryError::LimitReached { limit: Limit::CashierDay, most: 100, asked }.into());
        assert_eq!(role.count(60, 3 * DAY), Ok(()));
        assert_eq!((role.day, role.spent), (3, 60));
        assert_eq!(role.count(41, 4 * DAY - 1), reached(101));
        assert_eq!((role.day, role.spent), (3, 60));
        assert_eq!(role.count(40, 4 * DAY - 1), Ok(()));
        assert_eq!(role.count(1, 4 * DAY - 1), reached(101));
        assert_eq!(role.count(100, 4 * DAY), Ok(()));
        assert_eq!((role.day, role.spent), (4, 100));
        assert_eq!(role.count(101, 5 * DAY), reached(101));
        assert_eq!(role.count(Balance::MAX, 4 * DAY), Err(RegistryError::Overflow.into()));
    }

    #[test]
    fn without_a_cap_nothing_is_counted() {
        let mut role = Role { cashier: true, ..Role::default() };
        assert_eq!(role.count(Balance::MAX, DAY), Ok(()));
        assert_eq!(role, Role { cashier: true, ..Role::default() });
    }

    #[test]
    fn a_holders_count_stays_within_its_bounds() {
        let holder = |coupons| Holder { coupons, permit_epoch: 3 };
        assert_eq!(holder(1).with_one_more(), Some(holder(2)));
        assert_eq!(holder(1).with_one_less(), Some(holder(0)));
        assert_eq!(holder(u32::MAX).with_one_more(), None);
        assert_eq!(holder(0).with_one_less(), None);
    }
}
