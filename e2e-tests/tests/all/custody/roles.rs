//! Who may do what, and when.
use super::*;

const PEOPLE: [&str; 5] = ["ann", "bakery", "dee", "till", "ben"];
/// The messages about a payment.
const STEPS: [&str; 5] = ["dispute", "reply", "rule", "settle", "give_back"];

/// Who of `PEOPLE` may take each of `STEPS` now.
fn allowed(c: &Counter) -> Vec<(&'static str, Vec<&'static str>)> {
    let acceptor = account("bakery");
    let may = |step: &str, who: &str| {
        let mut custody = c.custody.clone();
        let (chain, who) = (&c.world.chain, account(who));
        match step {
            "dispute" => {
                let message = custody.call_mut().dispute(acceptor, 1, 4, [5; 32]);
                chain.view_typed(who, 0, message).unwrap().0.is_ok()
            }
            "reply" => chain.view_typed(who, 0, custody.call_mut().reply(1, [6; 32])).unwrap().0.is_ok(),
            "rule" => chain.view_typed(who, 0, custody.call_mut().rule(acceptor, 1, 1)).unwrap().0.is_ok(),
            "settle" => chain.view_typed(who, 0, custody.call_mut().settle(acceptor, 1)).unwrap().0.is_ok(),
            _ => chain.view_typed(who, 0, custody.call_mut().give_back(1, 1)).unwrap().0.is_ok(),
        }
    };
    let of = |step| PEOPLE.into_iter().filter(|who| may(step, who)).collect();
    STEPS.into_iter().map(|step| (step, of(step))).collect()
}

#[test]
fn each_step_is_for_those_it_is_meant_for_and_in_its_time() {
    let mut c = Counter::paid();
    // A cashier of the bakery's at the registry is nobody here.
    act(&mut c.world, "bakery", 0, c.to.office.call_mut().set_role(account("till"), false, true, None));
    let (none, everyone, bakery) = (vec![], PEOPLE.to_vec(), vec!["bakery"]);
    let steps = |whose: [&Vec<&'static str>; 5]| -> Vec<_> {
        STEPS.into_iter().zip(whose).map(|(step, who)| (step, who.clone())).collect()
    };
    assert_eq!(allowed(&c), steps([&vec!["ann"], &none, &none, &none, &bakery]), "held");
    let held = c.world.fixture();
    c.at(DISPUTABLE);
    assert_eq!(allowed(&c), steps([&none, &none, &none, &everyone, &bakery]), "undisputed");
    c.world = held.world();
    c.dispute();
    assert_eq!(allowed(&c), steps([&none, &bakery, &vec!["dee"], &none, &bakery]), "disputed");
    c.at(NOW + TO_RULE);
    assert_eq!(allowed(&c), steps([&none, &none, &none, &everyone, &bakery]), "not ruled");
    c.settle("ben");
    assert_eq!(allowed(&c), steps([&none; 5]), "gone");
}

#[test]
fn whoever_is_refused_is_told_who_may() {
    let mut c = Counter::disputed();
    let (acceptor, caller) = (account("bakery"), account("ben"));
    let message = c.custody.call_mut().dispute(acceptor, 1, 4, [5; 32]);
    let not_payer = CustodyError::NotPayer { payer: account("ann"), caller };
    assert_eq!(refused(&mut c.world, "ben", 0, message), not_payer);
    let not_resolver = CustodyError::NotResolver { resolver: account("dee"), caller };
    let message = c.custody.call_mut().rule(acceptor, 1, 1);
    assert_eq!(refused(&mut c.world, "ben", 0, message), not_resolver);
    let none = CustodyError::NoSuchPayment { acceptor: caller, number: 1 };
    assert_eq!(refused(&mut c.world, "ben", 0, c.custody.call_mut().reply(1, [6; 32])), none);
    assert_eq!(refused(&mut c.world, "ben", 0, c.custody.call_mut().give_back(1, 1)), none);
    let none = CustodyError::NoCredit { asset: NATIVE };
    assert_eq!(refused(&mut c.world, "ben", 0, c.custody.call_mut().withdraw(NATIVE)), none);
}
