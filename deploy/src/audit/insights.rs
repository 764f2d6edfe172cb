//! What a merchant learns from an audit's database: how many of its coupons are used, by whom, again or once, out of which drop, how long after they were
//! had, and how customers rate it. Knows the database's tables and nothing of chains.
//!
//! All of it is about the campaigns that are the merchant's as of the audit, and counts uses that still stand; ratings are those of the merchant's own tills.
//! A coupon that came of another, split off or brought back, counts as that one.
use rusqlite::{types::Value, Connection, Row};
use shared::{calendar::DAY, ids::CampaignId, Balance};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    str::FromStr,
};
use thiserror::Error;

/// In milliseconds.
const WEEK: u64 = 7 * DAY;
/// From the Monday before the epoch, a Thursday, to the epoch.
const MONDAY_TO_EPOCH: u64 = 3 * DAY;
const WHOLE_BPS: u128 = 10_000;
/// What a rater of the best gives on average, in hundredths of a star.
const TOP_MEAN: u64 = 400;

/// Why there are no insights.
#[derive(Debug, Error)]
pub enum InsightError {
    #[error("the audit's database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("the audit's database has `{value}` where an amount should be")]
    NotAnAmount { value: String },
    #[error("the audit's database has no events")]
    Empty,
}

/// A part of a whole, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub part: u64,
    pub whole: u64,
}

/// What came of one drop. Uplifts are against the campaign's mean, for each coupon, in bps: 5,000 is half as much again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropYield {
    pub campaign: CampaignId,
    pub drop: u32,
    /// What amounts are counted in: `native` or the token's account.
    pub asset: String,
    /// Coupons claimed from it.
    pub coupons: u64,
    pub redemptions: u64,
    pub discount: Balance,
    /// `None` while the campaign has no redemption.
    pub redemptions_uplift: Option<i64>,
    /// `None` while the campaign has given no discount.
    pub discount_uplift: Option<i64>,
}

/// How customers rate the merchant's tills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ratings {
    pub count: u64,
    /// In hundredths of a star, rounded down; `None` without a rating.
    pub mean: Option<u64>,
    /// How many gave one star, two, and so on.
    pub by_stars: [u64; 5],
}

/// Coupons that were had in one week, from Monday (UTC).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohort {
    /// When the week began, in milliseconds since the Unix epoch.
    pub week: u64,
    pub coupons: u64,
    /// How many were used first in that same week, in the next, and so on; up to the last in which any was.
    pub first_used: Vec<u64>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Insights {
    /// The time of the last event.
    pub as_of: u64,
    pub campaigns: u64,
    /// Of all coupons handed out, those that were used.
    pub redeemed: Share,
    /// Of all accounts that used one, those that did on more than one order.
    pub repeat: Share,
    /// One for each drop that coupons were claimed from.
    pub drops: Vec<DropYield>,
    pub ratings: Ratings,
    pub cohorts: Vec<Cohort>,
}

/// A group of customers that a merchant may want to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Used a coupon, but none for a while.
    Lapsed,
    /// Used coupons on more than one order.
    Repeat,
    /// Rate the merchant with four stars and more on average.
    TopRaters,
    /// Have a coupon and never used one.
    Unused,
    /// Were rewarded for a friend.
    Advocates,
}

impl Segment {
    pub const ALL: [Self; 5] = [Self::Lapsed, Self::Repeat, Self::TopRaters, Self::Unused, Self::Advocates];

    pub fn name(self) -> &'static str {
        match self {
            Self::Lapsed => "lapsed",
            Self::Repeat => "repeat",
            Self::TopRaters => "top-raters",
            Self::Unused => "unused",
            Self::Advocates => "advocates",
        }
    }
}

impl FromStr for Segment {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|segment| segment.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no segment `{name}`; write one of {names}")
        })
    }
}

impl Share {
    /// In bps, rounded down; `None` of nothing.
    pub fn bps(self) -> Option<u64> {
        let bps = u128::from(self.part).checked_mul(WHOLE_BPS)?.checked_div(self.whole.into())?;
        u64::try_from(bps).ok()
    }
}

/// A coupon as it was handed out: its campaign and serial.
type Origin = (CampaignId, u32);

struct Issued {
    drop: Option<u32>,
    at: u64,
}

struct Used {
    origin: Origin,
    holder: String,
    /// The acceptor and the number.
    order: (String, String),
    at: u64,
    discount: Balance,
}

/// An audit's database, as far as one merchant is concerned.
pub struct Book {
    as_of: u64,
    assets: BTreeMap<CampaignId, String>,
    coupons: BTreeMap<Origin, Issued>,
    uses: Vec<Used>,
    /// Who holds a coupon.
    holders: BTreeSet<String>,
    ratings: Vec<(String, u8)>,
    advocates: BTreeSet<String>,
}

impl Book {
    /// Reads the database at `path` for the merchant of this address.
    /// # Errors
    /// `Database`, `NotAnAmount`, `Empty`.
    pub fn open(path: &Path, merchant: &str) -> Result<Self, InsightError> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        Self::read(&Connection::open_with_flags(path, flags)?, merchant)
    }

    fn read(database: &Connection, merchant: &str) -> Result<Self, InsightError> {
        let as_of: Option<u64> = database.query_row("SELECT MAX(time) FROM events", [], |row| row.get(0))?;
        let rows = Rows { database, merchant };
        let coupons = rows.all(
            "SELECT campaign, serial, drop_number, issued_at FROM coupons JOIN campaigns ON campaigns.number = campaign
               WHERE issuer = ?1 AND source NOT IN ('split', 'rollback')",
            |row| Ok(((row.get(0)?, row.get(1)?), Issued { drop: row.get(2)?, at: row.get(3)? })),
        )?;
        let uses = rows.all(
            "SELECT uses.campaign, coupons.origin, uses.holder, uses.acceptor, CAST(uses.number AS TEXT), redeemed_at, kept
               FROM uses JOIN campaigns ON campaigns.number = uses.campaign JOIN redemptions USING (acceptor, number)
               JOIN coupons ON coupons.campaign = uses.campaign AND coupons.serial = uses.serial
               WHERE campaigns.issuer = ?1 AND stands",
            |row| {
                Ok((
                    (row.get(0)?, row.get(1)?),
                    row.get(2)?,
                    (row.get(3)?, row.get(4)?),
                    row.get(5)?,
                    row.get::<_, Value>(6)?,
                ))
            },
        )?;
        let uses = uses.into_iter().map(|(origin, holder, order, at, discount)| {
            Ok(Used { origin, holder, order, at, discount: amount(discount)? })
        });
        Ok(Self {
            as_of: as_of.ok_or(InsightError::Empty)?,
            assets: rows
                .all("SELECT number, asset FROM campaigns WHERE issuer = ?1", |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .into_iter()
                .collect(),
            coupons: coupons.into_iter().collect(),
            uses: uses.collect::<Result<_, InsightError>>()?,
            holders: rows.accounts(
                "SELECT holder FROM coupons JOIN campaigns ON campaigns.number = campaign
                   WHERE issuer = ?1 AND holder IS NOT NULL",
            )?,
            ratings: rows.all("SELECT holder, stars FROM ratings WHERE acceptor = ?1", |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?,
            advocates: rows.accounts(
                "SELECT advocate FROM rewards JOIN campaigns ON campaigns.number = campaign WHERE issuer = ?1",
            )?,
        })
    }

    pub fn insights(&self) -> Insights {
        let first = self.first_uses();
        let orders = self.orders();
        let repeat = orders.values().filter(|orders| orders.len() > 1).count();
        Insights {
            as_of: self.as_of,
            campaigns: count(self.assets.len()),
            redeemed: Share { part: count(first.len()), whole: count(self.coupons.len()) },
            repeat: Share { part: count(repeat), whole: count(orders.len()) },
            drops: self.drops(),
            ratings: self.ratings(),
            cohorts: self.cohorts(&first),
        }
    }

    /// The accounts of a segment, in order. `lapsed_after` is for how long the lapsed have used nothing, in milliseconds.
    pub fn segment(&self, segment: Segment, lapsed_after: u64) -> Vec<&str> {
        let orders = self.orders();
        match segment {
            Segment::Lapsed => {
                let mut last: BTreeMap<&str, u64> = BTreeMap::new();
                for used in &self.uses {
                    let at = last.entry(&used.holder).or_default();
                    *at = used.at.max(*at);
                }
                let lapsed = |at: u64| at.saturating_add(lapsed_after) <= self.as_of;
                last.into_iter().filter(|(_, at)| lapsed(*at)).map(|(holder, _)| holder).collect()
            }
            Segment::Repeat => {
                let repeated = orders.into_iter().filter(|(_, orders)| orders.len() > 1);
                repeated.map(|(holder, _)| holder).collect()
            }
            Segment::TopRaters => {
                let mut given: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
                for (holder, stars) in &self.ratings {
                    given.entry(holder).or_default().push(*stars);
                }
                let top = |stars: &[u8]| mean(stars.iter().copied()).is_some_and(|mean| mean >= TOP_MEAN);
                given.into_iter().filter(|(_, stars)| top(stars)).map(|(holder, _)| holder).collect()
            }
            Segment::Unused => {
                let holders = self.holders.iter().map(String::as_str);
                holders.filter(|holder| !orders.contains_key(holder)).collect()
            }
            Segment::Advocates => self.advocates.iter().map(String::as_str).collect(),
        }
    }

    /// Whether anything of this merchant's is in the database.
    pub fn is_empty(&self) -> bool {
        self.assets.is_empty() && self.ratings.is_empty()
    }

    /// The orders of each account that used a coupon.
    fn orders(&self) -> BTreeMap<&str, BTreeSet<&(String, String)>> {
        let mut orders: BTreeMap<&str, BTreeSet<_>> = BTreeMap::new();
        for used in &self.uses {
            orders.entry(&used.holder).or_default().insert(&used.order);
        }
        orders
    }

    /// When each coupon that was used was used first.
    fn first_uses(&self) -> BTreeMap<Origin, u64> {
        let mut first = BTreeMap::new();
        for used in &self.uses {
            let at = first.entry(used.origin).or_insert(used.at);
            *at = used.at.min(*at);
        }
        first
    }

    fn drops(&self) -> Vec<DropYield> {
        let (mut drops, mut campaigns) = (BTreeMap::new(), BTreeMap::new());
        for ((campaign, _), issued) in &self.coupons {
            let whole: &mut Yield = campaigns.entry(*campaign).or_default();
            whole.coupons = whole.coupons.saturating_add(1);
            if let Some(drop) = issued.drop {
                let part: &mut Yield = drops.entry((*campaign, drop)).or_default();
                part.coupons = part.coupons.saturating_add(1);
            }
        }
        for used in &self.uses {
            let campaign = used.origin.0;
            campaigns.entry(campaign).or_default().add(used);
            if let Some(drop) = self.coupons.get(&used.origin).and_then(|issued| issued.drop) {
                drops.entry((campaign, drop)).or_default().add(used);
            }
        }
        let drops = drops.into_iter().map(|((campaign, drop), part)| {
            let none = Yield::default();
            let whole = campaigns.get(&campaign).unwrap_or(&none);
            let uplift =
                |of: fn(&Yield) -> u128| uplift((of(&part), part.coupons), (of(whole), whole.coupons));
            DropYield {
                campaign,
                drop,
                asset: self.assets.get(&campaign).cloned().unwrap_or_default(),
                coupons: part.coupons,
                redemptions: part.uses,
                discount: part.discount,
                redemptions_uplift: uplift(|part| part.uses.into()),
                discount_uplift: uplift(|part| part.discount),
            }
        });
        drops.collect()
    }

    fn ratings(&self) -> Ratings {
        let mut by_stars = [0_u64; 5];
        for (_, stars) in &self.ratings {
            let place = usize::from(*stars).checked_sub(1);
            if let Some(these) = place.and_then(|place| by_stars.get_mut(place)) {
                *these = these.saturating_add(1);
            }
        }
        let mean = mean(self.ratings.iter().map(|(_, stars)| *stars));
        Ratings { count: count(self.ratings.len()), mean, by_stars }
    }

    fn cohorts(&self, first: &BTreeMap<Origin, u64>) -> Vec<Cohort> {
        let mut cohorts: BTreeMap<u64, Cohort> = BTreeMap::new();
        for (origin, issued) in &self.coupons {
            let week = week_of(issued.at);
            let cohort = cohorts.entry(week).or_default();
            cohort.week = week.saturating_mul(WEEK).saturating_sub(MONDAY_TO_EPOCH);
            cohort.coupons = cohort.coupons.saturating_add(1);
            let later = first.get(origin).and_then(|at| week_of(*at).checked_sub(week));
            if let Some(later) = later.and_then(|later| usize::try_from(later).ok()) {
                if cohort.first_used.len() <= later {
                    cohort.first_used.resize(later.saturating_add(1), 0);
                }
                if let Some(used) = cohort.first_used.get_mut(later) {
                    *used = used.saturating_add(1);
                }
            }
        }
        cohorts.into_values().collect()
    }
}

/// What came of some coupons.
#[derive(Default)]
struct Yield {
    coupons: u64,
    uses: u64,
    discount: Balance,
}

impl Yield {
    fn add(&mut self, used: &Used) {
        self.uses = self.uses.saturating_add(1);
        self.discount = self.discount.saturating_add(used.discount);
    }
}

/// By how much more a part yields for each coupon than the whole does, in bps, rounded down.
fn uplift((part, of): (u128, u64), (whole, of_all): (u128, u64)) -> Option<i64> {
    let yields = part.checked_mul(of_all.into())?.checked_mul(WHOLE_BPS)?;
    let bps = yields.checked_div(whole.checked_mul(of.into())?)?;
    i64::try_from(bps).ok()?.checked_sub(i64::try_from(WHOLE_BPS).ok()?)
}

/// In hundredths, rounded down.
fn mean(stars: impl ExactSizeIterator<Item = u8>) -> Option<u64> {
    let given = count(stars.len());
    let sum = stars.fold(0_u64, |sum, stars| sum.saturating_add(stars.into()));
    sum.saturating_mul(100).checked_div(given)
}

/// Weeks from Monday to Monday, counted from the one that the epoch is in.
fn week_of(at: u64) -> u64 {
    at.saturating_add(MONDAY_TO_EPOCH).checked_div(WEEK).unwrap_or_default()
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

struct Rows<'a> {
    database: &'a Connection,
    merchant: &'a str,
}

impl Rows<'_> {
    fn all<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, InsightError> {
        let mut query = self.database.prepare(sql)?;
        let rows = query.query_map([self.merchant], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn accounts(&self, sql: &str) -> Result<BTreeSet<String>, InsightError> {
        Ok(self.all(sql, |row| row.get(0))?.into_iter().collect())
    }
}

/// An amount as the database has it: an integer, or text where it passes 63 bits.
fn amount(value: Value) -> Result<Balance, InsightError> {
    let read = match &value {
        Value::Integer(amount) => Balance::try_from(*amount).ok(),
        Value::Text(amount) => amount.parse().ok(),
        Value::Null | Value::Real(_) | Value::Blob(_) => None,
    };
    read.ok_or_else(|| InsightError::NotAnAmount { value: format!("{value:?}") })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "an overflow fails a test anyway")]
mod tests {
    use super::*;
    use crate::audit::database::SCHEMA;

    /// Monday 2026-01-05, 00:00 UTC.
    const MONDAY: u64 = 1_767_571_200_000;

    /// The bakery has campaign 1 with drops 1 and 2 and a batch, the cinema campaign 2.
    ///
    /// Drop 1 gave coupons 1 (ann) and 2 (ben), drop 2 gave 3 (cem), the batch 4 (dan). Used: 1 for 100 in its first week; 2, a card, for 50 in its first week and 50 two
    /// weeks later, the second time as part 5, split off; 4 for 40 of which 10 stand; 3 for 70, undone. So of 4 coupons 3 were used, in 4 uses for 210.
    /// Drop 1: 3 uses for 200 with 2 coupons: 1.5 and 100 each, against 4 / 4 = 1 and 210 / 4 = 52.5. Drop 2: nothing.
    fn scene() -> Connection {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(SCHEMA).unwrap();
        let run = |sql: &str| assert!(database.execute(sql, []).unwrap() > 0, "{sql}");
        let at = |day: u64| MONDAY + day * DAY;
        for (number, issuer) in [(1, "bakery"), (2, "cinema")] {
            run(&format!(
                "INSERT INTO campaigns (number, issuer, asset) VALUES ({number}, '{issuer}', 'native')"
            ));
        }
        for (campaign, serial, day, source, drop, origin, holder) in [
            (1, 1, 0, "code", "1", 1, "NULL"),
            (1, 2, 6, "code", "1", 2, "'ben'"),
            (1, 3, 7, "code", "2", 3, "'cem'"),
            (1, 4, 8, "batch", "NULL", 4, "NULL"),
            (1, 5, 9, "split", "NULL", 2, "NULL"),
            (2, 1, 0, "code", "1", 1, "'eve'"),
        ] {
            run(&format!(
                "INSERT INTO coupons (campaign, serial, issued_at, source, drop_number, origin, holder)
                   VALUES ({campaign}, {serial}, {}, '{source}', {drop}, {origin}, {holder})",
                at(day)
            ));
        }
        for (acceptor, number, day, campaign, serial, holder, discount, kept, stands) in [
            ("bakery", "1", 1, 1, 1, "ann", "100", "100", 1),
            ("bakery", "2", 6, 1, 2, "ben", "50", "50", 1),
            ("cinema", "'18446744073709551615'", 20, 1, 5, "ben", "50", "50", 1),
            ("bakery", "3", 8, 1, 4, "dan", "40", "10", 1),
            ("bakery", "4", 8, 1, 3, "cem", "70", "0", 0),
            ("bakery", "5", 9, 2, 1, "eve", "9", "9", 1),
        ] {
            let time = at(day);
            run(&format!("INSERT INTO redemptions (acceptor, number, redeemed_at) VALUES ('{acceptor}', {number}, {time})"));
            run(&format!(
                "INSERT INTO uses (acceptor, number, campaign, serial, holder, discount, kept, stands)
                   VALUES ('{acceptor}', {number}, {campaign}, {serial}, '{holder}', {discount}, {kept}, {stands})"
            ));
        }
        for (acceptor, number, holder, stars) in [
            ("bakery", 1, "ann", 5),
            ("bakery", 2, "ben", 3),
            ("bakery", 5, "eve", 4),
            ("cinema", 9, "ann", 1),
        ] {
            run(&format!("INSERT INTO ratings (acceptor, number, holder, stars) VALUES ('{acceptor}', {number}, '{holder}', {stars})"));
        }
        run("INSERT INTO rewards (advocate, campaign, serial) VALUES ('ann', 1, 4)");
        run(&format!("INSERT INTO events (block, idx, time) VALUES (1, 1, {})", at(30)));
        database
    }

    #[test]
    fn a_merchant_reads_what_was_worked_out_by_hand() {
        let insights = Book::read(&scene(), "bakery").unwrap().insights();
        let drop = |drop, coupons, redemptions, discount, redemptions_uplift, discount_uplift| DropYield {
            campaign: 1,
            drop,
            asset: "native".into(),
            coupons,
            redemptions,
            discount,
            redemptions_uplift: Some(redemptions_uplift),
            discount_uplift: Some(discount_uplift),
        };
        let expected = Insights {
            as_of: MONDAY + 30 * DAY,
            campaigns: 1,
            redeemed: Share { part: 3, whole: 4 },
            repeat: Share { part: 1, whole: 3 },
            drops: vec![drop(1, 2, 3, 200, 5_000, 9_047), drop(2, 1, 0, 0, -10_000, -10_000)],
            ratings: Ratings { count: 3, mean: Some(400), by_stars: [0, 0, 1, 1, 1] },
            cohorts: vec![
                Cohort { week: MONDAY, coupons: 2, first_used: vec![2] },
                Cohort { week: MONDAY + WEEK, coupons: 2, first_used: vec![1] },
            ],
        };
        assert_eq!(insights, expected);
        assert_eq!((insights.redeemed.bps(), insights.repeat.bps()), (Some(7_500), Some(3_333)));
    }

    #[test]
    fn segments_hold_exactly_those_they_are_named_for() {
        let book = Book::read(&scene(), "bakery").unwrap();
        let of = |segment| book.segment(segment, 20 * DAY);
        // Ben's last use is 10 days old, Ann's 29, Dan's 22.
        assert_eq!(of(Segment::Lapsed), ["ann", "dan"]);
        assert_eq!(book.segment(Segment::Lapsed, 10 * DAY), ["ann", "ben", "dan"]);
        assert_eq!(of(Segment::Repeat), ["ben"]);
        assert_eq!(of(Segment::TopRaters), ["ann", "eve"]);
        assert_eq!(of(Segment::Unused), ["cem"]);
        assert_eq!(of(Segment::Advocates), ["ann"]);
    }

    #[test]
    fn weeks_begin_on_monday_at_midnight() {
        assert_eq!(week_of(MONDAY) - week_of(MONDAY - 1), 1);
        assert_eq!(week_of(MONDAY), week_of(MONDAY + WEEK - 1));
        assert_eq!(week_of(0), 0);
    }

    #[test]
    fn nothing_comes_of_nothing_and_large_amounts_are_read_whole() {
        let book = Book::read(&scene(), "stranger").unwrap();
        assert!(book.is_empty());
        let Insights { redeemed, ratings, drops, .. } = book.insights();
        assert_eq!((redeemed.bps(), ratings.mean, drops), (None, None, vec![]));
        assert_eq!(amount(Value::Text(Balance::MAX.to_string())).ok(), Some(Balance::MAX));
        assert!(amount(Value::Text("ten".into())).is_err() && amount(Value::Integer(-1)).is_err());
        let empty = Connection::open_in_memory().unwrap();
        empty.execute_batch(SCHEMA).unwrap();
        assert!(matches!(Book::read(&empty, "bakery"), Err(InsightError::Empty)));
    }

    #[test]
    fn a_segment_is_read_by_its_name() {
        for segment in Segment::ALL {
            assert_eq!(segment.name().parse(), Ok(segment));
        }
        let refusal = "best".parse::<Segment>().unwrap_err();
        assert_eq!(
            refusal,
            "there is no segment `best`; write one of lapsed, repeat, top-raters, unused, advocates"
        );
    }
}
