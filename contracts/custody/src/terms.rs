//! What a merchant's payments are held under. Knows no storage.
use crate::error::CustodyError;
use shared::{math::WHOLE_BPS, AccountId};

/// The longest time to dispute, and the longest to rule: 90 days, in milliseconds.
pub const LONGEST: u64 = 90 * 24 * 60 * 60 * 1_000;

/// A merchant's terms. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct HoldingTerms {
    /// Where its orders are redeemed. It is here since a permit doesn't name a registry: anyone can make one of the same code, with coupons of the same numbers.
    pub registry: AccountId,
    /// Who rules disputes.
    pub resolver: AccountId,
    /// How long after it is made a payment can be disputed.
    pub time_to_dispute: u64,
    /// How long after that the dispute can be ruled.
    pub time_to_rule: u64,
    /// The share of what is held that the payer has back where nobody rules, in bps.
    pub unruled_bps: u16,
}

/// A merchant's terms, and how often it had set others before: the epoch of its permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Merchant {
    /// Its terms.
    pub terms: HoldingTerms,
    /// Their number, from 0.
    pub epoch: u32,
}

impl HoldingTerms {
    /// Refuses terms under which a dispute would be none.
    /// # Errors
    /// `BadResolver` for the merchant itself and for nobody, the account of zeros; `TimeToDispute`, `TimeToRule` unless from 1 to `LONGEST`; `ShareOverWhole`.
    pub fn check(&self, merchant: AccountId) -> Result<(), CustodyError> {
        let Self { resolver, time_to_dispute, time_to_rule, unruled_bps, .. } = *self;
        if resolver == merchant || resolver == AccountId::from([0; 32]) {
            return Err(CustodyError::BadResolver { resolver });
        }
        if time_to_dispute == 0 || time_to_dispute > LONGEST {
            return Err(CustodyError::TimeToDispute { time: time_to_dispute, most: LONGEST });
        }
        if time_to_rule == 0 || time_to_rule > LONGEST {
            return Err(CustodyError::TimeToRule { time: time_to_rule, most: LONGEST });
        }
        ensure_share(unruled_bps)
    }
}

/// # Errors
/// `ShareOverWhole`.
pub fn ensure_share(bps: u16) -> Result<(), CustodyError> {
    if bps > WHOLE_BPS {
        return Err(CustodyError::ShareOverWhole { bps });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, terms, ACCEPTOR};

    #[test]
    fn good_terms_pass_and_each_bad_one_is_named() {
        let check = |change: &dyn Fn(&mut HoldingTerms)| {
            let mut terms = terms();
            change(&mut terms);
            terms.check(account(ACCEPTOR)).err()
        };
        assert_eq!(check(&|_| ()), None);
        for resolver in [account(ACCEPTOR), account(0)] {
            assert_eq!(check(&|t| t.resolver = resolver), Some(CustodyError::BadResolver { resolver }));
        }
        for time in [1, LONGEST] {
            assert_eq!(check(&|t| (t.time_to_dispute, t.time_to_rule) = (time, time)), None);
        }
        for time in [0, LONGEST + 1] {
            let expected = CustodyError::TimeToDispute { time, most: LONGEST };
            assert_eq!(check(&|t| t.time_to_dispute = time), Some(expected));
            let expected = CustodyError::TimeToRule { time, most: LONGEST };
            assert_eq!(check(&|t| t.time_to_rule = time), Some(expected));
        }
        for bps in [0, 10_000] {
            assert_eq!(check(&|t| t.unruled_bps = bps), None);
        }
        assert_eq!(check(&|t| t.unruled_bps = 10_001), Some(CustodyError::ShareOverWhole { bps: 10_001 }));
    }
}
