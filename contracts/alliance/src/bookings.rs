//! What a redemption makes an issuer owe. Knows neither members nor storage.
use crate::{config::Config, error::AllianceError};
use ink::prelude::vec::Vec;
use shared::{
    math::{share_down, share_up},
    order::{Redemption, Use},
    terms::Funding,
    AccountId, Balance,
};

/// What an issuer owes for one coupon, with the rate it was reckoned at. The acceptor is owed `amount - fee`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Debt {
    /// Who owes it.
    pub issuer: AccountId,
    /// The issuer's share of the discount, in bps.
    pub rate_bps: u16,
    /// In the alliance's asset.
    pub amount: Balance,
    /// The alliance's part of `amount`; never more than it.
    pub fee: Balance,
}

/// What a rollback needs of a redemption that was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Booking {
    /// The cycle it was booked in.
    pub cycle: u32,
    /// One debt for each coupon that made one.
    pub debts: Vec<Debt>,
}

impl Debt {
    /// The debt that `used` makes, if it makes any: escrow has paid, in the alliance's asset or not at all, and merchant funding costs only the
    /// acceptor, nobody owes itself, and a share may round to nothing.
    ///
    /// The acceptor is the one who calls, so both roundings go against it: its basis down, the fee up.
    /// # Errors
    /// `WrongAsset`.
    pub fn of(used: &Use, redemption: &Redemption, config: &Config) -> Result<Option<Self>, AllianceError> {
        if used.issuer == redemption.acceptor || used.funding == Funding::Merchant {
            return Ok(None);
        }
        if redemption.asset != config.asset {
            return Err(AllianceError::WrongAsset { expected: config.asset, redeemed: redemption.asset });
        }
        if used.funding == Funding::Escrow {
            return Ok(None);
        }
        let rate_bps = config.default_rate_bps;
        let amount = share_down(used.discount, rate_bps);
        Ok((amount > 0).then(|| Self {
            issuer: used.issuer,
            rate_bps,
            amount,
            fee: share_up(amount, config.fee_bps),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, config, redemption};
    use proptest::prelude::*;
    use shared::assets::Asset;

    fn debt(funding: Funding, discount: Balance, change: impl FnOnce(&mut Config)) -> Option<Debt> {
        let mut config = config();
        change(&mut config);
        let redemption = redemption(1, account(2), &[(account(1), funding, discount)]);
        Debt::of(&redemption.uses[0], &redemption, &config).unwrap()
    }

    #[test]
    fn the_basis_rounds_down_and_the_fee_up() {
        let expected = Debt { issuer: account(1), rate_bps: 9_000, amount: 899, fee: 18 };
        assert_eq!(debt(Funding::Alliance, 999, |_| ()), Some(expected));
        let free = debt(Funding::Alliance, 999, |c| c.fee_bps = 0);
        assert_eq!(free, Some(Debt { fee: 0, ..expected }));
    }

    #[test]
    fn nothing_is_owed_for_other_funding_or_what_rounds_to_nothing() {
        assert_eq!(debt(Funding::Escrow, 999, |_| ()), None);
        assert_eq!(debt(Funding::Merchant, 999, |_| ()), None);
        assert_eq!(debt(Funding::Alliance, 1, |_| ()), None);
    }

    #[test]
    fn nobody_owes_itself() {
        let own = redemption(1, account(1), &[(account(1), Funding::Alliance, 999)]);
        assert_eq!(Debt::of(&own.uses[0], &own, &config()), Ok(None));
    }

    #[test]
    fn nobody_is_paid_in_another_asset() {
        let asset = Asset::Psp22(account(9));
        let wrong = || Err(AllianceError::WrongAsset { expected: Asset::Native, redeemed: asset });
        for (funding, expected) in
            [(Funding::Alliance, wrong()), (Funding::Escrow, wrong()), (Funding::Merchant, Ok(None))]
        {
            let mut redemption = redemption(1, account(2), &[(account(1), funding, 999)]);
            redemption.asset = asset;
            assert_eq!(Debt::of(&redemption.uses[0], &redemption, &config()), expected);
        }
    }

    proptest! {
        #[test]
        fn the_fee_never_exceeds_the_debt_nor_the_debt_the_discount(
            discount: Balance,
            rate in 1u16..=10_000,
            fee in 0u16..=1_000,
        ) {
            let debt = debt(Funding::Alliance, discount, |c| {
                c.default_rate_bps = rate;
                c.fee_bps = fee;
            });
            if let Some(debt) = debt {
                prop_assert!(debt.fee <= debt.amount && debt.amount <= discount);
            }
        }
    }
}
