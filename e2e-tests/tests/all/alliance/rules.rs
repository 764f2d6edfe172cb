//! What an alliance is founded with.

use super::*;

#[test]
fn an_alliance_tells_its_rules() {
    let (world, _, _alliance) = founded();
    let config = look(&world, world.council().call().config());
    assert_eq!(config.registries, [world.chain.code_hash_of(world.suite.registry).unwrap().unwrap()]);
    let created =
        by(world.suite.alliance, AllianceCreated { config, council: world.suite.council, opened_at: NOW });
    assert!(world.chain.events(0).unwrap().iter().any(|event| Emitted::from(event) == created));
    let none = Cycle { number: 0, opened_at: NOW, debits: 0, fees: 0, refunds: 0 };
    let books = Books {
        cycle: Cycle { number: 1, ..none },
        closed: Closed { cycle: none, cut_off: NOW, paid_in: 0, lost: 0 },
        fund: 0,
        last_cut: 0,
        applied: 0,
        voters: 0,
    };
    assert_eq!(look(&world, world.council().call().cycle()), books);
}

#[test]
fn contradictory_rules_are_refused_by_name() {
    let (mut world, _, _alliance) = founded();
    let code = world.chain.code_hash_of(world.suite.alliance).unwrap().unwrap();
    let good = look(&world, world.council().call().config());
    let cycle_length = good.cycle_length;
    type Case = (ConfigFault, fn(&mut Config));
    let cases: [Case; 13] = [
        (ConfigFault::PayInWindow { window: 0, cycle_length }, |c| c.pay_in_window = 0),
        (ConfigFault::PayInWindow { window: cycle_length, cycle_length }, |c| {
            c.pay_in_window = c.cycle_length
        }),
        (ConfigFault::FeeOverCap { bps: 1_001 }, |c| c.fee_bps = 1_001),
        (ConfigFault::Rate { bps: 0 }, |c| c.default_rate_bps = 0),
        (ConfigFault::Rate { bps: 10_001 }, |c| c.default_rate_bps = 10_001),
        (ConfigFault::CapFactor { bps: 0 }, |c| c.cap_factor_bps = 0),
        (ConfigFault::CapFactor { bps: 50_001 }, |c| c.cap_factor_bps = 50_001),
        (ConfigFault::RegistryCount { listed: 0 }, |c| c.registries.clear()),
        (ConfigFault::RegistryCount { listed: 5 }, |c| c.registries = vec![[1; 32]; 5]),
        (ConfigFault::CutOverWhole { bps: 10_001 }, |c| c.max_cut_bps = 10_001),
        (ConfigFault::EarlyFeeHigher { early: JOINING_FEE + 1, fee: JOINING_FEE }, |c| {
            c.joining.early_fee = c.joining.fee + 1;
        }),
        (ConfigFault::NoFounders, |c| c.founders = 0),
        (ConfigFault::Longstop { longstop: 365 * DAY + 1 }, |c| c.longstop = 365 * DAY + 1),
    ];
    let terms = read(&world, world.council().call().terms());
    for (fault, spoil) in cases {
        let mut config = good.clone();
        spoil(&mut config);
        let made = world.chain.instantiate_typed(
            account(OWNER),
            code,
            0,
            b"other".to_vec(),
            AllianceRef::new(config, terms),
        );
        assert_eq!(refusal_of::<AllianceError>(made.unwrap_err()), AllianceError::InvalidConfig(fault));
    }
}

#[test]
fn a_council_that_could_not_decide_is_refused_by_name() {
    let (mut world, _, _) = founded();
    let code = world.chain.code_hash_of(world.suite.alliance).unwrap().unwrap();
    let config = look(&world, world.council().call().config());
    let good = read(&world, world.council().call().terms());
    type Case = (CouncilFault, fn(&mut CouncilTerms));
    let cases: [Case; 9] = [
        (CouncilFault::Quorum { bps: 0 }, |t| t.quorum_bps = 0),
        (CouncilFault::Quorum { bps: 10_001 }, |t| t.quorum_bps = 10_001),
        (CouncilFault::NoTime, |t| t.vote_window = 0),
        (CouncilFault::NoTime, |t| t.reply_window = 0),
        (CouncilFault::NoTime, |t| t.ruling_window = 0),
        (CouncilFault::UnruledOverWhole { bps: 10_001 }, |t| t.unruled_bps = 10_001),
        (CouncilFault::UnruledOverWhole { bps: u16::MAX }, |t| t.unruled_bps = u16::MAX),
        (CouncilFault::TooLong { window: u64::MAX, most: 90 * DAY }, |t| t.ruling_window = u64::MAX),
        (CouncilFault::TooLong { window: 31 * DAY, most: 30 * DAY }, |t| t.case_window = 31 * DAY),
    ];
    for (fault, spoil) in cases {
        let mut terms = good;
        spoil(&mut terms);
        let made = world.chain.instantiate_typed(
            account(OWNER),
            code,
            0,
            b"other".to_vec(),
            AllianceRef::new(config.clone(), terms),
        );
        let fault = ConfigFault::Council(fault);
        assert_eq!(refusal_of::<AllianceError>(made.unwrap_err()), AllianceError::InvalidConfig(fault));
    }
}

#[test]
fn an_alliance_without_its_councils_code_is_not_founded() {
    let founder = account(OWNER);
    let (world, _, _) = founded();
    let config = look(&world, world.council().call().config());
    let terms = read(&world, world.council().call().terms());
    let genesis = Genesis {
        seed: [0; 32],
        time: NOW,
        block_time_ms: 0,
        endowed: vec![(founder, 1_000_000_000_000_000)],
    };
    let mut chain = EmbeddedChain::new(genesis).unwrap();
    let (code, _) = chain.upload(founder, &wasm("alliance")).unwrap();
    let made = chain.instantiate_typed(founder, code, 0, Vec::new(), AllianceRef::new(config, terms));
    assert_eq!(refusal_of::<AllianceError>(made.unwrap_err()), AllianceError::CouncilFailed);
}

#[test]
fn a_council_of_no_alliance_tells_nothing() {
    let (mut world, _, _) = founded();
    let code = world.chain.code_hash_of(world.suite.council).unwrap().unwrap();
    let terms = read(&world, world.council().call().terms());
    let made =
        world.chain.instantiate_typed(account(OWNER), code, 0, Vec::new(), ::council::CouncilRef::new(terms));
    let mut council: ::council::CouncilRef = at(made.unwrap().0);
    assert_eq!(read(&world, council.call().cycle()), Err(AllianceError::AllianceFailed));
    assert_eq!(refused(&mut world, OWNER, 0, council.call_mut().leave()), AllianceError::AllianceFailed);
}
