//! Creating campaigns, making them better, and taking back what backs nothing.

use crate::scene::*;
use chain::Chain;
use e2e_tests::{account, actors::OWNER};
use ink::codegen::TraitCallBuilder;
use office::events::*;
use shared::{
    assets::PaymentFault,
    campaigns::{Campaign, Improvement, Progress, Tally},
    registry::{CouponRegistry, RegistryError},
    terms::{
        Acceptance, Audience, Benefit, Breakage, Card, Funding, Referral, Terms, TermsFault, TransferPolicy,
    },
};

fn escrowed() -> Terms {
    terms_but(|terms| terms.funding = Funding::Escrow)
}

#[test]
fn a_registry_says_which_chain_it_is_for() {
    let (world, to) = open();
    let (registry, chain_tag) = (world.suite.registry, world.chain.genesis());
    let opened = [
        by(world.suite.office, OfficeOpened { registry, chain_tag, guardian: account(OWNER) }),
        by(world.suite.desk, desk::events::DeskOpened { registry, chain_tag }),
    ];
    let events: Vec<_> = world.chain.events(0).unwrap().iter().map(Emitted::from).collect();
    assert!(opened.iter().all(|opened| events.contains(opened)));
    assert_eq!(
        read(&world, CouponRegistry::branches(to.registry.call())),
        (world.suite.office, world.suite.desk)
    );
    assert_eq!(read(&world, to.office.call().registry()), registry);
    assert_eq!(read(&world, to.desk.call().registry()), registry);
    assert_eq!(read(&world, to.office.call().campaigns()), 0);
}

#[test]
fn a_campaign_keeps_its_terms_and_locks_its_escrow() {
    let (mut world, mut to) = open();
    let create = |uri: &[u8]| (escrowed(), uri.to_vec(), 5_000);
    let (terms, uri, escrow) = create(b"ipfs://terms");
    let message = to.office.call_mut().create_campaign(terms.clone(), uri.clone(), escrow);
    let done = act(&mut world, "bakery", escrow, message);

    let issuer = account("bakery");
    let created = CampaignCreated { issuer, campaign: 1, terms: terms.clone(), uri, escrow };
    assert_eq!(done.result, 1);
    assert_eq!(done.events, [by(world.suite.office, created)]);
    assert_eq!(done.moved, [("bakery", -5_000), ("registry", 5_000)]);
    assert!(done.cost.deposit > 0);
    let progress = Progress {
        issued: 0,
        parts: 0,
        uses: 0,
        drops: Vec::new(),
        issuing_stopped: false,
        redeem_ends: terms.redeem_window.end,
        budget_left: None,
        escrow_left: 5_000,
        reserved: 0,
        held: 0,
        period: Tally::default(),
    };
    assert_eq!(read(&world, to.office.call().campaigns()), 1);
    assert_eq!(read(&world, to.desk.call().campaign(1)), Ok((Campaign { issuer, terms }, progress)));
}

#[test]
fn campaigns_are_numbered_from_one_and_others_do_not_exist() {
    let (mut world, to) = open();
    assert_eq!(campaign(&mut world, "bakery", terms(), 0), 1);
    assert_eq!(campaign(&mut world, "cinema", terms(), 0), 2);
    for campaign in [0, 3, u32::MAX] {
        let unknown = Err(RegistryError::NoSuchCampaign { campaign });
        assert_eq!(read(&world, to.desk.call().campaign(campaign)), unknown);
    }
}

#[test]
fn contradictory_terms_are_refused_by_name() {
    let (mut world, mut to) = open();
    let end = terms().redeem_window.end;
    let over = shared::terms::MAX_ROLLBACK_WINDOW + 1;
    type Case = (TermsFault, fn(&mut Terms));
    let cases: [Case; 29] = [
        (TermsFault::NoBenefit, |t| t.benefit = Benefit::AmountOff { value: 0 }),
        (TermsFault::NoBenefit, |t| t.benefit = Benefit::PercentOff { bps: 100, cap: 0 }),
        (TermsFault::PercentOverWhole { bps: 10_001 }, |t| {
            t.benefit = Benefit::PercentOff { bps: 10_001, cap: 1 }
        }),
        (TermsFault::EmptyWindow { start: NOW, end: NOW }, |t| t.issue_window.end = NOW),
        (TermsFault::EmptyWindow { start: NOW, end: NOW - 1 }, |t| t.redeem_window.end = NOW - 1),
        (TermsFault::IssueWindowPast { end: NOW, now: NOW }, |t| {
            (t.issue_window.start, t.issue_window.end) = (NOW - 1, NOW)
        }),
        (TermsFault::IssueOutlastsRedeem { issue_end: end + 1, redeem_end: end }, |t| {
            t.issue_window.end = t.redeem_window.end + 1
        }),
        (TermsFault::NoSupply, |t| t.supply = 0),
        (TermsFault::NoBenefit, |t| t.benefit = Benefit::PercentOff { bps: 0, cap: 1 }),
        (TermsFault::NoBenefit, |t| t.benefit = Benefit::NewPrice { price: 9, cap: 0 }),
        (TermsFault::NoBenefit, |t| t.benefit = Benefit::FreeItem { worth: 0 }),
        (TermsFault::NoBenefit, |t| t.benefit = Benefit::StoredValue { value: 0 }),
        (TermsFault::ZeroLimit, |t| t.limits.issued_per_holder = Some(0)),
        (TermsFault::ZeroLimit, |t| t.limits.uses = Some(0)),
        (TermsFault::ZeroLimit, |t| t.card = Card::Stamps(0)),
        (TermsFault::ZeroLimit, |t| t.budget = Some(0)),
        (TermsFault::CardOfValue, |t| {
            (t.benefit, t.card) = (Benefit::StoredValue { value: 5 }, Card::Uses(2))
        }),
        (TermsFault::BudgetBesideEscrow, |t| (t.funding, t.budget) = (Funding::Escrow, Some(1))),
        (TermsFault::AttestedButTraded, |t| t.audience = Audience::Attested { key: [1; 32], class: 1 }),
        (TermsFault::FirstOrderUnmarked, |t| t.audience = Audience::FirstOrder),
        (TermsFault::FirstOrderUnmarked, |t| {
            t.referral = Some(Referral { reward: 1, per_advocate: 1 });
        }),
        (TermsFault::ReservationOverCap { ttl: shared::terms::MAX_RESERVATION + 1 }, |t| {
            t.reservation_ttl = shared::terms::MAX_RESERVATION + 1
        }),
        (TermsFault::BreakageOverWhole { bps: 1 }, |t| t.breakage = Breakage { holder_bps: 1, fund: None }),
        (TermsFault::BreakageOverWhole { bps: 10_001 }, |t| {
            t.funding = Funding::Escrow;
            t.breakage = Breakage { holder_bps: 1, fund: Some((account("dee"), 10_000)) };
        }),
        (TermsFault::NoRewardCampaign { reward: 9 }, |t| {
            t.marks_first_order = true;
            t.transfer = TransferPolicy::Soulbound;
            t.referral = Some(Referral { reward: 9, per_advocate: 1 });
        }),
        (TermsFault::AcceptorCount { listed: 17 }, |t| {
            t.acceptance = Acceptance::Listed(vec![account("bakery"); 17])
        }),
        (TermsFault::AllianceMissing, |t| t.funding = Funding::Alliance),
        (TermsFault::RoyaltyOverCap { bps: 1_001 }, |t| t.royalty_bps = 1_001),
        (TermsFault::RollbackWindowOverCap { window: over }, |t| {
            t.rollback_window = shared::terms::MAX_ROLLBACK_WINDOW + 1
        }),
    ];
    for (fault, spoil) in cases {
        let message = to.office.call_mut().create_campaign(terms_but(spoil), Vec::new(), 0);
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::InvalidTerms(fault));
    }
}

#[test]
fn a_uri_has_a_length_that_fits() {
    let (mut world, mut to) = open();
    let message = to.office.call_mut().create_campaign(terms(), vec![b'x'; 257], 0);
    let too_long = RegistryError::UriTooLong { length: 257, most: 256 };
    assert_eq!(refused(&mut world, "bakery", 0, message), too_long);
    act(&mut world, "bakery", 0, to.office.call_mut().create_campaign(terms(), vec![b'x'; 256], 0));
}

#[test]
fn only_escrow_campaigns_lock_escrow() {
    let (mut world, mut to) = open();
    let message = to.office.call_mut().create_campaign(terms(), Vec::new(), 5_000);
    assert_eq!(refused(&mut world, "bakery", 5_000, message), RegistryError::NoEscrow);
}

#[test]
fn the_escrow_must_be_sent_exactly() {
    let (mut world, mut to) = open();
    for paid in [0, 4_999, 5_001] {
        let message = to.office.call_mut().create_campaign(escrowed(), Vec::new(), 5_000);
        let wrong = RegistryError::Payment(PaymentFault::WrongValue { expected: 5_000, paid });
        assert_eq!(refused(&mut world, "bakery", paid, message), wrong);
    }
}

#[test]
fn each_improvement_is_kept_and_told() {
    let (mut world, mut to) = open();
    let backed = campaign(&mut world, "bakery", escrowed(), 2_000);
    let budgeted = campaign(&mut world, "bakery", terms_but(|t| t.budget = Some(1_000)), 0);
    let until = terms().redeem_window.end + DAY;
    let improvements = [
        (backed, Improvement::ExtendRedeemWindow { until }, 0),
        (budgeted, Improvement::AddBudget { amount: 30 }, 0),
        (backed, Improvement::AddEscrow { amount: 40 }, 40),
        (backed, Improvement::StopIssuing, 0),
    ];
    for (campaign, improvement, price) in improvements {
        let message = to.office.call_mut().improve_campaign(campaign, improvement);
        let done = act(&mut world, "bakery", price, message);
        assert_eq!(done.events, [by(world.suite.office, CampaignImproved { campaign, improvement })]);
        let paid = i128::try_from(price).unwrap();
        let expected = [("bakery", -paid), ("registry", paid)];
        assert_eq!(done.moved, if price > 0 { expected.to_vec() } else { Vec::new() });
    }
    let progress = world.progress(backed);
    assert_eq!((progress.redeem_ends, world.progress(budgeted).budget_left), (until, Some(1_030)));
    assert_eq!((progress.escrow_left, progress.issuing_stopped), (2_040, true));
}

// Feature: Frozen terms.
#[test]
fn terms_never_get_worse() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", escrowed(), 0);
    let end = terms().redeem_window.end;
    let no_better = [
        Improvement::ExtendRedeemWindow { until: end },
        Improvement::AddBudget { amount: 5 },
        Improvement::AddEscrow { amount: 0 },
    ];
    for improvement in no_better {
        let message = to.office.call_mut().improve_campaign(campaign, improvement);
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::NotBetter);
    }
    world.chain.set_time(end).unwrap();
    let message =
        to.office.call_mut().improve_campaign(campaign, Improvement::ExtendRedeemWindow { until: end + 1 });
    assert_eq!(
        refused(&mut world, "bakery", 0, message),
        RegistryError::NotBetter,
        "what is over stays over"
    );
}

#[test]
fn an_improvement_is_the_issuers_and_paid_exactly() {
    let (mut world, mut to) = open();
    let plain = campaign(&mut world, "bakery", terms(), 0);
    let escrowed = campaign(&mut world, "bakery", escrowed(), 0);
    let issuer = account("bakery");
    let add = Improvement::AddEscrow { amount: 40 };
    let wrong = |expected, paid| RegistryError::Payment(PaymentFault::WrongValue { expected, paid });
    let cases = [
        ("bakery", 9, add, 40, RegistryError::NoSuchCampaign { campaign: 9 }),
        ("cinema", escrowed, add, 40, RegistryError::NotIssuer { issuer }),
        ("bakery", plain, add, 40, RegistryError::NoEscrow),
        ("bakery", escrowed, add, 39, wrong(40, 39)),
        ("bakery", escrowed, Improvement::StopIssuing, 1, wrong(0, 1)),
    ];
    for (who, campaign, improvement, paid, expected) in cases {
        let message = to.office.call_mut().improve_campaign(campaign, improvement);
        assert_eq!(refused(&mut world, who, paid, message), expected);
    }
}

#[test]
fn the_issuer_takes_back_only_escrow_that_backs_nothing() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(escrowed(), 1_200);
    let campaign = coupon.campaign;
    for asked in [0, 701] {
        let message = to.office.call_mut().withdraw_escrow(campaign, asked);
        let committed = RegistryError::EscrowCommitted { asked, free: 700 };
        assert_eq!(refused(&mut world, "bakery", 0, message), committed);
    }
    let done = act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(campaign, 700));
    assert_eq!(done.events, [by(world.suite.office, EscrowWithdrawn { campaign, amount: 700 })]);
    assert_eq!(done.moved, [("bakery", 700), ("registry", -700)]);

    let end = terms().redeem_window.end + terms().rollback_window;
    world.chain.set_time(end - 1).unwrap();
    let committed = RegistryError::EscrowCommitted { asked: 500, free: 0 };
    assert_eq!(
        refused(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(campaign, 500)),
        committed
    );
    world.chain.set_time(end).unwrap();
    let done = act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(campaign, 500));
    assert_eq!(done.moved, [("bakery", 500), ("registry", -500)]);
}

#[test]
fn nobody_else_takes_escrow_and_there_must_be_some() {
    let (mut world, mut to) = open();
    let plain = campaign(&mut world, "bakery", terms(), 0);
    let escrowed = campaign(&mut world, "bakery", escrowed(), 600);
    let issuer = account("bakery");
    let cases = [
        ("bakery", 9, RegistryError::NoSuchCampaign { campaign: 9 }),
        ("cinema", escrowed, RegistryError::NotIssuer { issuer }),
        ("owner", escrowed, RegistryError::NotIssuer { issuer }),
        ("bakery", plain, RegistryError::NoEscrow),
    ];
    for (who, campaign, expected) in cases {
        let message = to.office.call_mut().withdraw_escrow(campaign, 1);
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }
}
