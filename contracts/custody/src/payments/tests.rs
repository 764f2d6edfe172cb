use super::*;
use crate::testing::{account, held, ACCEPTOR, PAYER, RESOLVER};
use proptest::prelude::*;

/// `held`, disputed at 100: until 350 it can be ruled.
fn disputed() -> Held {
    let mut held = held();
    assert_eq!(held.dispute(account(PAYER), 7, 3, [1; 32], 100), Ok(350));
    held
}

#[test]
fn a_payment_is_disputed_by_its_payer_once_and_in_time() {
    let over = CustodyError::TimeToDisputeOver { until: 200, now: 200 };
    let not_payer = CustodyError::NotPayer { payer: account(PAYER), caller: account(ACCEPTOR) };
    assert_eq!(held().dispute(account(ACCEPTOR), 7, 3, [1; 32], 200), Err(not_payer));
    assert_eq!(held().dispute(account(PAYER), 7, 3, [1; 32], 200), Err(over));
    let mut last = held();
    assert_eq!(last.dispute(account(PAYER), 7, 3, [1; 32], 199), Ok(449));
    let dispute = Dispute { reason: 3, evidence: [1; 32], ruled_until: 449, reply: None };
    assert_eq!(last, Held { dispute: Some(dispute), ..held() });
    let again = CustodyError::AlreadyDisputed { number: 7 };
    assert_eq!(last.dispute(account(PAYER), 7, 3, [1; 32], 500), Err(again));
}

#[test]
fn an_acceptor_answers_a_dispute_once_and_in_time() {
    assert_eq!(held().reply(7, [2; 32], 100), Err(CustodyError::NotDisputed { number: 7 }));
    let over = CustodyError::TimeToRuleOver { until: 350, now: 350 };
    assert_eq!(disputed().reply(7, [2; 32], 350), Err(over));
    let mut replied = disputed();
    assert_eq!(replied.reply(7, [2; 32], 349), Ok(()));
    assert_eq!(replied.dispute.and_then(|dispute| dispute.reply), Some([2; 32]));
    assert_eq!(replied.reply(7, [2; 32], 350), Err(CustodyError::AlreadyReplied { number: 7 }));
}

#[test]
fn the_resolver_alone_rules_in_time_and_by_a_share_of_the_whole() {
    let resolver = account(RESOLVER);
    let not_resolver = CustodyError::NotResolver { resolver, caller: account(PAYER) };
    assert_eq!(held().rule(account(PAYER), 7, 10_001, 350), Err(not_resolver));
    assert_eq!(held().rule(resolver, 7, 10_001, 350), Err(CustodyError::NotDisputed { number: 7 }));
    let over = CustodyError::TimeToRuleOver { until: 350, now: 350 };
    assert_eq!(disputed().rule(resolver, 7, 10_001, 350), Err(over));
    let share = CustodyError::ShareOverWhole { bps: 10_001 };
    assert_eq!(disputed().rule(resolver, 7, 10_001, 349), Err(share));
    for (bps, to_payer) in [(0, 0), (3_333, 332), (9_999, 998), (10_000, 999)] {
        let split = Split { to_payer, to_acceptor: 999 - to_payer };
        assert_eq!(disputed().rule(resolver, 7, bps, 349), Ok(split));
    }
}

#[test]
fn a_payment_settles_to_the_millisecond() {
    let disputable = CustodyError::StillDisputable { until: 200, now: 199 };
    assert_eq!(held().settle(199), Err(disputable));
    assert_eq!(held().settle(200), Ok(Split { to_payer: 0, to_acceptor: 999 }));
    let to_be_ruled = CustodyError::StillToBeRuled { until: 350, now: 349 };
    assert_eq!(disputed().settle(349), Err(to_be_ruled));
    assert_eq!(disputed().settle(350), Ok(Split { to_payer: 599, to_acceptor: 400 }));
}

#[test]
fn what_is_given_back_is_no_longer_held() {
    let mut held = held();
    assert_eq!(held.give_back(0), Err(CustodyError::ZeroAmount));
    assert_eq!(held.give_back(1_000), Err(CustodyError::OverHeld { asked: 1_000, held: 999 }));
    assert_eq!((held.give_back(998), held.amount), (Ok(()), 1));
    assert_eq!((held.give_back(1), held.amount), (Ok(()), 0));
}

proptest! {
    #[test]
    fn a_split_is_the_whole_and_giving_back_first_never_costs_the_payer(
        amount in 1..Balance::MAX,
        part: Balance,
        bps in 0u16..=10_000,
    ) {
        let whole = Held { amount, unruled_bps: bps, ..disputed() };
        let split = whole.settle(350).unwrap();
        prop_assert_eq!(split.to_payer.checked_add(split.to_acceptor), Some(amount));
        let part = part % amount;
        let rest = Held { amount: amount - part, ..whole };
        prop_assert!(part + rest.settle(350).unwrap().to_payer >= split.to_payer);
    }
}
