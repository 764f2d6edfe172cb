//! Campaigns as merchants write them: a TOML file becomes `Terms`. Knows no chain: its time and the suite's addresses are given.
//!
//! Amounts are whole tokens in quotes (`"2.50"`) or integers in the smallest unit; percentages are integers, or in quotes with up to two decimals;
//! times are RFC 3339, or `"+7d"` from now.

use crate::{
    accounts,
    amounts::{self, Unit, MAX_DECIMALS, NATIVE_DECIMALS},
    refusals::{Refusal, Words},
    suite::SuiteAddresses,
    times,
};
use chain::{Balance, Hash};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use shared::{
    assets::Asset,
    math::WHOLE_BPS,
    terms::{Acceptance, Benefit, Funding, Limits, Terms, TransferPolicy, Window},
};
use std::{fs, path::Path};
use toml::Value;

/// A campaign, ready to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub terms: Terms,
    /// Where the full terms that people read are.
    pub uri: String,
    /// What is locked when it is created, in the asset's smallest unit.
    pub escrow: Balance,
}

/// The file's fields as they stand. `Value`s are read later, so that each can be refused by its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    supply: Value,
    per_holder: Option<Value>,
    budget: Option<Value>,
    min_basket: Option<Value>,
    valid_for: Option<Value>,
    #[serde(default)]
    funding: FundingWord,
    escrow: Option<Value>,
    accept: Option<Value>,
    #[serde(default)]
    transfer: TransferWord,
    royalty_percent: Option<Value>,
    rollback_window: Option<Value>,
    benefit: BenefitFields,
    issue: WindowFields,
    redeem: WindowFields,
    asset: Option<AssetFields>,
    #[serde(default)]
    document: DocumentFields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BenefitFields {
    amount: Option<Value>,
    percent: Option<Value>,
    cap: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowFields {
    start: Value,
    end: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetFields {
    psp22: String,
    decimals: u8,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentFields {
    #[serde(default)]
    uri: String,
    /// Hashed; beside the campaign file.
    file: Option<String>,
    sha256: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FundingWord {
    #[default]
    Merchant,
    Escrow,
    Alliance,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TransferWord {
    #[default]
    Free,
    MarketOnly,
    Soulbound,
}

/// Reads the campaign file at `path` for a chain whose time is `now`, and checks it as the registry will.
/// # Errors
/// Missing, malformed or contradictory: the file, the field and the fix are named.
pub fn read(path: &Path, now: u64, suite: &SuiteAddresses) -> Result<Plan, Refusal> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|why| {
        Refusal::new(
            format!("cannot read {name}: {why}"),
            "give the path of a campaign file, such as deploy/examples/first.toml",
        )
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    parse(&text, now, suite, folder).map_err(|fault| fault.at(name))
}

/// `read`, from the file's text; `folder` is where the document's file is looked for.
/// # Errors
/// As `read`.
pub fn parse(text: &str, now: u64, suite: &SuiteAddresses, folder: &Path) -> Result<Plan, Refusal> {
    let fields: Fields = toml::from_str(text).map_err(|fault| malformed(text, &fault))?;
    let (asset, unit) = asset(fields.asset.as_ref())?;
    let money = |name: &str, value: &Value| amount(value, unit).map_err(|fault| fault.at(name));
    let optional_money = |name: &str, value: &Option<Value>| match value {
        Some(value) => money(name, value).and_then(|amount| some(name, amount)),
        None => Ok(None),
    };
    let redeem_window = window("redeem", &fields.redeem, now)?;
    let supply = count("supply", &fields.supply)?;
    let terms = Terms {
        asset,
        min_basket: fields.min_basket.as_ref().map_or(Ok(0), |value| money("min_basket", value))?,
        issue_window: window("issue", &fields.issue, now)?,
        valid_for: match &fields.valid_for {
            Some(value) => some("valid_for", period("valid_for", value)?)?,
            None => None,
        },
        limits: Limits {
            issued_per_holder: match &fields.per_holder {
                Some(value) => some("per_holder", count("per_holder", value)?)?,
                None => None,
            },
            ..Limits::default()
        },
        budget: optional_money("budget", &fields.budget)?,
        funding: match fields.funding {
            FundingWord::Merchant => Funding::Merchant,
            FundingWord::Escrow => Funding::Escrow,
            FundingWord::Alliance => Funding::Alliance,
        },
        acceptance: acceptance(fields.accept.as_ref(), suite)?,
        transfer: match fields.transfer {
            TransferWord::Free => TransferPolicy::Free,
            TransferWord::MarketOnly => TransferPolicy::MarketOnly(suite.market),
            TransferWord::Soulbound => TransferPolicy::Soulbound,
        },
        royalty_bps: fields
            .royalty_percent
            .as_ref()
            .map_or(Ok(0), |value| percent("royalty_percent", value))?,
        rollback_window: fields
            .rollback_window
            .as_ref()
            .map_or(Ok(0), |value| period("rollback_window", value))?,
        document: document(&fields.document, folder)?,
        ..Terms::plain(benefit(&fields.benefit, &money)?, redeem_window, supply)
    };
    let mut words = Words::default();
    words.count_in(asset);
    terms.check(now).map_err(|fault| words.terms(&fault))?;
    let escrow = fields.escrow.as_ref().map_or(Ok(0), |value| money("escrow", value))?;
    check_escrow(&terms, escrow, &words)?;
    Ok(Plan { terms, uri: fields.document.uri, escrow })
}

/// The registry would lock less and refuse at the first issue: said here, where the fix is.
fn check_escrow(terms: &Terms, escrow: Balance, words: &Words) -> Result<(), Refusal> {
    let each = terms.largest_discount(terms.full()).unwrap_or(Balance::MAX);
    match terms.funding {
        Funding::Escrow if escrow < each => Err(Refusal::new(
            format!(
                "escrow: {} doesn't back even one coupon of at most {}",
                words.money(escrow),
                words.money(each)
            ),
            "lock at least one coupon's largest discount, better the supply's",
        )),
        Funding::Merchant | Funding::Alliance if escrow > 0 => Err(Refusal::new(
            "escrow: the campaign isn't funded by escrow",
            "leave the field out, or set `funding = \"escrow\"`",
        )),
        Funding::Merchant | Funding::Escrow | Funding::Alliance => Ok(()),
    }
}

fn malformed(text: &str, fault: &toml::de::Error) -> Refusal {
    let line = fault
        .span()
        .and_then(|span| text.get(..span.start))
        .map_or(1, |before| before.matches('\n').count().saturating_add(1));
    let what = fault.message().lines().next().unwrap_or_default().to_owned();
    let fix = if what.starts_with("unknown field") {
        "remove it, or correct its name"
    } else if what.starts_with("missing field") {
        "add it"
    } else {
        "correct that line; deploy/examples has files that work"
    };
    Refusal::new(format!("line {line}: {what}"), fix)
}

fn asset(fields: Option<&AssetFields>) -> Result<(Asset, Unit), Refusal> {
    match fields {
        None => Ok((Asset::Native, Unit::NATIVE)),
        Some(AssetFields { decimals, .. }) if *decimals > MAX_DECIMALS => Err(Refusal::new(
            format!("asset.decimals: {decimals} is more than {MAX_DECIMALS}"),
            format!(
                "write the token's own decimals; the native token has {NATIVE_DECIMALS} and needs no [asset]"
            ),
        )),
        Some(AssetFields { psp22, decimals }) => {
            let token = accounts::account(psp22).map_err(|fault| fault.at("asset.psp22"))?;
            Ok((Asset::Psp22(token), Unit { decimals: *decimals, symbol: "tokens" }))
        }
    }
}

fn benefit(
    fields: &BenefitFields,
    money: &impl Fn(&str, &Value) -> Result<Balance, Refusal>,
) -> Result<Benefit, Refusal> {
    match fields {
        BenefitFields { amount: Some(value), percent: None, cap: None } => {
            let value = above_zero("benefit.amount", money("benefit.amount", value)?)?;
            Ok(Benefit::AmountOff { value })
        }
        BenefitFields { amount: None, percent: Some(share), cap: Some(cap) } => {
            let bps = percent("benefit.percent", share)?;
            let cap = above_zero("benefit.cap", money("benefit.cap", cap)?)?;
            Ok(Benefit::PercentOff { bps, cap })
        }
        BenefitFields { amount: None, percent: Some(_), cap: None } => Err(Refusal::new(
            "benefit.cap: missing, and a percentage needs one",
            "set the most a coupon may take off, such as cap = \"5\"",
        )),
        BenefitFields { .. } => Err(Refusal::new(
            "[benefit]: not exactly one benefit",
            "set `amount` alone, or `percent` and `cap`",
        )),
    }
}

fn window(name: &str, fields: &WindowFields, now: u64) -> Result<Window, Refusal> {
    let time = |field: &str, value: &Value| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Datetime(time) => time.to_string(),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Array(_) | Value::Table(_) => {
                value.to_string()
            }
        };
        times::parse(&text, now).map_err(|fault| fault.at(format!("{name}.{field}")))
    };
    let (start, end) = (time("start", &fields.start)?, time("end", &fields.end)?);
    if end <= start {
        return Err(Refusal::new(
            format!(
                "{name}.end: the window ends at {}, not after it starts at {}",
                times::show(end),
                times::show(start)
            ),
            format!("set {name}.end later than {name}.start"),
        ));
    }
    Ok(Window { start, end })
}

fn acceptance(value: Option<&Value>, suite: &SuiteAddresses) -> Result<Acceptance, Refusal> {
    let fault = || {
        Refusal::new(
            "accept: not an acceptance",
            "write \"issuer\", \"alliance\", or a list of accounts such as [\"bakery\", \"cafe\"]",
        )
    };
    match value {
        None => Ok(Acceptance::IssuerOnly),
        Some(Value::String(word)) if word == "issuer" => Ok(Acceptance::IssuerOnly),
        Some(Value::String(word)) if word == "alliance" => Ok(Acceptance::Alliance(suite.alliance)),
        Some(Value::Array(listed)) => listed
            .iter()
            .map(|name| {
                accounts::account(name.as_str().ok_or_else(fault)?).map_err(|fault| fault.at("accept"))
            })
            .collect::<Result<_, _>>()
            .map(Acceptance::Listed),
        Some(_) => Err(fault()),
    }
}

fn document(fields: &DocumentFields, folder: &Path) -> Result<Hash, Refusal> {
    match (&fields.file, &fields.sha256) {
        (None, None) => Ok(Hash::default()),
        (Some(file), None) => {
            let path = folder.join(file);
            let bytes = fs::read(&path).map_err(|why| {
                Refusal::new(
                    format!("document.file: cannot read {}: {why}", path.display()),
                    "give the path from the campaign file's folder",
                )
            })?;
            Ok(Sha256::digest(bytes).into())
        }
        (None, Some(sum)) => hex::decode(sum.trim_start_matches("0x"))
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| {
                Refusal::new(
                    "document.sha256: not 64 hexadecimal digits",
                    "write what `sha256sum` prints for the document",
                )
            }),
        (Some(_), Some(_)) => Err(Refusal::new(
            "[document]: `file` and `sha256` are both set",
            "set `file` to have it hashed, or `sha256`",
        )),
    }
}

fn amount(value: &Value, unit: Unit) -> Result<Balance, Refusal> {
    let quoted = || {
        Refusal::new(
            format!("{value} is not an amount"),
            "write whole tokens in quotes, such as \"2.50\", or an integer in the smallest unit",
        )
    };
    match value {
        Value::Integer(units) => Balance::try_from(*units).map_err(|_| quoted()),
        Value::String(text) => amounts::parse(text, unit.decimals),
        Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            Err(quoted())
        }
    }
}

fn percent(name: &str, value: &Value) -> Result<u16, Refusal> {
    let text = match value {
        Value::Integer(whole) => whole.to_string(),
        Value::String(text) => text.clone(),
        Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            return Err(Refusal::new(
                format!("{name}: {value} is not a percentage"),
                "write an integer, or a decimal number in quotes, such as \"12.5\"",
            ))
        }
    };
    let hundredths = amounts::parse(&text, 2).map_err(|fault| fault.at(name))?;
    u16::try_from(hundredths).ok().filter(|bps| *bps <= WHOLE_BPS).ok_or_else(|| {
        Refusal::new(format!("{name}: {text}% is more than the whole"), "set it to 100 or less")
    })
}

fn period(name: &str, value: &Value) -> Result<u64, Refusal> {
    times::period(value.as_str().unwrap_or_default()).map_err(|fault| fault.at(name))
}

fn count(name: &str, value: &Value) -> Result<u32, Refusal> {
    value.as_integer().and_then(|count| u32::try_from(count).ok()).ok_or_else(|| {
        Refusal::new(
            format!("{name}: {value} is not a count"),
            format!("write an integer from 0 to {}", u32::MAX),
        )
    })
}

fn some<T: Default + PartialEq>(name: &str, value: T) -> Result<Option<T>, Refusal> {
    if value == T::default() {
        return Err(Refusal::new(format!("{name}: zero"), "leave the field out for no limit"));
    }
    Ok(Some(value))
}

fn above_zero(name: &str, amount: Balance) -> Result<Balance, Refusal> {
    if amount == 0 {
        return Err(Refusal::new(
            format!("{name}: zero, so a coupon would give nothing"),
            "set it above zero",
        ));
    }
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain::AccountId;

    const NOW: u64 = 1_000;
    const GOOD: &str = r#"
supply = 100
per_holder = 1
budget = "100"
funding = "escrow"
escrow = "50"
accept = ["cafe"]
transfer = "market-only"
royalty_percent = "2.5"
rollback_window = "1d"
valid_for = "14d"
min_basket = 10

[benefit]
percent = 20
cap = "2.50"

[issue]
start = "+0s"
end = "+7d"

[redeem]
start = 1970-01-01T00:00:01Z
end = "+14d"

[document]
uri = "ipfs://terms"
"#;

    fn suite() -> SuiteAddresses {
        let at = |n| AccountId::from([n; 32]);
        SuiteAddresses { registry: at(1), alliance: at(2), market: at(3) }
    }

    fn read_text(text: &str) -> Result<Plan, Refusal> {
        parse(text, NOW, &suite(), Path::new("."))
    }

    #[test]
    fn a_whole_file_becomes_terms() {
        let plan = read_text(GOOD).unwrap();
        let day = 86_400_000;
        assert_eq!(plan.escrow, 50_000_000_000_000);
        assert_eq!(plan.uri, "ipfs://terms");
        assert_eq!(
            plan.terms,
            Terms {
                benefit: Benefit::PercentOff { bps: 2_000, cap: 2_500_000_000_000 },
                asset: Asset::Native,
                min_basket: 10,
                issue_window: Window { start: NOW, end: NOW + 7 * day },
                redeem_window: Window { start: 1_000, end: NOW + 14 * day },
                valid_for: Some(14 * day),
                supply: 100,
                per_holder: Some(1),
                budget: Some(100_000_000_000_000),
                funding: Funding::Escrow,
                acceptance: Acceptance::Listed(vec![accounts::account("cafe").unwrap()]),
                transfer: TransferPolicy::MarketOnly(AccountId::from([3; 32])),
                royalty_bps: 250,
                rollback_window: day,
                document: [0; 32],
            }
        );
    }

    #[test]
    fn the_examples_are_good_files() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let mut read_any = false;
        for entry in fs::read_dir(examples).unwrap() {
            read(&entry.unwrap().path(), NOW, &suite()).unwrap();
            read_any = true;
        }
        assert!(read_any);
    }

    #[test]
    fn each_fault_names_its_field_and_the_fix() {
        for (from, to, what, fix) in [
            ("supply = 100", "supply = 0", "supply: 0 coupons", "set it to 1 or more"),
            ("supply = 100", "supply = \"many\"", "supply: \"many\" is not a count", "write an integer"),
            ("supply = 100", "supplly = 100", "line 2: unknown field `supplly`", "correct its name"),
            ("supply = 100", "supply = ", "line 2: ", "correct that line"),
            ("supply = 100", "", "missing field `supply`", "add it"),
            ("percent = 20", "percent = 101", "benefit.percent: 101% is more than the whole", "100 or less"),
            ("percent = 20", "percent = 2.5", "benefit.percent: 2.5 is not a percentage", "in quotes"),
            ("percent = 20", "percent = 0", "[benefit]: the coupon would give nothing", "above zero"),
            ("percent = 20", "amount = 20", "[benefit]: not exactly one benefit", "`amount` alone"),
            ("cap = \"2.50\"", "cap = 0", "benefit.cap: zero", "above zero"),
            ("cap = \"2.50\"", "cap = 2.5", "benefit.cap: 2.5 is not an amount", "in quotes"),
            ("cap = \"2.50\"", "", "benefit.cap: missing", "cap = \"5\""),
            ("end = \"+7d\"", "end = \"+0s\"", "issue.end: the window ends at", "later than issue.start"),
            ("end = \"+14d\"", "end = \"+6d\"", "issue.end: coupons could still be issued", "no later than"),
            ("end = \"+14d\"", "end = 2026-05-01", "redeem.end: `2026-05-01` is not a time", "such as 2026"),
            ("per_holder = 1", "per_holder = 0", "per_holder: zero", "leave the field out"),
            ("budget = \"100\"", "budget = 0", "budget: zero", "leave the field out"),
            ("valid_for = \"14d\"", "valid_for = \"0d\"", "valid_for: zero", "leave the field out"),
            ("valid_for = \"14d\"", "valid_for = 14", "valid_for: `` is not a period", "7d"),
            (
                "escrow = \"50\"",
                "escrow = \"2.49\"",
                "escrow: 2.49 UNIT doesn't back even one coupon",
                "lock",
            ),
            (
                "funding = \"escrow\"",
                "",
                "escrow: the campaign isn't funded by escrow",
                "leave the field out",
            ),
            (
                "funding = \"escrow\"",
                "funding = \"bank\"",
                "line 5: unknown variant `bank`",
                "correct that line",
            ),
            ("accept = [\"cafe\"]", "accept = []", "accept: 0 accounts are listed", "list fewer"),
            ("accept = [\"cafe\"]", "accept = \"all\"", "accept: not an acceptance", "\"alliance\""),
            ("accept = [\"cafe\"]", "accept = [\"a b\"]", "accept: `a b` is neither", "check the address"),
            (
                "royalty_percent = \"2.5\"",
                "royalty_percent = 11",
                "royalty_percent: 11% is more than 10%",
                "10 or",
            ),
            (
                "rollback_window = \"1d\"",
                "rollback_window = \"91d\"",
                "rollback_window: longer",
                "90d or less",
            ),
            ("min_basket = 10", "min_basket = -10", "min_basket: -10 is not an amount", "smallest unit"),
            ("uri =", "sha256 = \"12\"\nuri =", "document.sha256: not 64", "sha256sum"),
            ("uri =", "file = \"none.txt\"\nuri =", "document.file: cannot read ./none.txt", "path"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD);
            let refusal = read_text(&text).unwrap_err();
            assert!(refusal.what.contains(what), "{to}: {refusal}");
            assert!(refusal.fix.contains(fix), "{to}: {refusal}");
        }
    }
}
