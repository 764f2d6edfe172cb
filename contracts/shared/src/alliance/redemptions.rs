//! Redemptions as registries answer them and as members bring them back: their bytes, and what an alliance looks at. Knows no member.
use super::ledger::{Line, Sale};
use crate::{
    assets::Asset, ids::CouponId, order::Part, reader::Reader, registry::skip_refusal, terms::Funding,
    AccountId, Balance, Timestamp,
};
use ink::prelude::vec::Vec;

/// The coupon of an answer that names none.
const UNNAMED: CouponId = CouponId { campaign: 0, serial: 0 };

/// What an alliance looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// Who sold.
    pub acceptor: AccountId,
    /// The order's number.
    pub number: u64,
    /// What amounts are counted in.
    pub asset: Asset,
    /// The basket less all discounts.
    pub net: Balance,
    /// Whether it was paid on chain.
    pub paid: bool,
    /// The alliance it came through.
    pub alliance: Option<AccountId>,
    /// When it was redeemed.
    pub redeemed_at: Timestamp,
    /// Until when it can be rolled back.
    pub final_at: Timestamp,
    /// One for each coupon spent, in the order they applied.
    pub lines: Vec<Line>,
}

impl Redeemed {
    /// A `Redemption`.
    #[inline(never)]
    pub fn read(reader: &mut Reader) -> Self {
        let (acceptor, number) = (reader.account(), reader.u64());
        // The order's digest, basket and eligible amount.
        reader.skip(64);
        let asset = reader.asset();
        let uses = reader.count();
        let lines = (0..uses).map(|_| used(reader)).collect();
        let refused = reader.count();
        // A coupon and a reason each.
        reader.skip(usize::from(refused).saturating_mul(9));
        let net = reader.u128();
        let paid = perhaps(reader).is_some();
        let alliance = perhaps(reader);
        // The cashier.
        perhaps(reader);
        let (redeemed_at, final_at) = (reader.u64(), reader.u64());
        Self { acceptor, number, asset, net, paid, alliance, redeemed_at, final_at, lines }
    }

    /// An order as a batch answers it; `None` where it was refused.
    #[inline(never)]
    pub fn read_answer(
        reader: &mut Reader,
        acceptor: AccountId,
        number: u64,
        now: Timestamp,
    ) -> Option<Self> {
        if reader.is_some() {
            skip_refusal(reader);
            return None;
        }
        let (asset, final_at) = (reader.asset(), reader.u64());
        let parts = reader.count();
        let lines = (0..parts).map(|_| Line { coupon: UNNAMED, part: part(reader) }).collect();
        let (net, paid, alliance) = (0, false, None);
        Some(Self { acceptor, number, asset, net, paid, alliance, redeemed_at: now, final_at, lines })
    }

    /// As the books see it.
    pub fn sale(&self) -> Sale<'_> {
        let Self { acceptor, number, asset, redeemed_at, final_at, ref lines, .. } = *self;
        Sale { acceptor, number, asset, redeemed_at, final_at, lines }
    }

    /// What its acceptor pays back, to escrow and to who paid on chain, where a rollback leaves this much of it.
    pub fn refund(&self, remains: Option<&Self>) -> Balance {
        let net = remains.map_or(0, |remains| remains.net);
        let to_payer = if self.paid { self.net.saturating_sub(net) } else { 0 };
        let kept = remains.map_or(0, Self::paid_from_escrow);
        self.paid_from_escrow().saturating_sub(kept).saturating_add(to_payer)
    }

    fn paid_from_escrow(&self) -> Balance {
        let backed = self.lines.iter().filter(|line| line.part.funding == Funding::Escrow);
        backed.fold(0, |sum: Balance, line| sum.saturating_add(line.part.discount))
    }
}

/// A `Use`.
fn used(reader: &mut Reader) -> Line {
    let coupon = reader.coupon();
    // Its holder, and its end.
    reader.skip(40);
    let (issuer, funding) = payer(reader);
    // Its advocate.
    perhaps(reader);
    // What it had left before and after.
    reader.skip(32);
    Line { coupon, part: Part { issuer, funding, discount: reader.u128() } }
}

/// A `Part`.
fn part(reader: &mut Reader) -> Part {
    let (issuer, funding) = payer(reader);
    Part { issuer, funding, discount: reader.u128() }
}

#[inline(never)]
fn payer(reader: &mut Reader) -> (AccountId, Funding) {
    let issuer = reader.account();
    let funding = match reader.below(3) {
        0 => Funding::Merchant,
        1 => Funding::Escrow,
        _ => Funding::Alliance,
    };
    (issuer, funding)
}

#[inline(never)]
fn perhaps(reader: &mut Reader) -> Option<AccountId> {
    reader.is_some().then(|| reader.account())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        alliance::testing::account,
        order::{self, Redemption, Refused, Use},
        registry::{Limit, RegistryError},
    };
    use scale::Encode;

    fn read(redemption: &Redemption) -> Redeemed {
        let bytes = redemption.encode();
        let mut reader = Reader::new(&bytes);
        let read = Redeemed::read(&mut reader);
        assert!(reader.is_done());
        read
    }

    /// With everything that may be there.
    fn paid() -> Redemption {
        let used = |serial, issuer, funding, advocate, discount| Use {
            coupon: CouponId { campaign: 1, serial },
            holder: account(50),
            valid_until: 51,
            issuer: account(issuer),
            funding,
            advocate,
            left_before: 52,
            left_after: 53,
            discount,
        };
        Redemption {
            acceptor: account(3),
            number: 6,
            order: [54; 32],
            basket: 1_000,
            eligible: 900,
            asset: Asset::Psp22(account(9)),
            uses: vec![
                used(1, 1, Funding::Alliance, None, 100),
                used(2, 2, Funding::Escrow, Some(account(10)), 30),
                used(3, 4, Funding::Merchant, None, 5),
            ],
            refused: vec![Refused { coupon: CouponId { campaign: 3, serial: 4 }, reason: 5 }],
            net: 870,
            payer: Some(account(7)),
            alliance: Some(account(150)),
            cashier: Some(account(8)),
            redeemed_at: 11,
            final_at: 12,
        }
    }

    #[test]
    fn a_redemption_is_read_as_it_is_written() {
        let whole = paid();
        let lines = whole.uses.iter().map(|used| {
            let part = Part { issuer: used.issuer, funding: used.funding, discount: used.discount };
            Line { coupon: used.coupon, part }
        });
        let expected = Redeemed {
            acceptor: account(3),
            number: 6,
            asset: whole.asset,
            net: 870,
            paid: true,
            alliance: Some(account(150)),
            redeemed_at: 11,
            final_at: 12,
            lines: lines.collect(),
        };
        assert_eq!(read(&whole), expected);
        let plain = Redemption { payer: None, alliance: None, cashier: None, refused: vec![], ..whole };
        assert_eq!((read(&plain).paid, read(&plain).alliance), (false, None));
    }

    #[test]
    fn what_is_paid_back_is_what_the_registry_reckons() {
        let whole = paid();
        let mut kept = Redemption { net: 400, ..whole.clone() };
        kept.uses[1].discount = 10;
        for whole in [whole.clone(), Redemption { payer: None, ..whole }] {
            assert_eq!(read(&whole).refund(None), whole.refund(None));
            assert_eq!(read(&whole).refund(Some(&read(&kept))), whole.refund(Some(&kept)));
        }
    }

    #[test]
    fn a_batchs_answer_is_read_past_what_was_refused() {
        let good = order::Redeemed::from(&paid());
        let refusal = RegistryError::LimitReached { limit: Limit::CashierDay, most: 1, asked: 2 };
        let answers = [Ok(good.clone()), Err(refusal), Err(RegistryError::Overflow), Ok(good.clone())];
        let bytes = answers.encode();
        let mut reader = Reader::new(&bytes);
        for answer in answers {
            let read = Redeemed::read_answer(&mut reader, account(3), 6, 11);
            assert_eq!(read.is_some(), answer.is_ok());
            if let (Some(read), Ok(answer)) = (read, answer) {
                assert_eq!((read.asset, read.final_at), (answer.asset, answer.final_at));
                assert_eq!(read.lines.iter().map(|line| line.part).collect::<Vec<_>>(), answer.parts);
            }
        }
        assert!(reader.is_done());
    }
}
