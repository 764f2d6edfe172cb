//! Booking what a redemption makes issuers owe, and reversing it: what a till waits for.
use super::{items, Ledger, Pages, Table};
use crate::{
    alliance::{
        bookings::{Booked, Debt},
        error::{AllianceError, Outcome},
    },
    assets::Asset,
    ids::CouponId,
    order::Part,
    terms::Funding,
    AccountId, Timestamp,
};
use ink::prelude::vec::Vec;

/// An order that was redeemed, as far as the books go.
#[derive(Clone, Copy)]
pub struct Sale<'a> {
    /// Who sold.
    pub acceptor: AccountId,
    /// The order's number.
    pub number: u64,
    /// What discounts are counted in.
    pub asset: Asset,
    /// When it was redeemed.
    pub redeemed_at: Timestamp,
    /// Until when it can be rolled back.
    pub final_at: Timestamp,
    /// One for each coupon spent, in the order they applied.
    pub lines: &'a [Line],
}

/// What one coupon of an order took off. A batch's answer doesn't name the coupon, and booking needs no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which coupon, where that is known.
    pub coupon: CouponId,
    /// Whose it was, and what it took off.
    pub part: Part,
}

impl<P: Pages> Ledger<'_, P> {
    /// Whether the member may accept; gives its registry, whose code was known when it applied. 1 touch, unless it is at the table.
    /// # Errors
    /// `NotMember`, `NotActive`, `Overflow`.
    #[inline(never)]
    pub fn acceptor(&self, table: &mut Table, account: AccountId) -> Outcome<AccountId> {
        let seat = self.seat(table, account)?;
        seat.member.ensure_active(account)?;
        let registry = seat.member.registry;
        table.0.push(seat);
        Ok(registry)
    }

    /// Books what a sale makes its coupons' issuers owe its acceptor, and gives the debts. 1 touch for each issuer that isn't at the table yet; where both have agreed
    /// on rates, 1 more for theirs, and another to count it against the day's cap.
    /// # Errors
    /// `NotMember`, `NotActive`, `WrongAsset`, `OverLimit`, `OverDailyCap`, `TailTooShort`, `Overflow`.
    // Inlined into ink's dispatcher, this and `unbook` make the contract a tenth larger.
    #[inline(never)]
    pub fn book(&mut self, table: &mut Table, sale: &Sale) -> Outcome<Booked> {
        let Sale { acceptor, number, asset, redeemed_at: now, final_at, lines } = *sale;
        let mut earner = self.seat(table, acceptor)?;
        let mut debts = Vec::new();
        for Line { part, .. } in lines {
            // Anyone's terms may name this alliance; a discount that nobody pays the acceptor for is a member's promise or none.
            let mut issuer = None;
            if part.funding != Funding::Escrow && part.issuer != acceptor {
                let seat = self.seat(table, part.issuer)?;
                seat.member.ensure_honoured(part.issuer, &self.root.config, now)?;
                issuer = Some(seat);
            }
            let pair = issuer.as_ref().and_then(|issuer| self.pair(&earner, issuer));
            let rate = pair.and_then(|pair| pair.at(now));
            let config = &self.root.config;
            let debt = Debt::of(part, acceptor, asset, rate.unwrap_or(config.default_rate_bps), config)?;
            if let (Some(debt), Some(issuer)) = (debt, &mut issuer) {
                if let Some(mut pair) = pair {
                    if pair.spend(debt.amount, now)? {
                        self.write(items::RATES, &(acceptor, debt.issuer), &pair);
                    }
                }
                self.touch(&mut earner)?;
                self.touch(issuer)?;
                self.root.books.book(&debt, &mut issuer.member, &mut earner.member)?;
                issuer.member.ensure_covered(debt.issuer, &self.root.config)?;
                issuer.member.answer_until(final_at);
                debts.push(debt);
            }
            table.0.extend(issuer);
        }
        if !debts.is_empty() {
            let tail = self.root.config.tail;
            if final_at > now.saturating_add(tail) {
                return Err(AllianceError::TailTooShort { final_at, tail }.into());
            }
            earner.member.answer_until(final_at);
        }
        table.0.push(earner);
        Ok(Booked { number, final_at, debts })
    }

    /// Reverses, in the open cycle, what a sale had booked beyond what was `kept` of it, and gives the debts with the fees that went back. As `book`, and
    /// the acceptor's record; none where nothing was booked.
    /// # Errors
    /// `OverLimit` where the acceptor's collateral or cap doesn't cover what it would owe, `Overflow`.
    #[inline(never)]
    pub fn unbook(&mut self, sale: &Sale, kept: &[Line]) -> Outcome<Vec<Debt>> {
        let Sale { acceptor, asset, redeemed_at, lines, .. } = *sale;
        let mut table = Table::default();
        let mut reversed = Vec::new();
        for Line { coupon, part } in lines {
            if part.funding != Funding::Alliance || part.issuer == acceptor {
                continue;
            }
            let mut issuer = self.seat(&mut table, part.issuer)?;
            let mut earner = self.seat(&mut table, acceptor)?;
            let pair = self.pair(&earner, &issuer);
            let rate = pair.and_then(|pair| pair.at(redeemed_at));
            let config = &self.root.config;
            let rate = rate.unwrap_or(config.default_rate_bps);
            let kept = kept.iter().find(|kept| kept.coupon == *coupon);
            let kept = match kept {
                Some(kept) => Debt::of(&kept.part, acceptor, asset, rate, config)?,
                None => None,
            };
            let none = Debt { issuer: part.issuer, rate_bps: rate, amount: 0, fee: 0 };
            let debt = Debt::of(part, acceptor, asset, rate, config)?.unwrap_or(none).less(kept);
            if debt.amount > 0 {
                if let Some(mut pair) = pair {
                    if pair.give_back(debt.amount, redeemed_at) {
                        self.write(items::RATES, &(acceptor, debt.issuer), &pair);
                    }
                }
                self.touch(&mut issuer)?;
                self.touch(&mut earner)?;
                reversed.push(self.root.books.reverse(debt, &mut issuer.member, &mut earner.member)?);
            }
            table.0.push(issuer);
            table.0.push(earner);
        }
        for seat in table.0.iter().filter(|seat| seat.changed && seat.account == acceptor) {
            seat.member.ensure_covered(acceptor, &self.root.config)?;
        }
        self.clear(table);
        Ok(reversed)
    }
}
