//! Orders over the registry's storage: what a call's orders share, and what each leaves. No signatures: the caller holds the coupons.
use super::*;
use crate::testing::{account, book, campaign, id, order, unsigned, HOLDER, ISSUER, NOW};
use shared::{
    coupons::{Customer, Role},
    order::OrderWord,
    permit::{Domain, Permit},
    registry::Limit,
    terms::{Audience, Benefit, Cap, Funding, Limits, Stacking, Terms},
    Balance, Hash,
};

const CASHIER: AccountId = HOLDER;
const DOMAIN: Domain = Domain { chain_tag: [0; 32], contract: account(99) };

fn refused<T>(refusal: RegistryError) -> Result<T, Refusal> {
    Err(refusal.into())
}

/// A book as `testing::book` has it, where `HOLDER` is the issuer's cashier as well.
fn staffed(campaigns: &[Campaign], count: u32, daily_cap: Option<Balance>) -> Book {
    let mut book = book(campaigns, count, 10_000);
    let role = Role { cashier: true, daily_cap, ..Role::default() };
    book.roles.write((ISSUER, CASHIER), &role);
    book
}

/// A call of the cashier's, order by order; gives each one's discount.
fn batch(book: &mut Book, orders: &[(Order, Permits)]) -> Vec<Result<Balance, Refusal>> {
    let scene = Scene { caller: CASHIER, passes_on: false, domain: &DOMAIN, now: NOW };
    let mut till = Till::new(Storage);
    let redeemed: Vec<_> = orders
        .iter()
        .map(|(order, permits)| Ok(book.redeem(&mut till, order, permits, &scene)??.discount()))
        .collect();
    book.close(till);
    redeemed
}

fn redeem(book: &mut Book, order: &Order, presented: &[Presented]) -> Result<Box<Redemption>, Refusal> {
    let scene = Scene { caller: CASHIER, passes_on: false, domain: &DOMAIN, now: NOW };
    let mut till = Till::new(Storage);
    let redeemed = book.redeem(&mut till, order, &unsigned(presented), &scene)?;
    book.close(till);
    redeemed
}

/// The digest that the issuer's order of this number left.
fn recorded(book: &Book, number: u64) -> Option<Hash> {
    let (word, place) = OrderWord::locate(number);
    book.orders.read((ISSUER, word)).and_then(|word| word.digest(place))
}

fn optional(coupon: CouponId) -> Presented {
    Presented { optional: true, ..coupon.into() }
}

#[ink::test]
fn a_redemption_ends_the_coupon_and_leaves_a_record() {
    let mut book = staffed(&[campaign(|t| t.rollback_window = 5)], 2, None);
    let redeemed = redeem(&mut book, &order(300), &[id(1, 1).into()]).unwrap();
    let used = Use {
        coupon: id(1, 1),
        holder: HOLDER,
        valid_until: Timestamp::MAX,
        issuer: ISSUER,
        funding: Funding::Merchant,
        advocate: None,
        left_before: 1,
        left_after: 0,
        discount: 100,
    };
    let expected = Redemption {
        acceptor: ISSUER,
        number: 300,
        order: digest(&order(300)),
        basket: 1_000,
        eligible: 1_000,
        asset: Asset::Native,
        uses: vec![used],
        refused: vec![],
        net: 900,
        payer: None,
        alliance: None,
        cashier: Some(CASHIER),
        redeemed_at: NOW,
        final_at: NOW + 5,
    };
    assert_eq!(*redeemed, expected);
    assert_eq!(recorded(&book, 300), Some(digest(&expected)));
    assert_eq!((book.coupon(id(1, 1)), book.holder(HOLDER).coupons, book.root().live), (None, 1, 1));
    assert_eq!(book.progress.read(1).unwrap().uses, 1);
    let again = redeem(&mut book, &order(300), &[id(1, 2).into()]);
    assert_eq!(again, refused(RegistryError::OrderUsed { number: 300 }));
}

#[ink::test]
fn each_coupon_applies_to_what_those_before_it_leave() {
    let percent = |t: &mut Terms| t.benefit = Benefit::PercentOff { bps: 5_000, cap: 10_000 };
    let mut book = staffed(&[campaign(|_| ()), campaign(percent)], 2, None);
    let presented = [id(1, 1), id(2, 1), id(1, 2)].map(Presented::from);
    let quoted = Till::new(Storage).quote(&order(1), &presented, CASHIER, NOW).unwrap();
    let redeemed = redeem(&mut book, &order(1), &presented).unwrap();
    let discounts: Vec<Balance> = redeemed.uses.iter().map(|used| used.discount).collect();
    assert_eq!(discounts, [100, 450, 100]);
    assert_eq!((redeemed.net, quoted.net, quoted.discount), (350, 350, 650));
    let lines: Vec<_> = quoted.lines.into_iter().map(|line| line.outcome).collect();
    assert_eq!(lines, [Ok(100), Ok(450), Ok(100)]);
}

#[ink::test]
fn an_order_goes_on_without_optional_coupons_and_says_why() {
    let mut book = staffed(&[campaign(|_| ()), campaign(|t| t.min_basket = 2_000)], 2, None);
    let presented = [optional(id(2, 1)), id(1, 1).into(), optional(id(1, 1)), optional(id(1, 9))];
    let redeemed = redeem(&mut book, &order(1), &presented).unwrap();
    let reason = |refusal: RegistryError| refusal.index();
    let refusals = [
        (id(2, 1), reason(RegistryError::BelowMinBasket { basket: 1_000, least: 2_000 })),
        (id(1, 1), reason(RegistryError::DuplicateCoupon { coupon: id(1, 1) })),
        (id(1, 9), reason(RegistryError::NoSuchCoupon { coupon: id(1, 9) })),
    ];
    assert_eq!(redeemed.refused, refusals.map(|(coupon, reason)| Refused { coupon, reason }));
    assert_eq!((redeemed.uses.len(), redeemed.net), (1, 900));
    assert_eq!((book.progress.read(1).unwrap().uses, book.progress.read(2).unwrap().uses), (1, 0));
    let nothing = redeem(&mut book, &order(2), &[optional(id(2, 1))]);
    assert_eq!(nothing, refused(RegistryError::NothingApplied));
}

#[ink::test]
fn an_order_takes_one_to_five_coupons_of_one_asset_in_order() {
    let priority = |priority| campaign(move |t| t.stacking = Stacking::Common { priority });
    let token = campaign(|t| t.asset = Asset::Psp22(account(7)));
    let mut book = staffed(&[priority(1), priority(2), token], 6, None);
    let mut refusal = |coupons: &[CouponId]| {
        let presented: Vec<Presented> = coupons.iter().map(|&coupon| coupon.into()).collect();
        redeem(&mut book, &order(1), &presented).map(|_| ()).map_err(|refusal| *refusal)
    };
    let count = |presented| Err(RegistryError::CouponCount { presented, most: 5 });
    assert_eq!(refusal(&[]), count(0));
    assert_eq!(refusal(&[id(1, 1); 6]), count(6));
    assert_eq!(refusal(&[id(1, 1), id(1, 1)]), Err(RegistryError::DuplicateCoupon { coupon: id(1, 1) }));
    assert_eq!(
        refusal(&[id(2, 1), id(1, 1)]),
        Err(RegistryError::OutOfOrder { coupon: id(1, 1), priority: 1, after: 2 })
    );
    assert_eq!(refusal(&[id(1, 1), id(3, 1)]), Err(RegistryError::AssetMismatch { coupon: id(3, 1) }));
    assert_eq!(refusal(&[id(1, 1), id(1, 2), id(1, 3), id(2, 1), id(2, 2)]), Ok(()));
}

#[ink::test]
fn a_refused_order_changes_nothing_and_spoils_nothing() {
    let mut book = staffed(&[campaign(|t| t.budget = Some(150))], 3, None);
    let orders = [
        (order(1), unsigned(&[id(1, 1).into(), id(1, 2).into()])),
        (order(1), unsigned(&[id(1, 3).into()])),
        (order(2), unsigned(&[id(1, 2).into()])),
    ];
    let exhausted = || refused(RegistryError::BudgetExhausted { campaign: 1 });
    assert_eq!(batch(&mut book, &orders), [exhausted(), Ok(100), exhausted()]);
    let progress = book.progress.read(1).unwrap();
    assert_eq!((progress.uses, progress.budget_left), (1, Some(50)));
    assert_eq!((book.root().live, recorded(&book, 2)), (2, None));
}

#[ink::test]
fn coupons_of_one_order_count_together_against_their_holders_limit() {
    let twice = Limits { holder: Cap { uses: Some(2), value: None }, ..Limits::default() };
    let mut book = staffed(&[campaign(|t| t.limits = twice)], 4, None);
    let reached = |asked| refused(RegistryError::LimitReached { limit: Limit::HolderUses, most: 2, asked });
    let three = [id(1, 1), id(1, 2), id(1, 3)].map(Presented::from);
    assert_eq!(redeem(&mut book, &order(1), &three), reached(3));
    assert_eq!(redeem(&mut book, &order(1), &three[..2]).map(|redeemed| redeemed.discount()), Ok(200));
    assert_eq!(redeem(&mut book, &order(2), &three[2..]), reached(3));
    assert_eq!(book.usage(1, HOLDER).uses, 2);
}

#[ink::test]
fn a_first_order_may_have_several_coupons_and_the_next_none() {
    let first = |t: &mut Terms| (t.audience, t.marks_first_order) = (Audience::FirstOrder, true);
    let mut book = staffed(&[campaign(first), campaign(first)], 2, None);
    let both = [id(1, 1), id(2, 1)].map(Presented::from);
    assert_eq!(redeem(&mut book, &order(1), &both).map(|redeemed| redeemed.discount()), Ok(200));
    let later = RegistryError::NotFirstOrder { coupon: id(1, 2), acceptor: ISSUER, number: 1 };
    assert_eq!(redeem(&mut book, &order(2), &[id(1, 2).into()]), refused(later));
}

#[ink::test]
fn a_frozen_account_spends_only_what_escrow_backs() {
    let marking = |funding| campaign(move |t| (t.funding, t.marks_first_order) = (funding, true));
    let mut book = staffed(&[marking(Funding::Merchant), marking(Funding::Escrow)], 1, None);
    let frozen = Customer { frozen: Some(3), ..Customer::default() };
    book.customers.write((ISSUER, HOLDER), &frozen);
    let refusal = RegistryError::AccountFrozen { account: HOLDER, reason: 3 };
    assert_eq!(redeem(&mut book, &order(1), &[id(1, 1).into()]), refused(refusal));
    let backed = redeem(&mut book, &order(1), &[id(2, 1).into()]).unwrap();
    assert_eq!(backed.paid_from_escrow(), 100);
}

fn over_cap<T>(asked: Balance) -> Result<T, Refusal> {
    refused(RegistryError::LimitReached { limit: Limit::CashierDay, most: 150, asked })
}

#[ink::test]
fn a_cashiers_day_counts_over_a_batch() {
    let mut book = staffed(&[campaign(|_| ())], 3, Some(150));
    let paid = |number| (order(number), unsigned(&[id(1, 1).into()]));
    let next = (order(2), unsigned(&[id(1, 2).into()]));
    assert_eq!(batch(&mut book, &[paid(1), next.clone()]), [Ok(100), over_cap(200)]);
    assert_eq!(batch(&mut book, &[next]), [over_cap(200)]);
    assert_eq!(book.roles.read((ISSUER, CASHIER)).unwrap().spent, 100);
}

#[ink::test]
fn an_order_in_anothers_name_starts_no_new_day_for_a_cashier() {
    let mut book = staffed(&[campaign(|_| ())], 3, Some(150));
    let mut forged = unsigned(&[id(1, 3).into()]);
    let permit = Permit { epoch: 0, deadline: 100, signature: [0; 64] };
    forged.acceptor = Some(OrderPermit { signer: ISSUER, permit });
    let orders = [
        (order(1), unsigned(&[id(1, 1).into()])),
        (order(9), forged),
        (order(2), unsigned(&[id(1, 2).into()])),
    ];
    let invalid = refused(RegistryError::PermitInvalid { signer: ISSUER });
    assert_eq!(batch(&mut book, &orders), [Ok(100), invalid, over_cap(200)]);
    assert_eq!(book.roles.read((ISSUER, CASHIER)).unwrap().spent, 100);
}
