//! What an advocate gets for a friend: once the friend's first order is past its rollback window, up to a number of friends, never for oneself.

use crate::scene::*;
use desk::events::AdvocateRewarded;
use e2e_tests::{
    account,
    actors::OWNER,
    keys,
    signing::{Codes, Target, Voucher},
    World,
};
use ink::codegen::TraitCallBuilder;
use shared::{
    campaigns::Improvement,
    claims::{CodeClaim, VoucherKey},
    ids::CouponId,
    order::{Order, Redemption},
    psp34::PSP34,
    registry::{RegistryError, Scope},
    terms::{Card, Funding, Referral},
    Timestamp,
};

const REWARDS: u32 = 1;
const FRIENDS: u32 = 2;

/// The bakery rewards advocates for up to two friends each, from its first campaign; friends claim codes of its second.
fn stage() -> (World, Doors, Codes) {
    let (mut world, mut to) = open();
    campaign(&mut world, "bakery", terms_but(|t| t.supply = 3), 0);
    let terms = terms_but(|t| {
        t.marks_first_order = true;
        t.card = Card::Uses(2);
        t.referral = Some(Referral { reward: REWARDS, per_advocate: 2 });
    });
    campaign(&mut world, "bakery", terms, 0);
    let codes = Codes::print("bakery", 8);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(FRIENDS, codes.root(), codes.size()));
    (world, to, codes)
}

/// `friend` claims code `index`, which `advocate` gave them.
fn befriend(world: &mut World, codes: &Codes, index: u32, friend: &str, advocate: Option<&str>) -> CouponId {
    let target =
        Target { campaign: FRIENDS, drop: 1, index, to: account(friend), advocate: advocate.map(account) };
    let claim = codes.claim_for(world.place(), target);
    let mut registry = world.registry();
    act(world, friend, 0, registry.call_mut().claim(claim)).result
}

/// `friend` spends their coupon on the bakery's order of this number.
fn shop(world: &mut World, friend: &str, coupon: CouponId, number: u64) -> Redemption {
    let order = Order { deadline: Timestamp::MAX, ..order("bakery", number) };
    spend_of(world, friend, &whole(&[coupon]), &order).result
}

fn pass_the_window(world: &mut World) {
    world.chain.advance(DAY).unwrap();
}

// Feature: Referral.
#[test]
fn an_advocate_is_rewarded_once_the_friends_first_order_is_final() {
    let (mut world, mut to, codes) = stage();
    let coupon = befriend(&mut world, &codes, 0, "ann", Some("ben"));
    let redemption = shop(&mut world, "ann", coupon, 1);
    assert_eq!(redemption.uses[0].advocate, Some(account("ben")));
    world.chain.set_time(NOW + DAY - 1).unwrap();
    let early = to.desk.call_mut().reward(redemption.clone(), coupon);
    let not_final = RegistryError::NotFinal { final_at: NOW + DAY, now: NOW + DAY - 1 };
    assert_eq!(refused(&mut world, "ben", 0, early), not_final);
    world.chain.set_time(NOW + DAY).unwrap();
    let done = act(&mut world, "relayer", 0, to.desk.call_mut().reward(redemption.clone(), coupon));
    let reward = CouponId { campaign: REWARDS, serial: 1 };
    assert_eq!(done.result, reward);
    assert_eq!(world.coupon(reward).unwrap().owner, account("ben"));
    let told = AdvocateRewarded {
        advocate: account("ben"),
        friend: account("ann"),
        acceptor: account("bakery"),
        number: 1,
        coupon: reward,
        valid_until: Timestamp::MAX,
        friends_coupon: coupon,
    };
    let arrived = registry::events::Transfer { from: None, to: Some(account("ben")), id: reward.into() };
    assert_eq!(done.events, [by(world.suite.desk, told), by(world.suite.registry, arrived)]);
    assert!(world.customer(account("bakery"), account("ann")).unwrap().rewarded);

    let again = to.desk.call_mut().reward(redemption, coupon);
    let friend = account("ann");
    assert_eq!(refused(&mut world, "ben", 0, again), RegistryError::NotRewarded { friend });
}

#[test]
fn only_the_first_order_counts_whichever_coupon_it_was_with() {
    let (mut world, mut to, codes) = stage();
    let unbidden = befriend(&mut world, &codes, 0, "ann", None);
    let invited = befriend(&mut world, &codes, 1, "ann", Some("ben"));
    let first = shop(&mut world, "ann", unbidden, 1);
    let second = shop(&mut world, "ann", invited, 2);
    pass_the_window(&mut world);
    let friend = account("ann");
    let message = to.desk.call_mut().reward(second.clone(), invited);
    assert_eq!(refused(&mut world, "ben", 0, message), RegistryError::NotRewarded { friend });
    let cases = [(first, unbidden), (second, unbidden)];
    for (redemption, coupon) in cases {
        let message = to.desk.call_mut().reward(redemption, coupon);
        assert_eq!(refused(&mut world, "ben", 0, message), RegistryError::NoReferral { coupon });
    }
}

#[test]
fn a_redemption_that_was_rolled_back_rewards_nobody() {
    let (mut world, mut to, codes) = stage();
    let coupon = befriend(&mut world, &codes, 0, "ann", Some("ben"));
    let redemption = shop(&mut world, "ann", coupon, 1);
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption.clone(), None));
    pass_the_window(&mut world);
    let message = to.desk.call_mut().reward(redemption, coupon);
    assert_eq!(refused(&mut world, "ben", 0, message), RegistryError::NoSuchRedemption { number: 1 });
}

#[test]
fn an_advocate_is_rewarded_for_so_many_friends_and_no_more() {
    let (mut world, mut to, codes) = stage();
    let shopped: Vec<_> = (0..)
        .zip(["ann", "cem", "dee"])
        .map(|(index, friend)| {
            let coupon = befriend(&mut world, &codes, index, friend, Some("ben"));
            (shop(&mut world, friend, coupon, index.into()), coupon)
        })
        .collect();
    pass_the_window(&mut world);
    let mut reward = |world: &mut World, (redemption, coupon): &(Redemption, CouponId)| {
        call(world, "ben", 0, to.desk.call_mut().reward(redemption.clone(), *coupon)).result
    };
    assert!(reward(&mut world, &shopped[0]).is_ok() && reward(&mut world, &shopped[1]).is_ok());
    assert_eq!(reward(&mut world, &shopped[2]), Err(RegistryError::ReferralCap { most: 2 }));
    assert_eq!(world.holder(account("ben")).coupons, 2);
}

#[test]
fn rewards_end_with_their_campaigns_supply_and_escrow() {
    let (mut world, mut to, codes) = stage();
    let coupon = befriend(&mut world, &codes, 0, "ann", Some("ben"));
    let redemption = shop(&mut world, "ann", coupon, 1);
    pass_the_window(&mut world);
    act(&mut world, "bakery", 0, to.office.call_mut().improve_campaign(REWARDS, Improvement::StopIssuing));
    let message = to.desk.call_mut().reward(redemption, coupon);
    assert_eq!(refused(&mut world, "ben", 0, message), RegistryError::IssuingStopped);

    let (mut world, mut to) = open();
    let backed = campaign(&mut world, "bakery", terms_but(|t| t.funding = Funding::Escrow), 499);
    let terms = terms_but(|t| {
        t.marks_first_order = true;
        t.referral = Some(Referral { reward: backed, per_advocate: 2 });
    });
    campaign(&mut world, "bakery", terms, 0);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(FRIENDS, codes.root(), codes.size()));
    let coupon = befriend(&mut world, &codes, 0, "ann", Some("ben"));
    let redemption = shop(&mut world, "ann", coupon, 1);
    pass_the_window(&mut world);
    let message = to.desk.call_mut().reward(redemption, coupon);
    let short = RegistryError::EscrowShort { needed: 500, free: 499 };
    assert_eq!(refused(&mut world, "ben", 0, message), short);
}

#[test]
fn a_coupon_that_came_to_its_advocate_rewards_nobody() {
    let (mut world, mut to, codes) = stage();
    let coupon = befriend(&mut world, &codes, 0, "ann", Some("ben"));
    let send = PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), vec![]);
    act(&mut world, "ann", 0, send);
    let redemption = shop(&mut world, "ben", coupon, 1);
    pass_the_window(&mut world);
    let message = to.desk.call_mut().reward(redemption, coupon);
    assert_eq!(refused(&mut world, "ben", 0, message), RegistryError::SelfReferral);
}

#[test]
fn rewards_wait_while_claims_are_paused_and_end_when_their_campaign_is_anothers() {
    let (mut world, mut to, codes) = stage();
    let coupon = befriend(&mut world, &codes, 0, "ann", Some("ben"));
    let redemption = shop(&mut world, "ann", coupon, 1);
    pass_the_window(&mut world);
    act(&mut world, OWNER, 0, to.office.call_mut().set_paused(Scope::Claims.bit()));
    let message = to.desk.call_mut().reward(redemption.clone(), coupon);
    let paused = RegistryError::Paused { scope: Scope::Claims };
    assert_eq!(refused(&mut world, "ben", 0, message), paused);
    act(&mut world, OWNER, 0, to.office.call_mut().set_paused(0));
    let heir = Some(account("cinema"));
    act(&mut world, "bakery", 0, to.office.call_mut().offer_campaign(REWARDS, heir));
    act(&mut world, "cinema", 0, to.office.call_mut().accept_campaign(REWARDS));
    let message = to.desk.call_mut().reward(redemption, coupon);
    assert_eq!(refused(&mut world, "ben", 0, message), RegistryError::NoReferral { coupon });
}

#[test]
fn nobody_is_their_own_advocate_or_changes_anothers() {
    let (mut world, mut to, codes) = stage();
    let own =
        Target { campaign: FRIENDS, drop: 1, index: 0, to: account("ann"), advocate: Some(account("ann")) };
    let claim = codes.claim_for(world.place(), own);
    let message = to.registry.call_mut().claim(claim);
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::SelfReferral);
    let invited = codes.claim_for(world.place(), Target { advocate: Some(account("ben")), ..own });
    let hijacked = CodeClaim { advocate: Some(account("cem")), ..invited };
    let unsigned = RegistryError::ClaimUnsigned { index: 0 };
    assert_eq!(refused(&mut world, "ann", 0, to.registry.call_mut().claim(hijacked)), unsigned);

    let backend = keys("backend");
    let key = Some(VoucherKey { device: false, quota: None });
    act(&mut world, "bakery", 0, to.office.call_mut().set_voucher_key(FRIENDS, backend.public(), key));
    let ann = account("ann");
    let voucher = Voucher { nonce: 1, to: ann, advocate: Some(ann), deadline: NOW + HOUR };
    let claim = world.place().voucher(&backend, FRIENDS, voucher);
    let message = to.office.call_mut().claim(claim);
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::SelfReferral);
}
