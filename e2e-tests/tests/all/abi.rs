//! What others build against: selectors, event topics and error codes, compared with `snapshots/abi.json`, and that each refusal has a test.

use crate::golden;
use chain::{Chain, Hash};
use e2e_tests::{account, world::built, World};
use rand::{rngs::StdRng, Rng, SeedableRng};
use serde_json::{json, Map, Value};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// The contracts of the suite, with the error type of each.
pub(crate) const SUITE: [(&str, &[&str]); 7] = [
    ("registry", &["RegistryError", "TermsFault", "PaymentFault", "PSP34Error"]),
    ("office", &["RegistryError"]),
    ("desk", &["RegistryError"]),
    ("alliance", &["AllianceError", "ConfigFault", "CouncilFault", "RegistryError"]),
    ("council", &["AllianceError"]),
    ("market", &["MarketError", "PaymentFault"]),
    ("custody", &["CustodyError", "PaymentFault", "RegistryError"]),
];

/// The built metadata of a contract, with its version level taken off.
pub(crate) fn metadata(contract: &str) -> Value {
    let path = built().join(contract).with_extension("json");
    serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()
}

/// A message's or a constructor's selector.
pub(crate) fn selector(message: &Value) -> Vec<u8> {
    hex::decode(text(&message["selector"]).trim_start_matches("0x")).unwrap()
}

/// The contract and the name of the event with this signature topic; the alliance's only one has none.
pub(crate) fn event_name(topic: Option<&Hash>) -> Option<String> {
    let topic = json!(topic.map(|topic| format!("0x{}", hex::encode(topic))));
    SUITE.iter().find_map(|(contract, _)| {
        let metadata = metadata(contract);
        let event =
            metadata["spec"]["events"].as_array()?.iter().find(|event| event["signature_topic"] == topic)?;
        Some(format!("{contract} {}", text(&event["label"])))
    })
}

#[test]
fn golden_abi() {
    let abi: Map<String, Value> = SUITE
        .iter()
        .map(|(contract, errors)| (contract.to_string(), abi_of(&metadata(contract), errors)))
        .collect();
    golden::compare("abi.json", &Value::Object(abi), |_, kept, found| kept == found);
}

#[test]
fn psp34_messages_have_the_standards_selectors() {
    let registry = metadata("registry");
    let selectors = by_label(&registry["spec"]["messages"], |message| message["selector"].clone());
    let standard = [
        ("PSP34::collection_id", "0xffa27a5f"),
        ("PSP34::owner_of", "0x1168624d"),
        ("PSP34::balance_of", "0xcde7e55f"),
        ("PSP34::total_supply", "0x628413fe"),
        ("PSP34::allowance", "0x4790f55a"),
        ("PSP34::approve", "0x1932a8b0"),
        ("PSP34::transfer", "0x3128d61b"),
        ("PSP34Metadata::get_attribute", "0xf19d48d1"),
    ];
    for (label, selector) in standard {
        assert_eq!(selectors[label], selector, "{label}");
    }
}

#[test]
fn garbage_changes_nothing() {
    // What takes no arguments, or whose arguments any bytes may be.
    let indifferent = ["cancel_permits", "cancel_all", "set_role", "set_account_frozen", "PSP34::approve"];
    let (mut world, mut random) = (World::new(), StdRng::seed_from_u64(1));
    let suite = world.suite;
    let custody = crate::custody::deploy(&mut world, &[]);
    let suite =
        [suite.registry, suite.office, suite.desk, suite.alliance, suite.council, suite.market, custody];
    for ((name, _), contract) in SUITE.into_iter().zip(suite) {
        for message in metadata(name)["spec"]["messages"].as_array().unwrap() {
            for length in [0, 1, 33, 40, 100, 700, 3_000, 15_000] {
                let mut data = selector(message);
                data.extend((0..length).map(|_| random.gen::<u8>()));
                let before = world.chain.height();
                let done = world.chain.call(account("ann"), contract, 0, data);
                let label = text(&message["label"]);
                let harmless = message["mutates"] == false || indifferent.contains(&label);
                assert!(done.is_err() || harmless, "{name}.{label} takes {length} random bytes");
                assert_eq!(world.chain.height() > before, done.is_ok());
            }
        }
    }
}

/// Refusals that nothing in this version can bring about, each with the reason.
const OUT_OF_REACH: [(&str, &str); 3] = [
    ("PSP34Error::TokenExists", "nobody chooses a coupon's number"),
    ("PSP34Error::SafeTransferCheckFailed", "receivers aren't asked"),
    ("MarketError::TransferRefused", "a registry of known code refuses for the reasons that have names"),
];

/// What a coupon system must have, as far as it is a contract's to have. A test that shows one names it in a comment.
const FEATURES: [&str; 43] = [
    "Frozen terms",
    "Escrow backing",
    "Discount kinds",
    "Partial redemption",
    "Min basket",
    "Product scope",
    "Validity",
    "Limits and budgets",
    "Segment / first order",
    "Stacking",
    "Quote / best deal",
    "Reservation",
    "Signed redemption",
    "Rollback",
    "Secret claim",
    "Batch distribution",
    "Referral",
    "Roles, cashier keys",
    "Transfer policy",
    "Freeze / revoke",
    "Relayed tx",
    "Scoped pause / upgrade",
    "Events / export",
    "Ratings",
    "Listing",
    "Item / campaign offers",
    "English / Dutch auction",
    "Bundle, bulk buy",
    "Swap",
    "Fees / royalty",
    "Buyer guard",
    "Cancel / stale",
    "Acceptance matrix",
    "Interchange, handling",
    "Settlement mode",
    "Collateral + debit cap",
    "Cycles, netting",
    "Pay-in / pull payout",
    "Default",
    "Chargeback",
    "Statement",
    "Member exit",
    "Consumer dispute",
];

#[test]
fn every_feature_has_a_test_that_names_it() {
    let sources = sources();
    let missing: Vec<_> =
        FEATURES.iter().filter(|feature| !sources.contains(&format!("// Feature: {feature}.\n"))).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

/// The tests of messages, as text.
fn sources() -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/all");
    let folders = ["registry", "alliance", "market", "custody", "findings"]
        .map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let mut paths: Vec<_> = folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.extend(["alliance.rs", "payments.rs"].map(|file| root.join(file)));
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_refusal_has_a_test() {
    let sources = sources();
    let mut missing = Vec::new();
    for (contract, errors) in SUITE {
        let metadata = metadata(contract);
        for error in errors {
            for variant in variants(&metadata, error).keys() {
                let name = format!("{error}::{variant}");
                let tested = mentions(&sources, &name);
                let excused = OUT_OF_REACH.iter().any(|(excused, _)| *excused == name);
                assert!(!(tested && excused), "{name} is tested and so not out of reach");
                if !tested && !excused && !missing.contains(&name) {
                    missing.push(name);
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "no test expects these");
}

/// Whether `name` stands in `text`, not only as the beginning of a longer name.
fn mentions(text: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    text.match_indices(name).any(|(at, _)| ends(&text[at + name.len()..]))
}

/// The selectors, topics and error codes of a contract.
fn abi_of(metadata: &Value, errors: &[&str]) -> Value {
    let spec = &metadata["spec"];
    let call = |call: &Value| {
        let arguments: Vec<_> = call["args"].as_array().unwrap().iter().map(signature).collect();
        let payable = if call["payable"] == true { ", payable" } else { "" };
        json!(format!("{} ({}{payable})", text(&call["selector"]), arguments.join(", ")))
    };
    let event = |event: &Value| {
        let fields = event["args"].as_array().unwrap().iter().map(|field| {
            let topic = if field["indexed"] == true { ", a topic" } else { "" };
            format!("{}{topic}", signature(field))
        });
        json!(format!(
            "{} ({})",
            event["signature_topic"].as_str().unwrap_or("no topic"),
            fields.collect::<Vec<_>>().join("; ")
        ))
    };
    let errors: BTreeMap<_, _> = errors.iter().map(|error| (*error, variants(metadata, error))).collect();
    json!({
        "constructors": by_label(&spec["constructors"], call),
        "messages": by_label(&spec["messages"], call),
        "events": by_label(&spec["events"], event),
        "errors": errors,
    })
}

/// Its label and the name of its type.
fn signature(argument: &Value) -> String {
    let name: Vec<_> = argument["type"]["displayName"].as_array().unwrap().iter().map(text).collect();
    format!("{}: {}", text(&argument["label"]), name.join("::"))
}

fn by_label(items: &Value, about: impl Fn(&Value) -> Value) -> BTreeMap<String, Value> {
    items.as_array().unwrap().iter().map(|item| (text(&item["label"]).to_owned(), about(item))).collect()
}

/// The variants of the error type whose path ends with `name`, with their codes.
fn variants(metadata: &Value, name: &str) -> BTreeMap<String, u64> {
    let types = metadata["types"].as_array().unwrap();
    let is = |ty: &&Value| {
        ty["type"]["path"].as_array().and_then(|path| path.last()).is_some_and(|last| last == name)
    };
    let ty = types.iter().find(is).unwrap_or_else(|| panic!("no type {name}"));
    let variants = ty["type"]["def"]["variant"]["variants"].as_array().unwrap();
    variants
        .iter()
        .map(|variant| (text(&variant["name"]).to_owned(), variant["index"].as_u64().unwrap()))
        .collect()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}
