//! What a redemption makes an issuer owe. Knows neither members nor storage.
use super::{
    config::Config,
    error::{AllianceError, Outcome},
};
use crate::{
    assets::Asset,
    math::{share_down, share_up},
    order::Part,
    terms::Funding,
    AccountId, Balance, Timestamp,
};
use ink::prelude::vec::Vec;

/// What an issuer owes for one coupon, with the rate it was reckoned at. The acceptor is owed `amount - fee`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
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

/// What an order made issuers owe: of each debt `amount - fee` to the acceptor, `fee` to the alliance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Booked {
    /// The order's number.
    pub number: u64,
    /// Until when it can be rolled back; acceptor and issuers stay answerable as long.
    pub final_at: Timestamp,
    /// One for each coupon that made one, in the order of its uses.
    pub debts: Vec<Debt>,
}

impl Debt {
    /// The debt that `part` of an order at `acceptor` makes, if it makes any: escrow has paid, in the alliance's asset or not at all, and merchant
    /// funding costs only the acceptor, nobody owes itself, and a share may round to nothing.
    ///
    /// The acceptor is the one who calls, so both roundings go against it: its basis down, the fee up. The same of a redemption as long as it can be
    /// rolled back: so nothing is kept of it.
    /// # Errors
    /// `WrongAsset`.
    #[inline(never)]
    pub fn of(
        part: &Part,
        acceptor: AccountId,
        redeemed: Asset,
        rate_bps: u16,
        config: &Config,
    ) -> Outcome<Option<Self>> {
        let Part { issuer, funding, discount } = *part;
        if issuer == acceptor || funding == Funding::Merchant {
            return Ok(None);
        }
        if redeemed != config.asset {
            return Err(AllianceError::WrongAsset { expected: config.asset, redeemed }.into());
        }
        if funding == Funding::Escrow {
            return Ok(None);
        }
        let amount = share_down(discount, rate_bps);
        let fee = share_up(amount, config.fee_bps);
        Ok((amount > 0).then_some(Self { issuer, rate_bps, amount, fee }))
    }

    /// What is left to reverse where `kept` of this debt stays. Both come of the same rate, so a smaller discount never makes a larger debt or fee.
    pub fn less(&self, kept: Option<Self>) -> Self {
        let (amount, fee) = kept.map_or((0, 0), |kept| (kept.amount, kept.fee));
        Self { amount: self.amount.saturating_sub(amount), fee: self.fee.saturating_sub(fee), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alliance::testing::{account, config};
    use proptest::prelude::*;

    fn part(issuer: u8, funding: Funding, discount: Balance) -> Part {
        Part { issuer: account(issuer), funding, discount }
    }

    fn debt(funding: Funding, discount: Balance, change: impl FnOnce(&mut Config)) -> Option<Debt> {
        let mut config = config();
        change(&mut config);
        let rate = config.default_rate_bps;
        Debt::of(&part(1, funding, discount), account(2), Asset::Native, rate, &config).unwrap()
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
        let own = part(1, Funding::Alliance, 999);
        assert_eq!(Debt::of(&own, account(1), Asset::Native, 9_000, &config()), Ok(None));
    }

    #[test]
    fn nobody_is_paid_in_another_asset() {
        let asset = Asset::Psp22(account(9));
        let wrong = || Err(AllianceError::WrongAsset { expected: Asset::Native, redeemed: asset });
        for (funding, expected) in
            [(Funding::Alliance, wrong()), (Funding::Escrow, wrong()), (Funding::Merchant, Ok(None))]
        {
            assert_eq!(Debt::of(&part(1, funding, 999), account(2), asset, 9_000, &config()), expected);
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

        #[test]
        fn a_part_kept_and_the_rest_reversed_make_the_whole(
            (discount, kept) in (0..Balance::MAX).prop_flat_map(|d| (Just(d), 0..=d)),
            rate in 1u16..=10_000,
            fee in 0u16..=1_000,
        ) {
            let debt = |discount| debt(Funding::Alliance, discount, |c| {
                c.default_rate_bps = rate;
                c.fee_bps = fee;
            });
            if let Some(whole) = debt(discount) {
                let kept = debt(kept);
                let less = whole.less(kept);
                let kept = kept.map_or((0, 0), |kept| (kept.amount, kept.fee));
                prop_assert_eq!(less.amount.checked_add(kept.0), Some(whole.amount));
                prop_assert_eq!(less.fee.checked_add(kept.1), Some(whole.fee));
                prop_assert!(less.fee <= less.amount, "{:?}", less);
            }
        }
    }
}
