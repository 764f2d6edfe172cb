//! How what is stored, and what comes with a call, is read: field by field in SCALE's order.
use crate::{
    book::{Root, Rules},
    listings::{Ask, Bid, Entry, Guard, Listing, Status, Wants},
    offers::{Offer, Wish},
    reader::{Read, Reader},
};
use shared::AccountId;

impl Read for Ask {
    #[inline(never)]
    fn read(reader: &mut Reader) -> Self {
        match reader.below(4) {
            0 => Self::Fixed { price: reader.u128() },
            1 => Self::Dutch { start_price: reader.u128(), end_price: reader.u128() },
            2 => Self::English { reserve: reader.u128(), step: reader.u128() },
            _ => {
                let coupons = reader.coupons();
                let wants = Wants { coupons, least_left: reader.u128(), ends_no_sooner: reader.u64() };
                Self::Swap { wants, asks: reader.u128(), adds: reader.u128() }
            }
        }
    }
}

impl Read for Listing {
    #[inline(never)]
    fn read(reader: &mut Reader) -> Self {
        Self {
            seller: reader.account(),
            registry: reader.account(),
            coupons: reader.coupons(),
            asset: reader.asset(),
            issuer: reader.account(),
            reserved: reader.is_some().then(|| reader.account()),
            left: reader.u128(),
            coupons_end: reader.u64(),
            highest: reader.is_some().then(|| reader.u128()),
            royalty_bps: reader.u16(),
            fee_bps: reader.u16(),
            opened_at: reader.u64(),
            ends_at: reader.u64(),
            ask: Ask::read(reader),
        }
    }
}

impl Read for Bid {
    fn read(reader: &mut Reader) -> Self {
        Self { bidder: reader.account(), amount: reader.u128(), ends_at: reader.u64() }
    }
}

impl Read for Entry {
    #[inline(never)]
    fn read(reader: &mut Reader) -> Self {
        let listing = Listing::read(reader);
        let status = match reader.below(4) {
            0 => Status::Open,
            1 => Status::Failed,
            2 => Status::Sold,
            _ => Status::Returned,
        };
        let bid = reader.is_some().then(|| Bid::read(reader));
        Self { listing, status, bid }
    }
}

impl Read for Wish {
    #[inline(never)]
    fn read(reader: &mut Reader) -> Self {
        Self {
            registry: reader.account(),
            coupon: reader.coupon(),
            asset: reader.asset(),
            price: reader.u128(),
            quantity: reader.u16(),
            least_left: reader.u128(),
            ends_no_sooner: reader.u64(),
            expires_at: reader.u64(),
        }
    }
}

impl Read for Offer {
    fn read(reader: &mut Reader) -> Self {
        let (buyer, wish) = (reader.account(), Wish::read(reader));
        Self { buyer, wish, fee_bps: reader.u16(), left: reader.u16() }
    }
}

impl Read for Rules {
    #[inline(never)]
    fn read(reader: &mut Reader) -> Self {
        let (fee_bps, registries) = (reader.u16(), reader.hashes());
        let tokens = reader.hashes().into_iter().map(AccountId::from).collect();
        Self { fee_bps, registries, tokens }
    }
}

impl Read for Guard {
    #[inline(never)]
    fn read(reader: &mut Reader) -> Self {
        Self {
            highest_price: reader.u128(),
            least_left: reader.u128(),
            ends_no_sooner: reader.u64(),
            terms: reader.is_some().then(|| reader.hash()),
        }
    }
}

impl Read for Root {
    #[inline(never)]
    fn read(reader: &mut Reader) -> Self {
        let owner = reader.account();
        let heir = reader.is_some().then(|| reader.account());
        let fee_bps = reader.u16();
        let next_fee = reader.is_some().then(|| (reader.u16(), reader.u64()));
        let registries = reader.hashes();
        let (held, native_fees, next_id) = (reader.u64(), reader.u128(), reader.u64());
        Self { owner, heir, fee_bps, next_fee, registries, held, native_fees, next_id }
    }
}

#[cfg(target_arch = "wasm32")]
crate::reader::decode_by_reading!(Rules, Guard, Ask, Wish, Listing, Entry, Offer, Root);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, id};
    use scale::Encode;
    use shared::assets::Asset;

    /// Reads what `Decode` off chain writes, to the last byte, and nothing shorter.
    fn reads<T: Read + Encode + PartialEq + std::fmt::Debug>(value: T) {
        let bytes = value.encode();
        let mut reader = Reader::new(&bytes);
        assert_eq!(T::read(&mut reader), value);
        assert!(reader.is_done());
        for end in 0..bytes.len() {
            let mut reader = Reader::new(&bytes[..end]);
            T::read(&mut reader);
            assert!(!reader.is_whole(), "{end} bytes of {value:?}");
        }
    }

    fn asks() -> [Ask; 5] {
        let wants = |coupons| Wants { coupons, least_left: 3, ends_no_sooner: 4 };
        [
            Ask::Fixed { price: u128::MAX },
            Ask::Dutch { start_price: 2, end_price: 1 },
            Ask::English { reserve: 5, step: 6 },
            Ask::Swap { wants: wants(vec![id(1); 20]), asks: 7, adds: 0 },
            Ask::Swap { wants: wants(vec![]), asks: 0, adds: 8 },
        ]
    }

    fn listing(ask: Ask) -> Listing {
        Listing {
            seller: account(1),
            registry: account(2),
            coupons: vec![id(1), id(2)],
            asset: Asset::Psp22(account(3)),
            issuer: account(4),
            reserved: Some(account(5)),
            left: 6,
            coupons_end: 7,
            highest: Some(8),
            royalty_bps: 9,
            fee_bps: 10,
            opened_at: 11,
            ends_at: 12,
            ask,
        }
    }

    #[test]
    fn what_is_stored_is_read_as_scale_writes_it() {
        let bid = Some(Bid { bidder: account(6), amount: 7, ends_at: 8 });
        for ask in asks() {
            reads(ask.clone());
            for status in [Status::Open, Status::Failed, Status::Sold, Status::Returned] {
                reads(Entry { listing: listing(ask.clone()), status, bid });
            }
            let plain = Listing { asset: Asset::Native, reserved: None, highest: None, ..listing(ask) };
            reads(Entry::new(plain));
        }
        let wish = Wish {
            registry: account(1),
            coupon: id(2),
            asset: Asset::Psp22(account(3)),
            price: 4,
            quantity: 5,
            least_left: 6,
            ends_no_sooner: 7,
            expires_at: 8,
        };
        reads(wish);
        reads(Offer { buyer: account(9), wish, fee_bps: 10, left: 11 });
        let root = Root {
            owner: account(1),
            heir: Some(account(2)),
            fee_bps: 3,
            next_fee: Some((4, 5)),
            registries: vec![[6; 32], [7; 32]],
            held: 8,
            native_fees: 9,
            next_id: 10,
        };
        reads(Rules { fee_bps: 1, registries: vec![[2; 32]], tokens: vec![account(3), account(4)] });
        reads(Guard { terms: Some([1; 32]), least_left: 2, ends_no_sooner: 3, ..Guard::price(4) });
        reads(Guard::price(1));
        reads(Root { heir: None, next_fee: None, ..root.clone() });
        reads(root);
    }

    #[test]
    fn a_variant_that_is_not_there_is_not_read() {
        let mut reader = Reader::new(&[4]);
        Ask::read(&mut reader);
        assert!(!reader.is_whole());
    }
}
