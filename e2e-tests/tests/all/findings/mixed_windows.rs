//! An order with coupons of unlike rollback windows could be rolled back as long as the longest one: past the shorter one the issuer had its free escrow
//! back, and the coupon that came back took the backing of others; without a window nothing was held, and the rollback failed.

use crate::scene::*;
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use shared::{
    ids::CouponId,
    order::Redemption,
    registry::RegistryError,
    terms::{Acceptance, Breakage, Funding, Stacking, Terms, MAX_ROLLBACK_WINDOW},
};

/// Beside others at the bakery, which may roll it back for so long.
fn beside(rollback_window: u64) -> Terms {
    terms_but(|t| {
        t.stacking = Stacking::Common { priority: 0 };
        t.acceptance = Acceptance::Listed(vec![account("bakery")]);
        t.rollback_window = rollback_window;
    })
}

/// Ann spends a coupon of the cinema's, which 1,000 in escrow back with ben's, beside one of the bakery's own, which has the longest window.
fn redeemed(window: u64) -> (World, Doors, [CouponId; 2], Redemption) {
    let (mut world, to) = open();
    let backed = Terms {
        funding: Funding::Escrow,
        breakage: Breakage { holder_bps: 10_000, fund: None },
        ..beside(window)
    };
    let cinemas = campaign(&mut world, "cinema", backed, 1_000);
    let bakerys = campaign(&mut world, "bakery", beside(MAX_ROLLBACK_WINDOW), 0);
    let anns = issue(&mut world, "cinema", cinemas, "ann");
    let bens = issue(&mut world, "cinema", cinemas, "ben");
    let own = issue(&mut world, "bakery", bakerys, "ann");
    let done = spend(&mut world, &whole(&[anns, own]), &order("bakery", 1));
    assert_eq!(done.moved, [("bakery", 200), ("registry", -200)]);
    (world, to, [anns, bens], done.result)
}

#[test]
fn past_the_shorter_window_nothing_comes_back_at_others_cost() {
    let (mut world, mut to, [anns, bens], redemption) = redeemed(HOUR);
    let final_at = NOW + HOUR;
    assert_eq!(redemption.final_at, final_at);
    let over = terms().redeem_window.end + HOUR;
    world.chain.set_time(over).unwrap();
    let campaign = anns.campaign;
    let done = act(&mut world, "cinema", 0, to.office.call_mut().withdraw_escrow(campaign, 300));
    assert_eq!(done.moved, [("cinema", 300), ("registry", -300)]);

    let message = to.desk.call_mut().roll_back(redemption, None);
    let is_final = RegistryError::RedemptionFinal { final_at, now: over };
    assert_eq!(refused(&mut world, "bakery", 200, message), is_final);
    let message = to.desk.call_mut().expire(anns);
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::NoSuchCoupon { coupon: anns });
    let done = act(&mut world, "ben", 0, to.desk.call_mut().expire(bens));
    assert_eq!(done.moved, [("ben", 500), ("registry", -500)], "ben's backing is there");
    let progress = world.progress(campaign);
    assert_eq!((progress.escrow_left, progress.reserved), (0, 0));
}

#[test]
fn until_the_shorter_window_ends_all_of_it_comes_back() {
    let (mut world, mut to, [anns, _], redemption) = redeemed(HOUR);
    world.chain.set_time(NOW + HOUR - 1).unwrap();
    let done = act(&mut world, "bakery", 200, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(done.moved, [("bakery", -200), ("registry", 200)]);
    let progress = world.progress(anns.campaign);
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (1_000, 1_000, 0));
}

#[test]
fn a_coupon_without_a_window_makes_the_whole_order_final_at_once() {
    let (mut world, mut to, [anns, _], redemption) = redeemed(0);
    assert_eq!(redemption.final_at, NOW);
    let message = to.desk.call_mut().roll_back(redemption, None);
    let is_final = RegistryError::RedemptionFinal { final_at: NOW, now: NOW };
    assert_eq!(refused(&mut world, "bakery", 200, message), is_final);
    let progress = world.progress(anns.campaign);
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (800, 500, 0));
}
