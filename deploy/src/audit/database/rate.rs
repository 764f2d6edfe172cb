//! How many events a second the database takes. `COUPONRY_RATE` is the least there must be, for a machine that does nothing else.

use super::{fill, Audited};
use crate::audit::{decode::RegistryEvent, registry::State, storage::Place, Happened, SuiteEvent};
use registry::events::{CouponsIssued, OrdersRedeemed, Transfer};
use rusqlite::Connection;
use scale::Encode;
use shared::{
    assets::Asset,
    claims::Source,
    ids::CouponId,
    order::{Redemption, Use},
    terms::Funding,
    AccountId,
};
use std::{env, time::Instant};

/// Coupons whose lives are written: five events each.
const COUPONS: u32 = 20_000;

fn happened(block: u32, index: u32, event: RegistryEvent, data: Vec<u8>) -> Happened {
    let place = Place { block, index };
    Happened {
        place,
        time: u64::from(block) * 6_000,
        topics: vec![[7; 32], [8; 32]],
        data,
        event: SuiteEvent::Registry(event),
    }
}

/// A coupon is claimed, sent on, and spent.
fn life(serial: u32) -> Vec<Happened> {
    let (claimer, holder, acceptor) =
        (AccountId::from([1; 32]), AccountId::from([2; 32]), AccountId::from([3; 32]));
    let moved = |from: Option<AccountId>, to: Option<AccountId>| {
        let event = Transfer { from, to, id: CouponId { campaign: 1, serial }.into() };
        let data = event.encode();
        (RegistryEvent::Transfer(event), data)
    };
    let issued = CouponsIssued {
        campaign: 1,
        first_serial: serial,
        count: 1,
        valid_until: u64::MAX,
        advocate: None,
        source: Source::Code { drop: 1, index: serial },
    };
    let used = Use {
        coupon: CouponId { campaign: 1, serial },
        holder,
        valid_until: u64::MAX,
        issuer: acceptor,
        funding: Funding::Escrow,
        advocate: None,
        left_before: 1,
        left_after: 0,
        discount: 250,
    };
    let redeemed = OrdersRedeemed {
        acceptor,
        redemptions: vec![Redemption {
            acceptor,
            number: serial.into(),
            order: [9; 32],
            basket: 1_000,
            eligible: 1_000,
            asset: Asset::Native,
            uses: vec![used],
            refused: vec![],
            net: 750,
            payer: None,
            alliance: None,
            cashier: None,
            redeemed_at: 1,
            final_at: 2,
        }],
        claimed: false,
    };
    let (issued_data, redeemed_data) = (issued.encode(), redeemed.encode());
    let events = [
        (RegistryEvent::CouponsIssued(issued), issued_data),
        moved(None, Some(claimer)),
        moved(Some(claimer), Some(holder)),
        moved(Some(holder), None),
        (RegistryEvent::OrdersRedeemed(redeemed), redeemed_data),
    ];
    (0..).zip(events).map(|(index, (event, data))| happened(serial, index, event, data)).collect()
}

#[test]
fn every_event_is_written_and_quickly() {
    let history: Vec<_> = (1..=COUPONS).flat_map(life).collect();
    let state = State { campaigns: vec![], coupons: vec![], roles: vec![], keys: vec![] };
    let audited =
        Audited { history: &history, state: &state, statements: &[], movements: &[], holdings: &[] };
    let folder = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(folder.path().join("audit.sqlite")).unwrap();
    let start = Instant::now();
    fill(&mut connection, &audited).unwrap();
    let took = start.elapsed();
    let events = u32::try_from(history.len()).unwrap();
    let rate = f64::from(events) / took.as_secs_f64();
    println!("{events} events of decoded input in {took:.2?}: {rate:.0} events a second");
    for (table, per_coupon) in
        [("events", 5), ("transfers", 3), ("coupons", 1), ("redemptions", 1), ("uses", 1)]
    {
        let rows: u32 =
            connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(rows, per_coupon * COUPONS, "{table}");
    }
    if let Ok(least) = env::var("COUPONRY_RATE") {
        assert!(rate >= least.parse().unwrap(), "{rate:.0} events a second");
    }
}
