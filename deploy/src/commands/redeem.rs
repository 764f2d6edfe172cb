//! `couponry redeem`, `redeem-batch` and `reserve`: spending coupons, now or soon.

use crate::{
    commands::{
        campaign::value_of,
        order::epoch,
        quote::{ask, through, Presenting},
    },
    context::{cannot, Context, Desk, Report},
    orders::{sign_order, SignedOrder, SpendPermit},
    payload,
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use chain::{keys::ss58, AccountId, Balance};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use registry::till::MAX_ORDERS;
use scale::Encode;
use serde::Deserialize;
use serde_json::{json, Value};
use shared::{
    ids::CouponId,
    order::{Order, Redeemed, Redemption, Settlement},
    permit::{CouponPermit, Permits},
    registry::{CouponRegistry, RegistryError},
};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// An order and everyone's consent to it.
#[derive(Args, Debug)]
pub struct Agreed {
    /// The order file, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    order: String,
    /// A holder's permit, or the text of its QR code; repeat it for more coupons, in the order they apply
    #[arg(long, value_name = "FILE", required_unless_present = "coupons")]
    permit: Vec<String>,
    #[command(flatten)]
    own: Presenting,
}

#[derive(Args, Debug)]
#[command(after_help = "Coupons with a permit come first, then the caller's own (--coupon).

Examples:
  at a till, by the acceptor:   couponry redeem --order order.json --permit permit.json --as bakery
  at a web shop, by the holder: couponry redeem --order order.json --coupon 1/1 --as anna
  two, one of them if it goes:  couponry redeem --order order.json --coupon 1/1 --coupon 2/4 --optional 2/4 --as anna")]
pub struct Redeem {
    #[command(flatten)]
    agreed: Agreed,
    /// Who submits; on an order settled on chain, who pays
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Until the order's deadline, or as long as the coupons' terms allow, the coupons are spent on this order or not at all.

Example: couponry reserve --order order.json --permit permit.json --as bakery"
)]
pub struct Reserve {
    #[command(flatten)]
    agreed: Agreed,
    /// The acceptor or its cashier; or the holder, where the order is signed
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(
    after_help = "The backlog is a CSV file of order,permits (several permits parted by spaces), or a JSON array of {\"order\": FILE, \
\"permits\": [FILE]}. Files are looked for beside it; the texts of QR codes do in their place. An order that is refused spoils no other.

Example: couponry redeem-batch backlog.csv --as bakery"
)]
pub struct Batch {
    /// What the till collected while it was offline
    backlog: PathBuf,
    /// The acceptor or its cashier
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// The most orders in a call; and the most coupons, for a block has the proof of little more.
const MOST: usize = MAX_ORDERS as usize;
/// What orders may take of a call's input: a contract has room for 16 kB of it, the message's name and the list's length included.
const MOST_INPUT: usize = 16_000;

/// A line of a backlog.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    order: String,
    permits: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    order: String,
    permits: String,
}

impl Agreed {
    /// The order and the permits to send as `caller`.
    fn read(&self, desk: &mut Desk, caller: AccountId) -> Result<(Order, Permits), Refusal> {
        let signed = SignedOrder::read(&self.order)?;
        let mut coupons = Vec::new();
        for source in &self.permit {
            let SpendPermit { presented, permit } = SpendPermit::read(source)?;
            desk.campaign(presented.coupon.campaign)?;
            coupons.push(CouponPermit { presented, permit: Some(permit) });
        }
        if !self.own.coupons.is_empty() {
            let own = self.own.read(desk)?;
            coupons.extend(own.into_iter().map(|presented| CouponPermit { presented, permit: None }));
        }
        Ok((signed.order.clone(), permits(signed, coupons, caller)))
    }
}

/// The acceptor needs no permit of its own.
fn permits(signed: SignedOrder, coupons: Vec<CouponPermit>, caller: AccountId) -> Permits {
    let acceptor = signed.order.acceptor;
    Permits { acceptor: signed.permit.filter(|_| caller != acceptor), coupons }
}

/// # Errors
/// Files that can't be read, or the contracts' refusal.
pub fn redeem(opts: &Redeem, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let key = desk.session.key(&opts.signer)?;
    let caller = key.account();
    let (order, permits) = opts.agreed.read(&mut desk, caller)?;
    let presented = permits.presented();
    let alliance = through(&mut desk, &presented, order.acceptor)?;
    let mut why = HashMap::new();
    if presented.iter().any(|line| line.optional) {
        // The redemption says that a coupon was left out; only a quote says why, with its evidence.
        let quote = ask(&desk, order.clone(), &presented, alliance.unwrap_or(caller))?;
        for line in quote.lines {
            if let Err(error) = line.outcome {
                why.insert(shown(line.coupon), desk.session.words.registry(&error).what);
            }
        }
    }
    let redemption = if alliance == Some(desk.suite.alliance) {
        // The registry hears the alliance as the caller, so a cashier says by a permit who it is.
        let needs_permit = caller != order.acceptor && permits.acceptor.is_none();
        let signed = if needs_permit {
            Some(sign_order(&desk.domain(), &key, epoch(&desk, caller)?, &presented, &order))
        } else {
            permits.acceptor
        };
        let permits = Permits { acceptor: signed, coupons: permits.coupons };
        let value = match order.settlement {
            Settlement::OffChain => 0,
            Settlement::OnChain => {
                let asset = desk.look(desk.council().call().config())?.asset;
                value_of(asset, ask(&desk, order.clone(), &presented, desk.suite.alliance)?.net)
            }
        };
        let message = desk.alliance().call_mut().redeem(desk.suite.registry, (order, permits));
        desk.session.send(caller, value, message, Words::alliance)?.0
    } else {
        let value = match order.settlement {
            Settlement::OffChain => 0,
            Settlement::OnChain => {
                let first = presented.first().map(|line| line.coupon.campaign).unwrap_or_default();
                let asset = desk.campaign(first)?.0.terms.asset;
                value_of(asset, ask(&desk, order.clone(), &presented, caller)?.net)
            }
        };
        let message = desk.registry().call_mut().redeem(order, permits);
        desk.session.send(caller, value, message, Words::registry)?.0
    };
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok(report(&redemption, &words, &why))
}

/// What a redemption did; `why` has the reasons for the coupons it went on without.
pub fn report(redemption: &Redemption, words: &Words, why: &HashMap<String, String>) -> Report {
    let discount = redemption.discount();
    let how = if redemption.payer.is_some() { "paid on chain" } else { "to pay at the till" };
    let sum = format!("{} off, {} {how}", words.money(discount), words.money(redemption.net));
    let coupons: Vec<Value> = redemption
        .uses
        .iter()
        .map(|used| {
            json!({
                "coupon": shown(used.coupon),
                "holder": ss58(&used.holder),
                "discount": used.discount.to_string(),
                "left": used.left_after.to_string(),
            })
        })
        .collect();
    let reason = |coupon: CouponId| why.get(&shown(coupon)).map_or("refused", String::as_str);
    let refused: Vec<Value> = redemption
        .refused
        .iter()
        .map(|refused| json!({ "coupon": shown(refused.coupon), "why": reason(refused.coupon) }))
        .collect();
    let json = json!({
        "acceptor": ss58(&redemption.acceptor),
        "number": redemption.number,
        "coupons": coupons,
        "left_out": refused,
        "discount": discount.to_string(),
        "net": redemption.net.to_string(),
        "on_chain": redemption.payer.is_some(),
        "through_alliance": redemption.alliance.is_some(),
        "final_at": redemption.final_at,
    });
    let mut report = match redemption.uses.as_slice() {
        [used] if refused.is_empty() => Report::new(format!("coupon {}: {sum}", shown(used.coupon)), json),
        uses => uses.iter().fold(Report::new(sum, json), |report, used| {
            report.line(format!("  {}: {} off", shown(used.coupon), words.money(used.discount)))
        }),
    };
    for refused in &redemption.refused {
        let coupon = refused.coupon;
        report = report.line(format!("  {}: left out: {}", shown(coupon), reason(coupon)));
    }
    report.line(format!("it can be rolled back until {}", times::show(redemption.final_at)))
}

/// # Errors
/// Files that can't be read, or the desk's refusal.
pub fn reserve(opts: &Reserve, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(&opts.signer)?.account();
    let (order, permits) = opts.agreed.read(&mut desk, caller)?;
    let coupons: Vec<_> = permits.presented().iter().map(|line| shown(line.coupon)).collect();
    let number = order.number;
    let message = desk.service_desk().call_mut().reserve(order, permits);
    let (until, _) = desk.session.send(caller, 0, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("{} reserved for order {number} until {}", coupons.join(", "), times::show(until)),
        json!({ "coupons": coupons, "number": number, "until": until }),
    ))
}

/// # Errors
/// A backlog that can't be read, or a whole call that the registry refuses.
pub fn batch(opts: &Batch, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(&opts.signer)?.account();
    let entries = read_backlog(&opts.backlog)?;
    let folder = opts.backlog.parent().unwrap_or(Path::new("."));
    let (mut outcomes, mut orders) = (Vec::new(), Vec::new());
    for (place, entry) in entries.iter().enumerate() {
        match read_entry(entry, folder, &mut desk, caller) {
            Ok(order) => orders.push((place, order)),
            Err(fault) => outcomes.push((place, None, Err(fault))),
        }
    }
    let sent = in_parts(calls(&orders), |part| {
        let part = part.iter().map(|(_, (order, permits))| (order.clone(), permits.clone())).collect();
        let message = desk.registry().call_mut().redeem_batch(part);
        Ok(desk.session.send(caller, 0, message, Words::registry)?.0)
    });
    for ((place, (order, permits)), result) in sent {
        let outcome = match result {
            Ok(result) => explained(&mut desk, permits, result),
            Err(fault) => Err(fault),
        };
        outcomes.push((*place, Some((order.acceptor, order.number)), outcome));
    }
    outcomes.sort_by_key(|(place, ..)| *place);
    desk.session.save()?;
    let done = outcomes.iter().filter(|(.., outcome)| outcome.is_ok()).count();
    let refused = outcomes.len().saturating_sub(done);
    let mut lines = Vec::new();
    let mut results = Vec::new();
    for (place, order, outcome) in outcomes {
        let entry = place.saturating_add(1);
        let name = order.map_or(format!("entry {entry}"), |(_, number)| format!("order {number}"));
        let order = order.map(|(acceptor, number)| json!({ "acceptor": ss58(&acceptor), "number": number }));
        match outcome {
            Ok((discount, text)) => {
                lines.push(format!("{name}: {text} off"));
                results.push(json!({ "entry": entry, "order": order, "discount": discount.to_string() }));
            }
            Err(Refusal { what, fix }) => {
                lines.push(format!("{name}: refused: {what}\n  fix: {fix}"));
                results.push(json!({ "entry": entry, "order": order, "error": what, "fix": fix }));
            }
        }
    }
    lines.push(format!("{done} orders took effect, {refused} did not"));
    let json = json!({ "done": done, "refused": refused, "results": results });
    Ok(Report { lines, json, differs: false })
}

/// The orders in as many calls as it takes.
fn calls(orders: &[(usize, (Order, Permits))]) -> Vec<&[(usize, (Order, Permits))]> {
    let mut calls = Vec::new();
    let mut rest = orders;
    while !rest.is_empty() {
        let (mut bytes, mut coupons) = (0usize, 0usize);
        let fits = rest.iter().take(MOST).take_while(|(_, order)| {
            bytes = bytes.saturating_add(order.encoded_size());
            coupons = coupons.saturating_add(order.1.coupons.len());
            bytes <= MOST_INPUT && coupons <= MOST
        });
        let (call, later) = rest.split_at(fits.count().max(1));
        calls.push(call);
        rest = later;
    }
    calls
}

/// What became of each order. A call that a chain doesn't execute, because it takes too much for a block or has a coupon whose token stops all calls, is sent
/// again in halves: in the end only what can't go through alone is left out.
fn in_parts<T, R>(
    mut calls: Vec<&[T]>,
    mut send: impl FnMut(&[T]) -> Result<Vec<R>, Refusal>,
) -> Vec<(&T, Result<R, Refusal>)> {
    let mut done = Vec::new();
    calls.reverse();
    while let Some(call) = calls.pop() {
        match (send(call), call) {
            (Ok(results), _) => done.extend(call.iter().zip(results.into_iter().map(Ok))),
            (Err(fault), [only]) => done.push((only, Err(fault))),
            (Err(_), _) => {
                let (first, second) = call.split_at(call.len().div_ceil(2));
                calls.extend([second, first]);
            }
        }
    }
    done
}

/// One order's result in plain words: the discount in its asset.
fn explained(
    desk: &mut Desk,
    permits: &Permits,
    result: Result<Redeemed, RegistryError>,
) -> Result<(Balance, String), Refusal> {
    if let Some(first) = permits.coupons.first() {
        desk.campaign(first.presented.coupon.campaign)?;
    }
    let words = &desk.session.words;
    let discount = result.map(|redeemed| redeemed.discount());
    discount.map(|discount| (discount, words.money(discount))).map_err(|error| words.registry(&error))
}

fn read_backlog(path: &Path) -> Result<Vec<Entry>, Refusal> {
    let text = fs::read_to_string(path).map_err(|why| cannot("read", path, &why))?;
    let fault = |why: String| {
        Refusal::new(
            format!("{}: {why}", path.display()),
            "write a CSV file of order,permits, or a JSON array of {\"order\": FILE, \"permits\": [FILE]}",
        )
    };
    if path.extension().is_some_and(|ending| ending == "json") {
        return serde_json::from_str(&text).map_err(|why| fault(why.to_string()));
    }
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize::<Row>();
    rows.map(|row| {
        let Row { order, permits } = row.map_err(|why| fault(why.to_string()))?;
        Ok(Entry { order, permits: permits.split_whitespace().map(str::to_owned).collect() })
    })
    .collect()
}

fn read_entry(
    entry: &Entry,
    folder: &Path,
    desk: &mut Desk,
    caller: AccountId,
) -> Result<(Order, Permits), Refusal> {
    let beside = |source: &str| {
        if payload::is_payload(source) {
            source.to_owned()
        } else {
            folder.join(source).display().to_string()
        }
    };
    let signed = SignedOrder::read(&beside(&entry.order))?;
    let mut coupons = Vec::new();
    for source in &entry.permits {
        let SpendPermit { presented, permit } = SpendPermit::read(&beside(source))?;
        desk.campaign(presented.coupon.campaign)?;
        coupons.push(CouponPermit { presented, permit: Some(permit) });
    }
    Ok((signed.order.clone(), permits(signed, coupons, caller)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        ids::CouponId,
        permit::{Permit, Presented},
    };

    /// An order with so many coupons.
    fn order(number: u64, coupons: u32) -> (Order, Permits) {
        let order = Order {
            acceptor: [1; 32].into(),
            number,
            basket: 1,
            eligible: 1,
            basket_hash: [0; 32],
            deadline: 0,
            settlement: Settlement::OffChain,
        };
        let permit = Permit { epoch: 0, deadline: 0, signature: [0; 64] };
        let coupons = (1..=coupons).map(|serial| CouponPermit {
            presented: Presented::from(CouponId { campaign: 1, serial }),
            permit: Some(permit.clone()),
        });
        (order, Permits { acceptor: None, coupons: coupons.collect() })
    }

    #[test]
    fn a_backlog_is_sent_in_calls_that_have_room_for_it_and_in_its_order() {
        for (coupons, expected) in [(1, vec![50, 50, 20]), (4, vec![12; 10]), (5, vec![10; 12])] {
            let backlog: Vec<_> =
                (0..120).zip(1..).map(|(place, number)| (place, order(number, coupons))).collect();
            let sent = calls(&backlog);
            assert_eq!(sent.iter().map(|call| call.len()).collect::<Vec<_>>(), expected);
            assert_eq!(sent.concat(), backlog);
            for call in sent {
                let orders: Vec<_> = call.iter().map(|(_, order)| order.clone()).collect();
                assert!(4 + orders.encoded_size() <= 16_384);
                assert!(call.len() * coupons as usize <= 50);
            }
        }
        assert!(calls(&[]).is_empty());
    }

    #[test]
    fn a_call_that_stops_is_sent_in_halves_until_only_what_stops_it_is_left_out() {
        let orders: Vec<u32> = (0..20).collect();
        let mut sent = Vec::new();
        let calls = orders.chunks(15).collect();
        let done = in_parts(calls, |part| {
            sent.push(part.len());
            // No more than eight fit, and one stops every call.
            if part.len() > 8 || part.contains(&5) {
                return Err(Refusal::new("out of gas", "send less"));
            }
            Ok(part.iter().map(|order| order * 10).collect())
        });
        let expected: Vec<_> =
            orders.iter().map(|order| (order, (*order != 5).then_some(order * 10))).collect();
        assert_eq!(
            done.into_iter().map(|(order, result)| (order, result.ok())).collect::<Vec<_>>(),
            expected
        );
        assert_eq!(sent, [15, 8, 4, 4, 2, 1, 1, 2, 7, 5]);
    }
}
