//! Drops by voucher: keys of backends and devices, their quotas, and what becomes of their vouchers.

use crate::scene::*;
use chain::Keypair;
use e2e_tests::{
    account, keys,
    signing::{Place, Voucher},
    World,
};
use ink::codegen::TraitCallBuilder;
use office::events::{CouponsIssued, VoucherKeyChanged};
use shared::{
    claims::{Claim, Entitlement, Quota, Source, VoucherKey},
    ids::CouponId,
    registry::RegistryError,
    Timestamp,
};

const SIGNER: VoucherKey = VoucherKey { device: false, quota: None };

fn device(most: u32) -> VoucherKey {
    VoucherKey { device: true, quota: Some(Quota { most, period: DAY, since: 0, used: 0 }) }
}

fn to_ann(nonce: u64) -> Voucher {
    Voucher { nonce, to: account("ann"), advocate: None, deadline: Timestamp::MAX }
}

/// A campaign of the bakery's that names the key called `machine`.
fn named(key: VoucherKey) -> (World, Doors, Keypair) {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    let machine = keys("machine");
    let message = to.office.call_mut().set_voucher_key(campaign, machine.public(), Some(key));
    act(&mut world, "bakery", 0, message);
    (world, to, machine)
}

#[test]
fn a_key_is_named_told_and_dismissed() {
    let (mut world, mut to, machine) = named(device(2));
    let key = machine.public();
    assert_eq!(world.voucher_key(1, key), Some(device(2)));
    for named in [Some(SIGNER), None] {
        let done = act(&mut world, "bakery", 0, to.office.call_mut().set_voucher_key(1, key, named));
        assert_eq!(done.events, [by(world.suite.office, VoucherKeyChanged { campaign: 1, key, named })]);
        assert_eq!(world.voucher_key(1, key), named);
    }
    let again = to.office.call_mut().set_voucher_key(1, key, None);
    assert_eq!(refused(&mut world, "bakery", 0, again), RegistryError::NoSuchKey { key });
    let caller = account("cinema");
    let message = to.office.call_mut().set_voucher_key(1, key, Some(SIGNER));
    assert_eq!(refused(&mut world, "cinema", 0, message), RegistryError::NotOperator { caller });
    let message = to.office.call_mut().set_voucher_key(9, key, Some(SIGNER));
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::NoSuchCampaign { campaign: 9 });
}

#[test]
fn a_voucher_gives_its_account_one_coupon_whoever_submits_it() {
    let (mut world, mut to, machine) = named(SIGNER);
    let claim = world.place().voucher(&machine, 1, to_ann(7));
    let done = act(&mut world, "relayer", 0, to.office.call_mut().claim(claim));
    let coupon = CouponId { campaign: 1, serial: 1 };
    assert_eq!(done.result, coupon);
    let source = Source::Voucher { key: machine.public(), nonce: 7 };
    let (advocate, valid_until) = (None, Timestamp::MAX);
    let issued = CouponsIssued { campaign: 1, first_serial: 1, count: 1, valid_until, advocate, source };
    let arrived = registry::events::Transfer { from: None, to: Some(account("ann")), id: coupon.into() };
    assert_eq!(done.events, [by(world.suite.office, issued), by(world.suite.registry, arrived)]);
}

#[test]
fn a_voucher_takes_effect_once_and_each_key_counts_for_itself() {
    let (mut world, mut to, machine) = named(SIGNER);
    let other = keys("backend");
    act(&mut world, "bakery", 0, to.office.call_mut().set_voucher_key(1, other.public(), Some(SIGNER)));
    for nonce in [0, 255, 256, u64::MAX] {
        let claim = world.place().voucher(&machine, 1, to_ann(nonce));
        act(&mut world, "ann", 0, to.office.call_mut().claim(claim.clone()));
        let used = RegistryError::VoucherUsed { nonce };
        assert_eq!(refused(&mut world, "ann", 0, to.office.call_mut().claim(claim)), used);
        // Signed anew for another account, it is the same voucher still.
        let to_ben = Voucher { to: account("ben"), ..to_ann(nonce) };
        let claim = world.place().voucher(&machine, 1, to_ben);
        assert_eq!(refused(&mut world, "ben", 0, to.office.call_mut().claim(claim)), used);
        let claim = world.place().voucher(&other, 1, to_ann(nonce));
        act(&mut world, "ann", 0, to.office.call_mut().claim(claim));
    }
}

#[test]
fn a_voucher_holds_for_exactly_what_was_signed() {
    let (mut world, mut to, machine) = named(SIGNER);
    let here = world.place();
    let second = campaign(&mut world, "bakery", terms(), 0);
    act(
        &mut world,
        "bakery",
        0,
        to.office.call_mut().set_voucher_key(second, machine.public(), Some(SIGNER)),
    );
    let voucher = Voucher { deadline: NOW + HOUR, ..to_ann(7) };
    let good = here.voucher(&machine, 1, voucher);
    let altered = |change: &dyn Fn(&mut u64, &mut u64, &mut [u8; 64])| {
        let mut claim = good.clone();
        if let Entitlement::Voucher { nonce, deadline, signature, .. } = &mut claim.entitlement {
            change(nonce, deadline, signature);
        }
        claim
    };
    let unsigned = |nonce| RegistryError::VoucherUnsigned { nonce };
    let mut other_chain = here;
    other_chain.chain_tag[0] ^= 1;
    let elsewhere = Place { registry: world.suite.office, ..here };
    let unnamed = keys("stranger");
    let cases = [
        (Claim { to: account("ben"), ..good.clone() }, unsigned(7)),
        (Claim { advocate: Some(account("ben")), ..good.clone() }, unsigned(7)),
        (Claim { campaign: second, ..good.clone() }, unsigned(7)),
        (altered(&|nonce, _, _| *nonce = 8), unsigned(8)),
        (altered(&|_, deadline, _| *deadline += 1), unsigned(7)),
        (altered(&|_, _, signature| signature[9] ^= 1), unsigned(7)),
        (other_chain.voucher(&machine, 1, voucher), unsigned(7)),
        (elsewhere.voucher(&machine, 1, voucher), unsigned(7)),
        (here.voucher(&unnamed, 1, voucher), RegistryError::NoSuchKey { key: unnamed.public() }),
    ];
    for (claim, expected) in cases {
        assert_eq!(refused(&mut world, "ann", 0, to.office.call_mut().claim(claim)), expected);
    }
    world.chain.set_time(NOW + HOUR).unwrap();
    let expired = RegistryError::VoucherExpired { deadline: NOW + HOUR, now: NOW + HOUR };
    assert_eq!(refused(&mut world, "ann", 0, to.office.call_mut().claim(good)), expired);
}

#[test]
fn a_device_keeps_to_its_quota_and_starts_anew_when_the_period_is_over() {
    let (mut world, mut to, machine) = named(device(2));
    let start = NOW + HOUR;
    world.chain.set_time(start).unwrap();
    let place = world.place();
    let mut claim = |world: &mut World, nonce| {
        let claim = place.voucher(&machine, 1, to_ann(nonce));
        call(world, "relayer", 0, to.office.call_mut().claim(claim)).result.map(|coupon| coupon.serial)
    };
    assert_eq!(claim(&mut world, 1), Ok(1));
    world.chain.advance(HOUR).unwrap();
    assert_eq!(claim(&mut world, 2), Ok(2));
    let reached = Err(RegistryError::QuotaReached { most: 2, until: start + DAY });
    assert_eq!(claim(&mut world, 3), reached);
    world.chain.set_time(start + DAY - 1).unwrap();
    assert_eq!(claim(&mut world, 3), reached);
    world.chain.set_time(start + DAY).unwrap();
    assert_eq!(claim(&mut world, 3), Ok(3));
    assert_eq!(claim(&mut world, 4), Ok(4));
    assert_eq!(claim(&mut world, 5), Err(RegistryError::QuotaReached { most: 2, until: start + 2 * DAY }));
}

#[test]
fn what_a_dismissed_key_signed_is_void_and_a_key_named_again_spends_nothing_twice() {
    let (mut world, mut to, machine) = named(SIGNER);
    let key = machine.public();
    let spent = world.place().voucher(&machine, 1, to_ann(1));
    let open = world.place().voucher(&machine, 1, to_ann(2));
    act(&mut world, "ann", 0, to.office.call_mut().claim(spent.clone()));
    act(&mut world, "bakery", 0, to.office.call_mut().set_voucher_key(1, key, None));
    let message = to.office.call_mut().claim(open.clone());
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::NoSuchKey { key });
    act(&mut world, "bakery", 0, to.office.call_mut().set_voucher_key(1, key, Some(device(9))));
    let message = to.office.call_mut().claim(spent);
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::VoucherUsed { nonce: 1 });
    act(&mut world, "ann", 0, to.office.call_mut().claim(open));
}
