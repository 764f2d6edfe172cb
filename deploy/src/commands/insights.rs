//! `couponry insights`: what a merchant learns from an audit, and whom it may want to reach.

use crate::{
    accounts,
    amounts::Unit,
    audit::insights::{Book, DropYield, InsightError, Insights, Segment, Share},
    context::{write_file, Context, Report},
    refusals::Refusal,
    times,
};
use chain::keys::{from_ss58, ss58};
use clap::Args;
use serde_json::{json, Value};
use shared::assets::Asset;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(
    after_help = "Example: couponry audit --db audit.sqlite && couponry insights --db audit.sqlite --merchant bakery --export-segment lapsed"
)]
pub struct Opts {
    /// The SQLite file that `couponry audit` wrote
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
    /// Whose campaigns and tills
    #[arg(long, value_name = "NAME")]
    merchant: String,
    /// Write the accounts of a segment as an allow-list: lapsed, repeat, top-raters, unused or advocates
    #[arg(long, value_name = "SEGMENT")]
    export_segment: Option<Segment>,
    /// Where to [default: the segment's name with .csv]
    #[arg(long, value_name = "FILE", requires = "export_segment")]
    out: Option<PathBuf>,
    /// How many coupons the list is to give each account
    #[arg(long, default_value_t = 1, requires = "export_segment")]
    count: u32,
    /// For how long the lapsed have used nothing
    #[arg(long, default_value = "30d", value_name = "PERIOD")]
    lapsed_after: String,
}

/// # Errors
/// A database that can't be read or has nothing of the merchant's, a bad period, a file that can't be written.
pub fn run(opts: &Opts, _ctx: &Context) -> Result<Report, Refusal> {
    let lapsed_after = times::period(&opts.lapsed_after)?;
    let merchant = ss58(&accounts::account(&opts.merchant)?);
    let book = Book::open(&opts.db, &merchant).map_err(|fault| unreadable(opts, &fault))?;
    if book.is_empty() {
        return Err(Refusal::new(
            format!("{} has nothing of {}'s", opts.db.display(), opts.merchant),
            "name an issuer or an acceptor, and audit again if the database is old",
        ));
    }
    let insights = book.insights();
    let mut report = Report::new(headline(opts, &insights), json(&merchant, &insights));
    report.lines.extend(lines(&insights));
    if let Some(segment) = opts.export_segment {
        let accounts = book.segment(segment, lapsed_after);
        let path = opts.out.clone().unwrap_or_else(|| PathBuf::from(segment.name()).with_extension("csv"));
        let rows = accounts.iter().map(|account| format!("{account},{}\n", opts.count));
        let table = format!("account,count\n{}", rows.collect::<String>());
        write_file(&path, table.as_bytes(), false)?;
        report = report.line(format!("wrote {} accounts to {}", accounts.len(), path.display()));
        if let Some(object) = report.json.as_object_mut() {
            let (name, count) = (segment.name(), accounts.len());
            object.insert(
                "segment".into(),
                json!({ "name": name, "accounts": count, "file": path.display().to_string() }),
            );
        }
    }
    Ok(report)
}

fn unreadable(opts: &Opts, fault: &InsightError) -> Refusal {
    Refusal::new(
        format!("cannot read {}: {fault}", opts.db.display()),
        "write the database anew with `couponry audit --db FILE`",
    )
}

fn headline(opts: &Opts, insights: &Insights) -> String {
    format!("{} as of {}", opts.merchant, times::show(insights.as_of))
}

fn lines(insights: &Insights) -> Vec<String> {
    let mut lines = vec![
        format!("coupons used:      {}", share(insights.redeemed)),
        format!("customers again:   {}", share(insights.repeat)),
    ];
    for of in &insights.drops {
        lines.push(format!(
            "drop {}/{}: coupons {}, redemptions {} ({}), discount {} ({})",
            of.campaign,
            of.drop,
            of.coupons,
            of.redemptions,
            uplift(of.redemptions_uplift),
            unit(of).show(of.discount),
            uplift(of.discount_uplift)
        ));
    }
    let ratings = &insights.ratings;
    lines.push(match ratings.mean {
        Some(mean) => format!(
            "ratings:           {}, {} stars on average; one to five stars: {}",
            ratings.count,
            crate::amounts::decimal(mean.into(), 2),
            ratings.by_stars.map(|count| count.to_string()).join(", ")
        ),
        None => "ratings:           none".into(),
    });
    for cohort in &insights.cohorts {
        let weeks: Vec<_> = cohort.first_used.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "week of {}: coupons {}, used first in that week and after: {}",
            times::show(cohort.week).chars().take(10).collect::<String>(),
            cohort.coupons,
            if weeks.is_empty() { "none".into() } else { weeks.join(", ") }
        ));
    }
    lines
}

fn share(of: Share) -> String {
    let rate = of.bps().map(|bps| format!(" ({}%)", crate::amounts::decimal(bps.into(), 2)));
    format!("{} of {}{}", of.part, of.whole, rate.unwrap_or_default())
}

/// `+50%` against the campaign's mean.
fn uplift(bps: Option<i64>) -> String {
    let Some(bps) = bps else {
        return "no mean yet".into();
    };
    let sign = if bps < 0 { '-' } else { '+' };
    format!("{sign}{}% to the mean", crate::amounts::decimal(bps.unsigned_abs().into(), 2))
}

fn unit(of: &DropYield) -> Unit {
    Unit::of(from_ss58(&of.asset).map_or(Asset::Native, |(token, _)| Asset::Psp22(token)))
}

fn json(merchant: &str, insights: &Insights) -> Value {
    let drops = insights.drops.iter().map(|of| {
        json!({
            "campaign": of.campaign,
            "drop": of.drop,
            "asset": of.asset,
            "coupons": of.coupons,
            "redemptions": of.redemptions,
            "discount": of.discount.to_string(),
            "redemptions_uplift_bps": of.redemptions_uplift,
            "discount_uplift_bps": of.discount_uplift,
        })
    });
    let cohorts = insights.cohorts.iter().map(|cohort| {
        json!({ "week": times::show(cohort.week), "coupons": cohort.coupons, "first_used": cohort.first_used })
    });
    let ratings = &insights.ratings;
    json!({
        "merchant": merchant,
        "as_of": times::show(insights.as_of),
        "campaigns": insights.campaigns,
        "coupons": insights.redeemed.whole,
        "redeemed": insights.redeemed.part,
        "redemption_rate_bps": insights.redeemed.bps(),
        "customers": insights.repeat.whole,
        "repeat_customers": insights.repeat.part,
        "repeat_rate_bps": insights.repeat.bps(),
        "drops": drops.collect::<Vec<_>>(),
        "ratings": { "count": ratings.count, "mean_hundredths": ratings.mean, "by_stars": ratings.by_stars },
        "cohorts": cohorts.collect::<Vec<_>>(),
    })
}
