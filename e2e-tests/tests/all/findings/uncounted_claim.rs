//! A token that called the registry while the office collected it had the office write old counters over new ones: a claim was un-counted, and its coupon
//! backed by nothing.

use crate::scene::*;
use e2e_tests::{account, signing::Codes, World};
use ink::codegen::TraitCallBuilder;
use market::listings::Ask;
use mock_psp22::{Mode, TokenRef};
use shared::{
    campaigns::Improvement,
    ids::CouponId,
    psp34::PSP34,
    registry::CouponRegistry,
    terms::{Acceptance, Benefit, Funding, Terms},
};

/// Gift cards of 400 of the grocer's, in its own token: ben has one, and there is a code for another, which the token claims for ann from now on. 800 in
/// escrow.
fn stage() -> (World, Doors, CouponId) {
    let (mut world, mut to) = open();
    let terms = Terms { asset: world.token_asset(), ..gift_cards() };
    let campaign = campaign(&mut world, "grocer", terms, 800);
    let bens = issue(&mut world, "grocer", campaign, "ben");
    let codes = Codes::print("grocer", 1);
    act(&mut world, "grocer", 0, to.office.call_mut().create_drop(campaign, codes.root(), codes.size()));
    let claim = codes.claim(world.place(), campaign, 1, 0, account("ann"));
    let message = data_of(to.registry.call_mut().claim(claim));
    let (registry, office) = (world.suite.registry, world.suite.office);
    world.allow("grocer", office, 100);
    call_back(&mut world, registry, message, Mode::CallBack);
    (world, to, bens)
}

fn gift_cards() -> Terms {
    terms_but(|t| {
        t.benefit = Benefit::StoredValue { value: 400 };
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account("grocer")]);
    })
}

/// Ann's claim took effect, counts, and is backed: with ben's card `reserved`. The registry holds the tokens for all of it.
fn assert_counted(world: &mut World, bens: CouponId, reserved: u128) {
    assert_eq!(called_back(world), Some(true), "the claim took effect by the way");
    misbehave(world, Mode::Honest);
    let anns = CouponId { serial: 2, ..bens };
    let progress = world.progress(bens.campaign);
    assert_eq!((progress.issued, progress.escrow_left, progress.reserved), (2, 900, reserved));
    assert_eq!(tokens(world, ["registry"]), [900]);
    assert_eq!(
        (world.coupon(anns).unwrap().owner, world.holder(account("ann")).coupons),
        (account("ann"), 1)
    );
}

#[test]
fn a_claim_that_a_token_makes_while_escrow_comes_in_is_counted() {
    let (mut world, mut to, bens) = stage();
    let more = Improvement::AddEscrow { amount: 100 };
    act(&mut world, "grocer", 0, to.office.call_mut().improve_campaign(bens.campaign, more));
    assert_counted(&mut world, bens, 800);
    // The next coupon is another one.
    world.allow("grocer", world.suite.office, 300);
    let more = Improvement::AddEscrow { amount: 300 };
    act(&mut world, "grocer", 0, to.office.call_mut().improve_campaign(bens.campaign, more));
    assert_eq!(issue(&mut world, "grocer", bens.campaign, "cem").serial, 3);
}

#[test]
fn a_claim_that_a_token_makes_during_a_top_up_is_counted() {
    let (mut world, mut to, bens) = stage();
    act(&mut world, "grocer", 0, to.office.call_mut().top_up(bens, 100));
    assert_counted(&mut world, bens, 900);
    assert_eq!(world.coupon(bens).unwrap().left, 500);
}

#[test]
fn a_token_has_no_card_in_itself_spent_while_it_moves() {
    let (mut world, mut to, bens) = stage();
    let order = order("grocer", 1);
    let permits = both(&world, "grocer", "ben", part(bens, 300), &order);
    let message = data_of(to.registry.call_mut().redeem(order, permits));
    let registry = world.suite.registry;
    misbehave(&mut world, Mode::Honest);
    call_back(&mut world, registry, message, Mode::CallBack);
    act(&mut world, "grocer", 0, to.office.call_mut().top_up(bens, 100));
    // The redemption's own pay-out would call the token again.
    assert_eq!(called_back(&world), Some(false));
    let progress = world.progress(bens.campaign);
    assert_eq!((world.coupon(bens).unwrap().left, progress.escrow_left, progress.reserved), (500, 900, 500));
    assert_eq!(tokens(&world, ["registry"]), [900]);
}

#[test]
fn a_card_that_a_token_takes_from_the_market_during_its_top_up_is_not_the_markets_again() {
    let (mut world, mut to, bens) = stage();
    misbehave(&mut world, Mode::Honest);
    let (holder, here, there) = (world.token, world.suite.registry, world.suite.market);
    let give = PSP34::transfer(to.registry.call_mut(), holder, bens.into(), vec![]);
    act(&mut world, "ben", 0, give);
    let mut market = market(&world);
    let approve = data_of(PSP34::approve(to.registry.call_mut(), there, Some(bens.into()), true));
    let list =
        data_of(market.call_mut().list(here, vec![bens], NOW + DAY, None, Ask::Fixed { price: 1_000 }));
    for (contract, message) in [(here, approve), (there, list)] {
        let mut token: TokenRef = at(holder);
        assert!(call(&mut world, "grocer", 0, token.call_mut().pass_on(contract, message)).result);
    }
    assert_eq!((world.coupon(bens).unwrap().owner, world.holder(there).coupons), (there, 1));

    let cancel = data_of(market.call_mut().cancel(1));
    call_back(&mut world, there, cancel, Mode::CallBack);
    act(&mut world, "grocer", 0, to.office.call_mut().top_up(bens, 100));
    assert_eq!(called_back(&world), Some(true), "the listing was cancelled by the way");
    let card = world.coupon(bens).unwrap();
    assert_eq!((card.owner, card.left), (holder, 500));
    assert_eq!((world.holder(there).coupons, world.holder(holder).coupons), (0, 1));
    assert_eq!(read(&world, market.call().config()).unwrap().held, 0);
}
