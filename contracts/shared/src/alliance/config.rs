//! An alliance's rules, fixed when it is instantiated. Knows no storage.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use super::council::CouncilFault;
use crate::{assets::Asset, math::WHOLE_BPS, reader::Reader, AccountId, Balance, Hash, Timestamp};
use ink::prelude::vec::Vec;

/// The most code hashes of registries an alliance may know.
pub const MAX_REGISTRIES: usize = 4;
/// The highest fee: 10%.
pub const MAX_FEE_BPS: u16 = 1_000;
/// The highest cap factor: five times the collateral.
pub const MAX_CAP_FACTOR_BPS: u16 = 50_000;

/// The longest longstop: a year, in milliseconds. A cycle must come to its end.
pub const MAX_LONGSTOP: Timestamp = 365 * 24 * 60 * 60 * 1_000;

/// The rules. Amounts are in `asset`, times in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Config {
    /// What debts, collateral and fees are counted and paid in.
    pub asset: Asset,
    /// Who admits members, and suspends and reinstates them, while they are few.
    pub operator: AccountId,
    /// From so many active members on, their votes alone decide that.
    pub founders: u32,
    /// How long a cycle stays open at least.
    pub cycle_length: Timestamp,
    /// How long debtors have to pay in once a cycle is closed; shorter than a cycle.
    pub pay_in_window: Timestamp,
    /// The alliance's share of each debt.
    pub fee_bps: u16,
    /// The share of a discount that its issuer owes.
    pub default_rate_bps: u16,
    /// How many times its collateral a member may owe, in bps. Over the whole, collateral alone doesn't cover what is owed.
    pub cap_factor_bps: u16,
    /// The most that a default may cut from a cycle's creditors, as a share of what they earned, until `longstop`.
    pub max_cut_bps: u16,
    /// How long after the cut-off what is left of a default waits for someone to pay it, before creditors bear all of it.
    pub longstop: Timestamp,
    /// How long a member that leaves stays answerable. No redemption is taken that could be rolled back for longer.
    pub tail: Timestamp,
    /// What joining costs.
    pub joining: Joining,
    /// For whoever closes a cycle, as far as the fund reaches.
    pub closing_bounty: Balance,
    /// Code hashes of the registries whose redemptions count.
    pub registries: Vec<Hash>,
}

/// What an applicant pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Joining {
    /// The joining fee, which stays in the fund.
    pub fee: Balance,
    /// How many applications are free, from the first on.
    pub free_first: u32,
    /// The joining fee before `early_until`.
    pub early_fee: Balance,
    /// When the early fee ends.
    pub early_until: Timestamp,
    /// Each applicant's share in the fund: taken if it defaults, before anyone else's money is, and gone then; given back when it leaves.
    pub fund_share: Balance,
}

impl Config {
    /// What `Decode` gives, in less code.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            asset: reader.asset(),
            operator: reader.account(),
            founders: reader.u32(),
            cycle_length: reader.u64(),
            pay_in_window: reader.u64(),
            fee_bps: reader.u16(),
            default_rate_bps: reader.u16(),
            cap_factor_bps: reader.u16(),
            max_cut_bps: reader.u16(),
            longstop: reader.u64(),
            tail: reader.u64(),
            joining: Joining {
                fee: reader.u128(),
                free_first: reader.u32(),
                early_fee: reader.u128(),
                early_until: reader.u64(),
                fund_share: reader.u128(),
            },
            closing_bounty: reader.u128(),
            registries: reader.hashes(),
        }
    }
}

impl Joining {
    /// The joining fee of an application that `earlier` ones came before.
    pub fn fee_at(&self, earlier: u32, now: Timestamp) -> Balance {
        if earlier < self.free_first {
            0
        } else if now < self.early_until {
            self.early_fee
        } else {
            self.fee
        }
    }
}

/// Why rules are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum ConfigFault {
    /// The pay-in window is zero, or not shorter than a cycle.
    #[codec(index = 0)]
    PayInWindow { window: Timestamp, cycle_length: Timestamp },
    /// The fee is over `MAX_FEE_BPS`.
    #[codec(index = 1)]
    FeeOverCap { bps: u16 },
    /// The rate is zero or over the whole.
    #[codec(index = 2)]
    Rate { bps: u16 },
    /// The cap factor is zero or over `MAX_CAP_FACTOR_BPS`.
    #[codec(index = 3)]
    CapFactor { bps: u16 },
    /// No registry's code hash, or more than `MAX_REGISTRIES`.
    #[codec(index = 4)]
    RegistryCount { listed: u32 },
    /// More than all would be cut.
    #[codec(index = 5)]
    CutOverWhole { bps: u16 },
    /// The early fee is higher than the one after it.
    #[codec(index = 6)]
    EarlyFeeHigher { early: Balance, fee: Balance },
    /// Nobody could ever be admitted.
    #[codec(index = 7)]
    NoFounders,
    /// The longstop is over `MAX_LONGSTOP`.
    #[codec(index = 8)]
    Longstop { longstop: Timestamp },
    /// Members couldn't decide, or disputes not be settled.
    #[codec(index = 16)]
    Council(CouncilFault),
}

impl Config {
    /// Refuses rules under which an alliance couldn't work.
    /// # Errors
    /// `ConfigFault`, in the order of its variants.
    pub fn check(&self) -> Result<(), ConfigFault> {
        let (window, cycle_length) = (self.pay_in_window, self.cycle_length);
        if window == 0 || window >= cycle_length {
            return Err(ConfigFault::PayInWindow { window, cycle_length });
        }
        if self.fee_bps > MAX_FEE_BPS {
            return Err(ConfigFault::FeeOverCap { bps: self.fee_bps });
        }
        let share = 1..=WHOLE_BPS;
        if !share.contains(&self.default_rate_bps) {
            return Err(ConfigFault::Rate { bps: self.default_rate_bps });
        }
        if self.cap_factor_bps == 0 || self.cap_factor_bps > MAX_CAP_FACTOR_BPS {
            return Err(ConfigFault::CapFactor { bps: self.cap_factor_bps });
        }
        if self.registries.is_empty() || self.registries.len() > MAX_REGISTRIES {
            let listed = u32::try_from(self.registries.len()).unwrap_or(u32::MAX);
            return Err(ConfigFault::RegistryCount { listed });
        }
        if self.max_cut_bps > WHOLE_BPS {
            return Err(ConfigFault::CutOverWhole { bps: self.max_cut_bps });
        }
        let Joining { fee, early_fee, .. } = self.joining;
        if early_fee > fee {
            return Err(ConfigFault::EarlyFeeHigher { early: early_fee, fee });
        }
        if self.founders == 0 {
            return Err(ConfigFault::NoFounders);
        }
        if self.longstop > MAX_LONGSTOP {
            return Err(ConfigFault::Longstop { longstop: self.longstop });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alliance::testing::config;

    fn fault(change: impl FnOnce(&mut Config)) -> Option<ConfigFault> {
        let mut config = config();
        change(&mut config);
        config.check().err()
    }

    #[test]
    fn good_rules_pass_and_each_contradiction_is_named() {
        assert_eq!(fault(|_| ()), None);
        let window = |window| ConfigFault::PayInWindow { window, cycle_length: 1_000 };
        assert_eq!(fault(|c| c.pay_in_window = 0), Some(window(0)));
        assert_eq!(fault(|c| c.pay_in_window = 1_000), Some(window(1_000)));
        assert_eq!(fault(|c| c.pay_in_window = 999), None);
        assert_eq!(fault(|c| c.fee_bps = 1_001), Some(ConfigFault::FeeOverCap { bps: 1_001 }));
        for bps in [0, 10_001] {
            assert_eq!(fault(|c| c.default_rate_bps = bps), Some(ConfigFault::Rate { bps }));
        }
        for bps in [0, 50_001] {
            assert_eq!(fault(|c| c.cap_factor_bps = bps), Some(ConfigFault::CapFactor { bps }));
        }
        assert_eq!(fault(|c| c.cap_factor_bps = 50_000), None);
        assert_eq!(fault(|c| c.max_cut_bps = 10_001), Some(ConfigFault::CutOverWhole { bps: 10_001 }));
        let early = ConfigFault::EarlyFeeHigher { early: 11, fee: 10 };
        assert_eq!(fault(|c| c.joining.early_fee = 11), Some(early));
        assert_eq!(fault(|c| c.founders = 0), Some(ConfigFault::NoFounders));
        let longstop = MAX_LONGSTOP + 1;
        assert_eq!(fault(|c| c.longstop = longstop), Some(ConfigFault::Longstop { longstop }));
        assert_eq!(fault(|c| c.longstop = MAX_LONGSTOP), None);
        for listed in [0, 5] {
            assert_eq!(
                fault(|c| c.registries = vec![[7; 32]; listed]),
                Some(ConfigFault::RegistryCount { listed: u32::try_from(listed).unwrap() })
            );
        }
        assert_eq!(fault(|c| c.registries = vec![[7; 32]; 4]), None);
    }

    #[test]
    fn the_first_join_for_nothing_and_the_early_for_less() {
        let joining = Joining { fee: 10, free_first: 2, early_fee: 4, early_until: 50, fund_share: 0 };
        let fee = |earlier, now| joining.fee_at(earlier, now);
        assert_eq!((fee(0, 99), fee(1, 49), fee(2, 49), fee(2, 50), fee(9, 51)), (0, 0, 4, 10, 10));
    }

    #[test]
    fn faults_come_in_order() {
        let broken = |c: &mut Config| {
            c.registries.clear();
            c.cap_factor_bps = 0;
            c.default_rate_bps = 0;
            c.fee_bps = 1_001;
        };
        assert_eq!(fault(broken), Some(ConfigFault::FeeOverCap { bps: 1_001 }));
    }
}
