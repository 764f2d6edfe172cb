//! Merchants who honour each other's coupons, over a whole cycle.
use crate::town::{example, Town};

#[test]
fn merchants_honour_each_others_coupons_and_settle() {
    let town = Town::deployed("alliance", &[("bakery", 200), ("cafe", 200), ("anna", 20)]);
    for member in ["bakery", "cafe"] {
        town.ok(&format!("alliance apply --profile {member} --as {member}"));
        town.ok(&format!("alliance admit {member} --cap 100 --as operator"));
        town.ok(&format!("alliance collateral 50 --as {member}"));
    }
    town.ok(&format!("campaign create {} --as bakery", example("high-street.toml").display()));
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    town.ok("order sign --number 1 --basket 20 --as cafe --out order.json");
    town.ok("permit sign --coupon 1/1 --order order.json --as anna --out permit.json");
    let redeemed = town.json("redeem --order order.json --permit permit.json --as cafe");
    assert_eq!(redeemed["through_alliance"], true);
    let (what, fix) = town.refusal("alliance close --as anna");
    assert!(what.starts_with("the cycle runs until "), "{what}");
    assert!(fix.starts_with("close it later"), "{fix}");
    town.ok("chain advance 7d");
    town.ok("alliance close --as anna");
    assert_eq!(town.ok("alliance pay-in --as bakery"), "2 UNIT paid in for bakery\n");
    assert_eq!(town.ok("alliance payout cafe --as cafe"), "cafe was paid 1.98 UNIT\n");
    let audit = town.json("audit --db audit.sqlite");
    assert_eq!(audit["agrees"], true, "{audit}");
}

/// Bakery and cafe are members, and the cafe has honoured a coupon of the bakery's: the bakery owes it 2.
fn allied(salt: &str) -> Town {
    let town = Town::deployed(salt, &[("bakery", 200), ("cafe", 200), ("anna", 20)]);
    for member in ["bakery", "cafe"] {
        town.ok(&format!("alliance apply --profile {member} --as {member}"));
        town.ok(&format!("alliance admit {member} --cap 100 --as operator"));
        town.ok(&format!("alliance collateral 50 --as {member}"));
    }
    town.ok(&format!("campaign create {} --as bakery", example("high-street.toml").display()));
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    honour(&town, 1);
    town
}

/// The cafe takes Anna's coupon 1/`number`.
fn honour(town: &Town, number: u64) {
    town.ok(&format!("order sign --number {number} --basket 20 --as cafe --out order.json"));
    town.ok(&format!("permit sign --coupon 1/{number} --order order.json --as anna --out permit.json"));
    town.ok("redeem --order order.json --permit permit.json --as cafe");
}

fn position(town: &Town, name: &str) -> String {
    town.json(&format!("alliance status {name}"))["member"]["open"].as_str().unwrap().to_owned()
}

#[test]
fn members_vote_agree_on_a_rate_and_dispute_what_was_booked() {
    let town = allied("council");
    town.ok("council propose set-cap cafe --cap 90 --as bakery");
    assert_eq!(town.ok("council vote 1 --as cafe"), "cafe voted for motion 1: 2 of 2 votes, carried\n");
    assert_eq!(town.json("alliance status cafe")["member"]["cap"], "90000000000000");

    let pair = "--acceptor cafe --issuer bakery";
    town.ok(&format!("council offer-rate {pair} --bps 5000 --from +1h --daily-cap 10 --as bakery"));
    town.ok(&format!("council accept-rate {pair} --bps 5000 --as cafe"));
    town.ok("chain advance 2h");
    town.ok("issue --campaign 1 --to anna --source 2 --as bakery");
    honour(&town, 2);
    assert_eq!(position(&town, "bakery"), "-3000000000000");

    let dispute = "council dispute --acceptor cafe --number 1 --reason 2 --evidence receipts --as bakery";
    let (what, _) = town.refusal(dispute);
    assert!(what.starts_with("the redemption can be rolled back until "), "{what}");
    town.ok("chain advance 1d");
    town.ok(dispute);
    town.ok("council reply 1 --evidence roll --as cafe");
    let (what, _) = town.refusal("council rule 1 --bps 5000 --as anna");
    assert!(what.contains("anna"), "{what}");
    assert_eq!(
        town.ok("council rule 1 --bps 5000 --as operator"),
        "dispute 1 is over: the acceptor gives 0.99 UNIT back\n"
    );
    assert_eq!(position(&town, "bakery"), "-2010000000000");
    let audit = town.json("audit");
    assert_eq!(audit["agrees"], true, "{audit}");
}

#[test]
fn a_default_is_made_good_from_collateral() {
    let town = allied("default");
    town.ok("chain advance 7d");
    town.ok("alliance close --as anna");
    let (what, _) = town.refusal("alliance default bakery --as anna");
    assert!(!what.is_empty());
    town.ok("chain advance 2d");
    let said = town.ok("alliance default bakery --as anna");
    assert!(
        said.starts_with("bakery has defaulted: 0 UNIT from its credit, 2 UNIT from its collateral, "),
        "{said}"
    );
    assert_eq!(town.ok("alliance payout cafe --as cafe"), "cafe was paid 1.98 UNIT\n");
    let audit = town.json("audit");
    assert_eq!(audit["agrees"], true, "{audit}");
}
