//! The real program on a chain in a temporary folder: a whole first campaign, and every kind of bad input with its message and nothing changed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "a test may stop short"
)]

mod allied;
mod custody;
mod handing_out;
mod spending;
mod town;
mod trading;

use serde_json::Value;
use std::{fs, process::Command};
use town::{address, example, text, Town, CHAIN, UNIT};

#[test]
fn a_first_campaign_from_printing_codes_to_the_audit() {
    let town = Town::new();
    let made = town.json(&format!("campaign create {} --as bakery", example("first.toml").display()));
    assert_eq!((made["campaign"].as_u64(), made["escrow"].as_str()), (Some(1), Some("250000000000000")));

    let drop = town.json("drop create --campaign 1 --codes 5 --out codes --qr 2 --as bakery");
    assert_eq!((drop["drop"].as_u64(), drop["codes"].as_u64()), (Some(1), Some(5)));
    assert_eq!(fs::read_dir(town.path("codes/qr")).unwrap().count(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| fs::metadata(town.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("codes/codes.csv"), mode("codes/qr/0.png")), (0o600, 0o600));
    }

    // Off a phone: the QR image's text claims.
    let image = image::open(town.path("codes/qr/1.png")).unwrap().to_luma8();
    let payload = rqrr::PreparedImage::prepare(image).detect_grids()[0].decode().unwrap().1;
    let claimed = town.ok(&format!("claim --code {payload} --drop codes --to anna"));
    assert_eq!(claimed, "coupon 1/1 is anna's\n");
    // Off the list, through the shop, to somebody without any money.
    town.ok(&format!("claim --code {} --drop codes/drop.json --to carl --as bakery", town.code(4)));

    assert_eq!(town.ok("quote --coupon 1/1 --acceptor bakery --basket 10"), "2 UNIT off, 8 UNIT to pay\n");
    town.ok("send 1/1 --to ben --as anna");
    town.ok("market sell 1/1 --price 1.50 --until +3d --as ben");
    let (ben, bakery) = (town.balance("ben"), town.balance("bakery"));
    town.ok("market buy 1/1 --highest 1.50 --as anna");
    // 2% fee, no royalty; the listing's deposit went back to the buyer.
    assert_eq!(town.balance("ben") - ben, UNIT * 147 / 100);

    // At the till: Anna signs, the bakery submits, and is paid from escrow.
    town.ok("order sign --number 7 --basket 12.50 --as bakery --out order.json");
    town.ok("permit sign --coupon 1/1 --order order.json --as anna --out permit.json");
    let redeemed = town.json("redeem --order order.json --permit permit.json --as bakery");
    assert_eq!(redeemed["discount"], "2500000000000");
    assert_eq!(redeemed["net"], "10000000000000");
    assert!(town.balance("bakery") > bakery + 2 * UNIT);
    town.ok("rollback --number 7 --as bakery");
    assert!(town.ok("coupon show 1/1").contains("held by"));

    // At the web shop: the bakery signs, Anna submits and pays.
    town.ok("order sign --number 8 --basket 10 --settle on-chain --coupon 1/1 --as bakery --out web.json --qr web.png");
    let image = image::open(town.path("web.png")).unwrap().to_luma8();
    let order = rqrr::PreparedImage::prepare(image).detect_grids()[0].decode().unwrap().1;
    let bakery = town.balance("bakery");
    let paid = town.json(&format!("redeem --order {order} --coupon 1/1 --as anna"));
    assert_eq!((paid["net"].as_str(), paid["on_chain"].as_bool()), (Some("8000000000000"), Some(true)));
    // The net price from Anna, the discount from escrow.
    assert_eq!(town.balance("bakery") - bakery, 10 * UNIT);

    let shown = town.json("campaign show 1");
    assert_eq!((shown["issued"].as_u64(), shown["uses"].as_u64()), (Some(2), Some(1)));
    assert_eq!(shown["escrow_left"], "248000000000000");
    assert_eq!(shown["reserved"], "2500000000000");
    assert_eq!(shown["held"], "500000000000");
    town.ok("campaign withdraw 1 245 --as bakery");
    town.ok("campaign improve 1 --add-escrow 5 --as bakery");

    let audit = town.json("audit --db audit.sqlite --csv tables");
    assert_eq!(audit["agrees"], true);
    assert!(town.path("audit.sqlite").exists() && town.path("tables").is_dir());
}

#[test]
fn a_registry_that_keeps_an_enumeration_is_built_and_deployed_when_asked_for() {
    let town = Town { folder: tempfile::tempdir().unwrap() };
    town.ok("build --enumerable");
    town.ok("chain new --time 2026-05-01T09:00:00Z --endow operator=1000 --endow bakery=1000 --endow cafe=1000 --endow anna=100 --endow ben=100");
    town.refuses(
        "deploy --enumerable --bundles . --as operator",
        "cannot read ./office.wasm: No such file or directory (os error 2)",
        "run `couponry build --enumerable` first",
    );
    let deployed = town.json("deploy --enumerable --as operator");
    let usual = Town::new().json("chain status");
    assert!(deployed["registry_code"].is_string());
    assert!(!usual.to_string().contains(deployed["registry_code"].as_str().unwrap()));
    town.campaign("", "");
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    town.ok("issue --campaign 1 --to ben --source 2 --as bakery");
    town.ok("send 1/1 --to ben --as anna");
    assert_eq!(town.json("audit --db audit.sqlite")["agrees"], true);
}

#[test]
fn merchants_honour_each_others_coupons_and_settle() {
    let town = Town::new();
    for member in ["bakery", "cafe"] {
        town.ok(&format!("alliance apply --profile {member} --as {member}"));
        town.ok(&format!("alliance admit {member} --cap 100 --as operator"));
        town.ok(&format!("alliance collateral 50 --as {member}"));
    }
    let file = example("high-street.toml");
    town.ok(&format!("campaign create {} --as bakery", file.display()));
    town.ok("issue --campaign 1 --to anna,ben --source 1 --as bakery");
    town.ok("order sign --number 1 --basket 20 --as cafe --out order.json");
    town.ok("permit sign --coupon 1/1 --order order.json --as anna --out permit.json");
    let redeemed = town.json("redeem --order order.json --permit permit.json --as cafe");
    assert_eq!(redeemed["through_alliance"], true);
    // The cafe's till, which signs for the cafe as it submits; and the alliance is found by itself.
    let best = town.json("best --holder ben --acceptor cafe --basket 20");
    assert_eq!(
        (best["discount"].as_str(), best["through_alliance"].as_bool()),
        (Some("2000000000000"), Some(true))
    );
    town.ok("role set till --cashier --as cafe");
    town.ok("chain fund till 10");
    town.ok("order sign --number 2 --basket 20 --acceptor cafe --as till --out till.json");
    town.ok("permit sign --coupon 1/2 --order till.json --as ben --out ben.json");
    assert!(town.refusal("redeem --order till.json --permit ben.json --as anna").contains("anna"));
    town.ok("redeem --order till.json --permit ben.json --as till");
    town.ok("rollback --number 2 --kept-basket 10 --as cafe");
    town.ok("rollback --number 2 --as cafe");

    let owed = |name: &str, field: &str| {
        town.json(&format!("alliance status {name}"))["member"][field].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (owed("bakery", "open"), owed("cafe", "open")),
        ("-2000000000000".into(), "1980000000000".into())
    );
    town.refuses(
        "alliance close --as anna",
        "the cycle runs until 2026-05-08T09:00:48Z, and it is 2026-05-01T09:02:36Z",
        "close it later (on the embedded chain: `couponry chain advance`)",
    );
    town.ok("chain advance 7d");
    town.ok("alliance close --as anna");
    assert_eq!(town.ok("alliance pay-in --as bakery"), "2 UNIT paid in for bakery\n");
    assert_eq!(town.ok("alliance payout cafe --as cafe"), "cafe was paid 1.98 UNIT\n");
    town.refuses(
        "alliance payout cafe --as cafe",
        "nothing that cafe has earned is settled yet",
        "pay out once the cycle is closed and paid in",
    );
    town.ok("alliance withdraw-collateral 10 --as cafe");
    town.ok("alliance endow 1 --as anna");
    town.ok("alliance leave --as cafe");
    assert_eq!(town.json("audit")["agrees"], true);
}

#[test]
fn every_example_is_a_campaign_that_the_registry_takes_and_shows() {
    let town = Town::new();
    town.ok("chain fund bakery 5000");
    // Campaign 1 is what `invite.toml` rewards with.
    let first = vec!["first.toml".to_owned()];
    let others =
        fs::read_dir(example("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut others: Vec<String> = others.filter(|name| name != "first.toml").collect();
    others.sort();
    assert!(others.len() >= 7, "{others:?}");
    let mut shown = String::new();
    for (campaign, name) in (1..).zip(first.into_iter().chain(others)) {
        town.ok(&format!("campaign create {} --as bakery", example(&name).display()));
        shown += &town.ok(&format!("campaign show {campaign}"));
    }
    for said in [
        "card     10 stamps, of which the last gives the benefit",
        "for      whoever never redeemed at the issuer before",
        "attests to be of class 18",
        "a gift card of 25 UNIT",
        "resale   for at most 60% of what the coupon can still take off",
        "friends  give their advocate a coupon of campaign 1, 5 at most",
        "limits   1 uses a holder and week",
    ] {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
}

#[test]
fn bad_campaign_files_are_refused_by_field() {
    let town = Town::new();
    for (from, to, what, fix) in [
        (
            "end = \"+30d\"",
            "end = \"+0s\"",
            "campaign.toml: issue.end: the window ends at 2026-05-01T09:00:54Z, not after it starts at 2026-05-01T09:00:54Z",
            "set issue.end later than issue.start",
        ),
        ("percent = 20", "percent = 101", "campaign.toml: benefit.percent: 101% is more than the whole", "set it to 100 or less"),
        (
            "cap = \"2.50\"",
            "cap = 0",
            "campaign.toml: benefit.cap: zero, so a coupon would give nothing",
            "set it above zero",
        ),
        (
            "escrow = \"250\"",
            "escrow = \"2\"",
            "campaign.toml: escrow: 2 UNIT doesn't back even one coupon of at most 2.5 UNIT",
            "lock at least one coupon's largest discount, better the supply's",
        ),
    ] {
        town.write_campaign("first.toml", from, to);
        town.refuses("campaign create campaign.toml --as bakery", what, fix);
    }
    fs::write(town.path("campaign.toml"), "supply = 1\nprize = 2\n").unwrap();
    let before = town.files();
    let output = town.words("campaign create campaign.toml --as bakery");
    let message = text(&output.stderr);
    assert!(
        message.starts_with("error: campaign.toml: line 2: unknown field `prize`, expected one of"),
        "{message}"
    );
    assert!(message.ends_with("  fix: remove it, or correct its name\n"), "{message}");
    assert_eq!((output.status.code(), town.files()), (Some(1), before));
}

#[test]
fn codes_give_one_coupon_each_and_only_to_whom_they_sign_for() {
    let town = Town::new();
    town.campaign("per_holder = 1", "per_holder = 3");
    town.ok("drop create --campaign 1 --codes 3 --out codes --qr 0 --as bakery");
    town.ok("drop create --campaign 1 --codes 3 --out others --qr 0 --as bakery");
    let code = town.code(0);
    town.ok(&format!("claim --code {code} --drop codes --to anna"));
    town.refuses(
        &format!("claim --code {code} --drop codes --to ben"),
        "code 0 was used before",
        "use another code: each gives one coupon",
    );
    town.refuses(
        &format!("claim --code {code} --drop others --to ben"),
        "code 0 is not one of this drop's",
        "use a code that the issuer printed for this drop, with its own drop.json",
    );
    town.refuses(
        "claim --code 1,abc --drop codes --to ben",
        "secret: not 64 hexadecimal digits",
        "copy the whole line of codes.csv",
    );
    town.refuses(
        "claim --code couponry:claim:2:deadbeef --drop codes --to ben",
        "this is no claim code: its checksum doesn't match",
        "scan or paste it again: a character is missing or wrong",
    );
    town.refuses(
        "drop create --campaign 1 --codes 3 --out codes --as bakery",
        "codes exists already",
        "name a new folder: codes are never written over",
    );
    town.refuses(
        "drop create --campaign 1 --codes 3 --out more --as anna",
        "anna is neither the issuer nor its operator",
        "run the command as the issuer, or have it name you (`couponry role set`)",
    );
}

#[test]
fn a_bad_row_of_codes_is_named_and_the_rest_is_checked() {
    let town = Town::new();
    town.campaign("percent = 20", "percent = 25");
    town.ok("drop create --campaign 1 --codes 4 --out codes --qr 0 --as bakery");
    town.ok(&format!("claim --code {} --drop codes --to anna", town.code(3)));
    assert_eq!(town.ok("drop check codes"), "all 4 codes are good, and 1 of them are claimed\n");
    let rows = fs::read_to_string(town.path("codes/codes.csv")).unwrap();
    fs::write(town.path("codes/codes.csv"), rows.replace("\n1,", "\none,").replace("\n2,", "\n0,")).unwrap();
    town.refuses(
        "drop check codes",
        "codes/codes.csv: 2 codes are good and 2 are not:\n  line 3: index: `one` is not a number\n  \
         line 4: code 0 is not in drop.json",
        "don't hand these codes out: restore their rows from the file that `drop create` wrote",
    );
}

#[test]
fn coupons_that_are_spent_expired_foreign_or_frozen_give_nothing() {
    let town = Town::new();
    town.campaign("rollback_window", "valid_for = \"2h\"\nrollback_window");
    town.ok("issue --campaign 1 --to anna,ben --source 1 --as bakery");
    town.refuses(
        "issue --campaign 1 --to carl --source 1 --as bakery",
        "a batch with the source number 1 was issued before",
        "nothing to do if this is a retry; else choose another --source",
    );
    town.refuses(
        "coupon freeze 1/2 --reason 3 --as bakery",
        "coupon 1/2 is backed by escrow and can't be frozen",
        "let it be: its holder was promised the money",
    );
    town.ok(&format!("campaign create {} --as bakery", example("high-street.toml").display()));
    town.ok("issue --campaign 2 --to ben --source 1 --as bakery");
    town.ok("coupon freeze 2/1 --reason 3 --as bakery");
    let frozen = "coupon 2/1 is frozen by its issuer (reason 3)";
    town.refuses("quote --coupon 2/1 --acceptor bakery --basket 10", frozen, "ask the issuer to thaw it");
    town.refuses(
        "send 2/1 --to anna --as ben",
        "coupon 2/1 is frozen by its issuer",
        "ask the issuer to thaw it",
    );
    town.ok("coupon thaw 2/1 --as bakery");
    town.refuses(
        "quote --coupon 1/1 --acceptor florist --basket 10",
        "the terms of coupon 1/1 don't let this acceptor take it",
        "spend it at its issuer, or at an acceptor its terms name",
    );
    town.refuses(
        "quote --coupon 1/1 --acceptor bakery --basket 10 --eligible 11",
        "the eligible amount 11 UNIT is more than the basket 10 UNIT",
        "lower `eligible` to what of the basket the coupon applies to",
    );
    town.ok("order sign --number 1 --basket 10 --as bakery --out one.json");
    town.ok("permit sign --coupon 1/1 --order one.json --as anna --out permit.json");
    town.ok("redeem --order one.json --permit permit.json --as bakery");
    town.refuses(
        "redeem --order one.json --permit permit.json --as bakery",
        "order 1 of this acceptor took effect before",
        "use the acceptor's next order number",
    );
    town.ok("order sign --number 2 --basket 10 --as bakery --out two.json");
    town.ok("permit sign --coupon 1/1 --order two.json --as anna --out permit.json");
    town.refuses(
        "redeem --order two.json --permit permit.json --as bakery",
        "there is no live coupon 1/1: it was never issued, or it is spent",
        "choose a coupon that is live (`couponry coupon show`)",
    );
    town.ok("chain advance 3h");
    let output = town.words("quote --coupon 1/2 --acceptor bakery --basket 10");
    let message = text(&output.stderr);
    assert!(message.starts_with("error: coupon 1/2 expired at 2026-05-01T11:01:"), "{message}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn no_coupon_is_issued_past_the_escrow_or_the_limits() {
    let town = Town::new();
    town.campaign("escrow = \"250\"", "escrow = \"5\"");
    town.refuses(
        "issue --campaign 1 --to anna,ben,carl --source 1 --as bakery",
        "the escrow must back 7.5 UNIT more and has 5 UNIT free",
        "add escrow first: `couponry campaign improve N --add-escrow AMOUNT`",
    );
    town.refuses(
        "issue --campaign 1 --to anna,anna --source 1 --as bakery",
        "the account has had as many coupons as the terms allow one account: 1",
        "give the coupon to another account",
    );
    town.ok("issue --campaign 1 --to anna,ben --source 1 --as bakery");
    town.refuses(
        "campaign withdraw 1 1 --as bakery",
        "1 UNIT was asked for and only 0 UNIT of the escrow backs no coupon",
        "withdraw at most 0 UNIT",
    );
    town.ok("campaign improve 1 --stop-issuing --as bakery");
    town.refuses(
        "issue --campaign 1 --to carl --source 2 --as bakery",
        "the issuer stopped issuing coupons of this campaign for good",
        "create a new campaign",
    );
}

#[test]
fn what_was_signed_for_another_chain_is_refused() {
    let town = Town::new();
    town.campaign("percent = 20", "percent = 25");
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    town.ok("order sign --number 1 --basket 10 --as bakery --out order.json");
    town.ok("chain new --chain other --time 2026-05-01T09:00:00Z --endow operator=1000");
    town.ok("deploy --as operator --chain other");
    town.ok("permit sign --coupon 1/1 --order order.json --as anna --out permit.json --chain other");
    town.refuses(
        "redeem --order order.json --permit permit.json --as bakery",
        &format!(
            "the signature isn't {}'s over exactly this order, coupon, chain and contract",
            address("anna")
        ),
        "have the unchanged order signed again, on this chain, by that account",
    );
}

#[test]
fn permits_hold_for_exactly_what_was_signed() {
    let town = Town::new();
    town.campaign("percent = 20", "percent = 25");
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    town.ok("order sign --number 1 --basket 10 --as bakery --out order.json");
    town.ok("permit sign --coupon 1/1 --order order.json --as ben --out permit.json");
    let invalid = format!(
        "the signature isn't {}'s over exactly this order, coupon, chain and contract",
        address("anna")
    );
    let fix = "have the unchanged order signed again, on this chain, by that account";
    town.refuses("redeem --order order.json --permit permit.json --as bakery", &invalid, fix);
    town.ok("permit sign --coupon 1/1 --order order.json --as anna --out permit.json");
    let order = fs::read_to_string(town.path("order.json")).unwrap();
    for (from, to) in [
        ("\"10000000000000\"", "\"11000000000000\""),
        ("\"number\": 1", "\"number\": 2"),
        ("off-chain", "on-chain"),
    ] {
        let altered = order.replacen(from, to, 1);
        assert_ne!(altered, order);
        fs::write(town.path("altered.json"), altered).unwrap();
        let output = town.words("redeem --order altered.json --permit permit.json --as bakery");
        assert_eq!(output.status.code(), Some(1), "{from}");
    }
    fs::write(town.path("altered.json"), order.replacen("\"number\": 1", "\"number\": 2", 1)).unwrap();
    town.refuses("redeem --order altered.json --permit permit.json --as bakery", &invalid, fix);
    town.refuses(
        "redeem --order order.json --coupon 1/1 --as bakery",
        "coupon 1/1 is another account's, and no permit of its holder came with it",
        "have the holder sign: `couponry permit sign`",
    );
    town.ok("permit cancel --as anna");
    town.refuses(
        "redeem --order order.json --permit permit.json --as bakery",
        "the permit is of epoch 0, and its signer cancelled all before epoch 1",
        "have it signed again",
    );
    town.ok("permit sign --coupon 1/1 --order order.json --as anna --out permit.json");
    town.ok("redeem --order order.json --permit permit.json --as bakery");
}

#[test]
fn the_market_sells_at_the_listed_price_or_not_at_all() {
    let town = Town::new();
    town.campaign("percent = 20", "percent = 25");
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    town.refuses(
        "market buy 1/1 --highest 5 --as ben",
        "coupon 1/1 was never listed",
        "see what there is: `couponry market browse`",
    );
    town.refuses(
        "market sell 1/1 --price 1 --until +90d --as anna",
        "the listing would end at 2026-07-30T09:01:06Z, too late for a coupon that ends at 2026-06-30T09:00:54Z",
        "set --until 2026-06-30T09:00:54Z or earlier; of an auction, 5 minutes earlier than that",
    );
    town.ok("market sell 1/1 --price 2 --until +1d --as anna");
    town.refuses(
        "market buy 1/1 --highest 1.99 --as ben",
        "the price is 2 UNIT, over your highest 1.99 UNIT",
        "raise --highest, or leave it",
    );
    town.refuses(
        "market cancel 1/1 --as ben",
        &format!("the listing is {}'s, not ben's", address("anna")),
        "run the command as that account: --as NAME",
    );
    assert!(town.ok("market show 1/1").starts_with("listing 1: coupon 1/1 at 2 UNIT until "));
    town.ok("market cancel 1/1 --as anna");
    town.refuses("collect --as ben", "nothing is waiting for this account", "nothing to do");
    town.refuses(
        "market withdraw --as ben",
        "nothing in the native token is waiting for this account",
        "nothing to do",
    );
}

#[test]
fn a_damaged_missing_or_unready_chain_is_named() {
    let town = Town::new();
    town.refuses("chain new", "town.couponry exists already", "remove it, or name another with --chain FILE");
    town.refuses(
        "deploy --as operator",
        "the suite is on this chain already",
        "nothing to do; `couponry chain status` says where it is",
    );
    town.refuses(
        "chain status --chain none",
        "there is no chain file none",
        "make one with `couponry chain new`, or name another with --chain FILE",
    );
    town.ok("chain new --chain empty.couponry");
    town.refuses(
        "campaign show 1 --chain empty.couponry",
        "the suite is not deployed on this chain",
        "run `couponry deploy --as OPERATOR`",
    );
    let mut bytes = fs::read(town.path(CHAIN)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(town.path(CHAIN), &bytes).unwrap();
    let output = town.words("chain status");
    let message = text(&output.stderr);
    assert!(message.starts_with("error: town.couponry: "), "{message}");
    assert!(message.ends_with("start afresh with `couponry chain new`\n"), "{message}");
    assert_eq!((output.status.code(), fs::read(town.path(CHAIN)).unwrap()), (Some(1), bytes));
}

#[test]
fn a_killed_command_leaves_the_chain_as_it_was() {
    let town = Town::new();
    town.campaign("supply = 100", "supply = 200000");
    let before = fs::read(town.path(CHAIN)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_couponry"))
        .args("drop create --campaign 1 --codes 200000 --out codes --qr 0 --as bakery --json".split(' '))
        .current_dir(town.folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it was too fast to be killed");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read(town.path(CHAIN)).unwrap(), before);
    assert!(!town.path("codes").exists());
    town.ok("drop create --campaign 1 --codes 2 --out codes --as bakery");
}

#[test]
fn exit_codes_and_json_are_as_documented() {
    let town = Town::new();
    let output = town.words("chain fly");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0));
    assert_eq!(town.words("help").status.code(), Some(0));
    assert!(town.ok("help").contains("64  the command line is wrong"));
    let output = town.words("campaign show 9 --json");
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"], "there is no campaign 9");
    assert_eq!((output.status.code(), error["exit"].as_u64()), (Some(1), Some(1)));
    let output = town.words("chain fund anna --json");
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), error["exit"].as_u64()), (Some(64), Some(64)));
    town.refuses("chain fund anna five", "`five` is not an amount", "write a number such as 5 or 2.50");
    town.refuses("chain advance soon", "`soon` is not a period", "write a period such as 30m, 36h or 7d");
    town.refuses(
        &format!("send 1/1 --to anna --as {}", address("anna")),
        &format!("the key of {} is not here, so it can't sign", address("anna")),
        "sign as a name, such as bakery",
    );
}
