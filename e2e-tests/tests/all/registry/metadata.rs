//! PSP34's Metadata: what wallets can show of a coupon without knowing this suite.

use crate::scene::*;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use scale::Decode;
use shared::{
    campaigns::Campaign,
    coupons::Coupon,
    ids::CouponId,
    psp34::{Id, PSP34Metadata},
};

fn attribute<T: Decode>(world: &e2e_tests::World, to: &Doors, id: Id, name: &str) -> Option<T> {
    let bytes = read(world, to.registry.call().get_attribute(id, name.as_bytes().to_vec()))?;
    Some(T::decode(&mut &*bytes).expect("an attribute of this type"))
}

#[test]
fn a_live_coupon_shows_its_state_and_its_terms() {
    let (world, to, coupon) = ann_has_a_coupon(terms(), 0);
    let id = Id::from(coupon);
    let state: Coupon = attribute(&world, &to, id.clone(), "state").unwrap();
    assert_eq!((state.owner, state.left), (account("ann"), 1));
    assert_eq!(Some(state), world.coupon(coupon));
    let campaign: Campaign = attribute(&world, &to, id.clone(), "terms").unwrap();
    assert_eq!(campaign, Campaign { issuer: account("bakery"), terms: terms() });
    for unknown in ["", "State", "state ", "owner", "progress"] {
        assert_eq!(attribute::<u8>(&world, &to, id.clone(), unknown), None);
    }
}

#[test]
fn what_is_no_live_coupon_shows_nothing() {
    let (mut world, to, coupon) = ann_has_a_coupon(terms(), 0);
    let unknown = CouponId { serial: 2, ..coupon };
    let other_widths = [Id::U32(1), Id::U128(coupon.to_u64().into())];
    for id in other_widths.into_iter().chain([Id::from(unknown)]) {
        for name in ["state", "terms"] {
            assert_eq!(attribute::<u8>(&world, &to, id.clone(), name), None);
        }
    }
    spend(&mut world, &whole(&[coupon]), &order("bakery", 1));
    assert_eq!(attribute::<u8>(&world, &to, coupon.into(), "terms"), None);
}
