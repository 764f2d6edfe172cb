//! What holds over all members at once: the sums, and that they don't depend on the order in which things came.

use super::*;

const MEMBERS: [&str; 3] = ["bakery", "cinema", "grocer"];

/// Who accepts whose coupon, in an order of this number.
const ORDERS: [(&str, &str, u64); 6] = [
    ("cinema", "bakery", 1),
    ("grocer", "bakery", 1),
    ("bakery", "cinema", 1),
    ("cinema", "grocer", 2),
    ("cinema", "bakery", 3),
    ("bakery", "grocer", 2),
];

/// A world of three members, each of whom issues coupons to ann, and a coupon for each of the orders.
fn trading() -> (World, Vec<CouponId>) {
    let mut world = rules().build();
    for who in MEMBERS {
        join(&mut world, who, Balance::MAX);
    }
    let terms = backed(&world);
    let campaigns = MEMBERS.map(|who| campaign(&mut world, who, terms.clone(), 0));
    let coupons = ORDERS.map(|(_, issuer, _)| {
        let place = MEMBERS.iter().position(|who| *who == issuer).unwrap();
        issue(&mut world, issuer, campaigns[place], "ann")
    });
    (world, coupons.to_vec())
}

fn trade(world: &mut World, coupon: CouponId, (acceptor, _, number): (&str, &str, u64)) -> Redemption {
    let mut alliance = alliance(world);
    let order = Order { acceptor: account(acceptor), ..cinemas(number) };
    let message = redeem(world, &mut alliance, coupon, &order);
    act(world, acceptor, 0, message).result
}

fn nets(world: &World) -> [i128; 3] {
    MEMBERS.map(|who| member(world, who).open.position())
}

/// Positions and fees sum to zero, each position is what the pairs make of it, and the alliance holds what it owes.
fn ensure_sums(world: &World, pairs: &[(&str, &str)]) {
    let books = look(world, world.council().call().cycle());
    let mut sum = i128::try_from(books.cycle.fees).unwrap() - i128::try_from(books.cycle.refunds).unwrap();
    let (mut debits, mut held) = (0, books.fund);
    for (who, net) in MEMBERS.into_iter().zip(nets(world)) {
        let as_acceptor = pairs.iter().filter(|(acceptor, _)| *acceptor == who).count();
        let as_issuer = pairs.iter().filter(|(_, issuer)| *issuer == who).count();
        let due = i128::try_from(as_acceptor).unwrap() * 178 - i128::try_from(as_issuer).unwrap() * 180;
        assert_eq!(net, due, "{who}");
        sum += net;
        debits += Balance::try_from(-net).unwrap_or(0);
        held += member(world, who).collateral;
    }
    assert_eq!((sum, debits), (0, books.cycle.debits));
    let free = world.balance(world.suite.alliance, Asset::Native) - world.chain.existential_deposit();
    assert_eq!(free, held);
}

// Feature: Cycles, netting.
#[test]
fn positions_sum_to_zero_whatever_the_order_in_which_coupons_are_accepted() {
    let (world, coupons) = trading();
    let start = world.fixture();
    let mut found = Vec::new();
    for turn in 0..ORDERS.len() {
        let mut world = start.world();
        let mut pairs = Vec::new();
        for step in 0..ORDERS.len() {
            // Each turn begins elsewhere, and every other one runs backwards.
            let step = if turn % 2 == 0 { step } else { ORDERS.len() - 1 - step };
            let place = (turn + step) % ORDERS.len();
            trade(&mut world, coupons[place], ORDERS[place]);
            pairs.push((ORDERS[place].0, ORDERS[place].1));
            ensure_sums(&world, &pairs);
        }
        found.push(nets(&world));
    }
    assert_eq!(found, [[-184, 356, -182]; 6].map(|_| found[0]));
    assert_eq!(found[0].iter().sum::<i128>(), -12, "six fees of 2");
}

#[test]
fn an_accepted_coupon_is_one_redemption_and_one_debt_and_undone_neither() {
    let (mut world, coupons) = trading();
    let mut alliance = alliance(&world);
    let here = world.suite.registry;
    let redemption = trade(&mut world, coupons[0], ORDERS[0]);
    ensure_sums(&world, &[("cinema", "bakery")]);
    let again = cinemas(1);
    let message = redeem(&world, &mut alliance, coupons[4], &again);
    let used = AllianceError::Registry(RegistryError::OrderUsed { number: 1 }.into());
    assert_eq!(refused(&mut world, "cinema", 0, message), used);
    let gone = redeem(&world, &mut alliance, coupons[0], &cinemas(5));
    let spent = AllianceError::Registry(RegistryError::NoSuchCoupon { coupon: coupons[0] }.into());
    assert_eq!(refused(&mut world, "cinema", 0, gone), spent);
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, 0, (redemption.clone(), None)));
    ensure_sums(&world, &[]);
    let twice = alliance.call_mut().roll_back(here, 0, (redemption, None));
    let none = AllianceError::Registry(RegistryError::NoSuchRedemption { number: 1 }.into());
    assert_eq!(refused(&mut world, "cinema", 0, twice), none);
}

#[test]
fn settlement_pays_out_exactly_what_was_paid_in_less_the_fees() {
    let (mut world, coupons) = trading();
    let mut council = world.council();
    for (place, coupon) in coupons.into_iter().enumerate() {
        trade(&mut world, coupon, ORDERS[place]);
    }
    let nets = nets(&world);
    let fund = look(&world, council.call().cycle()).fund;
    close(&mut world);
    let (mut paid_in, mut paid_out) = (0, 0);
    for (who, net) in MEMBERS.into_iter().zip(nets) {
        if let Ok(owed @ 1..) = Balance::try_from(-net) {
            act(&mut world, who, owed, council.call_mut().pay_in(account(who), owed));
            paid_in += owed;
            // It is paid once, and that is all.
            let over = AllianceError::OverDue { asked: 1, due: 0 };
            let message = council.call_mut().pay_in(account(who), 1);
            assert_eq!(refused(&mut world, who, 1, message), over);
        }
    }
    for (who, net) in MEMBERS.into_iter().zip(nets) {
        if net > 0 {
            let done = act(&mut world, "relayer", 0, council.call_mut().payout(account(who)));
            assert_eq!(done.result, net.unsigned_abs());
            paid_out += done.result;
            let nothing = AllianceError::NothingToPay { account: account(who) };
            assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().payout(account(who))), nothing);
        }
    }
    assert_eq!(paid_in, paid_out + 6 * FEE);
    assert_eq!(look(&world, council.call().cycle()).fund, fund + 6 * FEE - BOUNTY);
}
