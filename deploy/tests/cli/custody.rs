//! Payments that are held: disputed, ruled, settled and given back.
use crate::town::Town;
use rusqlite::Connection;

/// The bakery is paid through custody, and Ben is its resolver; Anna has coupons 1/1 to 1/3.
fn shop() -> Town {
    let town = Town::new();
    town.campaign("per_holder = 1", "per_holder = 9");
    town.ok("issue --campaign 1 --to anna,anna,anna --source 1 --as bakery");
    town.refuses(
        "custody show bakery",
        "custody is not open on this chain",
        "run `couponry custody open --as NAME`",
    );
    assert_eq!(town.json("audit")["agrees"], true, "a suite without custody");
    town.ok("custody open --as operator");
    town.ok("custody terms --resolver ben --dispute 3d --rule 2d --unruled-bps 6000 --as bakery");
    town
}

/// Anna has paid 8 for order `number`, with coupon 1/`number`.
fn pays(town: &Town, number: u64) -> String {
    town.ok(&format!("order sign --number {number} --basket 10 --as bakery --out order.json"));
    town.ok(&format!("custody sign --order order.json --coupon 1/{number} --as bakery --out held.json"));
    town.ok(&format!("permit sign --coupon 1/{number} --order order.json --as anna --out permit.json"));
    town.ok("custody pay --order held.json --permit permit.json --as anna")
}

#[test]
fn a_payment_is_held_disputed_and_ruled_and_others_are_settled_and_given_back() {
    let town = shop();
    let said = pays(&town, 1);
    assert!(said.starts_with("8 UNIT for order 1 is held, and can be disputed until 2026-05-04T"), "{said}");
    town.refuses(
        "custody pay --order held.json --permit permit.json --as anna",
        "order 1 of this acceptor took effect before",
        "use the acceptor's next order number",
    );
    pays(&town, 2);
    pays(&town, 3);
    let disputed = town.json("custody dispute bakery 1 --reason 4 --evidence torn --as anna");
    let shown = town.json("custody show bakery 1");
    assert_eq!(shown["dispute"]["evidence"], disputed["evidence"]);
    assert_eq!(shown["dispute"]["reason"], 4);
    town.ok("custody reply 1 --evidence whole --as bakery");
    let ruled = town.json("custody rule bakery 1 --payer-bps 2500 --as ben");
    assert_eq!(
        (&ruled["to_payer"], &ruled["to_acceptor"]),
        (&"2000000000000".into(), &"6000000000000".into())
    );
    town.refuses(
        "custody give-back 2 --amount 8.5 --as bakery",
        "8.5 UNIT is more than the 8 UNIT that is held",
        "give back at most 8 UNIT",
    );
    let left = town.ok("custody give-back 2 --amount 3 --as bakery");
    assert_eq!(left, "3 UNIT goes back to the payer, and 5 UNIT is still held\n");
    town.ok("custody dispute bakery 2 --reason 1 --as anna");
    assert_eq!(town.json("audit")["agrees"], true);
    town.ok("chain advance 3d");
    assert_eq!(town.json("custody settle bakery 2 --as ben")["to_payer"], "3000000000000");
    town.ok("custody give-back 3 --as bakery");
    assert_eq!(town.json("audit --db audit.sqlite")["agrees"], true);
    let database = Connection::open(town.path("audit.sqlite")).unwrap();
    let sql = "SELECT group_concat(number || ' ' || state || ' ' || given_back || ' ' || ifnull(to_payer, '-'), ', ')
                 FROM (SELECT * FROM held_payments ORDER BY number)";
    let kept: String = database.query_row(sql, [], |row| row.get(0)).unwrap();
    let expected =
        "1 ruled 0 2000000000000, 2 settled 3000000000000 3000000000000, 3 given back 8000000000000 -";
    assert_eq!(kept, expected);
}
