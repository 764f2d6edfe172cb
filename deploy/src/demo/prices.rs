//! What coupons went for at the market, drawn from the audit's database: a dot a sale, by campaign and kind of deal. Decides nothing.
#![allow(clippy::float_arithmetic, reason = "points of a picture")]
use crate::amounts::{decimal, NATIVE_DECIMALS};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// The picture's size, and the margins of the plot in it.
const SIZE: (f64, f64) = (960.0, 520.0);
const LEFT: f64 = 64.0;
const RIGHT: f64 = 720.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 456.0;
/// Told apart by people who see few colours too.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const DAY: f64 = 86_400_000.0;

/// A sale, as a point.
struct Sale {
    time: f64,
    campaign: u32,
    kind: String,
    /// For each coupon, in whole tokens.
    price: f64,
    said: String,
}

/// The picture, as SVG. Campaigns are called by `names`.
/// # Errors
/// The database can't be read.
pub(super) fn draw(db: &Connection, names: &BTreeMap<u32, String>) -> rusqlite::Result<String> {
    let mut query = db.prepare(
        "SELECT time, campaign, kind, price, coupons FROM sales WHERE asset = 'native' ORDER BY time",
    )?;
    let rows = query.query_map([], |row| {
        let (time, campaign): (i64, u32) = (row.get(0)?, row.get(1)?);
        let (kind, price, coupons): (String, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let each = price.checked_div(coupons).unwrap_or_default();
        let text = decimal(each.unsigned_abs().into(), NATIVE_DECIMALS);
        let name = names.get(&campaign).cloned().unwrap_or_else(|| campaign.to_string());
        Ok(Sale {
            time: float(time),
            campaign,
            price: float(each) / 1e12,
            said: format!("{name}, {kind}: {text}"),
            kind,
        })
    })?;
    Ok(picture(&rows.collect::<Result<Vec<_>, _>>()?, names))
}

#[allow(clippy::cast_precision_loss, reason = "a picture's points need no more")]
fn float(number: i64) -> f64 {
    number as f64
}

/// Whole numbers of days, or of steps of a price: few, and small.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a picture's ticks: bounded")]
fn whole(number: f64) -> u32 {
    number.clamp(0.0, 1_000.0) as u32
}

fn picture(sales: &[Sale], names: &BTreeMap<u32, String>) -> String {
    let first = sales.iter().map(|sale| sale.time).fold(f64::INFINITY, f64::min);
    let start = if first.is_finite() { (first / DAY).floor() * DAY } else { 0.0 };
    let last = sales.iter().map(|sale| sale.time).fold(start, f64::max);
    let days = ((last - start) / DAY).ceil().max(1.0);
    let most = sales.iter().map(|sale| sale.price).fold(0.0, f64::max);
    let top = (most * 2.0).ceil().max(1.0) / 2.0;
    let x = |time: f64| LEFT + (time - start) / (days * DAY) * (RIGHT - LEFT);
    let y = |price: f64| BOTTOM - price / top * (BOTTOM - TOP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"30\" font-size=\"18\">What coupons went for at the market</text>\n",
        SIZE.0, SIZE.1
    );
    let mut put = |line: String| svg.push_str(&line);
    let step = if top > 4.0 { 1.0 } else { 0.5 };
    for tick in 0..=whole(top / step) {
        let price = f64::from(tick) * step;
        put(format!(
            "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"#ddd\"/>\n\
             <text x=\"{1:.1}\" y=\"{2:.1}\" text-anchor=\"end\">{price:.2}</text>\n",
            y(price),
            LEFT - 8.0,
            y(price) + 4.0
        ));
    }
    for day in 0..=whole(days) {
        let at = x(start + f64::from(day) * DAY);
        put(format!("<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{BOTTOM}\" stroke=\"#eee\"/>\n"));
        if day < whole(days) {
            let middle = x(start + (f64::from(day) + 0.5) * DAY);
            put(format!(
                "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
                BOTTOM + 20.0,
                date(start + f64::from(day) * DAY)
            ));
        }
    }
    put(format!(
        "<text x=\"18\" y=\"{0:.1}\" transform=\"rotate(-90 18 {0:.1})\" text-anchor=\"middle\">UNIT a coupon</text>\n",
        (TOP + BOTTOM) / 2.0
    ));

    let mut campaigns: Vec<u32> = sales.iter().map(|sale| sale.campaign).collect();
    campaigns.sort_unstable();
    campaigns.dedup();
    let mut legend = TOP + 8.0;
    for (campaign, colour) in campaigns.iter().zip(COLOURS.iter().cycle()) {
        let of_it = || sales.iter().filter(|sale| sale.campaign == *campaign);
        let line: Vec<String> =
            of_it().map(|sale| format!("{:.1},{:.1}", x(sale.time), y(sale.price))).collect();
        put(format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.35\"/>\n",
            line.join(" ")
        ));
        for sale in of_it() {
            put(mark(&sale.kind, x(sale.time), y(sale.price), colour, &sale.said));
        }
        let name = names.get(campaign).cloned().unwrap_or_else(|| format!("campaign {campaign}"));
        put(format!(
            "<rect x=\"{0:.1}\" y=\"{1:.1}\" width=\"14\" height=\"4\" fill=\"{colour}\"/>\n\
             <text x=\"{2:.1}\" y=\"{3:.1}\">{name} ({4})</text>\n",
            RIGHT + 28.0,
            legend - 6.0,
            RIGHT + 50.0,
            legend,
            of_it().count()
        ));
        legend += 22.0;
    }
    legend += 14.0;
    for (kind, words) in [
        ("fixed", "at a price"),
        ("falling", "at a falling price"),
        ("auction", "at auction"),
        ("offer", "to an offer"),
    ] {
        put(mark(kind, RIGHT + 35.0, legend - 4.0, "#555", words));
        put(format!("<text x=\"{:.1}\" y=\"{legend:.1}\">{words}</text>\n", RIGHT + 50.0));
        legend += 22.0;
    }
    svg.push_str("</svg>\n");
    svg
}

/// A circle, a triangle, a square or a diamond, by the kind of deal.
fn mark(kind: &str, x: f64, y: f64, colour: &str, said: &str) -> String {
    let path = match kind {
        "falling" => format!("M {x:.1} {:.1} l 5.5 -9 h -11 z", y + 4.5),
        "auction" => format!("M {:.1} {:.1} h 8 v 8 h -8 z", x - 4.0, y - 4.0),
        "offer" => format!("M {x:.1} {:.1} l 5.5 5.5 l -5.5 5.5 l -5.5 -5.5 z", y - 5.5),
        _ => format!("M {:.1} {y:.1} a 4 4 0 1 0 8 0 a 4 4 0 1 0 -8 0", x - 4.0),
    };
    format!(
        "<path class=\"{kind}\" d=\"{path}\" fill=\"{colour}\" stroke=\"white\" stroke-width=\"0.7\"><title>{said}</title></path>\n"
    )
}

/// `May 6`, of a time in milliseconds.
fn date(time: f64) -> String {
    let day = whole_time(time);
    jiff::Timestamp::from_millisecond(day).map(|time| time.strftime("%b %-d").to_string()).unwrap_or_default()
}

#[allow(clippy::cast_possible_truncation, reason = "made of an i64 by `float`")]
fn whole_time(time: f64) -> i64 {
    time as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(time: f64, campaign: u32, kind: &str, price: f64) -> Sale {
        Sale { time, campaign, kind: kind.to_owned(), price, said: format!("{kind} {price}") }
    }

    #[test]
    fn every_sale_is_a_mark_inside_the_plot_and_every_campaign_a_line() {
        let sales = [
            sale(0.5 * DAY, 1, "fixed", 1.0),
            sale(1.5 * DAY, 2, "auction", 2.0),
            sale(1.5 * DAY, 1, "offer", 4.0),
        ];
        let names = BTreeMap::from([(1, "bread".to_owned())]);
        let svg = picture(&sales, &names);
        // Four more explain the marks.
        assert_eq!(svg.matches("<path").count(), sales.len() + 4);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains(">bread (2)<") && svg.contains(">campaign 2 (1)<") && svg.contains(">Jan 2<"));
        // The highest is at the top, two days fill the width.
        assert!(svg.contains(&format!("228.0,{:.1} 556.0,{TOP:.1}", BOTTOM - 100.0)), "{svg}");
    }

    #[test]
    fn a_market_without_a_sale_is_an_empty_plot() {
        let svg = picture(&[], &BTreeMap::new());
        assert_eq!((svg.matches("<path").count(), svg.matches("<polyline").count()), (4, 0));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
