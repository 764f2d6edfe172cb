//! `couponry quote`: what coupons take off an order. Also how coupons and orders are named on the command line.

use crate::{
    amounts::Unit,
    commands::order::alliance_for,
    context::{Context, Desk, Report},
    orders::{coupon_id, Settle, SignedOrder},
    refusals::{coupon as shown, Refusal},
};
use chain::{AccountId, TypedChain};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use serde_json::{json, Value};
use shared::{
    ids::CouponId,
    order::{Order, Quote, QuoteLine},
    permit::Presented,
    registry::RegistryError,
};

/// Coupons as they are presented for an order.
#[derive(Args, Debug)]
pub struct Presenting {
    /// A coupon: campaign/serial; repeat it for up to 5, in the order they apply
    #[arg(long = "coupon", value_name = "COUPON", value_delimiter = ',')]
    pub coupons: Vec<String>,
    /// Go on without this coupon if it is refused; repeat it for more
    #[arg(long, value_name = "COUPON", value_delimiter = ',')]
    optional: Vec<String>,
    /// The most a coupon may take off, such as 1/3=5: a part of a gift card, say
    #[arg(long, value_name = "COUPON=AMOUNT", value_delimiter = ',')]
    most: Vec<String>,
}

/// An order that is written already, or one that might be.
#[derive(Args, Debug)]
pub struct Sale {
    /// An order file or the text of its QR code, instead of the three below
    #[arg(long, value_name = "FILE", conflicts_with_all = ["acceptor", "basket", "eligible"], required_unless_present_all = ["acceptor", "basket"])]
    order: Option<String>,
    /// Who would sell
    #[arg(long, value_name = "NAME", requires = "basket")]
    acceptor: Option<String>,
    /// The price before any discount
    #[arg(long, value_name = "AMOUNT", requires = "acceptor")]
    basket: Option<String>,
    /// The part of it that coupons apply to [default: all of it]
    #[arg(long, value_name = "AMOUNT", requires = "basket")]
    eligible: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  one coupon: couponry quote --coupon 1/1 --acceptor bakery --basket 12.50
  several:    couponry quote --coupon 1/1 --coupon 2/4 --optional 1/1 --most 2/4=5 --acceptor bakery --basket 12.50")]
pub struct Opts {
    #[command(flatten)]
    presenting: Presenting,
    #[command(flatten)]
    sale: Sale,
}

impl Presenting {
    /// The coupons in the order they were named. Amounts are in the first one's asset from now on.
    /// # Errors
    /// None, one that can't be read, or one whose campaign isn't there.
    pub fn read(&self, desk: &mut Desk) -> Result<Vec<Presented>, Refusal> {
        let mut presented = Vec::new();
        for text in &self.coupons {
            let coupon = coupon_id(text).map_err(|fault| fault.at("--coupon"))?;
            presented.push(Presented::from(coupon));
        }
        for text in &self.optional {
            find(&mut presented, "--optional", text)?.optional = true;
        }
        for text in &self.most {
            let (coupon, amount) = text.split_once('=').ok_or_else(|| {
                Refusal::new(format!("--most: `{text}` has no amount"), "write it as 1/3=5")
            })?;
            let line = find(&mut presented, "--most", coupon)?;
            let (campaign, _) = desk.campaign(line.coupon.campaign)?;
            let most = Unit::of(campaign.terms.asset).read(amount).map_err(|fault| fault.at("--most"))?;
            line.most = Some(most);
        }
        let first = presented
            .first()
            .ok_or_else(|| Refusal::new("no coupon is presented", "name one: --coupon CAMPAIGN/SERIAL"))?;
        desk.campaign(first.coupon.campaign)?;
        Ok(presented)
    }
}

fn find<'a>(presented: &'a mut [Presented], option: &str, text: &str) -> Result<&'a mut Presented, Refusal> {
    let coupon = coupon_id(text).map_err(|fault| fault.at(option))?;
    presented.iter_mut().find(|line| line.coupon == coupon).ok_or_else(|| {
        Refusal::new(
            format!("{option}: coupon {} isn't presented", shown(coupon)),
            format!("add --coupon {}, or leave {option} out", shown(coupon)),
        )
    })
}

impl Sale {
    /// The order, whose amounts are written in `unit`.
    /// # Errors
    /// What can't be read.
    pub fn read(&self, desk: &mut Desk, unit: Unit) -> Result<Order, Refusal> {
        match (&self.order, &self.acceptor, &self.basket) {
            (Some(file), _, _) => Ok(SignedOrder::read(file)?.order),
            (None, Some(acceptor), Some(basket)) => {
                let basket = unit.read(basket).map_err(|fault| fault.at("--basket"))?;
                let eligible = self
                    .eligible
                    .as_ref()
                    .map_or(Ok(basket), |text| unit.read(text).map_err(|fault| fault.at("--eligible")))?;
                Ok(Order {
                    acceptor: desk.session.account(acceptor)?,
                    // No till gets this far: the quote is of no order in particular.
                    number: u64::MAX,
                    basket,
                    eligible,
                    basket_hash: [0; 32],
                    deadline: u64::MAX,
                    settlement: Settle::OffChain.into(),
                })
            }
            (None, _, _) => {
                Err(Refusal::new("no order to quote", "give --order, or --acceptor and --basket"))
            }
        }
    }
}

/// # Errors
/// What can't be read, or why the coupons give nothing.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let presented = opts.presenting.read(&mut desk)?;
    let first = presented.first().map(|line| line.coupon.campaign).unwrap_or_default();
    let unit = Unit::of(desk.campaign(first)?.0.terms.asset);
    let order = opts.sale.read(&mut desk, unit)?;
    let alliance = through(&mut desk, &presented, order.acceptor)?;
    let by = alliance.unwrap_or(order.acceptor);
    let words = &desk.session.words;
    let quote = match answer(&desk, order.clone(), &presented, by)? {
        Ok(quote) => quote,
        Err(RegistryError::NothingApplied) if presented.len() > 1 => {
            return Err(none_of(&desk, &order, &presented, by))
        }
        Err(error) => return Err(words.registry(&error)),
    };
    let report = Report::new(
        format!("{} off, {} to pay", words.money(quote.discount), words.money(quote.net)),
        json!({
            "discount": quote.discount.to_string(),
            "net": quote.net.to_string(),
            "coupons": lines_json(&desk, &quote.lines),
        }),
    );
    if quote.lines.len() == 1 {
        return Ok(report);
    }
    Ok(quote.lines.iter().fold(report, |report, line| report.line(line_text(&desk, line))))
}

/// The service desk's quote, as if `by` called.
/// # Errors
/// The registry's refusal.
pub fn ask(desk: &Desk, order: Order, presented: &[Presented], by: AccountId) -> Result<Quote, Refusal> {
    answer(desk, order, presented, by)?.map_err(|error| desk.session.words.registry(&error))
}

fn answer(
    desk: &Desk,
    order: Order,
    presented: &[Presented],
    by: AccountId,
) -> Result<Result<Quote, RegistryError>, Refusal> {
    let message = desk.service_desk().call().quote(order, presented.to_vec(), Some(by));
    Ok(desk.session.explained(desk.session.chain.view_typed(by, 0, message))?.0)
}

/// Why none of several coupons applies: each is asked for alone, for together they only say that none does.
fn none_of(desk: &Desk, order: &Order, presented: &[Presented], by: AccountId) -> Refusal {
    let mut what = String::from("every coupon was refused");
    for line in presented {
        let alone = Presented { optional: false, ..*line };
        let why = match answer(desk, order.clone(), &[alone], by) {
            Ok(Ok(_)) => "it can only be spent alone".into(),
            Ok(Err(error)) => desk.session.words.registry(&error).what,
            Err(fault) => fault.what,
        };
        what = format!("{what}\n  {}: {why}", shown(line.coupon));
    }
    Refusal::new(what, "present others, or charge the full price")
}

/// One coupon's part of a quote, for people.
pub fn line_text(desk: &Desk, line: &QuoteLine) -> String {
    let words = &desk.session.words;
    match &line.outcome {
        Ok(discount) => format!("  {}: {} off", shown(line.coupon), words.money(*discount)),
        Err(error) => format!("  {}: left out: {}", shown(line.coupon), words.registry(error).what),
    }
}

fn lines_json(desk: &Desk, lines: &[QuoteLine]) -> Vec<Value> {
    let line = |line: &QuoteLine| match &line.outcome {
        Ok(discount) => json!({ "coupon": shown(line.coupon), "discount": discount.to_string() }),
        Err(error) => {
            json!({ "coupon": shown(line.coupon), "refused": desk.session.words.registry(error).what })
        }
    };
    lines.iter().map(line).collect()
}

/// The alliance that an acceptor must go through to take these coupons. Amounts are in the first coupon's asset from now on.
/// # Errors
/// `NoSuchCampaign`.
pub fn through(
    desk: &mut Desk,
    presented: &[Presented],
    acceptor: AccountId,
) -> Result<Option<AccountId>, Refusal> {
    let mut found = None;
    for line in presented.iter().rev() {
        let CouponId { campaign, .. } = line.coupon;
        let (campaign, _) = desk.campaign(campaign)?;
        found = alliance_for(&campaign.terms.acceptance, campaign.issuer, acceptor).or(found);
    }
    Ok(found)
}
