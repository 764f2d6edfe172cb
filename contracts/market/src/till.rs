//! Spending at a till what was just bought: the order with everyone's consent, passed on as it is, and what must come of it.
use crate::{
    error::{MarketError, Outcome},
    prices::sum,
};
use ink::prelude::{vec, vec::Vec};
use scale::{Decode, Encode, Error, Input, Output};
use shared::{ids::CouponId, order::Order, permit::Permits, AccountId, Balance};

/// An order and its permits, `(Order, Permits)`, as SCALE bytes and described so in the metadata. The market passes them on and reads nothing in them: the
/// till checks them, and code that reads and writes all of them would be 2 kB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed(Vec<u8>);

impl From<(Order, Permits)> for Signed {
    fn from(signed: (Order, Permits)) -> Self {
        Self(signed.encode())
    }
}

impl Encode for Signed {
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.0);
    }
}

impl Decode for Signed {
    /// All that is left of the input: it is a message's last argument.
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

#[cfg(feature = "std")]
impl ink::scale_info::TypeInfo for Signed {
    type Identity = (Order, Permits);

    fn type_info() -> ink::scale_info::Type {
        <(Order, Permits)>::type_info()
    }
}

/// A coupon that the till spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    pub coupon: CouponId,
    pub holder: AccountId,
    pub discount: Balance,
}

/// What the coupons took off that the buyer bought for `price`, if that was worth it.
///
/// The market calls the till, and a caller needs no permit for what it holds: without the check of holders, anyone could spend what others have listed.
/// # Errors
/// `ForeignCoupon`, `NoGain`.
pub fn gain(uses: &[Spent], buyer: AccountId, bought: &[CouponId], price: Balance) -> Outcome<Balance> {
    let mut discount: Balance = 0;
    for used in uses {
        let Spent { coupon, holder, .. } = *used;
        if holder != buyer {
            return Err(MarketError::ForeignCoupon { coupon, holder }.into());
        }
        if bought.contains(&coupon) {
            discount = sum(discount, used.discount)?;
        }
    }
    if discount <= price {
        return Err(MarketError::NoGain { discount, price }.into());
    }
    Ok(discount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, id, spent};
    use scale::DecodeAll;
    use shared::order::Settlement;

    #[test]
    fn a_gain_counts_what_was_bought_and_exceeds_its_price() {
        let both = [spent(1, 3, 60), spent(2, 3, 900), spent(4, 3, 41)];
        let gain = |price| gain(&both, account(3), &[id(1), id(4)], price);
        assert_eq!(gain(100), Ok(101));
        assert_eq!(gain(101), Err(MarketError::NoGain { discount: 101, price: 101 }));
        let much = [spent(1, 3, Balance::MAX), spent(4, 3, 1)];
        let overflow = super::gain(&much, account(3), &[id(1), id(4)], 1);
        assert_eq!(overflow, Err(MarketError::Overflow));
    }

    #[test]
    fn nothing_is_spent_that_is_not_the_buyers() {
        let all = [spent(1, 3, 900), spent(2, 8, 0)];
        let foreign = MarketError::ForeignCoupon { coupon: id(2), holder: account(8) };
        assert_eq!(gain(&all, account(3), &[id(1)], 1), Err(foreign));
    }

    #[test]
    fn an_order_is_passed_on_as_it_came() {
        let order = Order {
            acceptor: account(2),
            number: 1,
            basket: 5,
            eligible: 5,
            basket_hash: [0; 32],
            deadline: 9,
            settlement: Settlement::OffChain,
        };
        let signed = (order, Permits { acceptor: None, coupons: vec![] });
        let message = (7u64, signed.clone()).encode();
        let (id, passed) = <(u64, Signed)>::decode_all(&mut &*message).unwrap();
        assert_eq!((id, &passed), (7, &Signed::from(signed.clone())));
        assert_eq!(passed.encode(), signed.encode());
    }
}
