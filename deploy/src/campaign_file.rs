//! Campaigns as merchants write them: a TOML file becomes `Terms`. Knows no chain: its time and the suite's addresses are given.
//!
//! Amounts are whole tokens in quotes (`"2.50"`) or integers in the smallest unit; percentages are integers, or in quotes with up to two decimals;
//! times are RFC 3339, or `"+7d"` from now.

use crate::{
    accounts,
    amounts::{self, Unit, MAX_DECIMALS},
    refusals::{Refusal, Words},
    suite::SuiteAddresses,
    times,
};
use chain::{AccountId, Balance, Hash};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use shared::{
    assets::Asset,
    math::WHOLE_BPS,
    terms::{
        Acceptance, Audience, Benefit, Breakage, Cap, Card, Funding, Limits, PeriodLimits, Referral,
        Stacking, Terms, TransferPolicy, Unit as Period, Window,
    },
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
    resale_percent: Option<Value>,
    rollback_window: Option<Value>,
    reservation: Option<Value>,
    stacking: Option<Value>,
    #[serde(default)]
    marks_first_order: bool,
    audience: Option<Value>,
    benefit: BenefitFields,
    card: Option<CardFields>,
    #[serde(default)]
    limits: LimitFields,
    referral: Option<ReferralFields>,
    breakage: Option<BreakageFields>,
    #[serde(default)]
    scope: DocumentFields,
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
    new_price: Option<Value>,
    free_item: Option<Value>,
    gift_card: Option<Value>,
    cap: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CardFields {
    uses: Option<Value>,
    stamps: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitFields {
    uses: Option<Value>,
    #[serde(default)]
    holder: CapFields,
    period: Option<PeriodFields>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapFields {
    uses: Option<Value>,
    value: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodFields {
    every: UnitWord,
    start: Option<Value>,
    #[serde(default)]
    campaign: CapFields,
    #[serde(default)]
    holder: CapFields,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UnitWord {
    Day,
    Week,
    Month,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferralFields {
    reward: Value,
    per_advocate: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BreakageFields {
    holder_percent: Option<Value>,
    fund: Option<String>,
    fund_percent: Option<Value>,
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
    let bps = |name: &str, value: &Option<Value>| match value {
        Some(value) => percent(name, value),
        None => Ok(0),
    };
    let lasting = |name: &str, value: &Option<Value>| match value {
        Some(value) => period(name, value),
        None => Ok(0),
    };
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
        card: card(fields.card.as_ref())?,
        limits: limits(&fields, &money, now)?,
        audience: audience(fields.audience.as_ref())?,
        marks_first_order: fields.marks_first_order,
        stacking: stacking(fields.stacking.as_ref())?,
        scope: Some(document("scope", &fields.scope, folder)?).filter(|scope| *scope != Hash::default()),
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
        royalty_bps: bps("royalty_percent", &fields.royalty_percent)?,
        resale_bps: match &fields.resale_percent {
            Some(value) => some("resale_percent", percent("resale_percent", value)?)?,
            None => None,
        },
        referral: match &fields.referral {
            Some(ReferralFields { reward, per_advocate }) => Some(Referral {
                reward: count("referral.reward", reward)?,
                per_advocate: count("referral.per_advocate", per_advocate)?,
            }),
            None => None,
        },
        reservation_ttl: lasting("reservation", &fields.reservation)?,
        breakage: match &fields.breakage {
            Some(shares) => Breakage {
                holder_bps: bps("breakage.holder_percent", &shares.holder_percent)?,
                fund: fund(shares)?,
            },
            None => Breakage::default(),
        },
        rollback_window: lasting("rollback_window", &fields.rollback_window)?,
        document: document("document", &fields.document, folder)?,
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
        None => Ok((Asset::Native, Unit::native())),
        Some(AssetFields { decimals, .. }) if *decimals > MAX_DECIMALS => Err(Refusal::new(
            format!("asset.decimals: {decimals} is more than {MAX_DECIMALS}"),
            format!(
                "write the token's own decimals; the native token has {} and needs no [asset]",
                Unit::native().decimals
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
    let BenefitFields { amount, percent: share, new_price, free_item, gift_card, cap } = fields;
    let positive = |name: &str, value: &Value| above_zero(name, money(name, value)?);
    match (amount, share, new_price, free_item, gift_card, cap) {
        (Some(value), None, None, None, None, None) => {
            Ok(Benefit::AmountOff { value: positive("benefit.amount", value)? })
        }
        (None, Some(share), None, None, None, Some(cap)) => Ok(Benefit::PercentOff {
            bps: percent("benefit.percent", share)?,
            cap: positive("benefit.cap", cap)?,
        }),
        (None, None, Some(price), None, None, Some(cap)) => Ok(Benefit::NewPrice {
            price: money("benefit.new_price", price)?,
            cap: positive("benefit.cap", cap)?,
        }),
        (None, None, None, Some(worth), None, None) => {
            Ok(Benefit::FreeItem { worth: positive("benefit.free_item", worth)? })
        }
        (None, None, None, None, Some(value), None) => {
            Ok(Benefit::StoredValue { value: positive("benefit.gift_card", value)? })
        }
        (None, Some(_), None, None, None, None) | (None, None, Some(_), None, None, None) => {
            Err(Refusal::new(
                "benefit.cap: missing, and a percentage or a new price needs one",
                "set the most a coupon may take off, such as cap = \"5\"",
            ))
        }
        _ => Err(Refusal::new(
            "[benefit]: not exactly one benefit",
            "set `amount`, `free_item` or `gift_card` alone, or `percent` or `new_price` with `cap`",
        )),
    }
}

fn card(fields: Option<&CardFields>) -> Result<Card, Refusal> {
    let number = |name: &str, value: &Value| {
        u16::try_from(count(name, value)?)
            .map_err(|_| Refusal::new(format!("{name}: more than {}", u16::MAX), "set it lower"))
    };
    match fields {
        None => Ok(Card::Uses(1)),
        Some(CardFields { uses: Some(uses), stamps: None }) => Ok(Card::Uses(number("card.uses", uses)?)),
        Some(CardFields { uses: None, stamps: Some(stamps) }) => {
            Ok(Card::Stamps(number("card.stamps", stamps)?))
        }
        Some(CardFields { .. }) => Err(Refusal::new(
            "[card]: not exactly one of `uses` and `stamps`",
            "set how often a coupon can be used, or how many stamps give its benefit once",
        )),
    }
}

fn limits(
    fields: &Fields,
    money: &impl Fn(&str, &Value) -> Result<Balance, Refusal>,
    now: u64,
) -> Result<Limits, Refusal> {
    let counted = |name: &str, value: &Option<Value>| match value {
        Some(value) => some(name, count(name, value)?),
        None => Ok(None),
    };
    let cap = |name: &str, fields: &CapFields| {
        let value = format!("{name}.value");
        Ok(Cap {
            uses: counted(&format!("{name}.uses"), &fields.uses)?,
            value: match &fields.value {
                Some(amount) => some(&value, money(&value, amount)?)?,
                None => None,
            },
        })
    };
    Ok(Limits {
        issued_per_holder: counted("per_holder", &fields.per_holder)?,
        uses: counted("limits.uses", &fields.limits.uses)?,
        holder: cap("limits.holder", &fields.limits.holder)?,
        period: match &fields.limits.period {
            Some(period) => Some(PeriodLimits {
                unit: match period.every {
                    UnitWord::Day => Period::Day,
                    UnitWord::Week => Period::Week,
                    UnitWord::Month => Period::Month,
                },
                start: match &period.start {
                    Some(start) => time("limits.period.start", start, now)?,
                    None => now,
                },
                campaign: cap("limits.period.campaign", &period.campaign)?,
                holder: cap("limits.period.holder", &period.holder)?,
            }),
            None => None,
        },
    })
}

fn audience(value: Option<&Value>) -> Result<Audience, Refusal> {
    let fault = || {
        Refusal::new(
            "audience: not an audience",
            "write \"anyone\", \"first-order\", or { attested = \"KEY\", class = 1 }",
        )
    };
    match value {
        None => Ok(Audience::Anyone),
        Some(Value::String(word)) if word == "anyone" => Ok(Audience::Anyone),
        Some(Value::String(word)) if word == "first-order" => Ok(Audience::FirstOrder),
        Some(Value::Table(table)) => {
            let (Some(Value::String(name)), Some(Value::Integer(class)), 2) =
                (table.get("attested"), table.get("class"), table.len())
            else {
                return Err(fault());
            };
            let key = accounts::public_key(name).map_err(|fault| fault.at("audience.attested"))?;
            let class = u8::try_from(*class).map_err(|_| {
                Refusal::new(format!("audience.class: {class} is no class"), "write an integer from 0 to 255")
            })?;
            Ok(Audience::Attested { key, class })
        }
        Some(_) => Err(fault()),
    }
}

fn stacking(value: Option<&Value>) -> Result<Stacking, Refusal> {
    match value {
        None => Ok(Stacking::Exclusive),
        Some(Value::String(word)) if word == "exclusive" => Ok(Stacking::Exclusive),
        Some(Value::Integer(priority)) if u8::try_from(*priority).is_ok() => {
            Ok(Stacking::Common { priority: u8::try_from(*priority).unwrap_or_default() })
        }
        Some(value) => Err(Refusal::new(
            format!("stacking: {value} is neither \"exclusive\" nor a priority"),
            "write \"exclusive\", or an integer from 0 (applies first) to 255",
        )),
    }
}

fn fund(shares: &BreakageFields) -> Result<Option<(AccountId, u16)>, Refusal> {
    match (&shares.fund, &shares.fund_percent) {
        (None, None) => Ok(None),
        (Some(name), Some(share)) => {
            let account = accounts::account(name).map_err(|fault| fault.at("breakage.fund"))?;
            Ok(Some((account, percent("breakage.fund_percent", share)?)))
        }
        (Some(_), None) | (None, Some(_)) => {
            Err(Refusal::new("[breakage]: `fund` and `fund_percent` go together", "set both, or neither"))
        }
    }
}

fn time(name: &str, value: &Value, now: u64) -> Result<u64, Refusal> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Datetime(time) => time.to_string(),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Array(_) | Value::Table(_) => {
            value.to_string()
        }
    };
    times::parse(&text, now).map_err(|fault| fault.at(name))
}

fn window(name: &str, fields: &WindowFields, now: u64) -> Result<Window, Refusal> {
    let time = |field: &str, value: &Value| time(&format!("{name}.{field}"), value, now);
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

fn document(name: &str, fields: &DocumentFields, folder: &Path) -> Result<Hash, Refusal> {
    match (&fields.file, &fields.sha256) {
        (None, None) => Ok(Hash::default()),
        (Some(file), None) => {
            let path = folder.join(file);
            let bytes = fs::read(&path).map_err(|why| {
                Refusal::new(
                    format!("{name}.file: cannot read {}: {why}", path.display()),
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
                    format!("{name}.sha256: not 64 hexadecimal digits"),
                    "write what `sha256sum` prints for the document",
                )
            }),
        (Some(_), Some(_)) => Err(Refusal::new(
            format!("[{name}]: `file` and `sha256` are both set"),
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

    const NOW: u64 = 1_000;
    const GOOD: &str = r#"
supply = 100
per_holder = 1
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
        SuiteAddresses {
            registry: at(1),
            office: at(4),
            desk: at(5),
            alliance: at(2),
            council: at(6),
            market: at(3),
            custody: None,
        }
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
                min_basket: 10,
                issue_window: Window { start: NOW, end: NOW + 7 * day },
                valid_for: Some(14 * day),
                limits: Limits { issued_per_holder: Some(1), ..Limits::default() },
                funding: Funding::Escrow,
                acceptance: Acceptance::Listed(vec![accounts::account("cafe").unwrap()]),
                transfer: TransferPolicy::MarketOnly(AccountId::from([3; 32])),
                royalty_bps: 250,
                rollback_window: day,
                ..Terms::plain(
                    Benefit::PercentOff { bps: 2_000, cap: 2_500_000_000_000 },
                    Window { start: 1_000, end: NOW + 14 * day },
                    100
                )
            }
        );
    }

    #[test]
    fn the_examples_are_good_files() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let mut read_any = false;
        for entry in fs::read_dir(examples).unwrap() {
            read(&entry.unwrap().path(), NOW, &suite()).unwrap_or_else(|fault| panic!("{fault}"));
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
            ("percent = 20", "amount = 20", "[benefit]: not exactly one benefit", "set `amount`"),
            ("cap = \"2.50\"", "cap = 0", "benefit.cap: zero", "above zero"),
            ("cap = \"2.50\"", "cap = 2.5", "benefit.cap: 2.5 is not an amount", "in quotes"),
            ("cap = \"2.50\"", "", "benefit.cap: missing", "cap = \"5\""),
            ("end = \"+7d\"", "end = \"+0s\"", "issue.end: the window ends at", "later than issue.start"),
            ("end = \"+14d\"", "end = \"+6d\"", "issue.end: coupons could still be issued", "no later than"),
            ("end = \"+14d\"", "end = 2026-05-01", "redeem.end: `2026-05-01` is not a time", "such as 2026"),
            ("per_holder = 1", "per_holder = 0", "per_holder: zero", "leave the field out"),
            (
                "supply = 100",
                "supply = 100\nbudget = 5",
                "budget: escrow is its own budget",
                "leave `budget` out",
            ),
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
                "line 4: unknown variant `bank`",
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

    /// What has a field of its own besides `GOOD`'s.
    const RICH: &str = r#"
supply = 9
budget = "100"
transfer = "soulbound"
audience = { attested = "attester", class = 18 }
marks_first_order = true
stacking = 10
resale_percent = "80.5"
reservation = "30m"
funding = "alliance"
accept = "alliance"

[benefit]
new_price = "1"
cap = "5"

[card]
stamps = 10

[limits]
uses = 50

[limits.holder]
uses = 4
value = "20"

[limits.period]
every = "week"
start = "1970-01-01T00:00:00Z"
campaign = { uses = 20, value = "60" }
holder = { uses = 2, value = "10" }

[issue]
start = "+0s"
end = "+7d"

[redeem]
start = "+0s"
end = "+14d"

[scope]
sha256 = "0101010101010101010101010101010101010101010101010101010101010101"

[referral]
reward = 3
per_advocate = 5
"#;

    #[test]
    fn every_further_term_has_a_field() {
        let units = |whole: Balance| whole * 1_000_000_000_000;
        let day = 86_400_000;
        let redeem = Window { start: NOW, end: NOW + 14 * day };
        let benefit = Benefit::NewPrice { price: units(1), cap: units(5) };
        let key = chain::Keypair::named("attester").public();
        let expected = Terms {
            issue_window: Window { start: NOW, end: NOW + 7 * day },
            budget: Some(units(100)),
            transfer: TransferPolicy::Soulbound,
            audience: Audience::Attested { key, class: 18 },
            marks_first_order: true,
            stacking: Stacking::Common { priority: 10 },
            resale_bps: Some(8_050),
            reservation_ttl: 30 * 60 * 1_000,
            funding: Funding::Alliance,
            acceptance: Acceptance::Alliance(suite().alliance),
            card: Card::Stamps(10),
            limits: Limits {
                issued_per_holder: None,
                uses: Some(50),
                holder: Cap { uses: Some(4), value: Some(units(20)) },
                period: Some(PeriodLimits {
                    unit: Period::Week,
                    start: 0,
                    campaign: Cap { uses: Some(20), value: Some(units(60)) },
                    holder: Cap { uses: Some(2), value: Some(units(10)) },
                }),
            },
            scope: Some([1; 32]),
            referral: Some(Referral { reward: 3, per_advocate: 5 }),
            ..Terms::plain(benefit, redeem, 9)
        };
        assert_eq!(read_text(RICH).unwrap().terms, expected);
        let hex = RICH.replace("\"attester\"", &format!("\"{}\"", hex::encode(key)));
        assert_eq!(read_text(&hex).unwrap().terms, expected);
    }

    #[test]
    fn each_benefit_and_card_and_share_of_breakage_is_read() {
        let unit = 1_000_000_000_000;
        let with = |from: &str, to: &str| {
            assert!(GOOD.contains(from));
            read_text(&GOOD.replacen(from, to, 1)).unwrap().terms
        };
        for (to, benefit) in [
            ("amount = \"2\"", Benefit::AmountOff { value: 2 * unit }),
            ("new_price = \"0\"\ncap = \"2\"", Benefit::NewPrice { price: 0, cap: 2 * unit }),
            ("free_item = \"2\"", Benefit::FreeItem { worth: 2 * unit }),
            ("gift_card = \"2\"", Benefit::StoredValue { value: 2 * unit }),
        ] {
            assert_eq!(with("percent = 20\ncap = \"2.50\"", to).benefit, benefit);
        }
        assert_eq!(with("[issue]", "[card]\nuses = 3\n[issue]").card, Card::Uses(3));
        let shares = "[breakage]\nholder_percent = 10\nfund = \"cafe\"\nfund_percent = \"2.5\"\n[issue]";
        let fund = accounts::account("cafe").unwrap();
        let expected = Breakage { holder_bps: 1_000, fund: Some((fund, 250)) };
        assert_eq!(with("[issue]", shares).breakage, expected);
        let anyone = with("min_basket", "audience = \"anyone\"\nstacking = \"exclusive\"\nmin_basket");
        assert_eq!((anyone.audience, anyone.stacking), (Audience::Anyone, Stacking::Exclusive));
    }

    #[test]
    fn each_fault_of_a_further_term_names_its_field_and_the_fix() {
        for (from, to, what, fix) in [
            ("stamps = 10", "stamps = 10\nuses = 1", "[card]: not exactly one of", "how many stamps"),
            ("stamps = 10", "stamps = 70000", "card.stamps: more than 65535", "lower"),
            ("cap = \"5\"", "", "benefit.cap: missing", "cap = \"5\""),
            ("new_price = \"1\"", "gift_card = \"1\"", "[benefit]: not exactly one", "alone"),
            ("class = 18", "class = 256", "audience.class: 256", "from 0 to 255"),
            (", class = 18", "", "audience: not an audience", "class = 1"),
            ("\"attester\"", "\"a b\"", "audience.attested: `a b` is no public key", "64 hexadecimal"),
            ("{ attested", "{ proven", "audience: not an audience", "\"first-order\""),
            ("stacking = 10", "stacking = \"any\"", "stacking: \"any\" is neither", "255"),
            ("stacking = 10", "stacking = -1", "stacking: -1 is neither", "255"),
            ("\"80.5\"", "101", "resale_percent: 101% is more", "100 or less"),
            ("\"80.5\"", "0", "resale_percent: zero", "leave the field out"),
            ("\"30m\"", "\"8d\"", "reservation: longer than 7 days", "7d or less"),
            ("\"30m\"", "30", "reservation: `` is not a period", "30m"),
            ("uses = 50", "uses = 0", "limits.uses: zero", "leave the field out"),
            ("uses = 4", "uses = \"four\"", "limits.holder.uses: \"four\"", "integer"),
            ("value = \"20\"", "value = 2.5", "limits.holder.value: 2.5", "quotes"),
            ("value = \"60\"", "value = 0", "limits.period.campaign.value: zero", "leave the field out"),
            ("\"week\"", "\"year\"", "unknown variant `year`", "correct that line"),
            ("\"1970-01-01T00:00:00Z\"", "\"noon\"", "limits.period.start: `noon`", "such as 2026"),
            ("uses = 50", "most = 50", "unknown field `most`", "correct its name"),
            ("sha256 = \"01", "sha256 = \"", "scope.sha256: not 64", "sha256sum"),
            ("sha256 = \"01", "file = \"none\" #", "scope.file: cannot read ./none", "path"),
            ("marks_first_order = true", "", "marks_first_order: first-order", "marks_first_order = true"),
            ("\"soulbound\"", "\"free\"", "transfer: coupons for an attested", "soulbound"),
            ("[referral]", "[breakage]\nholder_percent = 10\n[referral]", "[breakage]: shares of", "escrow"),
            ("[referral]", "[breakage]\nfund = \"cafe\"\n[referral]", "[breakage]: `fund` and", "both"),
        ] {
            let text = RICH.replacen(from, to, 1);
            assert_ne!(text, RICH);
            let refusal = read_text(&text).unwrap_err();
            assert!(refusal.what.contains(what), "{to}: {refusal}");
            assert!(refusal.fix.contains(fix), "{to}: {refusal}");
        }
    }
}
