//! A campaign from its first code to the audit.
use crate::town::{example, Town, UNIT};
use serde_json::Value;
use std::fs;

#[test]
fn a_campaign_is_made_claimed_sent_sold_spent_and_audited() {
    let town = Town::deployed("journey", &[("bakery", 500), ("anna", 20), ("ben", 20)]);
    let made = town.json(&format!("campaign create {} --as bakery", example("first.toml").display()));
    assert_eq!((made["campaign"].as_u64(), made["escrow"].as_str()), (Some(1), Some("250000000000000")));
    town.ok("drop create --campaign 1 --codes 5 --out codes --as bakery");
    let claimed = town.ok(&format!("claim --code {} --drop codes --to anna", town.code(0)));
    assert_eq!(claimed, "coupon 1/1 is anna's\n");
    // A code is good once, and a refusal costs nothing.
    let anna = town.balance("anna");
    let (what, _) = town.refusal(&format!("claim --code {} --drop codes --to anna", town.code(0)));
    assert_eq!(what, "code 0 was used before");
    assert_eq!(town.balance("anna"), anna);
    // Someone without any money is served by the bakery.
    town.ok(&format!("claim --code {} --drop codes --to carl --as bakery", town.code(1)));

    assert_eq!(town.ok("quote --coupon 1/1 --acceptor bakery --basket 10"), "2 UNIT off, 8 UNIT to pay\n");
    town.ok("send 1/1 --to ben --as anna");
    town.ok("market sell 1/1 --price 1.50 --until +3d --as ben");
    town.ok("market buy 1/1 --highest 1.50 --as anna");

    town.ok("order sign --number 7 --basket 12.50 --as bakery --out order.json");
    town.ok("permit sign --coupon 1/1 --order order.json --as anna --out permit.json");
    let bakery = town.balance("bakery");
    let redeemed = town.json("redeem --order order.json --permit permit.json --as bakery");
    assert_eq!(
        (redeemed["discount"].as_str(), redeemed["net"].as_str()),
        (Some("2500000000000"), Some("10000000000000"))
    );
    // The discount comes from the escrow, and fees are small.
    assert!((bakery + 2 * UNIT..bakery + 3 * UNIT).contains(&town.balance("bakery")));
    let (what, _) = town.refusal("redeem --order order.json --permit permit.json --as bakery");
    assert!(what.contains('7'), "{what}");
    // What the block says the redemption is, is what can be undone.
    town.ok("rollback --number 7 --as bakery");
    assert!(town.ok("coupon show 1/1").contains("held by"));

    let audit = town.json("audit --db audit.sqlite --csv tables");
    assert_eq!(audit["agrees"], true, "{audit}");
    assert!(town.path("audit.sqlite").exists() && town.path("tables").is_dir());
    // At a block before the redemption the state was another, and the audit agrees with that too.
    let height = town.json("chain status")["height"].as_u64().unwrap();
    let before = town.json(&format!("audit --at-block {}", height - 2));
    assert_eq!(
        (before["agrees"].as_bool(), before["blocks"].as_u64()),
        (Some(true), Some(height - 2)),
        "{before}"
    );
    assert!(before["events"].as_u64() < audit["events"].as_u64());
    // A second node that says the same.
    let witnessed = town.json(&format!("audit --witness {}", town.endpoint));
    assert_eq!(
        (witnessed["agrees"].as_bool(), &witnessed["storage"]),
        (Some(true), &Value::from("confirmed"))
    );
    assert_eq!(audit["storage"], "unproven");
    assert!(fs::metadata(town.path("deployments/local.events.sqlite")).unwrap().len() > 0);
}
