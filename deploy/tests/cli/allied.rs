//! Members of an alliance: votes, rates, disputes, conversion, default, statements.

use super::town::{address, example, Town, UNIT};
use std::fs;

/// Bakery and cafe are members; Anna and Ben have a coupon of the bakery's each, and the cafe has honoured Anna's: the bakery owes it 2.
fn allied() -> Town {
    let town = Town::new();
    for member in ["bakery", "cafe"] {
        town.ok(&format!("alliance apply --profile {member} --as {member}"));
        town.ok(&format!("alliance admit {member} --cap 100 --as operator"));
        town.ok(&format!("alliance collateral 1 --as {member}"));
        town.ok(&format!("alliance collateral 49 --as {member}"));
    }
    town.ok(&format!("campaign create {} --as bakery", example("high-street.toml").display()));
    town.ok("issue --campaign 1 --to anna,ben --source 1 --as bakery");
    honour(&town, 1, "1/1", "anna");
    town
}

fn honour(town: &Town, number: u64, coupon: &str, holder: &str) {
    town.ok(&format!("order sign --number {number} --basket 20 --as cafe --out order.json"));
    town.ok(&format!("permit sign --coupon {coupon} --order order.json --as {holder} --out permit.json"));
    town.ok("redeem --order order.json --permit permit.json --as cafe");
}

fn position(town: &Town, name: &str) -> String {
    town.json(&format!("alliance status {name}"))["member"]["open"].as_str().unwrap().to_owned()
}

/// What the audit, which must agree, writes into a table: its only row, without where and when it happened.
fn row(town: &Town, table: &str) -> String {
    assert_eq!(town.json("audit --csv tables")["agrees"], true);
    let rows = fs::read_to_string(town.path(&format!("tables/{table}.csv"))).unwrap();
    let rows: Vec<&str> = rows.lines().skip(1).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].splitn(4, ',').nth(3).unwrap().to_owned()
}

#[test]
fn members_vote_and_the_vote_that_carries_a_motion_does_it() {
    let town = allied();
    assert_eq!(
        town.ok("council propose set-cap cafe --cap 200 --as bakery"),
        "motion 1: cafe may owe up to 200 UNIT; 1 of 2 votes, not carried yet\n"
    );
    town.refuses(
        "council propose set-cap cafe --as bakery",
        "--cap is missing: how much the member may owe",
        "add --cap AMOUNT",
    );
    assert!(town.refusal("council vote 1 --as bakery").contains("bakery"));
    assert!(town.refusal("council vote 2 --as cafe").contains("motion"));
    assert_eq!(town.json("alliance status cafe")["member"]["cap"], (100 * UNIT).to_string());
    assert_eq!(town.ok("council vote 1 --as cafe"), "cafe voted for motion 1: 2 of 2 votes, carried\n");
    assert_eq!(town.json("alliance status cafe")["member"]["cap"], (200 * UNIT).to_string());
    let motion = town.json("council motion 1");
    assert_eq!((motion["votes"].as_u64(), motion["carried"].as_bool()), (Some(2), Some(true)));
    assert!(town.refusal("council clear 1 --as cafe").contains("vote"));
    town.ok("chain advance 7d");
    town.ok("council clear 1 --as cafe");
    town.ok("council clear 1 --as bakery");
    assert!(town.refusal("council motion 1").contains("1"));

    town.ok("council decide suspend cafe --reason 3 --as operator");
    assert_eq!(town.json("alliance status cafe")["member"]["active"], false);
    town.ok("council decide reinstate cafe --as operator");
    assert_eq!(town.json("alliance status cafe")["member"]["active"], true);
    town.ok("council waive books --as operator");
    town.ok("council waive books --no-longer --as operator");
    assert_eq!(town.json("audit")["agrees"], true);
}

#[test]
fn two_members_agree_on_a_rate_and_it_is_booked() {
    let town = allied();
    let pair = "--acceptor cafe --issuer bakery";
    assert_eq!(town.json(&format!("council rate {pair}"))["agreed"], serde_json::Value::Null);
    town.ok(&format!("council offer-rate {pair} --bps 5000 --from +1h --daily-cap 10 --as bakery"));
    assert!(town.refusal(&format!("council accept-rate {pair} --bps 4000 --as cafe")).contains("rate"));
    town.ok(&format!("council withdraw-rate {pair} --as bakery"));
    assert!(town.refusal(&format!("council accept-rate {pair} --bps 5000 --as cafe")).contains("rate"));
    town.ok(&format!("council offer-rate {pair} --bps 5000 --from +1h --daily-cap 10 --as bakery"));
    town.ok(&format!("council accept-rate {pair} --bps 5000 --as cafe"));
    let rate = town.json(&format!("council rate {pair}"));
    assert_eq!(rate["agreed"]["bps"], 5_000);
    assert_eq!(rate["agreed"]["daily_cap"], (10 * UNIT).to_string());
    assert_eq!(rate["offered"], serde_json::json!([]));
    town.ok("chain advance 2h");
    honour(&town, 2, "1/2", "ben");
    assert_eq!(position(&town, "bakery"), format!("-{}", 3 * UNIT));
    let agreed = row(&town, "rates");
    assert!(agreed.starts_with(&format!("{},{},5000,", address("cafe"), address("bakery"))), "{agreed}");
    assert!(agreed.ends_with(",10000000000000"), "{agreed}");
}

#[test]
fn a_dispute_is_opened_replied_to_and_ruled_on() {
    let town = allied();
    let early = town.refusal("council dispute --acceptor cafe --number 1 --evidence receipts --as bakery");
    assert!(early.contains("can be rolled back until"), "{early}");
    town.ok("chain advance 14d");
    let opened =
        town.json("council dispute --acceptor cafe --number 1 --reason 2 --evidence receipts --as bakery");
    assert_eq!((opened["case"].as_u64(), opened["amount"].as_str()), (Some(1), Some("1980000000000")));
    assert!(town
        .refusal("council dispute --acceptor cafe --number 1 --evidence receipts --as bakery")
        .contains("dispute"));
    assert!(town.ok("council case 1").contains("waits for a reply"));
    town.ok("council reply 1 --evidence roll --as cafe");
    assert!(town.ok("council case 1").contains("waits for a ruling"));
    assert!(town.refusal("council rule 1 --bps 5000 --as anna").contains("anna"));
    assert_eq!(
        town.ok("council rule 1 --bps 5000 --as operator"),
        "dispute 1 is over: the acceptor gives 0.99 UNIT back\n"
    );
    assert_eq!(position(&town, "bakery"), "-1010000000000");
    assert_eq!(position(&town, "cafe"), "990000000000");
    town.ok("chain advance 31d");
    town.ok("council clear-case 1 --as bakery");
    let dispute = row(&town, "disputes");
    let parties = format!("1,{},{},1,1980000000000,2,0x", address("bakery"), address("cafe"));
    assert!(dispute.starts_with(&parties) && dispute.ends_with(",5000,990000000000"), "{dispute}");
}

#[test]
fn a_dispute_that_nobody_rules_on_times_out() {
    let town = allied();
    town.ok("chain advance 14d");
    town.ok("council dispute --acceptor cafe --number 1 --evidence receipts --as bakery");
    assert!(town.refusal("council time-out 1 --as anna").contains("rul"));
    town.ok("chain advance 22d");
    assert_eq!(
        town.ok("council time-out 1 --as anna"),
        "dispute 1 is over: the acceptor gives 0 UNIT back\n"
    );
}

#[test]
fn a_coupon_becomes_another_members() {
    let town = allied();
    town.create("first.toml", "bakery", "bakery");
    town.ok("issue --campaign 2 --to cafe --source 2 --as bakery");
    town.ok("council conversion --number 2 --basket 20 --takes 1/2 --gives 2/1 --to ben --as cafe --out swap.json");
    town.ok("permit sign --coupon 1/2 --order swap.json --as ben --out ben.json");
    let convert = "council convert --order swap.json --permit ben.json --gives 2/1";
    assert!(town.refusal(&format!("{convert} --to anna --as ben")).contains("order 2"));
    assert_eq!(town.ok(&format!("{convert} --to ben --as anna")), "coupon 1/2 became 2/1, which is ben's\n");
    assert_eq!(town.json("coupon show 2/1")["owner"], address("ben"));
    assert_eq!(position(&town, "bakery"), format!("-{}", 4 * UNIT));
    assert_eq!(row(&town, "conversions"), format!("{},2,2,1,{}", address("cafe"), address("ben")));
}

#[test]
fn coverage_says_what_stands_behind_a_coupon() {
    let town = allied();
    let found = town.json("council coverage 1/2");
    assert_eq!(
        (found["escrow"].as_str(), found["headroom"].as_str(), found["fund"].as_str()),
        (Some("0"), Some("48000000000000"), Some("2000000000000"))
    );
    assert!(town.refusal("council coverage 1/9").contains("1/9"));
    assert_eq!(town.ok("council cover-one bakery cafe"), "none of them owes more than it has put up\n");
}

#[test]
fn a_default_is_found_made_good_and_told_in_statements() {
    let town = allied();
    town.ok("chain advance 7d");
    town.ok("alliance close --as anna");
    assert!(town.refusal("alliance default bakery --as anna").contains("2026-05-10"));
    town.ok("chain advance 2d");
    assert_eq!(
        town.ok("alliance default bakery --as anna"),
        "bakery has defaulted: 0 UNIT from its credit, 2 UNIT from its collateral, 0 UNIT from its share, 0 UNIT from the fund, 0 UNIT cut from creditors, 0 UNIT waits\n"
    );
    assert_eq!(town.ok("alliance payout cafe --as cafe"), "cafe was paid 1.98 UNIT\n");
    town.ok("council propose readmit bakery --cap 50 --as cafe");
    assert_eq!(town.json("alliance status bakery")["member"]["active"], true);

    let text = town.ok("statement bakery");
    let order = format!("order 1, {}", address("cafe"));
    for line in ["Statement of bakery\n", "Billed for your coupons", order.as_str()] {
        assert!(text.contains(line), "{text}");
    }
    let json = town.json("statement bakery --cycle 1");
    let first = &json["statements"][0];
    assert_eq!(
        (first["billed"].as_str(), first["closing"].as_str(), first["entries"].as_array().unwrap().len()),
        (Some("-2000000000000"), Some("-2000000000000"), 1)
    );
    let second = &town.json("statement bakery --cycle 2")["statements"][0];
    assert_eq!(
        (second["opening"].as_str(), second["adjusted"].as_str(), second["closing"].as_str()),
        (Some("-2000000000000"), Some("2000000000000"), Some("0"))
    );
    town.ok("statement cafe --format csv --out cafe.csv");
    let csv = fs::read_to_string(town.path("cafe.csv")).unwrap();
    let amounts: Vec<(&str, &str)> = csv
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[2], fields[3])
        })
        .collect();
    assert_eq!(
        amounts,
        [
            ("kind", "amount"),
            ("opening", "0"),
            ("earned", "1980000000000"),
            ("closing", "1980000000000"),
            ("opening", "1980000000000"),
            ("paid_out", "-1980000000000"),
            ("closing", "0"),
        ]
    );
    let rows: serde_json::Value = serde_json::from_str(&town.ok("statement cafe --format json")).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    town.refuses(
        "statement anna",
        "there is no such statement of anna",
        "name a member, and a cycle in which it was one",
    );
    assert_eq!(row(&town, "defaults"), format!("{},0,2000000000000,0,0,0,0", address("bakery")));
}
