//! A town as its files describe it. Rows that can't be read are kept with the reason, for the story to name. Knows no chain.
use crate::{amounts::Unit, refusals::Refusal, times};
use chain::Balance;
use serde::{de::DeserializeOwned, Deserialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// `town.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Town {
    pub(super) start: String,
    pub(super) alliance: AllianceRules,
    pub(super) merchants: Vec<Merchant>,
    pub(super) campaigns: Vec<CampaignOf>,
    /// How many rows must be refused, by file and reason.
    pub(super) expected: BTreeMap<String, usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AllianceRules {
    pub(super) cycle: String,
    pub(super) pay_in_window: String,
    pub(super) fee_bps: u16,
    pub(super) joining_fee: String,
    pub(super) fund_share: String,
    /// How many times its collateral a member may owe, in bps.
    pub(super) cap_factor_bps: u16,
    /// The member that can't pay for the last week.
    pub(super) defaulter: String,
    pub(super) closing_bounty: String,
    /// Who rules on members' disputes, and on customers' where a merchant says so.
    pub(super) resolver: String,
    /// What opening a dispute costs a member.
    pub(super) case_fee: String,
    pub(super) market_fee_bps: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Merchant {
    pub(super) name: String,
    pub(super) funds: String,
    pub(super) collateral: String,
    pub(super) cap: String,
}

/// A campaign, its issuer, and how many codes are printed of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CampaignOf {
    pub(super) file: String,
    pub(super) issuer: String,
    pub(super) codes: u32,
    /// A device that hands its coupons out.
    pub(super) device: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consumer {
    pub(super) name: String,
    /// Whole tokens; 0 for a wallet that others submit for.
    pub(super) funds: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimRow {
    pub(super) at: String,
    pub(super) consumer: String,
    pub(super) campaign: String,
    /// The code's number, or `forged-` and one: a code that nobody printed.
    pub(super) code: String,
    /// Who submits.
    pub(super) by: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TradeRow {
    pub(super) at: String,
    pub(super) what: Trade,
    pub(super) who: String,
    pub(super) campaign: String,
    /// Whom a coupon is sent to, or bought from.
    pub(super) with: String,
    /// What a seller asks, or the most a buyer pays.
    pub(super) price: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Trade {
    Send,
    List,
    Buy,
    Cancel,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderRow {
    pub(super) at: String,
    pub(super) number: u64,
    pub(super) acceptor: String,
    pub(super) consumer: String,
    pub(super) basket: String,
    pub(super) eligible: String,
    /// Empty for a sale without a coupon.
    pub(super) campaign: String,
    pub(super) way: Way,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    Till,
    Web,
    /// At a till without a line: in one call with the till's other orders, when the next day begins.
    Backlog,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RollbackRow {
    pub(super) at: String,
    pub(super) acceptor: String,
    pub(super) number: u64,
}

/// What else people do: see `town::extras`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtraRow {
    pub(super) at: String,
    pub(super) what: Extra,
    pub(super) who: String,
    /// A campaign, or an order's number.
    pub(super) subject: String,
    /// Whom it is done with, or at whose shop.
    pub(super) with: String,
    /// Money, a code's number, or stars.
    pub(super) amount: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Extra {
    Issue,
    Sensor,
    Invite,
    Split,
    Keep,
    Rate,
}

/// What people do at the market: see `town::deals`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DealRow {
    pub(super) at: String,
    pub(super) what: Deal,
    pub(super) who: String,
    /// What the listing or the offer is called in these rows; several where several are bought.
    pub(super) label: String,
    /// A campaign, with `*2` for two coupons of it; or a basket.
    pub(super) subject: String,
    /// Whom it is for or with, or what is wanted in return.
    pub(super) with: String,
    /// A price; a falling one's end, an auction's step or an offer's quantity after it; or a count.
    pub(super) price: String,
    /// When a listing or an offer ends, from the row's time on.
    pub(super) until: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Deal {
    Issue,
    Sell,
    /// At a falling price.
    Fall,
    Auction,
    Bid,
    Settle,
    Swap,
    /// Takes a swap.
    Take,
    Offer,
    Accept,
    Buy,
    /// Buys, and spends at a till in the same call.
    Use,
    Withdraw,
}

/// What members do in their council: see `town::council`, and for who comes back from a default `town::drill`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CouncilRow {
    pub(super) at: String,
    pub(super) what: Council,
    pub(super) who: String,
    /// What a motion is called in these rows; the issuer of a pair; a disputed order's number; or the campaigns of the coupon spent and of the one given.
    pub(super) subject: String,
    /// Whom a motion is about; the acceptor of a pair, of a disputed order or of a coupon that is spent.
    pub(super) with: String,
    /// Money; a share in bps, with the time from which on it counts; or a reason's code.
    pub(super) amount: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Council {
    /// Moves that a member may owe so much.
    Cap,
    /// Moves that a defaulter is taken back.
    Readmit,
    Vote,
    Clear,
    /// Offers a rate.
    Offer,
    /// Accepts it.
    Agree,
    Convert,
    Dispute,
    Reply,
    Rule,
    /// Makes good what others bore.
    Repay,
    Collateral,
}

/// What happens to payments in custody: see `town::custody`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustodyRow {
    pub(super) at: String,
    pub(super) what: Custody,
    pub(super) who: String,
    /// The acceptor's order; 0 for terms.
    pub(super) order: u64,
    /// The acceptor, or who rules.
    pub(super) with: String,
    /// Of the coupon that is spent.
    pub(super) campaign: String,
    /// Money; a reason's code; a share in bps; or how long payments can be disputed, how long ruled, and the payer's share where nobody does.
    pub(super) amount: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Custody {
    Terms,
    Pay,
    Dispute,
    Reply,
    Rule,
    Settle,
    /// Gives a part back.
    Return,
}

/// What happens at one moment.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Claim(ClaimRow),
    Trade(TradeRow),
    Order(OrderRow),
    Rollback(RollbackRow),
    Extra(ExtraRow),
    Deal(DealRow),
    Council(CouncilRow),
    Custody(CustodyRow),
    /// A row that says nothing.
    Unreadable(String),
}

/// A row, where it stands and when it happens.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) file: &'static str,
    pub(super) line: u64,
    pub(super) at: u64,
    pub(super) step: Step,
}

/// All files of a town.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) folder: PathBuf,
    pub(super) town: Town,
    pub(super) start: u64,
    pub(super) consumers: Vec<Consumer>,
    /// In the order of their time, then of their files.
    pub(super) rows: Vec<Row>,
}

impl Scenario {
    /// # Errors
    /// A file that is missing, or isn't of its kind as a whole.
    pub(super) fn load(folder: &Path) -> Result<Self, Refusal> {
        let file = folder.join("town.toml");
        let text = fs::read_to_string(&file).map_err(|why| unreadable(&file, &why))?;
        let town: Town = toml::from_str(&text).map_err(|why| unreadable(&file, &why))?;
        let start = times::parse(&town.start, 0).map_err(|fault| fault.at(file.display()))?;
        let mut consumers = Vec::new();
        let file = folder.join("consumers.csv");
        for row in csv::Reader::from_path(&file).map_err(|why| unreadable(&file, &why))?.into_deserialize() {
            consumers.push(row.map_err(|why| unreadable(&file, &why))?);
        }
        let mut rows = Vec::new();
        rows.extend(read(folder, "claims.csv", start, |row: ClaimRow| {
            let known = row.code.trim_start_matches("forged-").parse::<u32>().is_ok();
            let at = row.at.clone();
            let fault = format!("`{}` is not a code's number", row.code);
            (at, if known { Step::Claim(row) } else { Step::Unreadable(fault) })
        })?);
        rows.extend(read(folder, "trades.csv", start, |row: TradeRow| (row.at.clone(), Step::Trade(row)))?);
        rows.extend(read(folder, "orders.csv", start, |row: OrderRow| {
            let at = row.at.clone();
            match (amount(&row.basket), amount(&row.eligible)) {
                (Err(fault), _) | (_, Err(fault)) => (at, Step::Unreadable(fault.what)),
                (Ok(_), Ok(_)) => (at, Step::Order(row)),
            }
        })?);
        rows.extend(read(folder, "rollbacks.csv", start, |row: RollbackRow| {
            (row.at.clone(), Step::Rollback(row))
        })?);
        rows.extend(read(folder, "extras.csv", start, |row: ExtraRow| (row.at.clone(), Step::Extra(row)))?);
        rows.extend(read(folder, "deals.csv", start, |row: DealRow| (row.at.clone(), Step::Deal(row)))?);
        rows.extend(read(folder, "council.csv", start, |row: CouncilRow| {
            (row.at.clone(), Step::Council(row))
        })?);
        rows.extend(read(folder, "custody.csv", start, |row: CustodyRow| {
            (row.at.clone(), Step::Custody(row))
        })?);
        rows.sort_by_key(|row| row.at);
        Ok(Self { folder: folder.to_owned(), town, start, consumers, rows })
    }
}

/// Whole tokens as the smallest unit.
/// # Errors
/// Not an amount.
pub(super) fn amount(text: &str) -> Result<Balance, Refusal> {
    Unit::native().read(text)
}

/// A share in bps.
/// # Errors
/// Not a number of 16 bits.
pub(super) fn share(text: &str) -> Result<u16, Refusal> {
    text.parse().map_err(|_| Refusal::new(format!("`{text}` is not a share"), "write a share of 10000"))
}

/// A code of a list of reasons.
/// # Errors
/// Not a number of 8 bits.
pub(super) fn reason(text: &str) -> Result<u8, Refusal> {
    text.parse()
        .map_err(|_| Refusal::new(format!("`{text}` is no reason's code"), "write a number up to 255"))
}

fn read<T: DeserializeOwned>(
    folder: &Path,
    name: &'static str,
    start: u64,
    step: impl Fn(T) -> (String, Step),
) -> Result<Vec<Row>, Refusal> {
    let file = folder.join(name);
    let mut reader = csv::Reader::from_path(&file).map_err(|why| unreadable(&file, &why))?;
    let mut rows = Vec::new();
    let mut last = start;
    for (row, line) in reader.deserialize().zip(2..) {
        let (at, step) = match row {
            Ok(row) => step(row),
            Err(why) => (String::new(), Step::Unreadable(why.to_string())),
        };
        // A row without a time happens when the one before it did.
        last = times::parse(&at, start).unwrap_or(last);
        rows.push(Row { file: name, line, at: last, step });
    }
    Ok(rows)
}

fn unreadable(file: &Path, why: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        format!("cannot read {}: {why}", file.display()),
        "name a folder like deploy/scenarios/high-street",
    )
}
