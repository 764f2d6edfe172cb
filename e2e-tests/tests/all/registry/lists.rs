//! Drops by allow-list: entries of an account and a number of coupons.

use crate::scene::*;
use chain::AccountId;
use e2e_tests::{account, signing::List, World};
use ink::codegen::TraitCallBuilder;
use office::events::CouponsIssued;
use shared::{
    claims::{listed, Claim, Entitlement, Source},
    ids::CouponId,
    registry::RegistryError,
    terms::Terms,
    Timestamp,
};

/// A campaign of the bakery's with a drop for these entries.
fn list_of(terms: Terms, entries: &[(&str, u32)]) -> (World, Doors, List) {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let entries: Vec<(AccountId, u32)> = entries.iter().map(|(who, count)| (account(who), *count)).collect();
    let list = List::of(&entries);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, list.root(), list.size()));
    (world, to, list)
}

fn but(claim: &Claim, change: impl FnOnce(&mut u32, &mut u32, &mut u32)) -> Claim {
    let mut claim = claim.clone();
    if let Entitlement::Listed { drop, index, count, .. } = &mut claim.entitlement {
        change(drop, index, count);
    }
    claim
}

// Feature: Batch distribution.
#[test]
fn an_entry_gives_its_account_its_coupons_whoever_submits_it() {
    let (mut world, mut to, list) = list_of(terms(), &[("ann", 3), ("ben", 1), ("cem", 2)]);
    let done = act(&mut world, "relayer", 0, to.office.call_mut().claim(list.claim(1, 1, 0)));
    assert_eq!(done.result, CouponId { campaign: 1, serial: 1 });
    let source = Source::Code { drop: 1, index: 0 };
    let (advocate, valid_until) = (None, Timestamp::MAX);
    let issued = CouponsIssued { campaign: 1, first_serial: 1, count: 3, valid_until, advocate, source };
    let mut expected = vec![by(world.suite.office, issued)];
    for serial in 1..=3 {
        let id = CouponId { campaign: 1, serial }.into();
        let arrived = registry::events::Transfer { from: None, to: Some(account("ann")), id };
        expected.push(by(world.suite.registry, arrived));
    }
    assert_eq!(done.events, expected);
    assert_eq!(world.holder(account("ann")).coupons, 3);
    assert_eq!(world.progress(1).issued, 3);
}

#[test]
fn an_entry_works_once_and_leaves_the_others() {
    let (mut world, mut to, list) = list_of(terms(), &[("ann", 3), ("ben", 1)]);
    act(&mut world, "ann", 0, to.office.call_mut().claim(list.claim(1, 1, 0)));
    let again = to.office.call_mut().claim(list.claim(1, 1, 0));
    assert_eq!(refused(&mut world, "ann", 0, again), RegistryError::CodeUsed { index: 0 });
    act(&mut world, "ben", 0, to.office.call_mut().claim(list.claim(1, 1, 1)));
}

// Feature: Segment / first order.
#[test]
fn nobody_outside_the_list_and_no_other_count_is_proven() {
    let (mut world, mut to, list) = list_of(terms(), &[("ann", 3), ("ben", 1), ("cem", 0), ("dee", 51)]);
    let good = list.claim(1, 1, 0);
    let unproven = |index| RegistryError::CodeUnproven { index };
    let cases = [
        (Claim { to: account("till"), ..good.clone() }, unproven(0)),
        (but(&good, |_, _, count| *count = 4), unproven(0)),
        (but(&good, |_, index, _| *index = 1), unproven(1)),
        (but(&good, |_, index, _| *index = 4), unproven(4)),
        (but(&good, |drop, _, _| *drop = 2), RegistryError::NoSuchDrop { campaign: 1, drop: 2 }),
        (Claim { campaign: 9, ..good.clone() }, RegistryError::NoSuchCampaign { campaign: 9 }),
        (Claim { advocate: Some(account("ben")), ..good }, RegistryError::AdvocateUnsigned),
        (list.claim(1, 1, 2), RegistryError::BatchSize { items: 0, most: shared::claims::MAX_BATCH }),
        (list.claim(1, 1, 3), RegistryError::BatchSize { items: 51, most: shared::claims::MAX_BATCH }),
    ];
    for (claim, expected) in cases {
        assert_eq!(refused(&mut world, "ann", 0, to.office.call_mut().claim(claim)), expected);
    }
}

#[test]
fn an_entry_keeps_to_the_supply_and_to_what_a_holder_may_have() {
    let supply = terms_but(|t| t.supply = 2);
    let (mut world, mut to, list) = list_of(supply, &[("ann", 3), ("ben", 2)]);
    let exhausted = RegistryError::SupplyExhausted { asked: 3, left: 2 };
    let message = to.office.call_mut().claim(list.claim(1, 1, 0));
    assert_eq!(refused(&mut world, "ann", 0, message), exhausted);
    act(&mut world, "ben", 0, to.office.call_mut().claim(list.claim(1, 1, 1)));

    let per_holder = terms_but(|t| t.limits.issued_per_holder = Some(2));
    let (mut world, mut to, list) = list_of(per_holder, &[("ann", 3), ("ben", 2)]);
    let message = to.office.call_mut().claim(list.claim(1, 1, 0));
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::HolderLimit { limit: 2 });
}

#[test]
fn an_entry_commits_to_its_account_and_its_count() {
    let (ann, ben) = (account("ann"), account("ben"));
    assert_eq!(listed(ann, 3), shared::order::digest(&(ann, 3u32)));
    assert!(listed(ann, 3) != listed(ann, 4) && listed(ann, 3) != listed(ben, 3));
}
