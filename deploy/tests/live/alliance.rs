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
