//! The auditor on a real chain: it agrees after a life of coupons of every kind, and notices each falsified event, storage item and balance by name.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::unwrap_used,
    reason = "tests: a panic here is a failure with its place, and amounts are small"
)]

mod custody;
mod town;

use chain::{keys::ss58, tamper, Chain, EmbeddedChain, EventRecord, TypedChain};
use couponry::{
    audit::{self, AuditError, Contradiction, Files, Finding, Kind, Place, Unreadable},
    cli,
    entitlements::read_list,
};
use desk::events::{CouponExpired, CouponsMerged, DeskOpened, RedemptionRated};
use ink::{codegen::TraitCallBuilder, env::Event};
use market::events::{AuctionWon, BidPlaced, ListingOpened, ListingsSold, OfferAccepted};
use office::events::{CampaignHandedOver, CouponRevoked, CouponsIssued};
use registry::events::{OrdersRedeemed, Transfer};
use rusqlite::Connection;
use scale::{Decode, Encode};
use shared::{assets::Asset, coupons::Role, ids::CouponId, ledger, psp34::PSP34, terms::Funding};
use town::{account, Town, UNIT};

fn is<E: Event>(record: &EventRecord) -> bool {
    record.topics.first() == E::SIGNATURE_TOPIC.as_ref()
}

#[test]
fn the_audit_of_a_whole_life_agrees() {
    let report = Town::lived().audit();
    assert_eq!(report.differences, []);
    assert!(report.agrees && report.events > 100);
    let holdings: Vec<_> = report
        .holdings
        .iter()
        .map(|h| (h.contract, h.asset == Asset::Native, h.owed > 0, h.surplus()))
        .collect();
    let expected = [
        ("registry", true, true, 0),
        ("registry", false, true, 0),
        ("office", true, false, 0),
        ("desk", true, false, 0),
        ("alliance", true, true, 0),
        ("council", true, false, 0),
        ("market", true, true, 0),
        ("market", false, true, 0),
    ];
    assert_eq!(holdings, expected);
    assert!(report.holdings.iter().all(|h| h.suffices()));
}

#[test]
fn a_whole_life_tells_every_event_there_is() {
    let (town, folder) = (Town::lived(), tempfile::tempdir().unwrap());
    let db = folder.path().join("audit.sqlite");
    audit::run(&town.chain, &town.suite, Files { db: Some(&db), ..Files::default() }).unwrap();
    let connection = Connection::open(&db).unwrap();
    let mut names = connection
        .prepare("SELECT contract || ' ' || GROUP_CONCAT(event, ' ') FROM (SELECT DISTINCT contract, event FROM events ORDER BY 1, 2) GROUP BY contract ORDER BY 1")
        .unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let expected = [
        "alliance AllianceCreated DebtsReversed OrdersBooked",
        "council CaseCleared CaseClosed CaseOpened CaseReplied CollateralDeposited CollateralWithdrawn CouncilOpened CouponConverted CycleClosed \
         FeeWaived FundEndowed MadeGood MemberApplied MemberDefaulted MemberExited MemberLeaving MotionCarried MotionMoved PayInReceived \
         PayoutMade RateAgreed RateOffered VoteCast VoteCleared",
        "desk AdvocateRewarded CouponExpired CouponReleased CouponSplit CouponsMerged CouponsReserved CreditWithdrawn DeskOpened \
         OrderRolledBack PermitsCancelled RedemptionForgotten RedemptionRated",
        // No pay-out of the market's fails here.
        "market AllCancelled AuctionWon BidPlaced CreditWithdrawn FeeChanged ListingFailed ListingOpened ListingReturned \
         ListingsForgotten ListingsSold MarketCreated OfferAccepted OfferMade OfferWithdrawn OwnerChanged OwnershipOffered SwapMade TokenChanged",
        "office AccountFreezeChanged CampaignCreated CampaignHandedOver CampaignImproved CampaignOffered CouponFreezeChanged CouponRevoked \
         CouponToppedUp CouponsIssued DropCreated EscrowWithdrawn GuardianChanged GuardianOffered OfficeOpened PauseChanged RoleChanged \
         VoucherKeyChanged",
        "registry Approval CouponsIssued CreditAdded OrdersRedeemed Transfer",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_contract_short_of_money_is_a_difference() {
    let mut town = Town::lived();
    // What the token says the registry has, under the key of its balances there.
    let tokens = town.chain.storage(town.token).unwrap();
    let is_registrys = |key: &[u8]| key.ends_with(town.suite.registry.as_ref());
    let held = 47 * UNIT;
    let (key, _) = tokens.iter().find(|(key, value)| is_registrys(key) && *value == held.encode()).unwrap();
    tamper::storage(&mut town.chain, town.token, key, Some((held - 1).encode())).unwrap();
    let differences = town.audit().differences;
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!(difference.item, format!("money held, PSP22 {}", ss58(&town.token)));
    assert_eq!(difference.expected, Some(held.to_string()));
    assert_eq!(difference.found, Some((held - 1).to_string()));
}

#[test]
fn a_new_suite_agrees() {
    let report = Town::new().audit();
    assert!(report.agrees, "{:?}", report.differences);
    assert_eq!(report.events, 5);
}

#[test]
fn money_sent_unasked_is_surplus_and_no_difference() {
    let mut town = Town::lived();
    town.chain.transfer(account("ann"), town.suite.market, UNIT).unwrap();
    let report = town.audit();
    assert!(report.agrees);
    let market = report.holdings.iter().find(|h| h.contract == "market").unwrap();
    assert_eq!(market.surplus(), UNIT);
}

#[test]
fn a_campaign_in_a_contract_that_is_no_token_stops_no_audit() {
    let mut town = Town::lived();
    let no_token = Asset::Psp22(town.suite.market);
    town.campaign("cinema", 0, |terms| {
        (terms.asset, terms.funding) = (no_token, Funding::Merchant);
    });
    let report = town.audit();
    assert_eq!(report.differences, []);
    let holding = report.holdings.iter().find(|h| h.asset == no_token).unwrap();
    assert_eq!((holding.owed, holding.held), (0, 0));
}

#[test]
fn every_tampered_storage_item_is_named() {
    let lived = Town::lived();
    let moment = lived.chain.snapshot();
    let contracts = [
        ("registry", lived.suite.registry),
        ("office", lived.suite.office),
        ("desk", lived.suite.desk),
        ("alliance", lived.suite.alliance),
        ("market", lived.suite.market),
    ];
    for (name, contract) in contracts {
        for (key, value) in lived.chain.storage(contract).unwrap() {
            let mut town = Town { chain: EmbeddedChain::fork(&moment), ..lived };
            let mut altered = value.clone();
            // An empty item can only be missing.
            match altered.last_mut() {
                Some(byte) => *byte ^= 1,
                None => altered.push(1),
            }
            tamper::storage(&mut town.chain, contract, &key, Some(altered)).unwrap();
            let report = town.audit();
            assert!(!report.agrees);
            let [difference] = report.differences.as_slice() else { panic!("{:?}", report.differences) };
            assert_eq!(difference.contract, name);
            assert!(!difference.item.contains("unknown"), "{difference}");
            assert!(difference.expected.is_some() && difference.found.is_some(), "{difference}");
            assert!(difference.last_event.is_some(), "{difference}");
        }
    }
}

#[test]
fn a_missing_and_an_extra_item_are_told_apart() {
    let mut town = Town::lived();
    let cem = account("cem");
    let role = |merchant| ledger::key(ledger::items::ROLES, &(merchant, cem));
    tamper::storage(&mut town.chain, town.suite.registry, &role(account("bakery")), None).unwrap();
    let forged = Role { cashier: true, ..Role::default() }.encode();
    tamper::storage(&mut town.chain, town.suite.registry, &role(cem), Some(forged)).unwrap();
    let mut items: Vec<_> = town
        .audit()
        .differences
        .into_iter()
        .map(|d| (d.item, d.expected.is_some(), d.found.is_some(), d.last_event.is_some()))
        .collect();
    items.sort();
    let mut expected = [
        (format!("role {}, {}", ss58(&account("bakery")), ss58(&cem)), true, false, true),
        (format!("role {0}, {0}", ss58(&cem)), false, true, false),
    ];
    expected.sort();
    assert_eq!(items, expected);
}

#[test]
fn a_falsified_deal_is_named_with_what_it_contradicts() {
    fn edit<E: Event + Decode + Encode>(change: impl Fn(&mut E)) -> (&'static str, String) {
        let mut town = Town::lived();
        let record = town.event(is::<E>);
        tamper::event(&mut town.chain, record.block, record.index, |record| {
            let mut event = E::decode(&mut &*record.data).unwrap();
            change(&mut event);
            record.data = event.encode();
        })
        .unwrap();
        match town.finding() {
            Finding::Contradiction { contract: "market", event, why, .. } => (event, why.to_string()),
            other @ (Finding::Unreadable { .. }
            | Finding::Contradiction { .. }
            | Finding::CodeChanged { .. }
            | Finding::Gone { .. }) => {
                panic!("{other:?}")
            }
        }
    }
    let (event, why) = edit::<ListingOpened>(|event| event.listing.royalty_bps += 1);
    assert!(event == "ListingOpened" && why.starts_with("what is for sale is "), "{why}");
    let (event, why) = edit::<ListingsSold>(|event| {
        event.sold[0].parts.seller += 1;
        event.sold[0].parts.fee -= 1;
    });
    assert!(event == "ListingsSold" && why.starts_with("how the price is shared is "), "{why}");
    let (event, why) = edit::<BidPlaced>(|event| event.ends_at += 1);
    assert!(event == "BidPlaced" && why.starts_with("the auction's end is "), "{why}");
    let (event, why) = edit::<AuctionWon>(|event| event.bounty += 1);
    assert!(event == "AuctionWon" && why.starts_with("the bounty is "), "{why}");
    // The royalty is the campaign's, which the registry tells of.
    let (event, why) = edit::<OfferAccepted>(|event| {
        event.parts.royalty -= 1;
        event.parts.fee += 1;
    });
    assert!(
        event == "OfferAccepted" && why.starts_with("the issuer with how the price is shared is "),
        "{why}"
    );
}

/// The names of the events of which an audit misses a falsification, in order of the history, once for each falsification.
fn missed(
    falsify: impl Fn(&mut EmbeddedChain, &EventRecord, usize),
    falsifications: impl Fn(&EventRecord) -> usize,
) -> Vec<String> {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("audit.sqlite");
    audit::run(&town.chain, &town.suite, Files { db: Some(&db), ..Files::default() }).unwrap();
    let names = Connection::open(&db).unwrap();
    let name = |event: &EventRecord| {
        let sql = "SELECT event FROM events WHERE block = ?1 AND idx = ?2";
        names.query_row(sql, [event.block, event.index], |row| row.get(0)).unwrap()
    };
    let mut missed = Vec::new();
    let events = town.chain.events(0).unwrap();
    for event in events.into_iter().filter(|event| event.contract != town.token) {
        for falsification in 0..falsifications(&event) {
            town.chain.restore(&moment);
            falsify(&mut town.chain, &event, falsification);
            match audit::run(&town.chain, &town.suite, Files::default()) {
                Ok(report) if report.agrees => missed.push(name(&event)),
                Ok(_) | Err(AuditError::Finding(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
    missed
}

#[test]
fn every_deleted_event_that_left_a_trace_is_noticed() {
    let delete = |chain: &mut EmbeddedChain, event: &EventRecord, _| {
        tamper::delete_event(chain, event.block, event.index).unwrap();
    };
    // In order, with what came of it since.
    let traceless = [
        // A coupon sent to its own holder.
        "Transfer",
        // Undone in part, and then whole.
        "OrderRolledBack",
        // Reserved again for the same order, and spent on it.
        "CouponReleased",
        "CouponsReserved",
        // Dismissed at once.
        "RoleChanged",
        // Frozen for another reason.
        "AccountFreezeChanged",
        // Offered to another.
        "CampaignOffered",
        "CampaignOffered",
        "CampaignOffered",
        // Lifted.
        "PauseChanged",
        "GuardianOffered",
        "GuardianOffered",
        // Offered to another.
        "OwnershipOffered",
        // Taken back.
        "RateOffered",
        // Used up by a conversion, which only joins a redemption and a transfer.
        "Approval",
        "CouponConverted",
        // Used up by a transfer.
        "Approval",
        // Frozen for another reason.
        "CouponFreezeChanged",
    ];
    assert_eq!(missed(delete, |_| 1), traceless);
}

#[test]
fn every_altered_byte_that_left_a_trace_is_noticed() {
    // Every fourth byte, and the last.
    let flip = |chain: &mut EmbeddedChain, event: &EventRecord, nth: usize| {
        let place = (4 * nth).min(event.data.len() - 1);
        tamper::event(chain, event.block, event.index, |record| record.data[place] ^= 1).unwrap();
    };
    let mut names = missed(flip, |event| event.data.len().div_ceil(4) + 1);
    names.sort();
    names.dedup();
    let traceless = [
        // Frozen for another reason since.
        "AccountFreezeChanged",
        // Used up by a transfer since.
        "Approval",
        // Who settled it.
        "AuctionWon",
        // The document's URI: only its hash is a term.
        "CampaignCreated",
        // Offered to another since.
        "CampaignOffered",
        // Reason and evidence of a dispute that is over.
        "CaseOpened",
        "CaseReplied",
        // Which order a coupon was converted for.
        "CouponConverted",
        // Frozen for another reason since.
        "CouponFreezeChanged",
        // The issuer's reason.
        "CouponRevoked",
        // How much was parted: merged since.
        "CouponSplit",
        // Spent since.
        "CouponsReserved",
        // Of which registry and which order.
        "DebtsReversed",
        // Taken up by another since.
        "GuardianOffered",
        // What was asked for, and until when, of coupons that were taken back since.
        "ListingOpened",
        // Who settled it.
        "ListingReturned",
        // Who paid for a member.
        "MadeGood",
        // What a member that left applied with, and was admitted to.
        "MemberApplied",
        "MotionCarried",
        // What was wanted in an offer that was withdrawn since.
        "OfferMade",
        // The first guardian.
        "OfficeOpened",
        // What was left at first of a redemption that was undone whole since.
        "OrderRolledBack",
        // Of which registry.
        "OrdersBooked",
        // The order's hash and its price in cash, where the redemption was undone or forgotten since.
        "OrdersRedeemed",
        // Offered to another since.
        "OwnershipOffered",
        // Lifted since.
        "PauseChanged",
        // Who paid in for a member.
        "PayInReceived",
        // Taken back since, or taken up by the other.
        "RateOffered",
        // Stars and comment: nothing on the chain depends on them.
        "RedemptionRated",
        // Dismissed since.
        "RoleChanged",
        "VoucherKeyChanged",
    ];
    assert_eq!(names, traceless);
}

#[test]
fn findings_name_the_event() {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let moved = town.event(|record| {
        is::<Transfer>(record)
            && Transfer::decode(&mut &*record.data).is_ok_and(|t| t.from == Some(account("ann")))
    });
    let branches = [("office", town.event(is::<CouponsIssued>)), ("desk", town.event(is::<DeskOpened>))];
    let mut edit = |record: &EventRecord, edit: &dyn Fn(&mut EventRecord)| {
        town.chain.restore(&moment);
        tamper::event(&mut town.chain, record.block, record.index, edit).unwrap();
        town.finding()
    };
    let place = Place { block: moved.block, index: moved.index };
    let id = Transfer::decode(&mut &*moved.data).unwrap().id;
    let coupon = CouponId::try_from(&id).unwrap();
    let stolen = edit(&moved, &|record| {
        let mut transfer = Transfer::decode(&mut &*record.data).unwrap();
        transfer.from = Some(account("cem"));
        record.data = transfer.encode();
    });
    let why = Contradiction::NotHolder { coupon, owner: account("ann"), named: account("cem") };
    assert_eq!(
        stolen,
        Finding::Contradiction { place, contract: "registry", event: "Transfer", why: why.into() }
    );
    assert!(stolen
        .to_string()
        .starts_with(&format!("block {}, event {}: registry: Transfer: coupon", moved.block, moved.index)));

    let unknown = edit(&moved, &|record| record.topics[0] = [9; 32]);
    let why = Unreadable::UnknownSignature { signature: [9; 32] };
    assert_eq!(unknown, Finding::Unreadable { place, contract: "registry", why });
    for (contract, event) in branches {
        let place = Place { block: event.block, index: event.index };
        // A transfer is an event of the registry's, and of no other contract.
        let signature = moved.topics[0];
        let unknown = edit(&event, &|record| record.topics[0] = signature);
        assert_eq!(
            unknown,
            Finding::Unreadable { place, contract, why: Unreadable::UnknownSignature { signature } }
        );
    }
    let longer = edit(&moved, &|record| record.data.push(0));
    let why = Unreadable::TrailingBytes { event: "Transfer", bytes: 1 };
    assert_eq!(longer, Finding::Unreadable { place, contract: "registry", why });
    let replaced = chain::EventKind::CodeUpdated { from: [1; 32], to: [2; 32] };
    let kind = replaced.clone();
    assert_eq!(
        edit(&moved, &|record| record.kind = replaced.clone()),
        Finding::CodeChanged { place, contract: "registry", kind }
    );
}

#[test]
fn what_the_office_and_the_desk_tell_against_the_rules_is_named() {
    fn changed<E: Event + Decode + Encode>(change: impl FnOnce(&mut E)) -> String {
        let mut town = Town::lived();
        let event = town.event(is::<E>);
        tamper::event(&mut town.chain, event.block, event.index, |record| {
            let mut told = E::decode(&mut record.data.as_slice()).unwrap();
            change(&mut told);
            record.data = told.encode();
        })
        .unwrap();
        town.finding().to_string()
    }
    for (finding, why) in [
        (
            changed(|told: &mut CouponExpired| told.to_holder += 1),
            "desk: CouponExpired: the holder's share is",
        ),
        (
            changed(|told: &mut CouponsMerged| told.from = told.into),
            "desk: CouponsMerged: the rules refuse this: two gift cards",
        ),
        (
            changed(|told: &mut RedemptionRated| told.stars = 6),
            "desk: RedemptionRated: the rules refuse this: a rating has one to five stars",
        ),
        (
            changed(|told: &mut RedemptionRated| told.holder = account("ben")),
            "desk: RedemptionRated: the rules refuse this: a redemption is rated by a holder",
        ),
        (
            changed(|told: &mut CouponRevoked| told.paid -= 1),
            "office: CouponRevoked: what backs the coupon is 3000000000000",
        ),
        (
            changed(|told: &mut CampaignHandedOver| told.issuer = account("cem")),
            "office: CampaignHandedOver: whom the campaign was offered to is",
        ),
    ] {
        assert!(finding.contains(why), "{finding}");
    }
}

#[test]
fn a_coupon_that_ended_and_is_still_held_is_a_finding() {
    let mut town = Town::lived();
    let revoked = town.event(is::<CouponRevoked>);
    let coupon = CouponRevoked::decode(&mut revoked.data.as_slice()).unwrap().coupon;
    tamper::delete_event(&mut town.chain, revoked.block, revoked.index + 1).unwrap();
    let finding = town.finding();
    assert!(
        matches!(&finding, Finding::Contradiction { why, .. } if **why == Contradiction::Unfinished { coupon }),
        "{finding}"
    );
}

#[test]
fn a_merchant_reads_what_came_of_its_drops_and_writes_an_allow_list() {
    let (town, folder) = (Town::lived(), tempfile::tempdir().unwrap());
    let (db, list) = (folder.path().join("audit.sqlite"), folder.path().join("repeat.csv"));
    audit::run(&town.chain, &town.suite, Files { db: Some(&db), ..Files::default() }).unwrap();
    let run = |more: &[&str]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = ["couponry", "insights", "--db", db.to_str().unwrap()]
            .into_iter()
            .chain(more.iter().copied())
            .map(Into::into);
        let exit = cli::run(args, &mut out, &mut err).unwrap();
        (exit, String::from_utf8([out, err].concat()).unwrap())
    };
    let export = ["--export-segment", "repeat", "--out", list.to_str().unwrap(), "--count", "3"];
    let (exit, answer) = run(&[&["--merchant", "bakery", "--json"][..], &export].concat());
    assert_eq!(exit, cli::OK, "{answer}");
    let told: serde_json::Value = serde_json::from_str(&answer).unwrap();
    // Of the campaign with codes and vouchers, 7 coupons were had: 3 of drop 1, of which one was used for 3 and one undone, 2 of drop 2, both used, and
    // 2 by vouchers, one used. So 4 uses for 7 coupons, and for drop 1 one for 3: 7 / 12 of the mean; for drop 2 one each: 7 / 4.
    let drops = &told["drops"].as_array().unwrap()[..2];
    let of = |drop: &serde_json::Value, field: &str| drop[field].as_i64().unwrap();
    let drops: Vec<_> = drops
        .iter()
        .map(|drop| {
            (
                of(drop, "drop"),
                of(drop, "coupons"),
                of(drop, "redemptions"),
                of(drop, "redemptions_uplift_bps"),
            )
        })
        .collect();
    assert_eq!(drops, [(1, 3, 1, 5_833 - 10_000), (2, 2, 2, 17_500 - 10_000)]);
    assert_eq!(told["drops"][1]["discount"], (6 * UNIT).to_string());
    assert_eq!(
        told["ratings"],
        serde_json::json!({ "count": 1, "mean_hundredths": 400, "by_stars": [0, 0, 0, 1, 0] })
    );
    let segment = std::fs::read_to_string(&list).unwrap();
    let mut accounts: Vec<_> =
        ["ann", "ben", "dan"].map(|name| format!("{},3", ss58(&account(name)))).to_vec();
    accounts.sort();
    assert_eq!(segment.lines().collect::<Vec<_>>(), [vec!["account,count".to_owned()], accounts].concat());
    assert_eq!(told["segment"]["accounts"], 3);
    let listed = read_list(segment.as_bytes()).unwrap();
    assert!(listed.len() == 3 && listed.iter().all(|(_, count)| *count == 3));

    let (exit, text) = run(&["--merchant", "bakery"]);
    assert_eq!(exit, cli::OK);
    assert!(
        text.contains(
            "drop 4/2: coupons 2, redemptions 2 (+75% to the mean), discount 6 UNIT (+75% to the mean)"
        ),
        "{text}"
    );
    assert!(text.contains("ratings:           1, 4 stars on average"), "{text}");
    let (exit, refusal) = run(&["--merchant", "ann"]);
    assert_eq!(exit, cli::REFUSED);
    assert!(refusal.contains("has nothing of ann's"), "{refusal}");
}

#[test]
fn an_account_without_code_is_no_contract_of_the_suite() {
    let mut town = Town::lived();
    town.suite.market = account("ann");
    assert_eq!(town.finding(), Finding::Gone { contract: "market", account: account("ann") });
}

#[test]
fn a_coupon_spent_without_its_order_and_one_issued_to_nobody_are_findings() {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let order = town.event(is::<OrdersRedeemed>);
    tamper::delete_event(&mut town.chain, order.block, order.index).unwrap();
    let finding = town.finding();
    assert!(
        matches!(&finding, Finding::Contradiction { why, .. } if matches!(**why, Contradiction::Causeless { .. })),
        "{finding}"
    );

    town.chain.restore(&moment);
    let issue = town.event(is::<CouponsIssued>);
    tamper::delete_event(&mut town.chain, issue.block, issue.index + 1).unwrap();
    let finding = town.finding();
    assert!(finding.to_string().contains("the coupon that comes into being"), "{finding}");
}

#[test]
fn statements_carry_over_and_end_at_the_positions_in_storage() {
    let town = Town::lived();
    let statements = town.audit().statements;
    for (index, later) in statements.iter().enumerate() {
        let before = statements[..index].iter().rfind(|s| s.member == later.member);
        assert_eq!(later.opening, before.map_or(0, |s| s.closing()));
    }
    for (name, collateral) in [("bakery", None), ("cinema", Some(39 * UNIT))] {
        let message = town.council().call().member(account(name));
        let (member, _) = town.chain.view_typed(account("ann"), 0, message).unwrap();
        let member = member.unwrap().unwrap();
        let last = statements.iter().rfind(|s| s.member == account(name)).unwrap();
        let credit = i128::try_from(member.credit).unwrap();
        let positions = member.open.position() + member.due.position();
        assert_eq!(last.closing(), positions + credit, "{name}");
        assert!(collateral.is_none_or(|collateral| collateral == member.collateral));
    }
    let bakery = statements.iter().find(|s| s.member == account("bakery") && s.cycle == 2).unwrap();
    let units = |kind| bakery.total(kind) / i128::try_from(UNIT).unwrap();
    assert_eq!(bakery.opening / i128::try_from(UNIT).unwrap(), -6);
    assert_eq!([Kind::Billed, Kind::PaidIn, Kind::Adjusted, Kind::Reversed].map(units), [-3, 4, 2, 3]);
    let left = statements.iter().find(|s| s.member == account("cem") && s.closed_at.is_some()).unwrap();
    assert_eq!((left.cycle, left.closing()), (1, 0));
}

#[test]
fn the_database_and_the_tables_tell_the_same() {
    let town = Town::lived();
    let folder = tempfile::tempdir().unwrap();
    let (db, csv) = (folder.path().join("new/audit.sqlite"), folder.path().join("csv"));
    std::fs::create_dir_all(&csv).unwrap();
    std::fs::write(csv.join("sales.csv"), "old").unwrap();
    let report =
        audit::run(&town.chain, &town.suite, Files { db: Some(&db), csv: Some(&csv), ..Files::default() })
            .unwrap();
    let connection = Connection::open(&db).unwrap();
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT COUNT(*) FROM events"), i64::try_from(report.events).unwrap());
    let (live, _) = town.chain.view_typed(account("ann"), 0, town.registry().call().total_supply()).unwrap();
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE holder IS NOT NULL"), i64::try_from(live).unwrap());
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE issued_to IS NULL"), 0);
    for (state, coupons) in [
        ("open", 3),
        ("sold", 8),
        ("swapped", 2),
        ("failed", 1),
        ("cancelled", 1),
        ("returned", 1),
        ("dead", 1),
    ] {
        assert_eq!(
            one(&format!("SELECT COUNT(*) FROM listings WHERE state = '{state}'")),
            coupons,
            "{state}"
        );
    }
    assert_eq!(one("SELECT SUM(ABS(price - seller_part - royalty - fee)) FROM sales"), 0);
    assert_eq!(one("SELECT COUNT(DISTINCT kind) FROM sales"), 4);
    assert_eq!(one("SELECT price FROM sales WHERE coupons = 2"), 3 * i64::try_from(UNIT).unwrap());
    assert_eq!(one("SELECT discount FROM sales WHERE discount > price"), 3 * i64::try_from(UNIT).unwrap());
    assert_eq!(one("SELECT SUM(cash) FROM swaps"), 2 * i64::try_from(UNIT).unwrap() + 3);
    assert_eq!(one("SELECT COUNT(*) FROM swaps WHERE cash_from = seller"), 1);
    assert_eq!(one("SELECT COUNT(*) FROM dealt"), 13);
    for (outcome, bids) in [("leading", 1), ("outbid", 1), ("won", 1), ("given back", 1)] {
        assert_eq!(one(&format!("SELECT COUNT(*) FROM bids WHERE outcome = '{outcome}'")), bids, "{outcome}");
    }
    for (state, wanted) in [("open", 1), ("withdrawn", 1), ("dead", 1)] {
        assert_eq!(one(&format!("SELECT wanted FROM offers WHERE state = '{state}'")), wanted, "{state}");
    }
    assert_eq!(one("SELECT COUNT(*) FROM redemptions WHERE rolled_back_at IS NOT NULL"), 11);
    assert_eq!(one("SELECT COUNT(*) FROM rollbacks"), 13);
    let unit = i64::try_from(UNIT).unwrap();
    assert_eq!(one("SELECT SUM(discount) FROM rollbacks WHERE in_part"), 6 * unit);
    assert_eq!(one("SELECT SUM(discount - kept) FROM uses"), one("SELECT SUM(discount) FROM rollbacks"));
    // Gift cards of 20: 4 and 1 spent, 7 added; 3 given back beside the card that moved on.
    let cards = "SELECT SUM(value_left) FROM coupons JOIN campaigns ON campaign = number WHERE benefit LIKE 'a gift card%'";
    assert_eq!(one(cards), (60 - 5 + 7) * unit);
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE source = 'rollback' AND origin < serial"), 2);
    assert_eq!(one("SELECT origin FROM coupons WHERE source = 'split'"), 1);
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE source = 'code' AND drop_number = 2"), 2);
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE source = 'voucher' AND advocate IS NOT NULL"), 1);
    assert_eq!(one("SELECT stars FROM ratings JOIN redemptions USING (acceptor, number) WHERE forgotten_at IS NOT NULL"), 4);
    assert_eq!(
        one("SELECT COUNT(*) FROM rewards JOIN coupons USING (campaign, serial) WHERE source = 'reward'"),
        1
    );
    // Two orders on a day, and another on the next.
    assert_eq!(one("SELECT spent FROM roles WHERE daily_cap IS NOT NULL"), 3 * unit);
    assert_eq!(
        one("SELECT COUNT(*) FROM redemptions JOIN roles ON redemptions.cashier = account WHERE daily_cap IS NOT NULL"),
        3
    );
    assert_eq!(one("SELECT used FROM voucher_keys WHERE most IS NOT NULL"), 2);
    assert_eq!(one("SELECT COUNT(*) FROM reservations WHERE released_at IS NULL"), 2);
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE reserved_until IS NOT NULL"), 1);
    assert_eq!(one("SELECT SUM(cleared) FROM expiries"), 2);
    // A quarter and a tenth of what backed three coupons.
    assert_eq!(one("SELECT SUM(to_holder) FROM expiries"), 3 * unit * 3 / 4);
    assert_eq!(one("SELECT SUM(to_fund) FROM expiries"), 3 * unit * 3 / 10);
    assert_eq!(one("SELECT paid FROM revocations"), 3 * unit);
    assert_eq!(one("SELECT SUM(uses) FROM campaigns"), one("SELECT SUM(stands) FROM uses"));
    assert_eq!(one("SELECT COUNT(DISTINCT change) FROM card_changes"), 3);
    assert_eq!(one("SELECT COUNT(*) FROM bookings WHERE reversed_at IS NOT NULL"), 2);
    assert_eq!(one("SELECT COUNT(*) FROM cycles"), 4);
    for holding in &report.holdings {
        let sql = format!(
            "SELECT COALESCE(SUM(CASE WHEN sender IS NULL THEN -amount WHEN receiver IS NULL THEN amount ELSE 0 END), 0)
               FROM movements WHERE contract = '{}' AND asset = '{}'",
            holding.contract,
            if holding.asset == Asset::Native { "native".into() } else { ss58(&town.token) }
        );
        assert_eq!(one(&sql), i64::try_from(holding.owed).unwrap(), "{}", holding.contract);
    }
    let sales = std::fs::read_to_string(csv.join("sales.csv")).unwrap();
    let lines: Vec<_> = sales.lines().collect();
    assert_eq!(lines.len(), 9);
    assert!(lines[0].starts_with("block,idx,time,number,kind,registry,campaign,coupons,seller,buyer"));
    let written = std::fs::read_dir(&csv).unwrap().count();
    assert_eq!(
        one("SELECT COUNT(*) FROM sqlite_schema WHERE type IN ('table', 'view')"),
        i64::try_from(written).unwrap()
    );
    let beside = std::fs::read_dir(db.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "nothing is left behind");
}

#[test]
fn the_views_tell_who_held_what_and_what_became_of_each_coupon() {
    let town = Town::lived();
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("audit.sqlite");
    audit::run(&town.chain, &town.suite, Files { db: Some(&db), ..Files::default() }).unwrap();
    let connection = Connection::open(&db).unwrap();
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let now =
        "SELECT COUNT(*) FROM held JOIN coupons USING (campaign, serial, holder) WHERE to_block IS NULL";
    assert_eq!(one(now), one("SELECT COUNT(*) FROM coupons WHERE holder IS NOT NULL"));
    // As many at each block as had come into being and not ended.
    for block in 0..=town.chain.height() {
        let held = format!("SELECT COUNT(*) FROM held WHERE from_block <= {block} AND (to_block IS NULL OR to_block > {block})");
        let there = format!("SELECT COALESCE(SUM((sender IS NULL) - (receiver IS NULL)), 0) FROM transfers WHERE block <= {block}");
        assert_eq!(one(&held), one(&there), "{block}");
    }
    let mut lives = connection
        .prepare("SELECT GROUP_CONCAT(what, ', ') FROM coupon_lives GROUP BY campaign, serial ORDER BY campaign, serial")
        .unwrap();
    let lives: Vec<String> = lives.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(lives.contains(&"came, gone, redeemed".into()), "{lives:#?}");
    assert!(lives.iter().any(|life| life.contains("listed, sent, sent, dealt")), "{lives:#?}");
    assert!(
        lives.iter().any(|life| life.ends_with("came, rolled back, gone, redeemed, rolled back in part")),
        "{lives:#?}"
    );
    let sums = [
        ("handed_out", "SELECT SUM(issued) FROM campaigns"),
        ("discounts", "SELECT SUM(kept) FROM uses"),
        (
            "orders",
            "SELECT COUNT(*) FROM (SELECT DISTINCT campaign, acceptor, number FROM uses WHERE stands)",
        ),
        ("dealt", "SELECT COUNT(*) FROM dealt"),
        ("expired", "SELECT COUNT(*) FROM expiries"),
        ("revoked", "SELECT COUNT(*) FROM revocations"),
    ];
    for (column, sum) in sums {
        assert_eq!(one(&format!("SELECT SUM({column}) FROM campaign_funnels")), one(sum), "{column}");
    }
    assert!(one("SELECT MIN(handed_out >= redeemed) FROM campaign_funnels") == 1);
}
