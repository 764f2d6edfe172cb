//! The auditor on a real chain: it agrees after a life of coupons of every kind, and notices each falsified event, storage item and balance by name.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::unwrap_used,
    reason = "tests: a panic here is a failure with its place, and amounts are small"
)]

mod town;

use chain::{keys::ss58, tamper, Chain, EmbeddedChain, EventRecord, TypedChain};
use couponry::audit::{self, AuditError, Contradiction, Finding, Kind, Place, Unreadable};
use ink::{codegen::TraitCallBuilder, env::Event};
use office::events::CouponsIssued;
use registry::events::{OrdersRedeemed, Transfer};
use rusqlite::Connection;
use scale::{Decode, Encode};
use shared::{assets::Asset, coupons::Role, ids::CouponId, ledger, psp34::PSP34, terms::Funding};
use town::{account, Town, UNIT};

fn is<E: Event>(record: &EventRecord) -> bool {
    record.topics.first() == E::SIGNATURE_TOPIC.as_ref()
}

#[test]
fn the_audit_of_a_whole_life_agrees() {
    let report = Town::lived().audit();
    assert_eq!(report.differences, []);
    assert!(report.agrees && report.events > 100);
    let holdings: Vec<_> = report
        .holdings
        .iter()
        .map(|h| (h.contract, h.asset == Asset::Native, h.owed > 0, h.surplus()))
        .collect();
    let expected = [
        ("registry", true, true, 0),
        ("registry", false, true, 0),
        ("office", true, false, 0),
        ("desk", true, false, 0),
        ("alliance", true, true, 0),
        ("market", true, false, 0),
        ("market", false, true, 0),
    ];
    assert_eq!(holdings, expected);
    assert!(report.holdings.iter().all(|h| h.suffices()));
}

#[test]
fn a_contract_short_of_money_is_a_difference() {
    let mut town = Town::lived();
    // What the token says the registry has, under the key of its balances there.
    let tokens = town.chain.storage(town.token).unwrap();
    let is_registrys = |key: &[u8]| key.ends_with(town.suite.registry.as_ref());
    let held = 47 * UNIT;
    let (key, _) = tokens.iter().find(|(key, value)| is_registrys(key) && *value == held.encode()).unwrap();
    tamper::storage(&mut town.chain, town.token, key, Some((held - 1).encode())).unwrap();
    let differences = town.audit().differences;
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!(difference.item, format!("money held, PSP22 {}", ss58(&town.token)));
    assert_eq!(difference.expected, Some(held.to_string()));
    assert_eq!(difference.found, Some((held - 1).to_string()));
}

#[test]
fn a_new_suite_agrees() {
    let report = Town::new().audit();
    assert!(report.agrees, "{:?}", report.differences);
    assert_eq!(report.events, 4);
}

#[test]
fn money_sent_unasked_is_surplus_and_no_difference() {
    let mut town = Town::lived();
    town.chain.transfer(account("ann"), town.suite.market, UNIT).unwrap();
    let report = town.audit();
    assert!(report.agrees);
    let market = report.holdings.iter().find(|h| h.contract == "market").unwrap();
    assert_eq!(market.surplus(), UNIT);
}

#[test]
fn a_campaign_in_a_contract_that_is_no_token_stops_no_audit() {
    let mut town = Town::lived();
    let no_token = Asset::Psp22(town.suite.market);
    town.campaign("cinema", 0, |terms| {
        (terms.asset, terms.funding) = (no_token, Funding::Merchant);
    });
    let report = town.audit();
    assert_eq!(report.differences, []);
    let holding = report.holdings.iter().find(|h| h.asset == no_token).unwrap();
    assert_eq!((holding.owed, holding.held), (0, 0));
}

#[test]
fn every_tampered_storage_item_is_named() {
    let lived = Town::lived();
    let moment = lived.chain.snapshot();
    let contracts = [
        ("registry", lived.suite.registry),
        ("office", lived.suite.office),
        ("desk", lived.suite.desk),
        ("alliance", lived.suite.alliance),
        ("market", lived.suite.market),
    ];
    for (name, contract) in contracts {
        for (key, value) in lived.chain.storage(contract).unwrap() {
            let mut town = Town { chain: EmbeddedChain::fork(&moment), ..lived };
            let mut altered = value.clone();
            // An empty item can only be missing.
            match altered.last_mut() {
                Some(byte) => *byte ^= 1,
                None => altered.push(1),
            }
            tamper::storage(&mut town.chain, contract, &key, Some(altered)).unwrap();
            let report = town.audit();
            assert!(!report.agrees);
            let [difference] = report.differences.as_slice() else { panic!("{:?}", report.differences) };
            assert_eq!(difference.contract, name);
            assert!(!difference.item.contains("unknown"), "{difference}");
            assert!(difference.expected.is_some() && difference.found.is_some(), "{difference}");
            assert!(difference.last_event.is_some(), "{difference}");
        }
    }
}

#[test]
fn a_missing_and_an_extra_item_are_told_apart() {
    let mut town = Town::lived();
    let cem = account("cem");
    let role = |merchant| ledger::key(ledger::items::ROLES, &(merchant, cem));
    tamper::storage(&mut town.chain, town.suite.registry, &role(account("bakery")), None).unwrap();
    let forged = Role { cashier: true, ..Role::default() }.encode();
    tamper::storage(&mut town.chain, town.suite.registry, &role(cem), Some(forged)).unwrap();
    let mut items: Vec<_> = town
        .audit()
        .differences
        .into_iter()
        .map(|d| (d.item, d.expected.is_some(), d.found.is_some(), d.last_event.is_some()))
        .collect();
    items.sort();
    let mut expected = [
        (format!("role {}, {}", ss58(&account("bakery")), ss58(&cem)), true, false, true),
        (format!("role {0}, {0}", ss58(&cem)), false, true, false),
    ];
    expected.sort();
    assert_eq!(items, expected);
}

/// The names of the events of which an audit misses a falsification, in order of the history, once for each falsification.
fn missed(
    falsify: impl Fn(&mut EmbeddedChain, &EventRecord, usize),
    falsifications: impl Fn(&EventRecord) -> usize,
) -> Vec<String> {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("audit.sqlite");
    audit::run(&town.chain, &town.suite, Some(&db), None).unwrap();
    let names = Connection::open(&db).unwrap();
    let name = |event: &EventRecord| {
        let sql = "SELECT event FROM events WHERE block = ?1 AND idx = ?2";
        names.query_row(sql, [event.block, event.index], |row| row.get(0)).unwrap()
    };
    let mut missed = Vec::new();
    let events = town.chain.events(0).unwrap();
    for event in events.into_iter().filter(|event| event.contract != town.token) {
        for falsification in 0..falsifications(&event) {
            town.chain.restore(&moment);
            falsify(&mut town.chain, &event, falsification);
            match audit::run(&town.chain, &town.suite, None, None) {
                Ok(report) if report.agrees => missed.push(name(&event)),
                Ok(_) | Err(AuditError::Finding(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
    missed
}

#[test]
fn every_deleted_event_that_left_a_trace_is_noticed() {
    let delete = |chain: &mut EmbeddedChain, event: &EventRecord, _| {
        tamper::delete_event(chain, event.block, event.index).unwrap();
    };
    // In order: a coupon sent to its own holder, a cashier dismissed at once, approvals that a transfer used up, the admission of a member
    // that left, one more approval, and a coupon frozen anew.
    let traceless = [
        "Transfer",
        "CashierChanged",
        "Approval",
        "Approval",
        "Approval",
        "MemberAdmitted",
        "Approval",
        "CouponFreezeChanged",
    ];
    assert_eq!(missed(delete, |_| 1), traceless);
}

#[test]
fn every_altered_byte_that_left_a_trace_is_noticed() {
    // Every fourth byte, and the last.
    let flip = |chain: &mut EmbeddedChain, event: &EventRecord, nth: usize| {
        let place = (4 * nth).min(event.data.len() - 1);
        tamper::event(chain, event.block, event.index, |record| record.data[place] ^= 1).unwrap();
    };
    let mut names = missed(flip, |event| event.data.len().div_ceil(4) + 1);
    names.sort();
    names.dedup();
    let traceless = [
        // Used up by a transfer since.
        "Approval",
        // The document's URI: only its hash is a term.
        "CampaignCreated",
        // Dismissed since.
        "CashierChanged",
        // Frozen for another reason since.
        "CouponFreezeChanged",
        // What a member that left was admitted to, and applied with.
        "MemberAdmitted",
        "MemberApplied",
        // The order's hash, and its price in cash, where no rollback is possible.
        "OrdersRedeemed",
        // Who paid in for a member.
        "PayInReceived",
    ];
    assert_eq!(names, traceless);
}

#[test]
fn findings_name_the_event() {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let moved = town.event(|record| {
        is::<Transfer>(record)
            && Transfer::decode(&mut &*record.data).is_ok_and(|t| t.from == Some(account("ann")))
    });
    let mut edit = |record: &EventRecord, edit: &dyn Fn(&mut EventRecord)| {
        town.chain.restore(&moment);
        tamper::event(&mut town.chain, record.block, record.index, edit).unwrap();
        town.finding()
    };
    let place = Place { block: moved.block, index: moved.index };
    let id = Transfer::decode(&mut &*moved.data).unwrap().id;
    let coupon = CouponId::try_from(&id).unwrap();
    let stolen = edit(&moved, &|record| {
        let mut transfer = Transfer::decode(&mut &*record.data).unwrap();
        transfer.from = Some(account("cem"));
        record.data = transfer.encode();
    });
    let why = Contradiction::NotHolder { coupon, owner: account("ann"), named: account("cem") };
    assert_eq!(
        stolen,
        Finding::Contradiction { place, contract: "registry", event: "Transfer", why: why.into() }
    );
    assert!(stolen
        .to_string()
        .starts_with(&format!("block {}, event {}: registry: Transfer: coupon", moved.block, moved.index)));

    let unknown = edit(&moved, &|record| record.topics[0] = [9; 32]);
    let why = Unreadable::UnknownSignature { signature: [9; 32] };
    assert_eq!(unknown, Finding::Unreadable { place, contract: "registry", why });
    let longer = edit(&moved, &|record| record.data.push(0));
    let why = Unreadable::TrailingBytes { event: "Transfer", bytes: 1 };
    assert_eq!(longer, Finding::Unreadable { place, contract: "registry", why });
    let replaced = chain::EventKind::CodeUpdated { from: [1; 32], to: [2; 32] };
    let kind = replaced.clone();
    assert_eq!(
        edit(&moved, &|record| record.kind = replaced.clone()),
        Finding::CodeChanged { place, contract: "registry", kind }
    );
}

#[test]
fn an_account_without_code_is_no_contract_of_the_suite() {
    let mut town = Town::lived();
    town.suite.market = account("ann");
    assert_eq!(town.finding(), Finding::Gone { contract: "market", account: account("ann") });
}

#[test]
fn a_coupon_spent_without_its_order_and_one_issued_to_nobody_are_findings() {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let order = town.event(is::<OrdersRedeemed>);
    tamper::delete_event(&mut town.chain, order.block, order.index).unwrap();
    let finding = town.finding();
    assert!(
        matches!(&finding, Finding::Contradiction { why, .. } if matches!(**why, Contradiction::Causeless { .. })),
        "{finding}"
    );

    town.chain.restore(&moment);
    let issue = town.event(is::<CouponsIssued>);
    tamper::delete_event(&mut town.chain, issue.block, issue.index + 1).unwrap();
    let finding = town.finding();
    assert!(finding.to_string().contains("the serial of the coupon issued"), "{finding}");
}

#[test]
fn statements_carry_over_and_end_at_the_positions_in_storage() {
    let town = Town::lived();
    let statements = town.audit().statements;
    for (index, later) in statements.iter().enumerate() {
        let before = statements[..index].iter().rfind(|s| s.member == later.member);
        assert_eq!(later.opening, before.map_or(0, |s| s.closing()));
    }
    for (name, collateral) in [("bakery", None), ("cinema", Some(39 * UNIT))] {
        let message = town.alliance().call().member(account(name));
        let (member, _) = town.chain.view_typed(account("ann"), 0, message).unwrap();
        let member = member.unwrap();
        let last = statements.iter().rfind(|s| s.member == account(name)).unwrap();
        let credit = i128::try_from(member.credit).unwrap();
        assert_eq!(last.closing(), member.open + member.due + credit, "{name}");
        assert!(collateral.is_none_or(|collateral| collateral == member.collateral));
    }
    let bakery = statements.iter().find(|s| s.member == account("bakery") && s.cycle == 2).unwrap();
    let units = |kind| bakery.total(kind) / i128::try_from(UNIT).unwrap();
    assert_eq!(bakery.opening / i128::try_from(UNIT).unwrap(), -6);
    assert_eq!([Kind::Billed, Kind::PaidIn, Kind::Adjusted, Kind::Reversed].map(units), [-3, 4, 2, 3]);
    let left = statements.iter().find(|s| s.member == account("cem") && s.closed_at.is_some()).unwrap();
    assert_eq!((left.cycle, left.closing()), (1, 0));
}

#[test]
fn the_database_and_the_tables_tell_the_same() {
    let town = Town::lived();
    let folder = tempfile::tempdir().unwrap();
    let (db, csv) = (folder.path().join("new/audit.sqlite"), folder.path().join("csv"));
    std::fs::create_dir_all(&csv).unwrap();
    std::fs::write(csv.join("sales.csv"), "old").unwrap();
    let report = audit::run(&town.chain, &town.suite, Some(&db), Some(&csv)).unwrap();
    let connection = Connection::open(&db).unwrap();
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT COUNT(*) FROM events"), i64::try_from(report.events).unwrap());
    let (live, _) = town.chain.view_typed(account("ann"), 0, town.registry().call().total_supply()).unwrap();
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE holder IS NOT NULL"), i64::try_from(live).unwrap());
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE issued_to IS NULL"), 0);
    assert_eq!(one("SELECT COUNT(*) FROM listings WHERE state = 'open'"), 1);
    assert_eq!(one("SELECT price - seller_part - royalty - fee FROM sales"), 0);
    assert_eq!(one("SELECT COUNT(*) FROM redemptions WHERE rolled_back_at IS NOT NULL"), 4);
    assert_eq!(one("SELECT COUNT(*) FROM bookings WHERE reversed_at IS NOT NULL"), 2);
    assert_eq!(one("SELECT COUNT(*) FROM cycles"), 3);
    for holding in &report.holdings {
        let sql = format!(
            "SELECT COALESCE(SUM(CASE WHEN sender IS NULL THEN -amount WHEN receiver IS NULL THEN amount ELSE 0 END), 0)
               FROM movements WHERE contract = '{}' AND asset = '{}'",
            holding.contract,
            if holding.asset == Asset::Native { "native".into() } else { ss58(&town.token) }
        );
        assert_eq!(one(&sql), i64::try_from(holding.owed).unwrap(), "{}", holding.contract);
    }
    let sales = std::fs::read_to_string(csv.join("sales.csv")).unwrap();
    let lines: Vec<_> = sales.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("block,idx,time,registry,campaign,serial,seller,buyer"));
    let written = std::fs::read_dir(&csv).unwrap().count();
    assert_eq!(
        one("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'"),
        i64::try_from(written).unwrap()
    );
    let beside = std::fs::read_dir(db.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "nothing is left behind");
}
