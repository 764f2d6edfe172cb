//! `couponry rollback`, `rate`, `reward` and `forget`: what follows a redemption.

use crate::{
    amounts::Unit,
    commands::campaign::value_of,
    context::{Context, Desk, Report},
    orders::coupon_id,
    refusals::{coupon as shown, Refusal, Words},
};
use chain::{keys::ss58, AccountId, Balance, TypedChain};
use clap::Args;
use desk::events::OrderRolledBack;
use ink::{codegen::TraitCallBuilder, env::Event};
use registry::events::OrdersRedeemed;
use scale::DecodeAll;
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::{
    assets::PaymentFault,
    order::{Kept, Redemption},
    registry::RegistryError,
};

/// A redemption, by its order.
#[derive(Args, Debug)]
pub struct Which {
    /// The order's number
    #[arg(long)]
    number: u64,
    /// Who sold
    #[arg(long, value_name = "NAME")]
    acceptor: String,
}

#[derive(Args, Debug)]
#[command(after_help = "What came from escrow and what was paid on chain is paid back with the call.

Examples:
  all of it:       couponry rollback --number 7 --as bakery
  but for 8 of it: couponry rollback --number 7 --kept-basket 8 --kept-eligible 6 --as bakery")]
pub struct Rollback {
    /// The order's number
    #[arg(long)]
    number: u64,
    /// The price of what was kept, before any discount
    #[arg(long, value_name = "AMOUNT")]
    kept_basket: Option<String>,
    /// The part of it that coupons apply to [default: all of it]
    #[arg(long, value_name = "AMOUNT", requires = "kept_basket")]
    kept_eligible: Option<String>,
    /// The acceptor
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Example: couponry rate --number 7 --acceptor bakery --stars 5 --comment 'lovely' --as anna"
)]
pub struct Rate {
    #[command(flatten)]
    which: Which,
    /// 1 to 5
    #[arg(long)]
    stars: u8,
    /// What you have to say: only its SHA-256 goes on chain
    #[arg(long)]
    comment: Option<String>,
    /// The holder of a coupon spent on it
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry reward --number 7 --acceptor bakery --coupon 2/1 --as ben")]
pub struct Reward {
    #[command(flatten)]
    which: Which,
    /// The friend's coupon, spent on it: campaign/serial
    #[arg(long)]
    coupon: String,
    /// Who calls and pays the deposit: anyone
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry forget --number 7 --as bakery")]
pub struct Forget {
    /// The order's number
    #[arg(long)]
    number: u64,
    /// The acceptor
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// No such redemption, or the contracts' refusal.
pub fn rollback(opts: &Rollback, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let acceptor = desk.session.signer(&opts.signer)?.account();
    let redemption = find(&desk, acceptor, opts.number)?;
    desk.session.words.count_in(redemption.asset);
    let kept = kept(opts, &redemption)?;
    let remains = if redemption.alliance.is_some() {
        let refund = match kept {
            None => redemption.refund(None),
            Some(_) => due(&desk, desk.suite.alliance, &redemption, kept)?,
        };
        let value = value_of(redemption.asset, refund);
        let message =
            desk.alliance().call_mut().roll_back(desk.suite.registry, refund, (redemption.clone(), kept));
        desk.session.send(acceptor, value, message, Words::alliance)?.0
    } else {
        let value = due(&desk, acceptor, &redemption, kept)?;
        let message = desk.service_desk().call_mut().roll_back(redemption.clone(), kept);
        desk.session.send(acceptor, value, message, Words::registry)?.0
    };
    let words = desk.session.words.clone();
    desk.session.save()?;

    let after = remains.as_ref();
    let escrow = redemption.paid_from_escrow().saturating_sub(after.map_or(0, Redemption::paid_from_escrow));
    let net = redemption.payer.map_or(0, |_| redemption.net.saturating_sub(after.map_or(0, |left| left.net)));
    let given_back = escrow.saturating_add(net);
    let stand = |coupon| after.is_some_and(|left| left.uses.iter().any(|used| used.coupon == coupon));
    let freed = redemption.uses.iter().map(|used| used.coupon).filter(|coupon| !stand(*coupon));
    let coupons: Vec<_> = freed.map(shown).collect();
    let json = json!({
        "acceptor": ss58(&acceptor),
        "number": opts.number,
        "coupons": coupons,
        "given_back": given_back.to_string(),
        "discount": after.map(|left| left.discount().to_string()),
        "net": after.map(|left| left.net.to_string()),
    });
    let given_back = words.money(given_back);
    let what = match after {
        None => {
            format!(
                "order {} is undone: {} live again, {given_back} given back",
                opts.number,
                coupons.join(", ")
            )
        }
        Some(left) => format!(
            "order {} stands for what was kept: {} off, {} to pay, {given_back} given back",
            opts.number,
            words.money(left.discount()),
            words.money(left.net)
        ),
    };
    Ok(Report::new(what, json))
}

fn kept(opts: &Rollback, redemption: &Redemption) -> Result<Option<Kept>, Refusal> {
    let Some(basket) = &opts.kept_basket else {
        return Ok(None);
    };
    let unit = Unit::of(redemption.asset);
    let basket = unit.read(basket).map_err(|fault| fault.at("--kept-basket"))?;
    let eligible = match &opts.kept_eligible {
        Some(text) => unit.read(text).map_err(|fault| fault.at("--kept-eligible"))?,
        None => basket,
    };
    Ok(Some(Kept { basket, eligible }))
}

/// The native value that a rollback takes: the desk names it when it is sent nothing.
fn due(
    desk: &Desk,
    acceptor: AccountId,
    redemption: &Redemption,
    kept: Option<Kept>,
) -> Result<Balance, Refusal> {
    let message = desk.service_desk().call_mut().roll_back(redemption.clone(), kept);
    let (answer, _) = desk.session.explained(desk.session.chain.view_typed(acceptor, 0, message))?;
    match answer {
        Ok(_) => Ok(0),
        Err(RegistryError::Payment(PaymentFault::WrongValue { expected, .. })) => Ok(expected),
        Err(error) => Err(desk.session.words.registry(&error)),
    }
}

/// # Errors
/// No such redemption, or the desk's refusal.
pub fn rate(opts: &Rate, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let holder = desk.session.signer(&opts.signer)?.account();
    let redemption = opts.which.find(&mut desk)?;
    let comment = opts.comment.as_ref().map(|text| Sha256::digest(text).into());
    let message = desk.service_desk().call_mut().rate(redemption, opts.stars, comment);
    desk.session.send(holder, 0, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!(
            "order {} of {} has {} stars from {}",
            opts.which.number, opts.which.acceptor, opts.stars, opts.signer
        ),
        json!({ "number": opts.which.number, "stars": opts.stars, "comment": comment.map(hex::encode) }),
    ))
}

/// # Errors
/// No such redemption, or the desk's refusal.
pub fn reward(opts: &Reward, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(&opts.signer)?.account();
    let redemption = opts.which.find(&mut desk)?;
    let coupon = coupon_id(&opts.coupon)?;
    let used = redemption.uses.iter().find(|used| used.coupon == coupon);
    let advocate = used.and_then(|used| used.advocate);
    let message = desk.service_desk().call_mut().reward(redemption, coupon);
    let (reward, _) = desk.session.send(caller, 0, message, Words::registry)?;
    let name = advocate.map_or_else(String::new, |advocate| desk.session.words.account(&advocate));
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} to {name}, for the friend who spent {}", shown(reward), shown(coupon)),
        json!({ "coupon": shown(reward), "advocate": advocate.map(|advocate| ss58(&advocate)) }),
    ))
}

/// # Errors
/// No such redemption, or the desk's refusal.
pub fn forget(opts: &Forget, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let acceptor = desk.session.signer(&opts.signer)?.account();
    let redemption = find(&desk, acceptor, opts.number)?;
    let message = desk.service_desk().call_mut().forget(redemption);
    desk.session.send(acceptor, 0, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("the record of order {} is gone, and its deposit is back", opts.number),
        json!({ "number": opts.number, "forgotten": true }),
    ))
}

impl Which {
    fn find(&self, desk: &mut Desk) -> Result<Redemption, Refusal> {
        let acceptor = desk.session.account(&self.acceptor)?;
        find(desk, acceptor, self.number)
    }
}

/// The chain keeps a redemption's digest; the redemption itself is in its event, or in that of the last rollback in part.
pub(super) fn find(desk: &Desk, acceptor: AccountId, number: u64) -> Result<Redemption, Refusal> {
    let mut found = None;
    for event in desk.session.history()? {
        let signature = event.topics.first();
        if event.contract == desk.suite.registry && signature == OrdersRedeemed::SIGNATURE_TOPIC.as_ref() {
            let redeemed = OrdersRedeemed::decode_all(&mut event.data.as_slice()).ok();
            let redemptions = redeemed.map(|event| event.redemptions).unwrap_or_default();
            let wanted = |done: &Redemption| done.acceptor == acceptor && done.number == number;
            found = redemptions.into_iter().find(wanted).or(found);
        } else if event.contract == desk.suite.desk && signature == OrderRolledBack::SIGNATURE_TOPIC.as_ref()
        {
            let undone = OrderRolledBack::decode_all(&mut event.data.as_slice()).ok();
            if let Some(undone) = undone.filter(|done| done.acceptor == acceptor && done.number == number) {
                found = undone.remains;
            }
        }
    }
    found.ok_or_else(|| desk.session.words.registry(&RegistryError::NoSuchRedemption { number }))
}
