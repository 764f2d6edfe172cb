use super::*;
use crate::{
    listings::{Ask, Listing},
    offers::Wish,
    testing::{account, id},
};

const NATIVE: Asset = Asset::Native;

fn token() -> Asset {
    Asset::Psp22(account(9))
}

fn rules() -> Rules {
    Rules { fee_bps: 300, registries: vec![[7; 32]], tokens: vec![account(9)] }
}

fn book() -> Book {
    Book::new(account(0), &rules()).unwrap()
}

fn entry() -> Entry {
    Entry::new(Listing {
        seller: account(1),
        registry: account(5),
        coupons: vec![id(2), id(3)],
        asset: NATIVE,
        issuer: account(2),
        reserved: None,
        left: 1_000,
        coupons_end: 200,
        highest: None,
        royalty_bps: 500,
        fee_bps: 300,
        opened_at: 50,
        ends_at: 100,
        ask: Ask::Fixed { price: 1_000 },
    })
}

#[ink::test]
fn a_market_knows_one_to_four_registry_codes_and_caps_its_fee() {
    let made = |fee_bps, codes: usize, tokens: usize| {
        let rules = Rules { fee_bps, registries: vec![[7; 32]; codes], tokens: vec![account(9); tokens] };
        Book::new(account(0), &rules).map(|_| ()).err()
    };
    let count = |listed| Some(MarketError::RegistryCount { listed, most: 4 });
    assert_eq!(made(1_000, 1, 0), None);
    assert_eq!(made(0, 4, 4), None);
    assert_eq!(made(0, 0, 0), count(0));
    assert_eq!(made(0, 5, 0), count(5));
    assert_eq!(made(0, 1, 5), count(5));
    let over = MarketError::SharesOverCap { fee_bps: 1_001, royalty_bps: 0, most_bps: 1_000 };
    assert_eq!(made(1_001, 1, 0), Some(over));
}

#[ink::test]
fn only_known_code_is_a_registry() {
    let unknown = |code| Err(MarketError::UnknownRegistry { registry: account(5), code });
    let known = |code| book().ensure_known(account(5), code);
    assert_eq!(known(Some([7; 32])), Ok(()));
    assert_eq!(known(Some([8; 32])), unknown(Some([8; 32])));
    assert_eq!(known(None), unknown(None));
}

#[ink::test]
fn a_new_fee_counts_after_its_notice() {
    let mut book = book();
    let foreign = MarketError::NotMarketOwner { owner: account(0), caller: account(1) };
    let over = MarketError::SharesOverCap { fee_bps: 1_001, royalty_bps: 0, most_bps: 1_000 };
    assert_eq!(book.set_fee(account(1), 5, 10), Err(foreign));
    assert_eq!(book.set_fee(account(0), 1_001, 10), Err(over));
    assert_eq!(book.set_fee(account(0), 1_000, 10), Ok(10 + NOTICE));
    assert_eq!((book.fee_bps(9 + NOTICE), book.fee_bps(10 + NOTICE)), (300, 1_000));
    // One that never came to count is replaced; one that did stays until the next does.
    assert_eq!(book.set_fee(account(0), 400, 20), Ok(20 + NOTICE));
    assert_eq!((book.fee_bps(19 + NOTICE), book.fee_bps(20 + NOTICE)), (300, 400));
    assert_eq!(book.set_fee(account(0), 0, 30 + NOTICE), Ok(30 + 2 * NOTICE));
    assert_eq!((book.fee_bps(29 + 2 * NOTICE), book.fee_bps(30 + 2 * NOTICE)), (400, 0));
    assert_eq!(book.root().fee_bps, 400);
}

#[ink::test]
fn a_token_is_dealt_in_after_its_notice_and_until_the_owner_says_no() {
    let mut book = book();
    let other = Asset::Psp22(account(8));
    let unknown = |from| Err(MarketError::UnknownToken { token: account(8), from });
    assert_eq!((book.ensure_deals_in(NATIVE, 0), book.ensure_deals_in(token(), 0)), (Ok(()), Ok(())));
    assert_eq!(book.ensure_deals_in(other, 0), unknown(None));
    let foreign = MarketError::NotMarketOwner { owner: account(0), caller: account(1) };
    assert_eq!(book.set_token(account(1), account(8), true, 10), Err(foreign));
    assert_eq!(book.set_token(account(0), account(8), false, 10), Err(MarketError::NoChange));
    assert_eq!(book.set_token(account(0), account(8), true, 10), Ok(Some(10 + NOTICE)));
    assert_eq!(book.set_token(account(0), account(8), true, 10), Err(MarketError::NoChange));
    assert_eq!(book.ensure_deals_in(other, 9 + NOTICE), unknown(Some(10 + NOTICE)));
    assert_eq!(book.ensure_deals_in(other, 10 + NOTICE), Ok(()));
    assert_eq!(book.set_token(account(0), account(8), false, 10), Ok(None));
    assert_eq!(book.ensure_deals_in(other, 10 + NOTICE), unknown(None));
}

#[ink::test]
fn a_market_is_handed_over_in_two_steps_and_fees_stay_with_who_earned_them() {
    let mut book = book();
    let foreign = MarketError::NotMarketOwner { owner: account(0), caller: account(1) };
    let not_offered = |caller| Err(MarketError::NotOffered { caller: account(caller) });
    assert_eq!(book.offer_ownership(account(1), Some(account(1))), Err(foreign));
    assert_eq!(book.offer_ownership(account(0), None), Err(MarketError::NoChange));
    assert_eq!(book.accept_ownership(account(1)), not_offered(1));
    assert_eq!(book.offer_ownership(account(0), Some(account(1))), Ok(()));
    assert_eq!(book.accept_ownership(account(2)), not_offered(2));
    assert_eq!(book.earn(NATIVE, 30), Ok(()));
    assert_eq!(book.accept_ownership(account(1)), Ok(()));
    assert_eq!((book.root().owner, book.root().heir, book.root().native_fees), (account(1), None, 0));
    assert_eq!((book.credit(account(0), NATIVE), book.credit(account(1), NATIVE)), (30, 0));
    assert_eq!(book.accept_ownership(account(1)), not_offered(1));
}

#[ink::test]
fn listings_and_offers_share_their_numbers_and_are_kept_until_removed() {
    let mut book = book();
    assert_eq!((book.next_id(), book.next_id()), (Ok(1), Ok(2)));
    book.keep(1, &entry());
    assert_eq!(book.entry(1).map(|entry| *entry), Ok(entry()));
    assert_eq!(book.entry(2), Err(MarketError::NoSuchListing { id: 2 }.into()));
    let wish = Wish {
        registry: account(5),
        coupon: id(0),
        asset: NATIVE,
        price: 1,
        quantity: 2,
        least_left: 0,
        ends_no_sooner: 0,
        expires_at: 9,
    };
    let offer = Offer::new(account(3), wish, 300);
    book.keep_offer(2, &offer);
    assert_eq!(book.offer(2).map(|offer| *offer), Ok(offer));
    assert_eq!(book.offer(1), Err(MarketError::NoSuchOffer { id: 1 }));
    book.remove(1);
    book.remove_offer(2);
    assert_eq!(book.entry(1), Err(MarketError::NoSuchListing { id: 1 }.into()));
    assert_eq!(book.offer(2), Err(MarketError::NoSuchOffer { id: 2 }));
}

#[ink::test]
fn all_is_cancelled_that_was_numbered_before() {
    let mut book = book();
    assert_eq!(book.next_id(), Ok(1));
    assert_eq!(book.floor(account(1)), 0);
    assert_eq!(book.cancel_all(account(1)), 2);
    assert_eq!((book.floor(account(1)), book.floor(account(2))), (2, 0));
    assert_eq!(book.next_id(), Ok(2));
}

#[ink::test]
fn coupons_are_counted_in_and_out() {
    let mut book = book();
    assert_eq!((book.take_in(20), book.let_go(19), book.root().held), (Ok(()), Ok(()), 1));
    assert_eq!(book.let_go(2), Err(MarketError::Overflow));
}

#[ink::test]
fn fees_of_every_asset_are_the_owners_to_withdraw_once() {
    for asset in [NATIVE, token()] {
        let mut book = book();
        assert_eq!((book.earn(asset, 30), book.earn(asset, 0)), (Ok(()), Ok(())));
        assert_eq!(book.add_credit(account(0), asset, 4), Ok(()));
        assert_eq!((book.credit(account(0), asset), book.credit(account(1), asset)), (34, 0));
        assert_eq!(book.take_credit(account(0), asset), Ok(34));
        let empty = Err(MarketError::NoCredit { asset });
        assert_eq!(book.take_credit(account(0), asset), empty);
        assert_eq!(book.root().native_fees, 0);
    }
}

#[ink::test]
fn pull_balances_add_up_per_account_and_asset() {
    let mut book = book();
    assert_eq!(book.add_credit(account(1), NATIVE, 5), Ok(()));
    assert_eq!(book.add_credit(account(1), NATIVE, 6), Ok(()));
    assert_eq!(book.add_credit(account(1), token(), 7), Ok(()));
    assert_eq!(book.add_credit(account(1), NATIVE, Balance::MAX), Err(MarketError::Overflow));
    assert_eq!(book.take_credit(account(1), NATIVE), Ok(11));
    assert_eq!(book.credit(account(1), token()), 7);
}

#[ink::test]
fn the_root_is_kept_where_ink_looks_for_it() {
    let book = book();
    book.keep_root();
    let kept = crate::kept::kept::<Root>(0, ());
    assert_eq!(kept.as_ref(), Some(book.root()));
}
