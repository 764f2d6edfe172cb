//! What the council tells of members without changing anything: statements, what backs a coupon, whether the fund survives a default.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::chamber::item;
use ink::prelude::vec::Vec;
use scale::Decode;
use shared::{
    alliance::{members::Member, sheets::Sheet},
    campaigns::{Campaign, Progress},
    coupons::Coupon,
    ids::CouponId,
    ledger::{items, key},
    terms::Funding,
    AccountId, Balance,
};

/// The most members that `cover_one` looks at.
pub const MAX_CANDIDATES: u32 = 32;

/// A member's account of one cycle. Positive is in the member's favour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Statement {
    /// Which cycle.
    pub cycle: u32,
    /// What it owed or was owed of the cycles before.
    pub opening: i128,
    /// The cycle's lines.
    pub lines: Sheet,
    /// All together.
    pub closing: i128,
}

/// What stands behind a coupon. Amounts of `escrow` are in its campaign's asset, the others in the alliance's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Coverage {
    /// Who issued it.
    pub issuer: AccountId,
    /// Who bears the discount.
    pub funding: Funding,
    /// What the campaign has locked for exactly this coupon: its largest discount, or zero.
    pub escrow: Balance,
    /// How much more its issuer may come to owe in the alliance; zero for who isn't a member or isn't accepted.
    pub headroom: Balance,
    /// What stands behind all members' debts.
    pub fund: Balance,
}

/// Whether the fund survives if the one in most need among some members defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct CoverOne {
    /// Who that is, if anyone owes more than it has put up.
    pub largest: Option<AccountId>,
    /// What its collateral and its share in the fund leave open.
    pub short: Balance,
    /// What the fund has.
    pub fund: Balance,
    /// Whether it reaches.
    pub covered: bool,
}

/// The accounts of the cycle closed last and of the open one.
pub fn statement(member: &Member) -> (Statement, Statement) {
    let credit = i128::try_from(member.credit).unwrap_or(i128::MAX);
    let closed = of(member.cycle.saturating_sub(1), credit, member.due);
    (closed, of(member.cycle, closed.closing, member.open))
}

fn of(cycle: u32, opening: i128, lines: Sheet) -> Statement {
    Statement { cycle, opening, lines, closing: opening.saturating_add(lines.position()) }
}

/// What stands behind a coupon that is live, apart from what its issuer's membership adds.
pub fn backing(registry: AccountId, coupon: CouponId) -> Option<Coverage> {
    let campaign = item(registry, key(items::CAMPAIGNS, &coupon.campaign))?;
    let campaign = Campaign::decode(&mut campaign.as_slice()).ok()?;
    let progress = item(registry, key(items::PROGRESS, &coupon.campaign))?;
    let progress = Progress::decode(&mut progress.as_slice()).ok()?;
    let coupon = item(registry, key(items::COUPONS, &coupon.to_u64()))?;
    let coupon = Coupon::decode(&mut coupon.as_slice()).ok()?;
    let escrow = if campaign.is_backed() {
        campaign.terms.largest_discount(coupon.left)?.min(progress.escrow_left)
    } else {
        0
    };
    Some(Coverage { issuer: campaign.issuer, funding: campaign.terms.funding, escrow, headroom: 0, fund: 0 })
}

/// The first of these in most need, and whether the fund reaches for it.
pub fn cover_one(accounts: Vec<AccountId>, members: &[Option<Member>], fund: Balance) -> CoverOne {
    let mut found = CoverOne { fund, ..CoverOne::default() };
    for (account, member) in accounts.into_iter().zip(members) {
        let short = member.as_ref().map_or(0, |member| {
            member.exposure().saturating_sub(member.collateral).saturating_sub(member.fund_share)
        });
        if short > found.short {
            (found.largest, found.short) = (Some(account), short);
        }
    }
    found.covered = found.short <= fund;
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    /// Of cycle 7.
    fn member(collateral: Balance, fund_share: Balance, due: i128, open: i128) -> Member {
        let billed = |billed| Sheet { billed, ..Sheet::default() };
        Member {
            collateral,
            due: billed(due),
            open: billed(open),
            ..Member::applicant(account(9), [3; 32], fund_share, 7, 10)
        }
    }

    fn asked(members: &[Option<Member>], fund: Balance) -> CoverOne {
        let accounts = (1..).take(members.len()).map(account);
        cover_one(accounts.collect(), members, fund)
    }

    #[test]
    fn a_statement_opens_with_the_credit_and_each_cycle_where_the_one_before_closes() {
        let due = Sheet { billed: -180, earned: 40, reversed: 10, adjusted: -5, paid: 100 };
        let open = Sheet { earned: 178, ..Sheet::default() };
        let member = Member { credit: 30, due, open, ..member(0, 0, 0, 0) };
        let closed = Statement { cycle: 6, opening: 30, lines: due, closing: -5 };
        assert_eq!(
            statement(&member),
            (closed, Statement { cycle: 7, opening: -5, lines: open, closing: 173 })
        );
    }

    #[test]
    fn the_first_cycles_statement_follows_one_of_nothing() {
        let member = Member { cycle: 1, ..member(0, 0, 0, -180) };
        let (closed, open) = statement(&member);
        assert_eq!(closed, Statement { cycle: 0, opening: 0, lines: Sheet::default(), closing: 0 });
        assert_eq!((open.cycle, open.opening, open.closing), (1, 0, -180));
    }

    #[test]
    fn a_credit_beyond_all_numbers_stops_at_the_largest() {
        let member = Member { credit: Balance::MAX, ..member(0, 0, 0, 5) };
        let (closed, open) = statement(&member);
        assert_eq!((closed.opening, closed.closing, open.closing), (i128::MAX, i128::MAX, i128::MAX));
    }

    #[test]
    fn what_a_member_owes_beyond_what_it_put_up_is_its_need() {
        // 100 and 200 owed, over 50 of collateral and 20 of the fund.
        let one = [Some(member(50, 20, -100, -200))];
        let short = CoverOne { largest: Some(account(1)), short: 230, fund: 229, covered: false };
        assert_eq!(asked(&one, 229), short);
        assert_eq!(asked(&one, 230), CoverOne { fund: 230, covered: true, ..short });
        let nobody = CoverOne { largest: None, short: 0, fund: 0, covered: true };
        for enough in [member(280, 20, -100, -200), member(301, 0, -100, -200), member(0, 300, -100, -200)] {
            assert_eq!(asked(&[Some(enough)], 0), nobody);
        }
        // What one is owed of a cycle pays for nothing in the other.
        assert_eq!(asked(&[Some(member(0, 0, 100, -200))], 0).short, 200);
    }

    #[test]
    fn the_first_in_most_need_is_named_and_strangers_need_nothing() {
        let owing = |amount: i128| Some(member(0, 0, 0, -amount));
        assert_eq!(asked(&[None, None], 0), CoverOne { covered: true, ..CoverOne::default() });
        let found = asked(&[owing(10), None, owing(30), owing(30), owing(20)], 29);
        assert_eq!(found, CoverOne { largest: Some(account(3)), short: 30, fund: 29, covered: false });
    }
}
