//! What becomes of a payment: undisputed, disputed and ruled or not, or given back.
use super::*;

// Feature: Consumer dispute.
#[test]
fn a_consumer_disputes_in_time_and_the_resolver_shares_what_is_held() {
    let mut c = Counter::paid();
    let done = c.dispute();
    let (acceptor, number) = (account("bakery"), 1);
    let ruled_until = NOW + TO_RULE;
    let disputed = PaymentDisputed { acceptor, number, reason: 4, evidence: [5; 32], ruled_until };
    assert_eq!((done.result, done.events), (ruled_until, vec![c.emits(disputed)]));
    let dispute = Dispute { reason: 4, evidence: [5; 32], ruled_until, reply: None };
    assert_eq!(c.held(), Some(Held { dispute: Some(dispute), ..c.usual() }));

    let done = act(&mut c.world, "bakery", 0, c.custody.call_mut().reply(1, [6; 32]));
    let replied = DisputeReplied { acceptor, number, evidence: [6; 32] };
    assert_eq!(done.events, [c.emits(replied)]);
    let dispute = Dispute { reply: Some([6; 32]), ..dispute };
    assert_eq!(c.held(), Some(Held { dispute: Some(dispute), ..c.usual() }));
    assert_eq!(c.holds(NATIVE), NET, "the money stays until it is ruled");

    // 1,800 × 33.33% is 599.94.
    let done = c.rule(3_333);
    assert_eq!(done.result, split(599));
    let ruled = DisputeRuled { acceptor, number, payer_bps: 3_333, split: split(599) };
    assert_eq!(done.events, [c.emits(ruled)]);
    assert_eq!(done.moved, [("bakery", 1_201), ("ann", 599)]);
    assert_eq!((c.held(), c.holds(NATIVE)), (None, 0));
}

// Feature: Consumer dispute.
#[test]
fn undisputed_the_money_is_the_acceptors_when_the_days_are_over() {
    let mut c = Counter::paid();
    c.at(DISPUTABLE - 1);
    let early = CustodyError::StillDisputable { until: DISPUTABLE, now: DISPUTABLE - 1 };
    assert_eq!(c.settle_refused(), early);
    c.at(DISPUTABLE);
    let late = CustodyError::TimeToDisputeOver { until: DISPUTABLE, now: DISPUTABLE };
    let message = c.custody.call_mut().dispute(account("bakery"), 1, 4, [5; 32]);
    assert_eq!(refused(&mut c.world, "ann", 0, message), late);
    let done = c.settle("relayer");
    assert_eq!(done.result, split(0));
    assert_eq!(done.moved, [("bakery", 1_800)]);
    let settled = PaymentSettled { acceptor: account("bakery"), number: 1, split: split(0) };
    assert_eq!(done.events, [c.emits(settled)]);
    assert!(done.cost.deposit < 0, "whoever settles has the record's deposit");
    assert_eq!((c.held(), c.holds(NATIVE)), (None, 0));
    let gone = CustodyError::NoSuchPayment { acceptor: account("bakery"), number: 1 };
    assert_eq!(c.settle_refused(), gone);
}

// Feature: Consumer dispute.
#[test]
fn where_nobody_rules_the_outcome_of_the_terms_takes_effect() {
    let mut c = Counter::paid();
    c.at(DISPUTABLE - 1);
    let until = DISPUTABLE - 1 + TO_RULE;
    assert_eq!(c.dispute().result, until);
    c.at(until - 1);
    let early = CustodyError::StillToBeRuled { until, now: until - 1 };
    assert_eq!(c.settle_refused(), early);
    c.at(until);
    let over = CustodyError::TimeToRuleOver { until, now: until };
    let ruling = c.custody.call_mut().rule(account("bakery"), 1, 10_000);
    assert_eq!(refused(&mut c.world, "dee", 0, ruling), over);
    assert_eq!(refused(&mut c.world, "bakery", 0, c.custody.call_mut().reply(1, [6; 32])), over);
    let done = c.settle("relayer");
    assert_eq!(done.result, split(1_080));
    assert_eq!(done.moved, [("bakery", 720), ("ann", 1_080)]);
    assert_eq!((c.held(), c.holds(NATIVE)), (None, 0));
}

#[test]
fn the_last_moment_to_rule_still_counts() {
    let mut c = Counter::disputed();
    c.at(NOW + TO_RULE - 1);
    let done = act(&mut c.world, "bakery", 0, c.custody.call_mut().reply(1, [6; 32]));
    assert_eq!(done.moved, []);
    assert_eq!(c.rule(10_000).moved, [("ann", 1_800)]);
}

#[test]
fn each_step_is_taken_once_and_in_its_turn() {
    let mut c = Counter::paid();
    let not_disputed = CustodyError::NotDisputed { number: 1 };
    let rule = |c: &mut Counter, bps| {
        refused(&mut c.world, "dee", 0, c.custody.call_mut().rule(account("bakery"), 1, bps))
    };
    assert_eq!(rule(&mut c, 5_000), not_disputed);
    assert_eq!(refused(&mut c.world, "bakery", 0, c.custody.call_mut().reply(1, [6; 32])), not_disputed);
    c.dispute();
    let message = c.custody.call_mut().dispute(account("bakery"), 1, 4, [5; 32]);
    assert_eq!(refused(&mut c.world, "ann", 0, message), CustodyError::AlreadyDisputed { number: 1 });
    act(&mut c.world, "bakery", 0, c.custody.call_mut().reply(1, [6; 32]));
    let again = CustodyError::AlreadyReplied { number: 1 };
    assert_eq!(refused(&mut c.world, "bakery", 0, c.custody.call_mut().reply(1, [6; 32])), again);
    assert_eq!(rule(&mut c, 10_001), CustodyError::ShareOverWhole { bps: 10_001 });
    c.rule(0);
    let gone = CustodyError::NoSuchPayment { acceptor: account("bakery"), number: 1 };
    assert_eq!(rule(&mut c, 0), gone);
}

#[test]
fn the_acceptor_gives_back_a_part_and_the_rest_goes_on() {
    let mut c = Counter::paid();
    let refuses = |c: &mut Counter, amount| {
        refused(&mut c.world, "bakery", 0, c.custody.call_mut().give_back(1, amount))
    };
    assert_eq!(refuses(&mut c, 0), CustodyError::ZeroAmount);
    assert_eq!(refuses(&mut c, NET + 1), CustodyError::OverHeld { asked: NET + 1, held: NET });
    let done = c.give_back(300);
    assert_eq!((done.result, done.moved), (1_500, vec![("ann", 300)]));
    let given = PaymentGivenBack { acceptor: account("bakery"), number: 1, amount: 300 };
    assert_eq!(done.events, [c.emits(given)]);
    assert_eq!((c.held(), c.holds(NATIVE)), (Some(Held { amount: 1_500, ..c.usual() }), 1_500));
    // Disputed, too.
    c.dispute();
    c.give_back(500);
    assert_eq!(c.rule(5_000).result, Split { to_payer: 500, to_acceptor: 500 });
    assert_eq!(c.holds(NATIVE), 0);
}

#[test]
fn with_all_given_back_the_record_is_gone() {
    let mut c = Counter::disputed();
    let done = c.give_back(NET);
    assert_eq!((done.result, done.moved), (0, vec![("ann", 1_800)]));
    assert!(done.cost.deposit < 0, "the acceptor has the record's deposit");
    assert_eq!((c.held(), c.holds(NATIVE)), (None, 0));
    let gone = CustodyError::NoSuchPayment { acceptor: account("bakery"), number: 1 };
    assert_eq!(refused(&mut c.world, "bakery", 0, c.custody.call_mut().give_back(1, 1)), gone);
}

#[test]
fn tokens_are_shared_as_plancks_are() {
    let mut c = Counter::in_tokens();
    let asset = c.world.token_asset();
    let before = tokens(&c.world, ["ann", "bakery"]);
    c.pay("ann", &order("bakery", 1), 0);
    c.dispute();
    assert_eq!(c.rule(2_500).moved, []);
    assert_eq!(tokens(&c.world, ["ann", "bakery"]), [before[0] - 1_350, before[1] + 1_350]);
    assert_eq!(c.holds(asset), 0);
}
