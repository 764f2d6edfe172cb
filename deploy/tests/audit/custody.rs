//! Custody in the audit: it agrees with a life of held payments, and notices what was falsified in it.
use crate::town::{account, Town, DAY, UNIT};
use chain::{tamper, Chain, EmbeddedChain, EventRecord, Keypair};
use couponry::{
    audit::{self, AuditError, Files},
    orders::sign_order,
    suite::open_custody,
};
use custody::{terms::HoldingTerms, CustodyRef};
use ink::{codegen::TraitCallBuilder, env::call::FromAccountId};
use shared::{ids::CouponId, order::Settlement, permit::Domain};

/// Ann has paid the bakery four times: the first payment is disputed and answered, the second settled, of the third a part went back, and the fourth was ruled.
fn shop() -> Town {
    let mut town = Town::new();
    let wasm = builder::Options::of_this_checkout().out_dir.join("custody.wasm");
    let code = std::fs::read(wasm).unwrap();
    let here = open_custody(&mut town.chain, account("owner"), &code, &town.suite, &[]).unwrap();
    town.suite.custody = Some(here);
    let mut custody = CustodyRef::from_account_id(here);
    let terms = HoldingTerms {
        registry: town.suite.registry,
        resolver: account("dan"),
        time_to_dispute: DAY / 2,
        time_to_rule: 30 * DAY,
        unruled_bps: 5_000,
    };
    town.act("bakery", 0, custody.call_mut().set_terms(terms));
    let trust = town.office().call_mut().set_role(here, false, true, None);
    town.act("bakery", 0, trust);
    let campaign = town.campaign("bakery", 40 * UNIT, |_| ());
    let coupons = town.issue("bakery", campaign, &["ann"; 4], 1);
    for (number, coupon) in (1..).zip(coupons) {
        pays(&mut town, number, coupon);
    }
    let bakery = account("bakery");
    for number in [1, 4] {
        town.act("ann", 0, custody.call_mut().dispute(bakery, number, 3, [4; 32]));
    }
    town.act("bakery", 0, custody.call_mut().reply(1, [5; 32]));
    town.act("bakery", 0, custody.call_mut().give_back(3, 2 * UNIT));
    town.act("dan", 0, custody.call_mut().rule(bakery, 4, 3_333));
    town.chain.advance(DAY).unwrap();
    town.act("ben", 0, custody.call_mut().settle(bakery, 2));
    town
}

fn pays(town: &mut Town, number: u64, coupon: CouponId) {
    let here = town.suite.custody.unwrap();
    let order = town.order("bakery", number, Settlement::OffChain);
    let permits = town.permits(&order, &[("ann", coupon.into())]);
    let domain = Domain { chain_tag: town.chain.genesis(), contract: here };
    let signed = sign_order(&domain, &Keypair::named("bakery"), 0, &permits.presented(), &order);
    let mut custody = CustodyRef::from_account_id(here);
    town.act("ann", 17 * UNIT, custody.call_mut().pay(order, permits.coupons, signed.permit));
}

/// Whether the audit says that all is well.
fn agrees(town: &Town) -> bool {
    match audit::run(&town.chain, &town.suite, Files::default()) {
        Ok(report) => report.agrees,
        Err(AuditError::Finding(_)) => false,
        Err(fault) => panic!("{fault}"),
    }
}

#[test]
fn held_payments_are_replayed_and_what_custody_owes_it_holds() {
    let report = shop().audit();
    assert_eq!(report.differences, []);
    let custody = report.holdings.iter().find(|holding| holding.contract == "custody").unwrap();
    // 17 of the first payment, and 15 of the third.
    assert_eq!((custody.owed, custody.held), (32 * UNIT, 32 * UNIT));
}

#[test]
fn each_falsified_item_of_custody_is_named() {
    let mut town = shop();
    let (here, moment) = (town.suite.custody.unwrap(), town.chain.snapshot());
    let items = town.chain.storage(here).unwrap();
    assert_eq!(items.len(), 4, "root, terms and two payments");
    for (key, value) in items {
        town.chain.restore(&moment);
        let mut altered = value.clone();
        *altered.last_mut().unwrap() ^= 1;
        tamper::storage(&mut town.chain, here, &key, Some(altered)).unwrap();
        let differences = town.audit().differences;
        let [difference] = differences.as_slice() else { panic!("{differences:?}") };
        assert_eq!(difference.contract, "custody");
        assert!(!difference.item.contains("unknown") && difference.last_event.is_some(), "{difference}");
    }
}

/// Custody's events whose falsification the audit doesn't notice.
fn missed(town: &mut Town, falsify: impl Fn(&mut EmbeddedChain, &EventRecord)) -> Vec<u32> {
    let (here, moment) = (town.suite.custody.unwrap(), town.chain.snapshot());
    let events: Vec<_> = town.chain.events(0).unwrap();
    let events: Vec<_> = events.into_iter().filter(|event| event.contract == here).collect();
    assert_eq!(events.len(), 12);
    let mut missed = Vec::new();
    for event in events {
        town.chain.restore(&moment);
        falsify(&mut town.chain, &event);
        if agrees(town) {
            missed.push(event.block);
        }
    }
    missed
}

#[test]
fn each_deleted_or_altered_event_of_custody_is_noticed() {
    let mut town = shop();
    let deleted = missed(&mut town, |chain, event| {
        tamper::delete_event(chain, event.block, event.index).unwrap();
    });
    assert_eq!(deleted, [0; 0]);
    let mut town = shop();
    // The last byte is of a time, an amount, a hash or the terms.
    let altered = missed(&mut town, |chain, event| {
        tamper::event(chain, event.block, event.index, |record| *record.data.last_mut().unwrap() ^= 1)
            .unwrap();
    });
    assert_eq!(altered, [0; 0]);
}
