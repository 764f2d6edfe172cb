//! Undoing what was booked.

use super::*;

#[test]
fn a_rollback_in_the_same_cycle_leaves_no_debt() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let here = world.suite.registry;
    let done =
        act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, 0, (redemption.clone(), None)));

    let acceptor = account("cinema");
    let reversed =
        DebtsReversed { acceptor, registry: here, number: 1, redeemed_at: NOW, debts: vec![debt()] };
    let back = registry::events::Transfer { from: None, to: Some(account("ann")), id: coupon.into() };
    let undone = desk::events::OrderRolledBack { acceptor, number: 1, remains: None, to_payer: 0 };
    let undone = by(world.suite.desk, undone);
    assert_eq!(done.events, [by(here, back), undone, by(world.suite.alliance, reversed)]);
    let [billed, earned] = ["bakery", "cinema"].map(|who| member(&world, who).open);
    assert_eq!(billed, Sheet { billed: -180, reversed: 180, ..Sheet::default() });
    assert_eq!(earned, Sheet { earned: 178, reversed: -178, ..Sheet::default() });
    let cycle = look(&world, world.council().call().cycle()).cycle;
    assert_eq!((cycle.debits, cycle.fees, cycle.refunds), (0, 0, 0));
    assert!(world.coupon(coupon).is_some());
}

#[test]
fn a_rollback_in_a_later_cycle_has_its_fee_out_of_the_fund() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    close(&mut world);
    let fund = look(&world, world.council().call().cycle()).fund;
    let here = world.suite.registry;
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, 0, (redemption, None)));
    assert_eq!(positions(&world), (180, -178));
    let books = look(&world, world.council().call().cycle());
    assert_eq!((books.cycle.debits, books.cycle.fees, books.cycle.refunds), (178, 0, FEE));
    assert_eq!(books.fund, fund - FEE);
}

#[test]
fn a_rollback_is_the_acceptors_and_within_its_own_means() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let here = world.suite.registry;
    for registry in [account("ann"), world.suite.market, look_alike(&mut world)] {
        let message = alliance.call_mut().roll_back(registry, 0, (redemption.clone(), None));
        assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::UnknownRegistry { registry });
    }
    for caller in ["bakery", "ann"] {
        let message = alliance.call_mut().roll_back(here, 0, (redemption.clone(), None));
        let not_acceptor =
            AllianceError::NotAcceptor { acceptor: account("cinema"), caller: account(caller) };
        assert_eq!(refused(&mut world, caller, 0, message), not_acceptor);
    }
    let no_such = AllianceError::Registry(RegistryError::NoSuchRedemption { number: 1 }.into());
    let unknown = Redemption { acceptor: account("grocer"), ..redemption.clone() };
    let message = alliance.call_mut().roll_back(here, 0, (unknown, None));
    assert_eq!(refused(&mut world, "grocer", 0, message), no_such);
    let altered = Redemption { net: 0, ..redemption.clone() };
    let message = alliance.call_mut().roll_back(here, 0, (altered, None));
    assert_eq!(refused(&mut world, "cinema", 0, message), no_such);

    close(&mut world);
    act(&mut world, "cinema", 0, council.call_mut().withdraw_collateral(COLLATERAL));
    let message = alliance.call_mut().roll_back(here, 0, (redemption.clone(), None));
    let over = AllianceError::OverLimit { account: account("cinema"), exposure: 178, limit: 0 };
    assert_eq!(refused(&mut world, "cinema", 0, message), over);
    act(&mut world, "cinema", COLLATERAL, council.call_mut().deposit_collateral(COLLATERAL));
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, 0, (redemption.clone(), None)));
    let again = alliance.call_mut().roll_back(here, 0, (redemption, None));
    assert_eq!(refused(&mut world, "cinema", 0, again), no_such);
}
