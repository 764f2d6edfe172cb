//! Whom coupons are for: attested accounts, first orders, and accounts that an issuer froze.

use crate::scene::*;
use e2e_tests::{
    account, keys,
    signing::{Codes, Target, Voucher},
    World,
};
use ink::codegen::TraitCallBuilder;
use office::events::AccountFreezeChanged;
use shared::{
    claims::{Attestation, Claim, VoucherKey},
    coupons::Customer,
    ids::CouponId,
    order::Order,
    registry::RegistryError,
    terms::{Audience, Card, Funding, Terms, TransferPolicy},
};

const ADULT: u8 = 18;

/// A campaign of the bakery's for whom the town attests to be of age, with a drop of five codes.
fn for_adults() -> (World, Doors, Codes) {
    let (mut world, mut to) = open();
    let terms = terms_but(|t| {
        t.audience = Audience::Attested { key: keys("town").public(), class: ADULT };
        t.transfer = TransferPolicy::Soulbound;
    });
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let codes = Codes::print("bakery", 5);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, codes.root(), codes.size()));
    (world, to, codes)
}

fn target(index: u32) -> Target {
    Target { campaign: 1, drop: 1, index, to: account("ann"), advocate: None }
}

fn attested(world: &World, class: u8, who: &str, by: &str) -> Attestation {
    world.place().attest(&keys(by), class, account(who), NOW + HOUR)
}

// Feature: Segment / first order.
#[test]
fn an_attested_account_claims_its_code_at_the_office() {
    let (mut world, mut to, codes) = for_adults();
    let word = attested(&world, ADULT, "ann", "town");
    let claim = codes.claim_attested(world.place(), target(0), Some(word.clone()));
    let coupon = act(&mut world, "relayer", 0, to.office.call_mut().claim(claim.clone())).result;
    assert_eq!(world.coupon(coupon).unwrap().owner, account("ann"));
    let again = to.office.call_mut().claim(claim);
    assert_eq!(refused(&mut world, "ann", 0, again), RegistryError::CodeUsed { index: 0 });
    // One word is good for as many coupons as the terms allow.
    let claim = codes.claim_attested(world.place(), target(1), Some(word));
    act(&mut world, "ann", 0, to.office.call_mut().claim(claim));
    spend(&mut world, &whole(&[coupon]), &order("bakery", 1));
}

#[test]
fn without_the_audience_keys_own_word_nothing_is_claimed() {
    let (mut world, mut to, codes) = for_adults();
    let place = world.place();
    let good = attested(&world, ADULT, "ann", "town");
    let missing = RegistryError::AttestationMissing { class: ADULT };
    let invalid = RegistryError::AttestationInvalid { class: ADULT };
    let mut other_chain = place;
    other_chain.chain_tag[0] ^= 1;
    let elsewhere = other_chain.attest(&keys("town"), ADULT, account("ann"), NOW + HOUR);
    let cases = [
        (None, missing),
        (Some(attested(&world, 17, "ann", "town")), invalid),
        (Some(attested(&world, ADULT, "ben", "town")), invalid),
        (Some(attested(&world, ADULT, "ann", "ann")), invalid),
        (Some(Attestation { expires_at: NOW + DAY, ..good.clone() }), invalid),
        (Some(elsewhere), invalid),
    ];
    for (attestation, expected) in cases {
        let claim = codes.claim_attested(place, target(0), attestation);
        assert_eq!(refused(&mut world, "ann", 0, to.office.call_mut().claim(claim)), expected);
    }
    let plain = codes.claim(place, 1, 1, 0, account("ann"));
    assert_eq!(refused(&mut world, "ann", 0, to.registry.call_mut().claim(plain)), missing);
    world.chain.set_time(NOW + HOUR).unwrap();
    let expired = RegistryError::AttestationExpired { expires_at: NOW + HOUR, now: NOW + HOUR };
    let claim = codes.claim_attested(place, target(0), Some(good));
    assert_eq!(refused(&mut world, "ann", 0, to.office.call_mut().claim(claim)), expired);
}

#[test]
fn a_code_is_proven_at_the_office_as_at_the_registry() {
    let (mut world, mut to, codes) = for_adults();
    let word = Some(attested(&world, ADULT, "ann", "town"));
    let good = codes.claim_attested(world.place(), target(0), word);
    let ben = Some(attested(&world, ADULT, "ben", "town"));
    let stolen = Claim { to: account("ben"), attestation: ben, ..good.clone() };
    let unsigned = RegistryError::ClaimUnsigned { index: 0 };
    assert_eq!(refused(&mut world, "ben", 0, to.office.call_mut().claim(stolen)), unsigned);
    let mut moved = good.clone();
    if let shared::claims::Entitlement::Code { index, .. } = &mut moved.entitlement {
        *index = 1;
    }
    let unproven = RegistryError::CodeUnproven { index: 1 };
    assert_eq!(refused(&mut world, "ann", 0, to.office.call_mut().claim(moved)), unproven);
    act(&mut world, "ann", 0, to.office.call_mut().claim(good));
}

#[test]
fn a_voucher_for_an_attested_audience_needs_the_word_too() {
    let (mut world, mut to, _) = for_adults();
    let backend = keys("backend");
    let key = Some(VoucherKey { device: false, quota: None });
    act(&mut world, "bakery", 0, to.office.call_mut().set_voucher_key(1, backend.public(), key));
    let voucher = Voucher { nonce: 1, to: account("ann"), advocate: None, deadline: NOW + HOUR };
    let claim = world.place().voucher(&backend, 1, voucher);
    let missing = RegistryError::AttestationMissing { class: ADULT };
    assert_eq!(refused(&mut world, "ann", 0, to.office.call_mut().claim(claim.clone())), missing);
    let attestation = Some(attested(&world, ADULT, "ann", "town"));
    act(&mut world, "ann", 0, to.office.call_mut().claim(Claim { attestation, ..claim }));
}

/// Terms that mark first orders.
fn marking() -> Terms {
    terms_but(|t| (t.marks_first_order, t.card) = (true, Card::Uses(9)))
}

fn first_orders() -> Terms {
    Terms { audience: Audience::FirstOrder, ..marking() }
}

fn customer(world: &World) -> Customer {
    world.customer(account("bakery"), account("ann")).unwrap_or_default()
}

#[test]
fn a_first_order_is_one_across_all_campaigns_that_mark_them() {
    let (mut world, mut to, [plain, first]) = ann_has_one_of_each([marking(), first_orders()]);
    let redemption = spend(&mut world, &whole(&[plain]), &order("bakery", 1)).result;
    let (acceptor, number) = (account("bakery"), 1);
    assert_eq!(customer(&world).first_order, Some((acceptor, number)));
    let not_first = RegistryError::NotFirstOrder { coupon: first, acceptor, number };
    assert_eq!(till_refuses(&mut world, first, "ann", &order("bakery", 2)), not_first);
    spend(&mut world, &whole(&[plain]), &order("bakery", 3));
    assert_eq!(customer(&world).first_order, Some((acceptor, 1)), "the first stays the first");

    // An order that was rolled back was none.
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(customer(&world).first_order, None);
    spend(&mut world, &whole(&[first]), &order("bakery", 4));
    assert_eq!(customer(&world).first_order, Some((acceptor, 4)));
    let not_first = RegistryError::NotFirstOrder { coupon: first, acceptor, number: 4 };
    assert_eq!(till_refuses(&mut world, first, "ann", &order("bakery", 5)), not_first, "nor twice");
}

#[test]
fn a_campaign_that_marks_nothing_and_another_issuer_spoil_no_first_order() {
    let (mut world, _, [first, unmarked]) = ann_has_one_of_each([first_orders(), terms()]);
    let cinemas = campaign(&mut world, "cinema", marking(), 0);
    let cinemas = issue(&mut world, "cinema", cinemas, "ann");
    spend(&mut world, &whole(&[unmarked]), &order("bakery", 1));
    spend(&mut world, &whole(&[cinemas]), &order("cinema", 1));
    spend(&mut world, &whole(&[first]), &order("bakery", 2));
}

#[test]
fn a_frozen_account_spends_no_coupon_of_that_issuer_that_marks_first_orders() {
    let (mut world, mut to, [marked, unmarked]) = ann_has_one_of_each([marking(), terms()]);
    let (issuer, ann) = (account("bakery"), account("ann"));
    let cinemas = campaign(&mut world, "cinema", marking(), 0);
    let cinemas = issue(&mut world, "cinema", cinemas, "ann");
    let done = act(&mut world, "bakery", 0, to.office.call_mut().set_account_frozen(ann, Some(6)));
    let frozen = AccountFreezeChanged { issuer, account: ann, reason: Some(6) };
    assert_eq!(done.events, [by(world.suite.office, frozen)]);
    let refusal = RegistryError::AccountFrozen { account: ann, reason: 6 };
    assert_eq!(till_refuses(&mut world, marked, "ann", &order("bakery", 1)), refusal);
    let again = to.office.call_mut().set_account_frozen(ann, Some(6));
    assert_eq!(refused(&mut world, "bakery", 0, again), RegistryError::NoChange);

    // What looks at no customer, and what is another issuer's, is spent all the same.
    spend(&mut world, &whole(&[unmarked]), &order("bakery", 2));
    spend(&mut world, &whole(&[cinemas]), &order("cinema", 1));
    let done = act(&mut world, "bakery", 0, to.office.call_mut().set_account_frozen(ann, None));
    let thawed = AccountFreezeChanged { issuer, account: ann, reason: None };
    assert_eq!(done.events, [by(world.suite.office, thawed)]);
    spend(&mut world, &whole(&[marked]), &order("bakery", 3));
    let again = to.office.call_mut().set_account_frozen(ann, None);
    assert_eq!(refused(&mut world, "bakery", 0, again), RegistryError::NoChange);
}

#[test]
fn a_frozen_account_still_spends_what_escrow_backs() {
    let (mut world, mut to, coupon) =
        ann_has_a_coupon(Terms { funding: Funding::Escrow, card: Card::Uses(1), ..marking() }, 700);
    let ann = account("ann");
    act(&mut world, "bakery", 0, to.office.call_mut().set_account_frozen(ann, Some(6)));
    let done = spend(&mut world, &whole(&[coupon]), &order("bakery", 1));
    assert_eq!(done.moved, [("bakery", 200), ("registry", -200)]);
    assert_eq!(customer(&world).frozen, Some(6));
}

#[test]
fn a_first_order_with_two_coupons_is_one_order() {
    let common = |priority| shared::terms::Stacking::Common { priority };
    let terms = [0, 1].map(|priority| Terms { stacking: common(priority), ..first_orders() });
    let (mut world, _, coupons) = ann_has_one_of_each(terms);
    let small = Order { eligible: 500, ..order("bakery", 1) };
    let redemption = spend(&mut world, &whole(&coupons), &small).result;
    assert_eq!(redemption.uses.len(), 2);
    let [CouponId { campaign, .. }, _] = coupons;
    assert_eq!(world.progress(campaign).uses, 1);
}
