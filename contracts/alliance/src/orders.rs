//! Orders as they are passed on to a registry: the few fields that the alliance looks at. Knows no member.
use ink::prelude::vec::Vec;
use scale::{Compact, Encode};
use shared::{
    alliance::error::{AllianceError, Outcome},
    reader::Reader,
    AccountId, Balance,
};

/// The most orders in a batch: as many as a registry takes.
pub const MAX_ORDERS: u32 = 50;

/// A `Permit`: its epoch, its deadline and the signature.
const PERMIT_BYTES: usize = 76;

/// What the alliance looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub acceptor: AccountId,
    pub number: u64,
    pub basket: Balance,
    pub on_chain: bool,
    /// Whether the acceptor or a cashier has signed.
    pub signed: bool,
}

impl Head {
    /// The head of `(Order, Permits)`, which these SCALE bytes must be exactly: in a batch, what is over would be the next order to the registry, and what is
    /// booked for that would be another's.
    /// # Errors
    /// `NotAnOrder`.
    #[inline(never)]
    pub fn of(bytes: &[u8], index: u32) -> Outcome<Self> {
        let mut reader = Reader::new(bytes);
        let (acceptor, number, basket) = (reader.account(), reader.u64(), reader.u128());
        // The eligible amount, the basket's hash and the deadline.
        reader.skip(56);
        let on_chain = reader.below(2) == 1;
        let signed = reader.is_some();
        if signed {
            // The signer.
            reader.skip(32);
            reader.skip(PERMIT_BYTES);
        }
        for _ in 0..reader.count() {
            reader.skip(8);
            if reader.is_some() {
                // The most it may take off.
                reader.skip(16);
            }
            // Whether it may be refused.
            reader.below(2);
            if reader.is_some() {
                reader.skip(PERMIT_BYTES);
            }
        }
        if !reader.is_done() {
            return Err(AllianceError::NotAnOrder { index }.into());
        }
        Ok(Self { acceptor, number, basket, on_chain, signed })
    }

    /// The acceptor itself calls, or it or a cashier has signed, which the registry checks.
    /// # Errors
    /// `NotAcceptor`.
    pub fn ensure_agreed(&self, caller: AccountId) -> Outcome<()> {
        if caller != self.acceptor && !self.signed {
            return Err(AllianceError::NotAcceptor { acceptor: self.acceptor, caller }.into());
        }
        Ok(())
    }
}

/// Orders with their permits as one argument, `Vec<(Order, Permits)>`.
pub fn together(orders: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Compact(u32::try_from(orders.len()).unwrap_or(u32::MAX)).encode();
    for order in orders {
        bytes.extend_from_slice(order);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use shared::{
        ids::CouponId,
        order::{Order, Settlement},
        permit::{CouponPermit, OrderPermit, Permit, Permits, Presented},
    };

    fn order() -> Order {
        Order {
            acceptor: account(2),
            number: 7,
            basket: 900,
            eligible: 800,
            basket_hash: [0; 32],
            deadline: 9,
            settlement: Settlement::OnChain,
        }
    }

    fn permit() -> Permit {
        Permit { epoch: 0, deadline: 1, signature: [1; 64] }
    }

    /// Of two coupons, one with everything that may be there and one with nothing.
    fn permits(signed: bool) -> Permits {
        let coupon = CouponId { campaign: 1, serial: 2 };
        let full = Presented { coupon, most: Some(3), optional: true };
        let coupons = vec![
            CouponPermit { presented: full, permit: Some(permit()) },
            CouponPermit { presented: coupon.into(), permit: None },
        ];
        let acceptor = signed.then(|| OrderPermit { signer: account(3), permit: permit() });
        Permits { acceptor, coupons }
    }

    #[test]
    fn orders_are_passed_on_as_they_came() {
        let signed = (order(), permits(true));
        let each = [signed.clone(), signed.clone()].map(|signed| signed.encode());
        assert_eq!(together(&each), vec![signed.clone(), signed].encode());
    }

    #[test]
    fn an_orders_head_says_who_sells_and_whether_it_signed() {
        let mut head = Head { acceptor: account(2), number: 7, basket: 900, on_chain: true, signed: false };
        let of = |order: Order, signed| Head::of(&(order, permits(signed)).encode(), 4);
        assert_eq!(of(order(), false), Ok(head));
        let not_acceptor = AllianceError::NotAcceptor { acceptor: account(2), caller: account(9) };
        assert_eq!(head.ensure_agreed(account(9)), Err(not_acceptor));
        assert_eq!(head.ensure_agreed(account(2)), Ok(()));
        (head.on_chain, head.signed) = (false, true);
        let off_chain = Order { settlement: Settlement::OffChain, ..order() };
        assert_eq!(of(off_chain, true), Ok(head));
        assert_eq!(head.ensure_agreed(account(9)), Ok(()));
    }

    #[test]
    fn what_is_not_exactly_one_order_is_refused_by_its_place() {
        let not_an_order = Err(AllianceError::NotAnOrder { index: 4 });
        assert_eq!(Head::of(&order().encode(), 4), not_an_order);
        let whole = (order(), permits(true)).encode();
        for length in 0..whole.len() {
            assert_eq!(Head::of(&whole[..length], 4), not_an_order, "{length}");
        }
        assert_eq!(Head::of(&[whole.as_slice(), &[0]].concat(), 4), not_an_order);
        assert_eq!(Head::of(&[whole.clone(), whole.clone()].concat(), 4), not_an_order);
        let mut bytes = whole;
        bytes[112] = 2;
        assert_eq!(Head::of(&bytes, 4), not_an_order);
    }
}
