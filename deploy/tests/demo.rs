//! The demo, run as `make demo` runs it, and its audit when someone has meddled with the chain.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use chain::{tamper, Chain, EmbeddedChain};
use couponry::suite::SuiteAddresses;
use std::{fs, path::Path, process::Command};

fn couponry(folder: &Path, args: &[&str]) -> (i32, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_couponry")).args(args).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn the_high_street_ends_well_and_its_audit_notices_meddling() {
    let folder = tempfile::tempdir().unwrap();
    let (code, story) = couponry(folder.path(), &["demo", "--out", "town"]);
    assert_eq!(code, 0, "{story}");
    for line in [
        "   refused: claims.csv line 382: code 0 was used before\n",
        "   refused: claims.csv line 383: code 3 is not one of this drop's\n",
        "   refused: claims.csv line 384: `seven` is not a code's number\n",
        "   refused: orders.csv line 1031: order 1001 of this acceptor took effect before\n",
        "   refused: orders.csv line 1033: `twelve` is not an amount\n",
        "-- week 1 is over",
        "-- week 2 is over",
        "   books owes 84.1275 UNIT and can't pay; the cut-off passes, and c002 declares its default\n",
        "   it is found in its collateral (60 UNIT), its share in the fund (2 UNIT), the fund (5.04115 UNIT), and with the creditors (17.08635 UNIT)\n",
        "   the creditors had earned 94.394025 UNIT and got 77.307674999999 UNIT, all by one ratio: it adds up to the last unit\n",
        "   refused: extras.csv line 21: the key's 3 vouchers of this period are spent",
        "6 people who brought a friend are thanked with a coupon",
        "   refused: deals.csv line 9: the listing is reserved for c003\n",
        "   refused: deals.csv line 14: 4.5 UNIT is over the 4 UNIT that the campaign's terms allow\n",
        "   market: c004 buys 2 cafe-evening of c002's for 3.2 UNIT\n",
        "   market: c003 accepts c012's offer and gets 1.598 UNIT\n",
        "   market: c007 bids 2.4 UNIT for c005's books-night, so late that the auction goes on for 5 minutes\n",
        "   market: c020 settles the auction, and has a tenth of the fee: c009 wins c005's books-night for 2.9 UNIT\n",
        "   market: c018 asks for 3 listings in one call and gets the 2 that are still there for 3.45 UNIT\n",
        "   market: c019, at cafe's till, buys c014's cafe-evening for 1.8 UNIT and has 3 UNIT off in the same call\n",
        "   market: nobody wanted c004's cafe-evening: c022 clears the listing, and the coupon goes back\n",
        "15 rows were refused by name; the audit of ",
        "agrees to the last unit.\n",
    ] {
        assert!(story.contains(line), "{line}\n{story}");
    }
    let town = folder.path().join("town");
    for file in [
        "audit.sqlite",
        "prices.svg",
        "csv/redemptions.csv",
        "statements/books-cycle-1.txt",
        "statements/cafe-cycle-2.txt",
        "drops/bakery-welcome/codes.csv",
        "drops/bakery-welcome/qr/0.png",
    ] {
        assert!(town.join(file).is_file(), "{file}");
    }

    // By the audit, the debt was adjusted away, and creditors were for the cut and a unit of rounding.
    let positions = fs::read_to_string(town.join("csv/positions.csv")).unwrap();
    let column = positions.lines().next().unwrap().split(',').position(|name| name == "adjusted").unwrap();
    let of_the_third = positions.lines().filter(|line| line.starts_with("3,"));
    let adjusted: Vec<i128> =
        of_the_third.map(|line| line.split(',').nth(column).unwrap().parse().unwrap()).collect();
    let (gains, losses): (Vec<i128>, Vec<i128>) = adjusted.iter().partition(|amount| **amount >= 0);
    assert_eq!(gains.iter().sum::<i128>(), 84_127_500_000_000);
    assert_eq!(losses.iter().sum::<i128>(), -17_086_350_000_001);

    let sales = fs::read_to_string(town.join("csv/sales.csv")).unwrap().lines().count() - 1;
    let prices = fs::read_to_string(town.join("prices.svg")).unwrap();
    // A mark a sale, and four that explain the marks.
    assert_eq!(prices.matches("<path").count(), sales + 4);
    for kind in ["fixed", "falling", "auction", "offer"] {
        assert!(prices.matches(&format!("class=\"{kind}\"")).count() > 1, "{kind}");
    }

    let file = town.join("town.couponry");
    let untouched = fs::read(&file).unwrap();
    let audit = |chain: &str| couponry(folder.path(), &["--chain", chain, "audit"]);
    assert_eq!(audit("town/town.couponry").0, 0);

    let mut chain = EmbeddedChain::open(&file).unwrap();
    let registry = SuiteAddresses::find(&chain).unwrap().unwrap().registry;
    let (key, mut value) = chain.storage(registry).unwrap().into_iter().next_back().unwrap();
    value[0] ^= 1;
    tamper::storage(&mut chain, registry, &key, Some(value)).unwrap();
    chain.save(&file).unwrap();
    drop(chain);
    let (code, said) = audit("town/town.couponry");
    assert!(code == 2 && said.contains("the audit disagrees"), "{said}");

    fs::write(&file, &untouched[..untouched.len() - 1]).unwrap();
    let (code, said) = audit("town/town.couponry");
    assert!(code == 1 && said.contains("fix: "), "{said}");
    assert_eq!(fs::read(&file).unwrap().len(), untouched.len() - 1);
}
