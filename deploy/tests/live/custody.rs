//! Payments that are held: disputed, ruled, settled and given back.
use crate::town::{example, Town};

/// Anna pays 8 for order `number`, with coupon 1/`number`.
fn pays(town: &Town, number: u64) -> String {
    town.ok(&format!("order sign --number {number} --basket 10 --as bakery --out order.json"));
    town.ok(&format!("custody sign --order order.json --coupon 1/{number} --as bakery --out held.json"));
    town.ok(&format!("permit sign --coupon 1/{number} --order order.json --as anna --out permit.json"));
    town.ok("custody pay --order held.json --permit permit.json --as anna")
}

#[test]
fn a_payment_is_held_and_disputed_and_others_are_settled_and_given_back() {
    let town = Town::deployed("custody", &[("bakery", 500), ("anna", 60), ("ben", 20)]);
    let terms = std::fs::read_to_string(example("first.toml")).unwrap();
    std::fs::write(town.path("first.toml"), terms.replace("per_holder = 1", "per_holder = 9")).unwrap();
    town.ok("campaign create first.toml --as bakery");
    town.ok("issue --campaign 1 --to anna,anna,anna --source 1 --as bakery");
    town.ok("custody terms --resolver ben --dispute 3d --rule 2d --unruled-bps 6000 --as bakery");
    let said = pays(&town, 1);
    assert!(said.starts_with("8 UNIT for order 1 is held, and can be disputed until "), "{said}");
    let (what, _) = town.refusal("custody pay --order held.json --permit permit.json --as anna");
    assert_eq!(what, "order 1 of this acceptor took effect before");
    pays(&town, 2);
    pays(&town, 3);
    town.ok("custody dispute bakery 1 --reason 4 --evidence torn --as anna");
    town.ok("custody reply 1 --evidence whole --as bakery");
    let anna = town.balance("anna");
    let ruled = town.json("custody rule bakery 1 --payer-bps 2500 --as ben");
    assert_eq!(
        (&ruled["to_payer"], &ruled["to_acceptor"]),
        (&"2000000000000".into(), &"6000000000000".into())
    );
    assert_eq!(town.balance("anna"), anna + 2_000_000_000_000, "the deposits are whoever's ends it");
    let left = town.ok("custody give-back 2 --amount 3 --as bakery");
    assert_eq!(left, "3 UNIT goes back to the payer, and 5 UNIT is still held\n");
    town.ok("custody dispute bakery 2 --reason 1 --as anna");
    town.ok("chain advance 3d");
    assert_eq!(town.json("custody settle bakery 2 --as ben")["to_payer"], "3000000000000");
    town.ok("custody give-back 3 --as bakery");
    let audit = town.json("audit --db audit.sqlite");
    assert_eq!(audit["agrees"], true, "{audit}");
}
