//! Campaigns, coupons and orders that unit tests share.
use crate::book::Book;
use scale::Encode as _;
use shared::{
    campaigns::{Campaign, Progress},
    coupons::Coupon,
    ids::{CampaignId, CouponId},
    order::{Order, Settlement},
    permit::{CouponPermit, Permits, Presented},
    shelf::Shelf as _,
    terms::{Benefit, Stacking, Terms, Window},
    AccountId, Balance, Timestamp,
};

pub(crate) const ISSUER: AccountId = account(1);
pub(crate) const HOLDER: AccountId = account(2);
/// Inside both windows.
pub(crate) const NOW: Timestamp = 50;

pub(crate) const fn account(n: u8) -> AccountId {
    ink::primitives::AccountId([n; 32])
}

/// Of 100 off, to be spent from 10 to 200, beside others.
pub(crate) fn campaign(change: impl FnOnce(&mut Terms)) -> Campaign {
    let benefit = Benefit::AmountOff { value: 100 };
    let mut terms = Terms::plain(benefit, Window { start: 10, end: 200 }, 10);
    terms.stacking = Stacking::Common { priority: 0 };
    change(&mut terms);
    Campaign { issuer: ISSUER, terms }
}

/// A coupon of `campaign`, as just handed to `HOLDER`.
pub(crate) fn coupon(campaign: &Campaign) -> Coupon {
    Coupon::new(HOLDER, campaign.terms.valid_until(NOW), &campaign.terms, None)
}

/// The issuer's, for a basket of 1,000 that is all in scope.
pub(crate) fn order(number: u64) -> Order {
    Order {
        acceptor: ISSUER,
        number,
        basket: 1_000,
        eligible: 1_000,
        basket_hash: [0; 32],
        deadline: 100,
        settlement: Settlement::OffChain,
    }
}

/// A book with a campaign of each of these terms, numbered from 1, that issued `count` coupons to `HOLDER` and has `escrow` locked.
pub(crate) fn book(campaigns: &[Campaign], count: u32, escrow: Balance) -> Book {
    let mut book = Book::new([0; 32], account(100), account(101));
    for (number, campaign) in (1..).zip(campaigns) {
        let mut progress = Progress::new(&campaign.terms, escrow);
        progress.issue(campaign, count, NOW).unwrap();
        book.campaigns.write(number, campaign);
        book.progress.write(number, &progress);
        for serial in 1..=count {
            book.put(id(number, serial), HOLDER, coupon(campaign).encode()).unwrap();
        }
    }
    book
}

pub(crate) fn id(campaign: CampaignId, serial: u32) -> CouponId {
    CouponId { campaign, serial }
}

/// What a caller brings who holds the coupons and speaks for the acceptor.
pub(crate) fn unsigned(coupons: &[Presented]) -> Permits {
    let coupons = coupons.iter().map(|&presented| CouponPermit { presented, permit: None });
    Permits { acceptor: None, coupons: coupons.collect() }
}
