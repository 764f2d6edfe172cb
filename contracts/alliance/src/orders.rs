//! Orders as they are passed on to a registry: their bytes, and the few fields that the alliance looks at. Knows no member.
use ink::prelude::{vec, vec::Vec};
use scale::{Compact, Decode, Encode, Error, Input, Output};
use shared::{
    alliance::error::{AllianceError, Outcome},
    order::{Order, Settlement},
    permit::Permits,
    AccountId, Balance,
};

/// The most orders in a batch: as many as a registry takes.
pub const MAX_ORDERS: u32 = 50;

/// An order's length as SCALE bytes; what comes after it says whether its acceptor's permit is there.
const ORDER_BYTES: usize = 113;

/// An order and its permits, `(Order, Permits)`, as SCALE bytes and described so in the metadata. The registry checks them, and code that reads and
/// writes all of a permit would be 2 kB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed(Vec<u8>);

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

impl Signed {
    /// The SCALE bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Head {
    /// # Errors
    /// `NotAnOrder`.
    #[inline(never)]
    pub fn of(bytes: &[u8], index: u32) -> Outcome<Self> {
        let no_order = AllianceError::NotAnOrder { index };
        let Some(permit) = bytes.get(ORDER_BYTES) else {
            return Err(no_order.into());
        };
        let Ok(order) = Order::decode(&mut &*bytes) else {
            return Err(no_order.into());
        };
        let Order { acceptor, number, basket, settlement, .. } = order;
        let on_chain = settlement == Settlement::OnChain;
        Ok(Self { acceptor, number, basket, on_chain, signed: *permit == 1 })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use scale::DecodeAll;
    use shared::permit::{OrderPermit, Permit};

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

    fn permits(acceptor: Option<OrderPermit>) -> Permits {
        Permits { acceptor, coupons: vec![] }
    }

    #[test]
    fn an_order_is_passed_on_as_it_came() {
        let signed = (order(), permits(None));
        let message = (account(1), signed.clone()).encode();
        let (_, passed) = <(AccountId, Signed)>::decode_all(&mut &*message).unwrap();
        assert_eq!(passed, Signed::from(signed.clone()));
        assert_eq!((passed.encode(), passed.bytes()), (signed.encode(), &*signed.encode()));
        let each = [signed.clone(), signed.clone()].map(|signed| signed.encode());
        assert_eq!(together(&each), vec![signed.clone(), signed].encode());
    }

    #[test]
    fn an_orders_head_says_who_sells_and_whether_it_signed() {
        assert_eq!(order().encode().len(), ORDER_BYTES);
        let permit = Permit { epoch: 0, deadline: 1, signature: [0; 64] };
        let permit = OrderPermit { signer: account(3), permit };
        let mut head = Head { acceptor: account(2), number: 7, basket: 900, on_chain: true, signed: false };
        let of = |order: Order, permit| Head::of(&(order, permits(permit)).encode(), 4);
        assert_eq!(of(order(), None), Ok(head));
        let not_acceptor = AllianceError::NotAcceptor { acceptor: account(2), caller: account(9) };
        assert_eq!(head.ensure_agreed(account(9)), Err(not_acceptor));
        assert_eq!(head.ensure_agreed(account(2)), Ok(()));
        (head.on_chain, head.signed) = (false, true);
        let off_chain = Order { settlement: Settlement::OffChain, ..order() };
        assert_eq!(of(off_chain, Some(permit)), Ok(head));
        assert_eq!(head.ensure_agreed(account(9)), Ok(()));
    }

    #[test]
    fn what_is_no_order_is_refused_by_its_place() {
        let not_an_order = Err(AllianceError::NotAnOrder { index: 4 });
        assert_eq!(Head::of(&order().encode(), 4), not_an_order);
        let mut bytes = (order(), permits(None)).encode();
        bytes[112] = 2;
        assert_eq!(Head::of(&bytes, 4), not_an_order);
    }
}
