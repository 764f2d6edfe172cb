//! A token that called the registry while a rollback collected it had the desk write old books over new ones: an order number and the permits for it were
//! good twice.

use crate::scene::*;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use mock_psp22::Mode;
use shared::{
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Benefit, Funding, Terms},
};

#[test]
fn an_order_that_a_token_redeems_during_a_rollback_stays_used() {
    let (mut world, mut to) = open();
    // The grocer's own token; and a gift card of the bakery's that the grocer accepts.
    let own = Terms { asset: world.token_asset(), ..terms_but(|t| t.funding = Funding::Escrow) };
    let grocers = campaign(&mut world, "grocer", own, 500);
    let bait = issue(&mut world, "grocer", grocers, "dee");
    let gift_card = terms_but(|t| {
        t.benefit = Benefit::StoredValue { value: 900 };
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account("grocer")]);
    });
    let bakerys = campaign(&mut world, "bakery", gift_card, 900);
    let card = issue(&mut world, "bakery", bakerys, "ann");
    let redemption = spend_of(&mut world, "dee", &whole(&[bait]), &order("grocer", 1)).result;

    let second = order("grocer", 2);
    let permits = both(&world, "grocer", "ann", part(card, 300), &second);
    let message = data_of(to.registry.call_mut().redeem(second.clone(), permits.clone()));
    let (registry, desk) = (world.suite.registry, world.suite.desk);
    world.allow("grocer", desk, 200);
    let before = tokens(&world, ["grocer", "registry"]);
    call_back(&mut world, registry, message, Mode::CallBack);
    let done = act(&mut world, "grocer", 0, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(called_back(&world), Some(true), "the order took effect by the way");
    assert_eq!(done.moved, [("grocer", 300), ("registry", -300)]);
    assert_eq!(tokens(&world, ["grocer", "registry"]), [before[0] - 200, before[1] + 200]);
    misbehave(&mut world, Mode::Honest);

    let word = world.order_word(account("grocer"), 2);
    assert!(word.is_used(1) && word.digest(1).is_none(), "the first was rolled back");
    assert!(word.is_used(2) && word.digest(2).is_some(), "the second stands");
    let again = to.registry.call_mut().redeem(second, permits);
    assert_eq!(refused(&mut world, "relayer", 0, again), RegistryError::OrderUsed { number: 2 });
    let progress = world.progress(bakerys);
    assert_eq!((world.coupon(card).unwrap().left, progress.escrow_left, progress.reserved), (600, 600, 600));
}
