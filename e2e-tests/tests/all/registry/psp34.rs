//! The token side: PSP34 by the standard's selectors, who may move a coupon, and where to.

use crate::scene::*;
use chain::{AccountId, Chain};
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use registry::events::*;
use scale::{Decode, Encode};
use shared::{
    ids::CouponId,
    psp34::{Id, PSP34Error, FROZEN, MARKET_ONLY, PSP34, SOULBOUND},
    terms::TransferPolicy,
};

fn transfer(
    to: &mut Doors,
    receiver: &str,
    id: impl Into<Id>,
) -> chain::Message<impl Encode, Result<(), PSP34Error>> {
    PSP34::transfer(to.registry.call_mut(), account(receiver), id.into(), vec![1, 2, 3])
}

fn approve(
    to: &mut Doors,
    operator: &str,
    id: Option<CouponId>,
    approved: bool,
) -> chain::Message<impl Encode, Result<(), PSP34Error>> {
    PSP34::approve(to.registry.call_mut(), account(operator), id.map(Id::from), approved)
}

fn owner(world: &World, to: &Doors, coupon: CouponId) -> Option<AccountId> {
    read(world, PSP34::owner_of(to.registry.call(), coupon.into()))
}

fn custom(word: &str) -> PSP34Error {
    PSP34Error::Custom(word.into())
}

#[test]
fn the_standards_selectors_answer() {
    let (world, to, coupon) = ann_has_a_coupon(terms(), 0);
    let (ann, ben) = (account("ann"), account("ben"));
    let id = Id::from(coupon);
    fn ask<R: Decode>(world: &World, contract: AccountId, selector: u32, arguments: impl Encode) -> R {
        let data = [selector.to_be_bytes().to_vec(), arguments.encode()].concat();
        let outcome = world.chain.view(account("ann"), contract, 0, data).unwrap();
        let reply: Result<R, ink::LangError> = Decode::decode(&mut &*outcome.data).unwrap();
        reply.unwrap()
    }
    let here = world.suite.registry;
    let bytes: &[u8] = here.as_ref();
    assert_eq!(ask::<Id>(&world, here, 0xffa2_7a5f, ()), Id::Bytes(bytes.to_vec()));
    assert_eq!(ask::<u32>(&world, here, 0xcde7_e55f, ann), 1);
    assert_eq!(ask::<Option<AccountId>>(&world, here, 0x1168_624d, &id), Some(ann));
    assert!(!ask::<bool>(&world, here, 0x4790_f55a, (ann, ben, Some(&id))));
    assert_eq!(ask::<Result<(), PSP34Error>>(&world, here, 0x1932_a8b0, (ben, Some(&id), true)), Ok(()));
    assert_eq!(
        ask::<Result<(), PSP34Error>>(&world, here, 0x3128_d61b, (ben, &id, Vec::<u8>::new())),
        Ok(())
    );
    assert_eq!(ask::<u128>(&world, here, 0x628413fe, ()), 1);
    assert_eq!(owner(&world, &to, coupon), Some(ann), "asking moved nothing");
}

#[test]
fn ids_of_other_widths_are_nobodys() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let number = coupon.to_u64();
    let ids =
        [Id::U8(1), Id::U16(1), Id::U32(1), Id::U128(number.into()), Id::Bytes(number.encode()), Id::U64(1)];
    for id in ids {
        assert_eq!(read(&world, PSP34::owner_of(to.registry.call(), id.clone())), None);
        let message = transfer(&mut to, "ben", id.clone());
        assert_eq!(refused(&mut world, "ann", 0, message), PSP34Error::TokenNotExists);
        let message = PSP34::approve(to.registry.call_mut(), account("ben"), Some(id), true);
        assert_eq!(refused(&mut world, "ann", 0, message), PSP34Error::TokenNotExists);
    }
}

#[test]
fn the_owner_sends_and_counts_follow() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let done = act(&mut world, "ann", 0, transfer(&mut to, "ben", coupon));
    let moved = Transfer { from: Some(account("ann")), to: Some(account("ben")), id: coupon.into() };
    assert_eq!(done.events, [by(world.suite.registry, moved)]);
    assert_eq!(done.moved, []);
    assert_eq!(owner(&world, &to, coupon), Some(account("ben")));
    let counts = ["ann", "ben"].map(|who| read(&world, PSP34::balance_of(to.registry.call(), account(who))));
    assert_eq!(counts, [0, 1]);
    assert_eq!(read(&world, PSP34::total_supply(to.registry.call())), 1);
    assert_eq!(refused(&mut world, "ann", 0, transfer(&mut to, "ann", coupon)), PSP34Error::NotApproved);
}

#[test]
fn sending_to_oneself_changes_no_count() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    act(&mut world, "ann", 0, transfer(&mut to, "ann", coupon));
    assert_eq!(read(&world, PSP34::balance_of(to.registry.call(), account("ann"))), 1);
}

#[test]
fn an_approved_account_moves_one_coupon_once() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    let done = act(&mut world, "ann", 0, approve(&mut to, "ben", Some(coupon), true));
    let approval =
        Approval { from: account("ann"), to: account("ben"), id: Some(coupon.into()), approved: true };
    assert_eq!(done.events, [by(world.suite.registry, approval)]);
    let may = |world: &World, to: &Doors, id| {
        read(world, PSP34::allowance(to.registry.call(), account("ann"), account("ben"), id))
    };
    assert!(may(&world, &to, Some(coupon.into())));
    assert!(!may(&world, &to, Some(other.into())));
    assert!(!may(&world, &to, None));

    assert_eq!(refused(&mut world, "ben", 0, transfer(&mut to, "ben", other)), PSP34Error::NotApproved);
    act(&mut world, "ben", 0, transfer(&mut to, "cem", coupon));
    assert_eq!(refused(&mut world, "ben", 0, transfer(&mut to, "ben", coupon)), PSP34Error::NotApproved);
    act(&mut world, "cem", 0, transfer(&mut to, "ann", coupon));
    assert!(!may(&world, &to, Some(coupon.into())), "a transfer clears the approval");
}

#[test]
fn an_approval_is_replaced_and_withdrawn() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    for (operator, approved) in [("ben", true), ("cem", true), ("cem", false)] {
        act(&mut world, "ann", 0, approve(&mut to, operator, Some(coupon), approved));
    }
    for who in ["ben", "cem"] {
        assert_eq!(refused(&mut world, who, 0, transfer(&mut to, who, coupon)), PSP34Error::NotApproved);
    }
}

#[test]
fn an_operator_moves_everything_until_dismissed() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    let done = act(&mut world, "ann", 0, approve(&mut to, "ben", None, true));
    let approval = |approved| Approval { from: account("ann"), to: account("ben"), id: None, approved };
    assert_eq!(done.events, [by(world.suite.registry, approval(true))]);
    act(&mut world, "ben", 0, transfer(&mut to, "cem", coupon));
    assert_eq!(owner(&world, &to, coupon), Some(account("cem")));
    // An operator moves coupons; it doesn't hand the right on.
    let hand_on = approve(&mut to, "dee", Some(other), true);
    assert_eq!(refused(&mut world, "ben", 0, hand_on), PSP34Error::NotApproved);

    let done = act(&mut world, "ann", 0, approve(&mut to, "ben", None, false));
    assert_eq!(done.events, [by(world.suite.registry, approval(false))]);
    assert_eq!(refused(&mut world, "ben", 0, transfer(&mut to, "ben", other)), PSP34Error::NotApproved);
}

#[test]
fn nobody_approves_itself_or_for_another() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    for id in [Some(coupon), None] {
        let message = approve(&mut to, "ann", id, true);
        assert_eq!(refused(&mut world, "ann", 0, message), PSP34Error::SelfApprove);
    }
    for who in ["bakery", "owner", "cem"] {
        let message = approve(&mut to, "ben", Some(coupon), true);
        assert_eq!(refused(&mut world, who, 0, message), PSP34Error::NotApproved);
        let message = transfer(&mut to, "ben", coupon);
        assert_eq!(refused(&mut world, who, 0, message), PSP34Error::NotApproved);
    }
}

#[test]
fn a_soulbound_coupon_stays() {
    let (mut world, mut to, coupon) =
        ann_has_a_coupon(terms_but(|t| t.transfer = TransferPolicy::Soulbound), 0);
    for receiver in ["ben", "ann"] {
        assert_eq!(refused(&mut world, "ann", 0, transfer(&mut to, receiver, coupon)), custom(SOULBOUND));
    }
}

// Feature: Transfer policy.
#[test]
fn a_market_only_coupon_moves_to_and_from_its_market() {
    let (mut world, mut to, coupon) =
        ann_has_a_coupon(terms_but(|t| t.transfer = TransferPolicy::MarketOnly(account("dee"))), 0);
    assert_eq!(refused(&mut world, "ann", 0, transfer(&mut to, "ben", coupon)), custom(MARKET_ONLY));
    act(&mut world, "ann", 0, transfer(&mut to, "dee", coupon));
    act(&mut world, "dee", 0, transfer(&mut to, "ben", coupon));
    assert_eq!(refused(&mut world, "ben", 0, transfer(&mut to, "ann", coupon)), custom(MARKET_ONLY));
}

#[test]
fn a_frozen_coupon_moves_for_nobody() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    act(&mut world, "ann", 0, approve(&mut to, "ben", Some(coupon), true));
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, Some(1)));
    for who in ["ann", "ben"] {
        assert_eq!(refused(&mut world, who, 0, transfer(&mut to, "cem", coupon)), custom(FROZEN));
    }
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, None));
    act(&mut world, "ben", 0, transfer(&mut to, "cem", coupon));
}
