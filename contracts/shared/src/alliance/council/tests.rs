//! Terms, votes and disputes, each at its edges.
use super::*;
use crate::alliance::testing::{account, council_terms};

fn proposal(voters: u32) -> Proposal {
    let motion = Motion::Reinstate { account: account(7) };
    Proposal::new(motion, account(1), &council_terms(), voters, 100)
}

fn case() -> Case {
    Case {
        issuer: account(1),
        acceptor: account(2),
        registry: account(9),
        number: 5,
        amount: 101,
        reason: 3,
        opened_at: 1_000,
        replied_at: None,
        closed: false,
    }
}

#[test]
fn terms_under_which_nothing_is_decided_are_refused() {
    let fault = |change: fn(&mut CouncilTerms)| {
        let mut terms = council_terms();
        change(&mut terms);
        terms.check().err()
    };
    assert_eq!(fault(|_| ()), None);
    assert_eq!(fault(|terms| terms.quorum_bps = 0), Some(CouncilFault::Quorum { bps: 0 }));
    assert_eq!(fault(|terms| terms.quorum_bps = 10_001), Some(CouncilFault::Quorum { bps: 10_001 }));
    assert_eq!(fault(|terms| terms.vote_window = 0), Some(CouncilFault::NoTime));
    assert_eq!(fault(|terms| terms.reply_window = 0), Some(CouncilFault::NoTime));
    assert_eq!(fault(|terms| terms.ruling_window = 0), Some(CouncilFault::NoTime));
    let over = CouncilFault::UnruledOverWhole { bps: 10_001 };
    assert_eq!(fault(|terms| terms.unruled_bps = 10_001), Some(over));
    let long = |window, most| Some(CouncilFault::TooLong { window, most });
    assert_eq!(fault(|terms| terms.vote_window = LONGEST + 1), long(LONGEST + 1, LONGEST));
    assert_eq!(fault(|terms| terms.reply_window = LONGEST + 1), long(LONGEST + 1, LONGEST));
    assert_eq!(fault(|terms| terms.ruling_window = LONGEST + 1), long(LONGEST + 1, LONGEST));
    assert_eq!(fault(|terms| terms.case_window = DIGEST_KEPT + 1), long(DIGEST_KEPT + 1, DIGEST_KEPT));
    assert_eq!(fault(|terms| terms.case_window = DIGEST_KEPT), None);
}

#[test]
fn a_quorum_is_rounded_up_and_at_least_one() {
    let needed = |bps, voters| CouncilTerms { quorum_bps: bps, ..council_terms() }.needed(voters);
    assert_eq!((needed(5_000, 4), needed(5_001, 4), needed(5_000, 5)), (2, 3, 3));
    assert_eq!((needed(1, 0), needed(1, 9), needed(10_000, u32::MAX)), (1, 1, u32::MAX));
}

#[test]
fn a_motion_is_carried_by_the_vote_that_reaches_its_quorum_and_not_voted_on_after() {
    let mut two = proposal(4);
    assert_eq!((two.needed, two.ends_at), (2, 600));
    assert_eq!(two.count(account(1), 99, 100), Ok(false));
    assert_eq!(two.count(account(2), 0, 599), Ok(true));
    let closed = AllianceError::VoteClosed { ends_at: 600, now: 599 };
    assert_eq!((two.votes, two.carried), (2, true));
    assert_eq!(two.count(account(3), 0, 599), Err(closed));
    let closed = AllianceError::VoteClosed { ends_at: 600, now: 600 };
    assert_eq!(proposal(4).count(account(1), 0, 600), Err(closed));
}

#[test]
fn who_came_with_or_after_a_motion_has_no_vote_on_it() {
    let refused = AllianceError::NoVote { account: account(3) };
    for since in [100, 101] {
        assert_eq!(proposal(4).count(account(3), since, 200), Err(refused.clone()));
    }
}

#[test]
fn the_acceptor_replies_once_and_in_time() {
    let terms = council_terms();
    let mut open = case();
    let stranger = AllianceError::NotParty { account: account(1) };
    assert_eq!(open.reply(account(1), &terms, 1_000), Err(stranger));
    let late = AllianceError::ReplyWindowOver { until: 1_010, now: 1_010 };
    assert_eq!(open.reply(account(2), &terms, 1_010), Err(late));
    assert_eq!(open.reply(account(2), &terms, 1_009), Ok(()));
    assert_eq!(open.replied_at, Some(1_009));
    assert_eq!(open.reply(account(2), &terms, 1_009), Err(AllianceError::AlreadyReplied));
}

#[test]
fn the_resolver_rules_after_the_reply_or_its_window_and_before_its_own_ends() {
    let (terms, resolver) = (council_terms(), council_terms().resolver);
    let mut open = case();
    let other = AllianceError::NotResolver { resolver, caller: account(2) };
    assert_eq!(open.rule(account(2), 1, &terms, 1_010), Err(other));
    let over = AllianceError::ShareOverWhole { bps: 10_001 };
    assert_eq!(open.rule(resolver, 10_001, &terms, 1_010), Err(over));
    for party in [Case { issuer: resolver, ..case() }, Case { acceptor: resolver, ..case() }] {
        let own = AllianceError::ResolverIsParty { resolver };
        assert_eq!(party.clone().rule(resolver, 0, &terms, 1_010), Err(own));
    }
    let early = AllianceError::ReplyRunning { until: 1_010, now: 1_009 };
    assert_eq!(open.rule(resolver, 5_000, &terms, 1_009), Err(early));
    let late = AllianceError::RulingOver { until: 1_030, now: 1_030 };
    assert_eq!(open.rule(resolver, 5_000, &terms, 1_030), Err(late));
    let mut replied = Case { replied_at: Some(1_001), ..case() };
    assert_eq!(replied.rule(resolver, 5_000, &terms, 1_002), Ok(50));
    assert_eq!(open.rule(resolver, 10_000, &terms, 1_029), Ok(101));
    assert!(open.closed);
    assert_eq!(open.rule(resolver, 1, &terms, 1_029), Err(AllianceError::CaseClosed));
    assert_eq!(open.reply(account(2), &terms, 1_001), Err(AllianceError::CaseClosed));
    assert_eq!(open.time_out(&terms, 1_030), Err(AllianceError::CaseClosed));
}

#[test]
fn without_a_ruling_the_preset_share_goes_back() {
    let terms = council_terms();
    let mut open = case();
    let early = AllianceError::RulingRunning { until: 1_030, now: 1_029 };
    assert_eq!(open.time_out(&terms, 1_029), Err(early));
    assert_eq!(open.time_out(&terms, 1_030), Ok(25));
    assert!(open.closed);
}
