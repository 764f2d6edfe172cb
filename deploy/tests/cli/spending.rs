//! Coupons on orders: several at once, straight from paper, reserved, in a backlog, in parts; and taken back.

use crate::town::{address, Town, UNIT};
use serde_json::{json, Value};

/// Anna holds a gift card of 25 (campaign 1), 20% off that goes with others (campaign 2), and 5 off that goes alone (campaign 3).
fn annas_purse() -> Town {
    let town = Town::new();
    town.ok("chain fund bakery 2000");
    town.create("gift-card.toml", "stacking = 10", "stacking = 10\nreservation = \"30m\"");
    town.create("first.toml", "[benefit]", "stacking = 5\n[benefit]");
    town.create("first-order.toml", "stacking = 20", "");
    for campaign in 1..=3 {
        town.ok(&format!("issue --campaign {campaign} --to anna --source 1 --as bakery"));
    }
    town
}

#[test]
fn an_order_takes_several_coupons_and_goes_on_without_the_optional_ones() {
    let town = annas_purse();
    let both = "quote --coupon 2/1 --coupon 1/1 --acceptor bakery --basket 20";
    assert_eq!(town.ok(both), "20 UNIT off, 0 UNIT to pay\n  2/1: 2.5 UNIT off\n  1/1: 17.5 UNIT off\n");
    assert_eq!(
        town.ok(&format!("{both} --most 1/1=5")),
        "7.5 UNIT off, 12.5 UNIT to pay\n  2/1: 2.5 UNIT off\n  1/1: 5 UNIT off\n"
    );
    town.refuses(
        "quote --coupon 1/1 --coupon 2/1 --acceptor bakery --basket 40",
        "coupon 2/1 of priority 5 comes before one of priority 10",
        "present coupons of a lower priority number first",
    );
    town.refuses(
        "quote --coupon 3/1 --coupon 1/1 --acceptor bakery --basket 20",
        "coupon 3/1 can only be spent alone",
        "present it without others, or leave it out",
    );
    // Each says why, though together they only say that none applies.
    town.refuses(
        "quote --coupon 1/1 --coupon 3/1 --optional 1/1,3/1 --acceptor cafe --basket 20",
        "every coupon was refused\n  1/1: the terms of coupon 1/1 don't let this acceptor take it\n  \
         3/1: the terms of coupon 3/1 don't let this acceptor take it",
        "present others, or charge the full price",
    );
    town.refuses(
        &format!("{both} --optional 3/1"),
        "--optional: coupon 3/1 isn't presented",
        "add --coupon 3/1, or leave --optional out",
    );
    town.refuses(&format!("{both} --most 1/1"), "--most: `1/1` has no amount", "write it as 1/3=5");

    let presented = "--coupon 2/1 --coupon 3/1 --coupon 1/1 --optional 3/1 --most 1/1=5";
    town.ok(&format!(
        "order sign --number 1 --basket 20 --settle on-chain {presented} --as bakery --out web.json"
    ));
    // Another choice than the one the bakery signed for.
    let other = town.refusal("redeem --order web.json --coupon 2/1 --coupon 1/1 --as anna");
    assert!(other.contains("over exactly this order, coupon, chain and contract"), "{other}");
    let bakery = town.balance("bakery");
    let redeemed = town.json(&format!("redeem --order web.json {presented} --as anna"));
    assert_eq!(redeemed["net"], "12500000000000");
    let spent: Vec<_> =
        redeemed["coupons"].as_array().unwrap().iter().map(|used| used["coupon"].clone()).collect();
    assert_eq!(spent, [json!("2/1"), json!("1/1")]);
    assert_eq!(redeemed["coupons"][1]["left"], (20 * UNIT).to_string());
    assert_eq!(
        redeemed["left_out"],
        json!([{ "coupon": "3/1", "why": "coupon 3/1 can only be spent alone" }])
    );
    // The net price from Anna, the rest from escrow.
    assert_eq!(town.balance("bakery") - bakery, 20 * UNIT);
    assert!(town.ok("coupon show 1/1").ends_with("a gift card with 20 UNIT left\n"));
    town.ok("coupon show 3/1");
}

#[test]
fn the_best_set_is_found_and_the_others_say_why_they_are_left_out() {
    let town = annas_purse();
    town.ok("issue --campaign 2 --to ben --source 2 --as bakery");
    let at = |basket: &str| format!("best --holder anna --acceptor bakery --basket {basket}");
    assert_eq!(
        town.ok(&at("20")),
        "20 UNIT off, 0 UNIT to pay\n  1/1: 20 UNIT off\n  2/1: left out: it takes nothing more off beside these, and 2.5 UNIT alone\n  \
         3/1: left out: it can only be spent alone, and takes 5 UNIT off then\n"
    );
    let best = town.json(&at("40"));
    assert_eq!(
        (best["coupons"].clone(), best["discount"].as_str()),
        (json!(["2/1", "1/1"]), Some("27500000000000"))
    );
    // The card is reserved elsewhere, so the coupon that goes alone is best.
    town.agree("other", 9, "30", "anna", &["1/1"]);
    town.ok("reserve --order other.json --permit other-1.json --as bakery");
    let best = town.json(&at("20"));
    assert_eq!((best["coupons"].clone(), best["discount"].as_str()), (json!(["3/1"]), Some("5000000000000")));
    let why: Vec<&str> =
        best["left_out"].as_array().unwrap().iter().map(|out| out["why"].as_str().unwrap()).collect();
    assert!(why[0].starts_with("coupon 1/1 is reserved for an order until 2026-05-01T09:3"), "{why:?}");
    assert_eq!(why[1], "3/1 is spent alone and takes more off than its 2.5 UNIT");
    // Nothing is good at the florist's.
    let florist = town.json("best --holder anna --acceptor florist --basket 20");
    assert_eq!((florist["coupons"].clone(), florist["net"].as_str()), (json!([]), Some("20000000000000")));
    assert_eq!(florist["left_out"][1]["why"], "the terms of coupon 2/1 don't let this acceptor take it");
    town.refuses(
        "best --holder carl --acceptor bakery --basket 20",
        "carl holds no coupon",
        "claim or buy one first",
    );
}

#[test]
fn the_order_of_coupons_is_chosen_too_and_five_of_many_are_taken() {
    let town = Town::new();
    town.write(
        "amount.toml",
        "supply = 9\nstacking = 1\n[benefit]\namount = \"1\"\n[issue]\nstart = \"+0s\"\nend = \"+1d\"\n[redeem]\nstart = \"+0s\"\nend = \"+1d\"\n",
    );
    town.write(
        "percent.toml",
        "supply = 9\nstacking = 1\n[benefit]\npercent = 50\ncap = \"9\"\n[issue]\nstart = \"+0s\"\nend = \"+1d\"\n[redeem]\nstart = \"+0s\"\nend = \"+1d\"\n",
    );
    for file in ["amount", "percent"] {
        town.ok(&format!("campaign create {file}.toml --as bakery"));
    }
    town.ok("issue --campaign 1 --to anna,anna,anna,anna,anna,anna --source 1 --as bakery");
    town.ok("issue --campaign 2 --to anna --source 1 --as bakery");
    // Half of 10 first and then 1 each four times; the other way round it would be 4 and then half of 6.
    let best = town.json("best --holder anna --acceptor bakery --basket 10");
    assert_eq!(best["discount"], "9000000000000");
    assert_eq!(best["coupons"][0], "2/1");
    assert_eq!(best["coupons"].as_array().unwrap().len(), 5);
    let out = best["left_out"].as_array().unwrap();
    assert_eq!(out.len(), 2);
    assert_eq!(out[0]["why"], "an order takes 5 coupons, and these take more off");
}

#[test]
fn a_code_goes_straight_from_paper_to_its_discount() {
    let town = Town::new();
    town.campaign("percent = 20", "percent = 25");
    town.ok("drop create --campaign 1 --codes 3 --out codes --qr 0 --as bakery");
    town.ok("order sign --number 1 --basket 10 --as bakery --out till.json");
    let bakery = town.balance("bakery");
    let pay = |code: usize, rest: &str| format!("pay --code {} --drop codes --to {rest}", town.code(code));
    let paid = town.ok(&pay(0, "anna --order till.json --as bakery"));
    assert!(paid.starts_with("coupon 1/1: 2.5 UNIT off, 7.5 UNIT to pay at the till\n"), "{paid}");
    assert!(town.balance("bakery") > bakery + 2 * UNIT);
    town.refuses(
        &pay(0, "anna --order till.json --as bakery"),
        "order 1 of this acceptor took effect before",
        "use the acceptor's next order number",
    );
    town.ok("order sign --number 2 --basket 10 --settle on-chain --coupon 1/0 --as bakery --out web.json");
    town.refuses(
        &pay(0, "ben --order web.json --as ben"),
        "code 0 was used before",
        "use another code: each gives one coupon",
    );
    let bakery = town.balance("bakery");
    let paid = town.json(&pay(1, "ben --order web.json --as ben"));
    assert_eq!((paid["net"].as_str(), paid["on_chain"].as_bool()), (Some("7500000000000"), Some(true)));
    assert_eq!(town.balance("bakery") - bakery, 10 * UNIT);
    town.refuses(
        "coupon show 1/2",
        "there is no live coupon 1/2: it was never issued, or it is spent",
        "choose a coupon that is live (`couponry coupon show`)",
    );
    town.ok("order sign --number 3 --basket 10 --as bakery --out unsigned.json");
    town.refuses(
        &pay(2, "ben --order unsigned.json --as ben"),
        "ben is neither the order's acceptor nor its cashier",
        "act as the acceptor, or bring an order that it signed: `couponry order sign`",
    );
}

#[test]
fn a_reserved_coupon_is_kept_for_its_order() {
    let town = annas_purse();
    town.agree("one", 1, "10", "anna", &["1/1"]);
    town.agree("two", 2, "10", "anna", &["1/1"]);
    town.agree("plain", 3, "10", "anna", &["2/1"]);
    town.refuses(
        "reserve --order plain.json --permit plain-1.json --as bakery",
        "coupons of campaign 2 can't be reserved",
        "redeem without reserving",
    );
    let reserved = town.ok("reserve --order one.json --permit one-1.json --as bakery");
    assert!(reserved.starts_with("1/1 reserved for order 1 until 2026-05-01T09:3"), "{reserved}");
    for line in ["redeem --order two.json --permit two-1.json --as bakery", "coupon split 1/1 5 --as anna"] {
        let locked = town.refusal(line);
        assert!(locked.starts_with("error: coupon 1/1 is reserved for an order until "), "{locked}");
    }
    town.refuses(
        "send 1/1 --to ben --as anna",
        "coupon 1/1 is reserved for an order",
        "wait until the reservation ends, or have the shop release it",
    );
    assert!(town
        .refusal("coupon release 1/1 --order one.json --as anna")
        .contains("is reserved for an order"));
    town.ok("coupon release 1/1 --order one.json --as bakery");
    town.refuses(
        "coupon release 1/1 --as anna",
        "nothing reserves coupon 1/1",
        "there is nothing to release",
    );
    town.ok("reserve --order one.json --permit one-1.json --as bakery");
    town.ok("redeem --order one.json --permit one-1.json --as bakery");
    assert_eq!(town.json("coupon show 1/1")["left"], (15 * UNIT).to_string());
}

#[test]
fn a_backlog_gives_each_order_its_own_result() {
    let town = annas_purse();
    town.ok("issue --campaign 2 --to ben --source 2 --as bakery");
    town.agree("one", 1, "10", "anna", &["2/1", "1/1"]);
    town.agree("two", 2, "10", "ben", &["2/2"]);
    town.agree("three", 1, "10", "anna", &["1/1"]);
    town.ok("order sign --number 4 --basket 10 --settle on-chain --as bakery --out web.json");
    town.write(
        "backlog.csv",
        "order,permits\none.json,one-1.json one-2.json\nthree.json,three-1.json\nweb.json,two-1.json\ngone.json,two-1.json\ntwo.json,two-1.json\n",
    );
    let done = town.json("redeem-batch backlog.csv --as bakery");
    assert_eq!((done["done"].as_u64(), done["refused"].as_u64()), (Some(2), Some(3)));
    let result = |place: usize, field: &str| done["results"][place][field].clone();
    assert_eq!(result(0, "discount"), (10 * UNIT).to_string());
    assert_eq!(result(1, "error"), "order 1 of this acceptor took effect before");
    assert_eq!(result(2, "error"), "orders settled on chain don't go in a batch");
    assert!(
        result(3, "error").as_str().unwrap().starts_with("./gone.json: ")
            || result(3, "error").as_str().unwrap().starts_with("gone.json: ")
    );
    assert_eq!((result(3, "order"), result(3, "entry")), (Value::Null, json!(4)));
    assert_eq!(result(4, "discount"), (2 * UNIT).to_string());

    town.write("again.json", r#"[{ "order": "two.json", "permits": ["two-1.json"] }]"#);
    assert_eq!(
        town.ok("redeem-batch again.json --as bakery"),
        "order 2: refused: order 2 of this acceptor took effect before\n  fix: use the acceptor's next order number\n\
         0 orders took effect, 1 did not\n"
    );
    town.write("bad.csv", "orders\none.json\n");
    let bad = town.refusal("redeem-batch bad.csv --as bakery");
    assert!(bad.starts_with("error: bad.csv: ") && bad.contains("order,permits"), "{bad}");
    assert_eq!(town.json("audit")["agrees"], true);
}

#[test]
fn an_order_is_taken_back_in_part_and_then_whole() {
    let town = annas_purse();
    town.ok("order sign --number 1 --basket 20 --settle on-chain --coupon 2/1 --coupon 1/1 --most 1/1=10 --as bakery --out web.json");
    town.ok("redeem --order web.json --coupon 2/1 --coupon 1/1 --most 1/1=10 --as anna");
    town.refuses(
        "rollback --number 1 --kept-basket 21 --as bakery",
        "21 UNIT kept, of it 21 UNIT eligible, is no smaller order",
        "give what was kept: less than the order, with no more eligible than the basket",
    );
    let anna = town.balance("anna");
    // 10 kept: 20% of it is 2, the card pays the 8 that are left; Anna had paid 7.5 and pays nothing now.
    let kept = town.json("rollback --number 1 --kept-basket 10 --as bakery");
    assert_eq!((kept["discount"].as_str(), kept["net"].as_str()), (Some("10000000000000"), Some("0")));
    assert_eq!(town.balance("anna") - anna, 15 * UNIT / 2);
    // From escrow 2.5 + 10 had come, and 2 + 8 stay.
    assert_eq!(kept["given_back"], (10 * UNIT).to_string());
    assert_eq!(town.json("coupon show 1/1")["left"], (17 * UNIT).to_string());

    let undone = town.ok("rollback --number 1 --as bakery");
    assert_eq!(undone, "order 1 is undone: 2/1, 1/1 live again, 10 UNIT given back\n");
    assert_eq!(town.json("coupon show 1/1")["left"], (25 * UNIT).to_string());
    let gone = town.refusal("rollback --number 1 --as bakery");
    assert!(gone.starts_with("error: no redemption of order 1 can be rolled back"), "{gone}");
    assert_eq!(town.json("audit")["agrees"], true);
}

#[test]
fn gift_cards_are_filled_parted_merged_and_ended() {
    let town = annas_purse();
    town.ok("campaign improve 1 --add-escrow 10 --as bakery");
    assert_eq!(town.ok("coupon top-up 1/1 5 --as bakery"), "coupon 1/1 has 30 UNIT now\n");
    assert!(town.refusal("coupon top-up 1/1 5 --as anna").contains("and only its issuer may do this"));
    assert_eq!(
        town.ok("coupon split 1/1 12 --as anna"),
        "coupon 1/2 has 12 UNIT, and coupon 1/1 has 18 UNIT\n"
    );
    town.refuses(
        "coupon split 1/2 12 --as anna",
        "12 UNIT can't be split off 12 UNIT",
        "leave something on both cards",
    );
    town.refuses(
        "coupon split 2/1 1 --as anna",
        "coupon 2/1 is no gift card with something left on it",
        "split, merge and top up gift cards only",
    );
    town.ok("send 1/2 --to ben --as anna");
    town.refuses(
        "coupon merge 1/1 --from 1/2 --as anna",
        &format!("the coupon is {}'s", address("ben")),
        "run the command as that account: --as NAME",
    );
    town.ok("send 1/2 --to anna --as ben");
    town.refuses(
        "coupon merge 1/1 --from 2/1 --as anna",
        "coupon 2/1 doesn't merge into 1/1",
        "merge two different gift cards of one campaign",
    );
    assert_eq!(
        town.ok("coupon merge 1/1 --from 1/2 --as anna"),
        "coupon 1/1 has 30 UNIT now, and coupon 1/2 is gone\n"
    );

    let anna = town.balance("anna");
    town.ok("coupon revoke 2/1 --reason 4 --as bakery");
    assert_eq!(town.balance("anna") - anna, 5 * UNIT / 2);
    let early = town.refusal("coupon expire 1/1 --as anna");
    assert!(early.starts_with("error: coupon 1/1 can be spent until 2026-10-28T09:"), "{early}");
    town.ok("chain advance 181d");
    // Anyone may; only the issuer or the holder clears it.
    let anna = town.balance("anna");
    assert!(town
        .ok("coupon expire 1/1 --as ben")
        .contains("and is empty; its issuer or its holder may clear it"));
    assert_eq!(town.balance("anna") - anna, 15 * UNIT);
    town.refuses("coupon expire 1/1 --as ben", "nothing would change", "there is nothing to do");
    assert_eq!(town.ok("coupon expire 1/1 --as anna"), "coupon 1/1 has ended and is gone\n");
    assert_eq!(town.json("audit")["agrees"], true);
}
