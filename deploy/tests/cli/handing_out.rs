//! Coupons into people's hands: lists, vouchers, attestations, friends, and whom a merchant lets do it.

use crate::town::{address, Town};

#[test]
fn a_list_gives_each_account_what_it_says_and_nobody_else_anything() {
    let town = Town::new();
    town.campaign("per_holder = 1", "per_holder = 3");
    town.write("bad.csv", "account,count\nanna,2\nben,0\nca rl,1\n");
    let refusal = town.refusal("list create --campaign 1 --from bad.csv --out list.json --as bakery");
    let rows: Vec<&str> = refusal.lines().collect();
    assert_eq!(rows[0], "error: bad.csv: 1 rows are good and 2 are not:");
    assert!(rows[1].starts_with("  line 3: count: `0` is not a number from 1 to "), "{refusal}");
    assert_eq!(rows[2], "  line 4: `ca rl` is neither a name nor a valid address");
    town.write("list.csv", "account,count\nanna,2\nben,1\n");
    let made = town.json("list create --campaign 1 --from list.csv --out list.json --as bakery");
    assert_eq!((made["drop"].as_u64(), made["coupons"].as_u64()), (Some(1), Some(3)));
    let claimed = town.json("list claim --list list.json --to anna");
    assert_eq!(claimed["coupons"], serde_json::json!(["1/1", "1/2"]));
    assert_eq!(claimed["owner"], address("anna"));
    town.refuses(
        "list claim --list list.json --to anna",
        "code 0 was used before",
        "use another code: each gives one coupon",
    );
    town.refuses(
        "list claim --list list.json --to carl --as bakery",
        &format!("{} is not on the list", address("carl")),
        "ask the issuer, or claim for an account that is listed",
    );
    // Ben thinks he has more coming.
    let list = std::fs::read_to_string(town.path("list.json")).unwrap();
    town.write("more.json", &list.replace("\"count\":1", "\"count\":2"));
    town.refuses(
        "list claim --list more.json --to ben",
        "code 1 is not one of this drop's",
        "use a code that the issuer printed for this drop, with its own drop.json",
    );
    town.ok("list claim --list list.json --to ben --as bakery");
    assert!(town.ok("coupon show 1/3").contains("held by"));
    town.refuses(
        "list create --campaign 1 --from list.csv --out list.json --as bakery",
        "list.json exists already",
        "name a new file: a list is good as it was committed to",
    );
}

#[test]
fn a_named_key_signs_vouchers_within_its_quota_until_it_is_dismissed() {
    let town = Town::new();
    town.campaign("per_holder = 1", "per_holder = 3");
    let key = town.json("key new --out sensor.key")["public_key"].as_str().unwrap().to_owned();
    town.refuses(
        "key new --out sensor.key",
        "sensor.key exists already",
        "name a new file: keys are never written over",
    );
    let sign = |nonce: u32, to: &str| {
        let line = format!("voucher sign --campaign 1 --to {to} --nonce {nonce} --key sensor.key --out {nonce}.txt --qr {nonce}.png");
        let said = town.ok(&line);
        let image = image::open(town.path(&format!("{nonce}.png"))).unwrap().to_luma8();
        let scanned = rqrr::PreparedImage::prepare(image).detect_grids()[0].decode().unwrap().1;
        assert_eq!(said, format!("{scanned}\n"));
        scanned
    };
    let first = sign(1, "anna");
    let unknown = format!("the campaign names no voucher key {key}, or not any more");
    let fix = "ask the issuer for a voucher of a key that it names";
    town.refuses(&format!("voucher claim --voucher {first} --as anna"), &unknown, fix);
    let refusal =
        town.refusal(&format!("campaign key add 1 --key {key} --device --quota 0 --period 1d --as bakery"));
    assert!(refusal.starts_with("error: --quota: no vouchers"), "{refusal}");
    town.ok(&format!("campaign key add 1 --key {key} --device --quota 1 --period 1d --as bakery"));
    // The shop submits, and pays the deposit.
    let claimed = town.json(&format!("voucher claim --voucher {first} --as bakery"));
    assert_eq!(claimed["coupons"], serde_json::json!(["1/1"]));
    assert_eq!(claimed["owner"], address("anna"));
    town.refuses(
        "voucher claim --voucher 1.txt --as ben",
        "voucher 1 was used before",
        "ask for another voucher",
    );
    sign(2, "ben");
    let quota = town.refusal("voucher claim --voucher 2.txt --as ben");
    assert!(quota.starts_with(
        "error: the key's 1 vouchers of this period are spent; the next one starts at 2026-05-02T09:"
    ));
    town.ok(&format!("campaign key revoke 1 --key {key} --as bakery"));
    town.refuses("voucher claim --voucher 2.txt --as ben", &unknown, fix);
    town.refuses(
        &format!("campaign key revoke 1 --key {key} --as anna"),
        "anna is neither the issuer nor its operator",
        "run the command as the issuer, or have it name you (`couponry role set`)",
    );
}

#[test]
fn an_attested_audience_shows_what_was_attested_of_it() {
    let town = Town::new();
    town.create("attested.toml", "", "");
    town.ok("drop create --campaign 1 --codes 2 --out codes --qr 0 --as bakery");
    let claim = format!("claim --code {} --drop codes", town.code(0));
    town.refuses(
        &format!("{claim} --to anna"),
        "the campaign asks for an attestation of class 18",
        "have the issuer's attester sign one (`couponry attest`) and show it with the claim",
    );
    town.ok("attest anna --class 18 --expires +365d --key attester --out anna.txt");
    let invalid = "the campaign's attester didn't sign class 18 for this account";
    let fix = "have it signed for this account, class, chain and registry";
    town.refuses(&format!("{claim} --to ben --attestation anna.txt"), invalid, fix);
    town.ok("attest anna --class 17 --expires +365d --key attester --out younger.txt");
    town.refuses(&format!("{claim} --to anna --attestation younger.txt"), invalid, fix);
    let expired = town.json("attest anna --class 18 --expires 2026-05-01T09:00:00Z --key attester");
    let refusal = town
        .refusal(&format!("{claim} --to anna --attestation {}", expired["attestation"].as_str().unwrap()));
    assert!(
        refusal.starts_with("error: the attestation ended at 2026-05-01T09:00:00Z, and it is "),
        "{refusal}"
    );
    town.refuses(
        "attest anna --class 18 --expires +365d --key campaign.toml",
        "--key: campaign.toml: not 64 hexadecimal digits",
        "give a key file, as `couponry key new` writes it",
    );
    assert_eq!(town.ok(&format!("{claim} --to anna --attestation anna.txt")), "coupon 1/1 is anna's\n");
}

#[test]
fn whoever_brought_a_friend_is_rewarded_once_for_the_first_order() {
    let town = Town::new();
    town.campaign("percent = 20", "percent = 25");
    town.create("invite.toml", "", "");
    town.ok("drop create --campaign 2 --codes 2 --out codes --qr 0 --as bakery");
    let claim = format!("claim --code {} --drop codes --to anna", town.code(0));
    town.refuses(
        &format!("{claim} --advocate anna"),
        "nobody is their own advocate",
        "name who brought you, or nobody",
    );
    town.ok(&format!("{claim} --advocate ben"));
    assert!(town.json("coupon show 2/1")["advocate"].as_str() == Some(&address("ben")));
    town.agree("order", 1, "10", "anna", &["2/1"]);
    town.ok("redeem --order order.json --permit order-1.json --as bakery");
    let reward = "reward --number 1 --acceptor bakery --coupon 2/1 --as carl";
    let early = town.refusal(&reward.replace("carl", "anna"));
    assert!(early.starts_with("error: the redemption is final at 2026-05-01T10:"), "{early}");

    town.ok("rate --number 1 --acceptor bakery --stars 5 --comment lovely --as anna");
    town.refuses(
        "rate --number 1 --acceptor bakery --stars 4 --as anna",
        "order 1 is rated already",
        "a redemption is rated once",
    );
    town.refuses("rate --number 1 --acceptor bakery --stars 6 --as anna", "6 stars", "give 1 to 5");

    town.ok("chain advance 2h");
    let rewarded = town.json(&reward.replace("carl", "anna"));
    assert_eq!(
        (rewarded["coupon"].as_str(), rewarded["advocate"].as_str()),
        (Some("1/1"), Some(&*address("ben")))
    );
    let again = town.refusal(&reward.replace("carl", "anna"));
    assert!(
        again.contains("this wasn't the first order of") && again.contains("or it was rewarded"),
        "{again}"
    );

    let soon = town.refusal("forget --number 1 --as bakery");
    assert!(soon.contains("forgetting takes 30 days more"), "{soon}");
    town.ok("chain advance 31d");
    let before = town.balance("bakery");
    town.ok("forget --number 1 --as bakery");
    assert!(town.balance("bakery") > before);
    town.refuses(
        "forget --number 1 --as bakery",
        "no redemption of order 1 can be rolled back: there is none, or it was rolled back, or it differs",
        "give the acceptor and number of an order that took effect",
    );
}

#[test]
fn a_merchant_lets_others_work_for_it_as_far_as_it_says() {
    let town = Town::new();
    town.create(
        "high-street.toml",
        "funding = \"alliance\"\naccept = \"alliance\"",
        "marks_first_order = true",
    );
    let issue = "issue --campaign 1 --to anna,ben --source 1 --as cafe";
    let stranger = "cafe is neither the issuer nor its operator";
    let fix = "run the command as the issuer, or have it name you (`couponry role set`)";
    town.refuses(issue, stranger, fix);
    assert_eq!(town.ok("role set cafe --operator --as bakery"), "cafe issues for bakery\n");
    town.ok(issue);
    assert_eq!(
        town.ok("role set cafe --cashier --daily-cap 3 --as bakery"),
        "cafe accepts orders for bakery within 3 UNIT a day\n"
    );
    town.refuses("issue --campaign 1 --to carl --source 2 --as cafe", stranger, fix);

    // 2 off each, and the cap is 3.
    town.agree("one", 1, "20", "anna", &["1/1"]);
    town.agree("two", 2, "20", "ben", &["1/2"]);
    town.ok("redeem --order one.json --permit one-1.json --as cafe");
    town.refuses(
        "redeem --order two.json --permit two-1.json --as cafe",
        "what the cashier accepts in a day would come to 4 UNIT, and the limit is 3 UNIT",
        "have the merchant itself accept, or raise the cap (`couponry role set`)",
    );
    town.ok("account freeze ben --reason 7 --as bakery");
    town.refuses(
        "redeem --order two.json --permit two-1.json --as bakery",
        &format!("the issuer froze the account of {} (reason 7)", address("ben")),
        "ask the issuer; the reason is its own number",
    );
    town.refuses("account thaw anna --as bakery", "nothing would change", "there is nothing to do");
    town.ok("account thaw ben --as bakery");
    town.ok("role dismiss cafe --as bakery");
    town.refuses(
        "redeem --order two.json --permit two-1.json --as cafe",
        "cafe is neither the order's acceptor nor its cashier",
        "act as the acceptor, or bring an order that it signed: `couponry order sign`",
    );
    town.ok("redeem --order two.json --permit two-1.json --as bakery");
}

#[test]
fn a_campaign_changes_hands_only_to_whom_it_was_offered() {
    let town = Town::new();
    town.campaign("percent = 20", "percent = 25");
    let nothing = "nothing was offered to cafe";
    let fix = "have the owner offer it first";
    town.refuses("campaign accept 1 --as cafe", nothing, fix);
    town.ok("campaign offer 1 --to cafe --as bakery");
    town.ok("campaign offer 1 --take-back --as bakery");
    town.refuses("campaign accept 1 --as cafe", nothing, fix);
    town.ok("campaign offer 1 --to cafe --as bakery");
    assert_eq!(town.ok("campaign accept 1 --as cafe"), "campaign 1 is cafe's now\n");
    let before = town.balance("cafe");
    town.ok("campaign withdraw 1 100 --as cafe");
    assert!(town.balance("cafe") > before);
    let former = town.refusal("campaign offer 1 --to anna --as bakery");
    assert!(former.contains("and only its issuer may do this"), "{former}");
}

#[test]
fn the_guardian_pauses_what_it_names_and_hands_its_place_on() {
    let town = Town::new();
    town.campaign("percent = 20", "percent = 25");
    town.refuses(
        "guardian pause claims --as anna",
        "anna is not the registry's guardian",
        "only the guardian pauses",
    );
    assert_eq!(town.ok("guardian pause campaigns claims --as operator"), "paused: campaigns, claims\n");
    town.refuses(
        "issue --campaign 1 --to anna --source 1 --as bakery",
        "the registry's guardian paused issuing and claiming",
        "try again later; spending and collecting go on",
    );
    town.refuses(
        "campaign create campaign.toml --as bakery",
        "the registry's guardian paused new campaigns",
        "try again later; spending and collecting go on",
    );
    town.ok("guardian offer --to anna --as operator");
    town.refuses("guardian accept --as ben", "nothing was offered to ben", "have the owner offer it first");
    town.ok("guardian accept --as anna");
    assert_eq!(town.ok("guardian pause trading --as anna"), "paused: trading\n");
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    town.refuses(
        "market sell 1/1 --price 1 --until +1d --as anna",
        "the guardian of the registry paused trading",
        "try again later; what is listed can be bought and cancelled",
    );
    town.ok("guardian step-down --as anna");
    town.ok("market sell 1/1 --price 1 --until +1d --as anna");
}
