//! The demo, run as `make demo` runs it, and its audit when someone has meddled with the chain.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use chain::{keys::ss58, tamper, Chain, EmbeddedChain, Keypair};
use couponry::suite::SuiteAddresses;
use std::{fs, path::Path, process::Command};

fn couponry(folder: &Path, args: &[&str]) -> (i32, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_couponry")).args(args).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// Some columns of one of the audit's tables.
fn columns<const N: usize>(town: &Path, table: &str, names: [&str; N]) -> Vec<[String; N]> {
    let mut rows = csv::Reader::from_path(town.join(format!("csv/{table}.csv"))).unwrap();
    let header = rows.headers().unwrap().clone();
    let places = names.map(|name| header.iter().position(|column| column == name).unwrap());
    rows.records().map(|row| row.unwrap()).map(|row| places.map(|place| row[place].to_owned())).collect()
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
        "   books owes 80.6625 UNIT and can't pay; the cut-off passes, and c002 declares its default\n",
        "   it is found in its collateral (60 UNIT), its share in the fund (2 UNIT), the fund (5.52915 UNIT), and with the creditors (13.13335 UNIT)\n",
        "   the creditors had earned 89.741025 UNIT and got 76.607674999999 UNIT, all by one ratio: it adds up to the last unit\n",
        "   books makes good all that the fund and the creditors bore: 18.6625 UNIT, and the fund has 18.662500000001 UNIT now\n",
        "   books leaves 60 UNIT as security again, and may owe 180 UNIT\n",
        "-- week 3 is over",
        "   books owed more than it earned and pays 0.9 UNIT in\n",
        "   council: bakery moves that cafe may owe up to 350 UNIT: 1 of 3 votes, not carried yet\n",
        "   council: books votes that cafe may owe up to 350 UNIT: 3 of 3 votes, carried\n",
        "   refused: council.csv line 5: the vote ended 2026-05-16T09:00:00Z, or the motion was carried; it is 2026-05-09T12:00:00Z\n",
        "   council: cafe offers: cafe owes 80% of what its coupons take off at bakery, from 2026-05-11T00:00:00Z on\n",
        "   council: bakery accepts: cafe owes 80% of what its coupons take off at bakery, from 2026-05-11T00:00:00Z on\n",
        "   council: books gives c043 a books-night for a cafe-breakfast: that counts for 1.5 UNIT of its 5 UNIT, and makes cafe owe books 1.5 UNIT\n",
        "   council: books disputes the 3.96 UNIT that it owes bikes for order 1021, for a fee of 0.5 UNIT\n",
        "   council: chamber, who belongs to neither, rules that bikes gives 50% back: 1.98 UNIT move to books in this week's books\n",
        "   refused: council.csv line 12: books is no active member: not admitted yet, suspended, in default or leaving\n",
        "   refused: council.csv line 14: others bear 18.6625 UNIT of the member's default\n",
        "   council: cafe votes that books is taken back and may owe up to 180 UNIT: 2 of 2 votes, carried\n",
        "   council: bikes gives c005 a bikes-rain for a books-reader: that counts for 0.9 UNIT of its 6 UNIT, and makes books owe bikes 0.9 UNIT\n",
        "   council: bakery clears away what it left of the vote, and has the deposit back\n",
        "   custody: c035 pays bikes 42 UNIT for order 7001, with a bikes-rain; the money is held until 2026-05-11T11:00:00Z\n",
        "   refused: custody.csv line 6: it can be disputed until 2026-05-11T11:00:00Z, and it is 2026-05-09T09:30:00Z\n",
        "   custody: bikes gives 10 UNIT of order 7003 back; 14 UNIT are still held\n",
        "   custody: the time is up for order 7001, and bikes settles it: bikes has all 42 UNIT\n",
        "   custody: chamber rules that 25% of order 7002 go back: c038 has 14.5 UNIT back, and bikes 43.5 UNIT\n",
        "   custody: the time is up for order 7003, and bikes settles it: bikes has all 14 UNIT\n",
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
        "19 rows were refused by name; the audit of ",
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
        "statements/books-cycle-3.txt",
        "drops/bakery-welcome/codes.csv",
        "drops/bakery-welcome/qr/0.png",
    ] {
        assert!(town.join(file).is_file(), "{file}");
    }

    // By the audit, the debt was adjusted away, and creditors were for the cut and a unit of rounding; the week before, half of a dispute moved.
    let adjusted = |cycle: &str| {
        let rows = columns(&town, "positions", ["cycle", "adjusted"]);
        let of_it = rows.into_iter().filter(|[of, _]| of == cycle);
        let amounts: Vec<i128> = of_it.map(|[_, amount]| amount.parse().unwrap()).collect();
        let (gains, losses): (Vec<i128>, Vec<i128>) = amounts.iter().partition(|amount| **amount >= 0);
        (gains.iter().sum::<i128>(), losses.iter().sum::<i128>())
    };
    assert_eq!(adjusted("2"), (1_980_000_000_000, -1_980_000_000_000));
    assert_eq!(adjusted("3"), (80_662_500_000_000, -13_133_350_000_001));
    assert_eq!(adjusted("4"), (0, 0));

    // From the day on that was agreed, and only then, each coupon of the one at the other made it owe 80%.
    let bookings = columns(&town, "bookings", ["acceptor", "issuer", "time", "rate_bps", "amount"]);
    let from = 1_778_457_600_000;
    let [bakery, cafe] = ["bakery", "cafe"].map(|name| ss58(&Keypair::named(name).account()));
    let mut agreed = 0;
    for [acceptor, issuer, time, rate, amount] in &bookings {
        let of_the_pair = *acceptor == bakery && *issuer == cafe && time.parse::<u64>().unwrap() >= from;
        if of_the_pair {
            assert_eq!((rate.as_str(), amount.as_str()), ("8000", "1200000000000"));
            agreed += 1;
        } else {
            assert_eq!(rate, "10000");
        }
    }
    assert_eq!(agreed, 9);

    assert_eq!(columns(&town, "disputes", ["ruled_bps", "given_back"]), [["5000", "1980000000000"]]);
    assert_eq!(columns(&town, "conversions", ["number"]), [["2000001"], ["2000003"]]);
    let payments = ["number", "given_back", "to_payer", "to_acceptor", "state"];
    let payments = columns(&town, "held_payments", payments);
    assert_eq!(
        payments,
        [
            ["7001", "0", "0", "42000000000000", "settled"],
            ["7002", "0", "14500000000000", "43500000000000", "ruled"],
            ["7003", "10000000000000", "0", "14000000000000", "settled"],
        ]
    );
    let holdings = columns(&town, "holdings", ["contract", "owed", "held", "surplus"]);
    assert!(holdings.contains(&["custody", "0", "0", "0"].map(str::to_owned)), "{holdings:?}");

    // Shops are called by their names.
    let statement = fs::read_to_string(town.join("statements/books-cycle-2.txt")).unwrap();
    assert!(statement.starts_with("Statement of books\n") && statement.contains("  order 1021, bikes  ("));

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
