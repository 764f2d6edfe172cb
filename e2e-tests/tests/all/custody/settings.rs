//! What custody is made with, and merchants' terms.
use super::*;
use custody::{
    book::Root,
    terms::{Merchant, LONGEST},
};

#[test]
fn custody_knows_one_to_four_registry_codes() {
    let (mut world, _) = open();
    let here = deploy(&mut world, &[]);
    let code = world.chain.code_hash_of(here).unwrap().unwrap();
    let tag = world.chain.genesis();
    for listed in [0, 5] {
        let constructor = CustodyRef::new(tag, vec![[7; 32]; listed]);
        let made = world.chain.instantiate_typed(account(OWNER), code, 0, vec![1], constructor);
        let listed = u32::try_from(listed).unwrap();
        let refusal: CustodyError = refusal_of(made.map(|(address, _)| address).unwrap_err());
        assert_eq!(refusal, CustodyError::RegistryCount { listed, most: 4 });
    }
    let registries = vec![world.chain.code_hash_of(world.suite.registry).unwrap().unwrap()];
    let custody: CustodyRef = at(here);
    assert_eq!(
        read(&world, custody.call().config()),
        Root { chain_tag: tag, registries: registries.clone() }
    );
    let events = world.chain.events(0).unwrap();
    let made =
        events.iter().rev().find(|event| event.contract == here && event.kind == chain::EventKind::Emitted);
    let created = CustodyCreated { chain_tag: tag, registries };
    assert_eq!(made.map(Emitted::from), Some(by(here, created)));
}

#[test]
fn terms_are_checked_numbered_and_told() {
    let mut c = Counter::new(terms());
    let good = holding(&c.world);
    let mut refuses =
        |terms: HoldingTerms| refused(&mut c.world, "bakery", 0, c.custody.call_mut().set_terms(terms));
    for resolver in [account("bakery"), AccountId::from([0; 32])] {
        assert_eq!(refuses(HoldingTerms { resolver, ..good }), CustodyError::BadResolver { resolver });
    }
    for time in [0, LONGEST + 1] {
        let expected = CustodyError::TimeToDispute { time, most: LONGEST };
        assert_eq!(refuses(HoldingTerms { time_to_dispute: time, ..good }), expected);
        let expected = CustodyError::TimeToRule { time, most: LONGEST };
        assert_eq!(refuses(HoldingTerms { time_to_rule: time, ..good }), expected);
    }
    let share = CustodyError::ShareOverWhole { bps: 10_001 };
    assert_eq!(refuses(HoldingTerms { unruled_bps: 10_001, ..good }), share);
    let nobody = CustodyError::UnknownRegistry { registry: account("cem"), code: None };
    assert_eq!(refuses(HoldingTerms { registry: account("cem"), ..good }), nobody);
    let market = c.world.suite.market;
    let code = c.world.chain.code_hash_of(market).unwrap();
    let other = CustodyError::UnknownRegistry { registry: market, code };
    assert_eq!(
        refused(
            &mut c.world,
            "bakery",
            0,
            c.custody.call_mut().set_terms(HoldingTerms { registry: market, ..good })
        ),
        other
    );

    let terms = HoldingTerms { time_to_dispute: LONGEST, time_to_rule: 1, unruled_bps: 10_000, ..good };
    let done = c.set_terms("bakery", terms);
    let set = TermsSet { merchant: account("bakery"), epoch: 1, terms };
    assert_eq!((done.result, done.events), (1, vec![c.emits(set)]));
    let kept = read(&c.world, c.custody.call().terms(account("bakery")));
    assert_eq!(kept, Some(Merchant { terms, epoch: 1 }));
    assert_eq!(read(&c.world, c.custody.call().terms(account("cinema"))), None);
}

#[test]
fn a_payment_keeps_the_terms_of_its_day() {
    let mut c = Counter::paid();
    let terms =
        HoldingTerms { resolver: account("cem"), time_to_dispute: 1, unruled_bps: 0, ..holding(&c.world) };
    c.set_terms("bakery", terms);
    assert_eq!(c.held(), Some(c.usual()));
    c.at(DISPUTABLE - 1);
    c.dispute();
    assert_eq!(c.rule(5_000).result, split(900));
}

#[test]
fn a_permit_is_void_under_other_terms_than_it_was_signed_under() {
    let mut c = Counter::new(terms());
    let terms = HoldingTerms { unruled_bps: 0, ..holding(&c.world) };
    c.set_terms("bakery", terms);
    let order = order("bakery", 1);
    let cancelled = CustodyError::PermitCancelled { epoch: 0, current: 1 };
    assert_eq!(c.pay_refused("ann", &order, NET), cancelled);
    let coupons = c.coupons(&order);
    let permit = c.permit("bakery", &coupons, &order, 1);
    let message = c.custody.call_mut().pay(order, coupons, permit);
    act(&mut c.world, "ann", NET, message);
}
