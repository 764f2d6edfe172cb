//! Every kind of deal at the market.
use crate::town::{address, text, Town};

/// Anna has coupons 1/1 to 1/4, worth 2.50 each, Ben 1/5 and the gift card 2/1 of 25; Carl has money.
fn traders() -> Town {
    let town = Town::new();
    town.campaign("per_holder = 1", "per_holder = 9");
    town.ok("issue --campaign 1 --to anna,anna,anna,anna,ben --source 1 --as bakery");
    town.create("gift-card.toml", "escrow = \"1000\"", "escrow = \"100\"");
    town.ok("issue --campaign 2 --to ben --source 1 --as bakery");
    town.ok("chain fund carl 20");
    town
}

fn browsed(town: &Town, filters: &str) -> Vec<u64> {
    let found = town.json(&format!("market browse {filters}"));
    let listings = found["listings"].as_array().unwrap();
    listings.iter().map(|listing| listing["listing"].as_u64().unwrap()).collect()
}

fn agrees(town: &Town) {
    assert_eq!(town.json("audit")["agrees"], true);
}

#[test]
fn what_is_for_sale_is_found_by_issuer_benefit_value_and_time() {
    let town = traders();
    assert_eq!(town.ok("market browse"), "nothing like that is for sale\n");
    let said = town.ok("market sell 1/1 --price 1.50 --until +3d --as anna");
    assert!(said.starts_with("listing 1: coupon 1/1 is for sale at 1.5 UNIT until 2026-05-04T"), "{said}");
    let said = town.ok("market sell 1/2 1/3 --price 6 --until +1d --reserved-for ben --as anna");
    assert!(said.starts_with("listing 2: coupons 1/2, 1/3 are for sale at 6 UNIT until"), "{said}");
    town.ok("market sell 2/1 --price 20 --falling-to 10 --until +10d --as ben");
    town.ok("market auction 1/4 --reserve 1 --step 0.5 --until +2d --as anna");

    assert_eq!(browsed(&town, ""), [1, 2, 3, 4]);
    assert_eq!(browsed(&town, "--issuer bakery"), [1, 2, 3, 4]);
    assert_eq!(browsed(&town, "--issuer cafe"), [0; 0]);
    assert_eq!(browsed(&town, "--benefit gift-card"), [3]);
    assert_eq!(browsed(&town, "--benefit percent"), [1, 2, 4]);
    assert_eq!(browsed(&town, "--below-value"), [1, 3, 4]);
    assert_eq!(browsed(&town, "--below-value 50"), [4]);
    assert_eq!(browsed(&town, "--ends-before +36h"), [2]);
    assert_eq!(browsed(&town, "--buyer carl"), [1, 3, 4]);
    assert_eq!(browsed(&town, "--buyer ben"), [1, 2, 4]);
    let table = town.ok("market browse --benefit percent");
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("listing  kind     cost  worth  ends "), "{table}");
    assert!(lines[2].starts_with("2        fixed    6     5      2026-05-02T"), "{table}");
    assert!(lines[2].ends_with("  1/2, 1/3  20% off, at most 2.5 UNIT"), "{table}");

    let shown = town.ok("market show 2/1");
    assert!(shown.contains("falling to 10 UNIT") && shown.contains("(open)"), "{shown}");
    let price = |town: &Town| -> u128 {
        town.json("market show 3")["details"]["cost"].as_str().unwrap().parse().unwrap()
    };
    let before = price(&town);
    town.ok("chain advance 5d");
    assert!(price(&town) < before && price(&town) > 14_900_000_000_000);
    assert_eq!(browsed(&town, ""), [3]);
    agrees(&town);
}

#[test]
fn an_auction_goes_to_the_highest_bidder_and_the_others_have_their_money_back() {
    let town = traders();
    town.ok("market auction 1/4 --reserve 1 --step 0.5 --until +1h --as anna");
    town.ok("market bid 1/4 1 --as ben");
    town.refuses(
        "market bid 1 1.2 --as carl",
        "a bid of 1.2 UNIT is below the least of 1.5 UNIT",
        "bid 1.5 UNIT or more",
    );
    town.ok("chain advance 57m");
    let said = town.ok("market bid 1 1.5 --as carl");
    assert!(said.starts_with("carl leads with 1.5 UNIT for coupon 1/4; the auction ends at"), "{said}");
    assert!(said.ends_with(", later than before: the bid came late\n"), "{said}");
    assert!(town
        .ok("market mine carl")
        .contains("\n  bid: leads with 1.5 UNIT for coupon 1/4 of listing 1 until"));
    assert_eq!(
        town.ok("market mine ben"),
        "ben has at the market\n  to collect: 1 UNIT in the native token\n"
    );
    town.refuses(
        "market cancel 1/4 --as anna",
        &format!("{} bid 1.5 UNIT, and an auction with a bid isn't cancelled", address("carl")),
        "wait for its end, then clear it: `couponry market clear`",
    );
    assert_eq!(town.ok("market withdraw --as ben"), "ben collected 1 UNIT\n");
    assert!(town.refusal("market clear 1 --as ben").contains("the listing goes on until"));
    town.ok("chain advance 10m");
    assert_eq!(
        town.ok("market clear 1 --as ben"),
        format!(
            "listing 1: coupon 1/4 went to {} for 1.5 UNIT, of which 0.003 UNIT are ben's for clearing\n",
            address("carl")
        )
    );
    let shown = town.ok("market show 1");
    assert!(shown.contains(&format!("\n  {} had it for 1.5 UNIT\n", address("carl"))), "{shown}");
    let forgotten = town.ok("market forget 1 --as anna");
    assert_eq!(forgotten, "listing 1 is forgotten, and the deposits are anna's again\n");
    town.refuses(
        "market show 1",
        "there is no listing 1: it was never opened, or its seller took it away",
        "see what there is: `couponry market browse`",
    );
    town.ok("market withdraw --as operator");
    agrees(&town);
}

#[test]
fn coupons_are_swapped_both_or_none() {
    let town = traders();
    let opened = town.ok("market swap 1/1 --wants 2 --adds 15 --least-left 20 --until +1d --as anna");
    assert!(opened.starts_with("listing 1: coupon 1/1 for any of 2, with 15 UNIT on top until"), "{opened}");
    let shown = town.ok("market show 1/1");
    assert!(shown.contains("coupon 1/1 for any of 2, with 15 UNIT on top until"), "{shown}");
    assert!(shown.contains("\n  each coupon wanted: worth 20 UNIT or more\n"), "{shown}");
    assert_eq!(browsed(&town, "--below-value"), [0; 0], "it costs a coupon, and nobody knows which");
    town.refuses(
        "market take 1 1/5 --as ben",
        "coupon 1/5 isn't what is wanted",
        "see what is wanted: `couponry market show`",
    );
    town.refuses(
        "market buy 1/1 --highest 50 --as ben",
        "listing 1 is of another kind",
        "see its kind with `couponry market show`: prices are bought, auctions bid for, swaps swapped",
    );
    let ben = town.balance("ben");
    assert_eq!(town.ok("market take 1/1 2/1 --as ben"), "coupon 1/1 is ben's, for 2/1\n");
    assert!(town.balance("ben") > ben + 14_000_000_000_000);
    assert!(town.ok("coupon show 2/1").contains(&address("anna")));

    town.ok("market swap 1/2 --wants 1/5 --asks 0.5 --until +1d --as anna");
    town.refuses(
        "market take 2 1/5 --as ben",
        "the price is 0.5 UNIT, over your highest 0 UNIT",
        "raise --highest, or leave it",
    );
    town.ok("market take 2 1/5 --highest 0.5 --as ben");
    agrees(&town);
}

#[test]
fn offers_hold_their_money_until_they_are_accepted_or_withdrawn() {
    let town = traders();
    let made = town.ok("market offer 1 --price 2 --quantity 2 --least-left 2.5 --until +7d --as ben");
    assert!(made.starts_with("offer 1: 2 UNIT for any of 1 until 2026-05-08T"), "{made}");
    assert!(made.ends_with("; the market holds 4 UNIT\n"), "{made}");
    town.ok("market offer 2/1 --price 12 --until +7d --as carl");
    let offers = town.json("market offers --campaign 1");
    assert_eq!(
        (offers["offers"][0]["left"].as_u64(), offers["offers"].as_array().unwrap().len()),
        (Some(2), 1)
    );
    assert_eq!(town.ok("market offers").lines().count(), 3);
    town.refuses(
        "market accept 1 1/2 --least 1.97 --as anna",
        "you would get 1.96 UNIT, less than your least 1.97 UNIT",
        "lower --least, or leave it",
    );
    assert_eq!(
        town.ok("market accept 1 1/2 --least 1.96 --as anna"),
        "coupon 1/2 is sold: anna gets 1.96 UNIT\n"
    );
    town.refuses(
        "market withdraw --offer 1 --as anna",
        &format!("the offer is {}'s, not anna's", address("ben")),
        "run the command as that account: --as NAME",
    );
    assert!(town.ok("market mine ben").contains(" (open); the market holds 2 UNIT\n"));
    town.ok("chain advance 8d");
    assert_eq!(town.json("market offers")["offers"].as_array().unwrap().len(), 0);
    let left = town.ok("market mine ben");
    assert!(
        left.starts_with("ben has at the market\n  offer 1: 2 UNIT for any of 1, 1 more, until 2026-05-08T"),
        "{left}"
    );
    assert!(left.ends_with(" (ended); the market holds 2 UNIT\n"), "{left}");
    assert_eq!(town.ok("market withdraw --offer 1 --as ben"), "ben collected 2 UNIT\n");
    assert_eq!(town.ok("market mine ben"), "ben has nothing at the market\n");
    town.refuses(
        "market accept 1 1/3 --as anna",
        "there is no offer 1: it was never made, or it was withdrawn",
        "see what there is: `couponry market offers`",
    );
    agrees(&town);
}

#[test]
fn several_listings_are_bought_in_one_call_as_far_as_the_money_goes() {
    let town = traders();
    for (coupon, price) in [("1/1", "1"), ("1/2", "1.20"), ("1/3", "2")] {
        town.ok(&format!("market sell {coupon} --price {price} --until +1d --as anna"));
    }
    town.ok("market buy 1 --highest 1 --as carl");
    let closed = "listing 1 is closed: its coupons were sold or went back, or are its seller's to take back";
    town.refuses(
        "market buy 1 2 --highest 9 --all --as ben",
        closed,
        "see what there is: `couponry market browse`",
    );
    assert_eq!(
        town.ok("market buy 1/1 1/2 1/3 --highest 2 --as ben"),
        format!(
            "ben bought 1 of 3 listings for 1.2 UNIT\n  listing 1: not bought: {closed}\n  listing 2: coupon 1/2 for 1.2 UNIT\n  \
             listing 3: not bought: the price is 2 UNIT, over your highest 0.8 UNIT\n"
        )
    );
    town.refuses(
        "market buy 3 --highest 2 --least-left 3 --as ben",
        "it can still take 2.5 UNIT off, less than the 3 UNIT asked for",
        "lower --least-left, or choose another",
    );
    let terms = town.json("market show 3")["details"]["terms"].as_str().unwrap().to_owned();
    town.refuses(
        &format!("market buy 3 --highest 2 --terms 0x{} --as ben", "11".repeat(32)),
        &format!("the listing isn't the one with those terms: its digest is {terms}"),
        "look at it again (`couponry market show`) before you buy",
    );
    town.ok(&format!("market buy 3 --highest 2 --good-until +7d --terms {terms} --as ben"));
    agrees(&town);
}

#[test]
fn a_coupon_is_bought_and_spent_in_one_call_if_that_saves_money() {
    let town = traders();
    town.ok("market sell 1/4 --price 1 --until +1d --as anna");
    town.ok("order sign --number 1 --basket 5 --coupon 1/4 --as bakery --out small.json");
    town.refuses(
        "market buy-and-use 1/4 --highest 1 --order small.json --as ben",
        "the coupon would take 1 UNIT off and costs 1 UNIT",
        "pay without it, or find a cheaper one",
    );
    town.ok("order sign --number 2 --basket 12.50 --coupon 1/4 --as bakery --out order.json");
    assert_eq!(
        town.ok("market buy-and-use 1/4 --highest 1 --order order.json --as ben"),
        "coupon 1/4: bought for 1 UNIT and spent for 2.5 UNIT off: 1.5 UNIT saved\n"
    );
    assert_eq!(town.words("quote --coupon 1/4 --acceptor bakery --basket 10").status.code(), Some(1));
    agrees(&town);
}

#[test]
fn all_that_is_open_is_cancelled_at_once_and_taken_back_one_by_one() {
    let town = traders();
    town.ok("market sell 1/1 --price 1 --until +1d --as anna");
    town.ok("market sell 1/2 --price 1 --until +1d --as anna");
    town.ok("market cancel --all --as anna");
    assert_eq!(browsed(&town, ""), [0; 0]);
    assert_eq!(town.json("market show 1/1")["state"], "cancelled, to be taken back");
    let of_anna = town.json("market mine anna");
    assert_eq!(of_anna["listings"][1]["state"], "cancelled, to be taken back");
    assert_eq!(of_anna["listings"].as_array().unwrap().len(), 2);
    town.refuses(
        "market buy coupon --highest 1 --as ben",
        "`coupon` is neither a listing's number nor a coupon",
        "write the number, such as 3, or a coupon in it, such as 1/17",
    );
    town.refuses(
        "market buy 2 --highest 1 --as ben",
        "number 2 was cancelled with all that its owner had opened before number 3",
        "choose another (`couponry market browse`); what is in it is its owner's to take back",
    );
    assert_eq!(town.ok("market cancel 1/1 --as anna"), "coupon 1/1 is anna's again\n");
    let cleared = town.ok("market clear 2 --as ben");
    assert_eq!(cleared, format!("listing 2: coupon 1/2 went back to {}\n", address("anna")));
    town.ok("market forget 2 --as anna");
    agrees(&town);
}

#[test]
fn the_cash_of_a_swap_comes_back_though_its_coupon_is_frozen() {
    let town = traders();
    town.create("resale.toml", "", "");
    town.ok("issue --campaign 3 --to anna,anna --source 1 --as bakery");
    town.ok("market swap 3/1 --wants 2 --adds 3 --until +1d --as anna");
    town.ok("market swap 3/2 --wants 2 --adds 4 --until +1d --as anna");
    for coupon in ["3/1", "3/2"] {
        town.ok(&format!("coupon freeze {coupon} --reason 1 --as bakery"));
    }
    let waits = |coupon: &str, cash: &str, who: &str| {
        format!(
            "coupon {coupon} can't be moved yet, and {who} finds the {cash} added with `couponry market withdraw`: once the issuer \
             has thawed what it froze, cancel again\n"
        )
    };
    assert_eq!(town.ok("market cancel 3/1 --as anna"), waits("3/1", "3 UNIT", "anna"));
    town.ok("chain advance 1d");
    let cleared = format!("listing 2: {}", waits("3/2", "4 UNIT", &address("anna")));
    assert_eq!(town.ok("market clear 3/2 --as carl"), cleared);
    assert_eq!(town.ok("market withdraw --as anna"), "anna collected 7 UNIT\n");
    town.refuses(
        "market cancel 1 --as anna",
        "coupon 3/1 is frozen by its issuer",
        "ask the issuer to thaw it",
    );
    assert_eq!(town.json("market show 1")["state"], "not delivered, to be taken back");
    agrees(&town);
}

#[test]
fn the_market_is_ruled_by_its_owner_with_notice() {
    let town = traders();
    let output = town.words("market fee 1.5 --as anna");
    assert!(text(&output.stderr).starts_with("error: anna is not the market's owner\n"));
    let changed = town.ok("market fee 1.5 --as operator");
    assert!(changed.starts_with("what is opened from 2026-05-08T"), "{changed}");
    assert!(changed.ends_with(" on pays the market 1.5% of its price\n"), "{changed}");
    town.ok(&format!("market allow {} --as operator", address("token")));
    town.ok(&format!("market allow {} --stop --as operator", address("token")));
    town.ok("market hand-over bakery --as operator");
    assert!(town.refusal("market take-over --as anna").contains("the market wasn't offered to anna"));
    assert_eq!(town.ok("market take-over --as bakery"), "the market is bakery's\n");
    town.ok("market sell 1/1 --price 1 --until +1d --as anna");
    assert_eq!(town.json("market show 1")["details"]["fee_bps"].as_u64(), Some(200));
    town.ok("chain advance 7d");
    town.ok("market sell 1/2 --price 1 --until +1d --as anna");
    assert_eq!(town.json("market show 2")["details"]["fee_bps"].as_u64(), Some(150));
    agrees(&town);
}
