//! `couponry best`: the coupons of a holder that take the most off an order, and why the others are left out.
//!
//! The search runs the registry's own till, compiled for this machine, over the registry's ledger; the service desk's quote has the last word.

use crate::{
    amounts::Unit,
    commands::quote::{self, line_text, Sale},
    context::{Context, Desk, Report},
    refusals::{coupon as shown, Refusal},
};
use chain::{AccountId, Balance, Chain};
use clap::Args;
use ink::{codegen::TraitCallBuilder, env::Event};
use registry::events::Transfer;
use scale::DecodeAll;
use serde_json::{json, Value};
use shared::{
    assets::Asset,
    campaigns::Campaign,
    coupons::Coupon,
    ids::CouponId,
    ledger::{items, Ledger, Shelves},
    order::{Order, Quote, Settlement},
    permit::Presented,
    registry::RegistryError,
    terms::{Acceptance, Stacking},
    till::Till,
    weighing::MAX_COUPONS,
};
use std::{cell::RefCell, collections::BTreeSet, collections::HashMap};

#[derive(Args, Debug)]
#[command(
    after_help = "Every set of up to 5 coupons is looked at, in every order that their priorities allow.

Example: couponry best --holder anna --acceptor bakery --basket 12.50"
)]
pub struct Opts {
    /// Whose coupons: a name or an address
    #[arg(long, value_name = "NAME")]
    holder: String,
    #[command(flatten)]
    sale: Sale,
    /// The PSP22 token that amounts are in, by its address; in its smallest unit [default: the native token]
    #[arg(long, value_name = "ADDRESS")]
    token: Option<String>,
}

/// Items of the registry's ledger as they stand, each asked for once.
#[derive(Clone, Copy)]
struct Shelf<'a> {
    desk: &'a Desk,
    seen: &'a RefCell<HashMap<Vec<u8>, Option<Vec<u8>>>>,
}

impl Shelves for Shelf<'_> {
    fn item(&self, key: Vec<u8>) -> Option<Vec<u8>> {
        if let Some(known) = self.seen.borrow().get(&key) {
            return known.clone();
        }
        // An item that can't be read looks missing here, and the desk's quote says so in the end.
        let asked = self.desk.session.ask(self.desk.registry().call().items(vec![key.clone()]));
        let found = asked.ok().and_then(|found| found.into_iter().next()).flatten();
        self.seen.borrow_mut().insert(key, found.clone());
        found
    }
}

/// A coupon that the order could have on its own.
struct Candidate {
    id: CouponId,
    /// What it takes off alone: in company it takes off no more.
    alone: Balance,
    priority: Option<u8>,
    /// Coupons that agree in this are worth the same.
    kind: (u32, Balance, bool),
    valid_until: u64,
}

/// Whose call it is, and what it is worth.
struct Best {
    by: AccountId,
    chosen: Vec<CouponId>,
    discount: Balance,
}

/// The search for one caller's best set.
struct Search<'a> {
    shelf: Shelf<'a>,
    order: &'a Order,
    by: AccountId,
    now: u64,
    candidates: Vec<Candidate>,
    best: (Balance, Vec<CouponId>),
}

/// # Errors
/// What can't be read, a holder without coupons, or an order that no coupon takes anything off.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let holder = desk.session.account(&opts.holder)?;
    let asset = match &opts.token {
        Some(token) => Asset::Psp22(desk.session.account(token)?),
        None => Asset::Native,
    };
    desk.session.words.count_in(asset);
    let order = opts.sale.read(&mut desk, Unit::of(asset))?;
    let held = held(&desk, holder)?;
    if held.is_empty() {
        return Err(Refusal::new(format!("{} holds no coupon", opts.holder), "claim or buy one first"));
    }
    let seen = RefCell::default();
    let shelf = Shelf { desk: &desk, seen: &seen };
    let campaigns = campaigns(shelf, &held);
    let mut best: Option<Best> = None;
    for by in callers(&desk, &order, holder, &campaigns) {
        let (discount, chosen) = Search::new(shelf, &order, by, &held, &campaigns, asset).run();
        if best.as_ref().is_none_or(|known| discount > known.discount) {
            best = Some(Best { by, chosen, discount });
        }
    }
    let best = best.ok_or_else(|| Refusal::new("nobody could take this order", "name an --acceptor"))?;
    let left_out: Vec<(CouponId, String)> = held
        .iter()
        .filter(|(id, _)| !best.chosen.contains(id))
        .map(|(id, _)| (*id, why_not(shelf, &order, &best, *id, &campaigns, asset)))
        .collect();
    say(&desk, order, &best, &left_out)
}

fn say(desk: &Desk, order: Order, best: &Best, left_out: &[(CouponId, String)]) -> Result<Report, Refusal> {
    let words = &desk.session.words;
    let out: Vec<Value> =
        left_out.iter().map(|(id, why)| json!({ "coupon": shown(*id), "why": why })).collect();
    let names: Vec<_> = best.chosen.iter().map(|id| shown(*id)).collect();
    let (what, net, lines) = if best.chosen.is_empty() {
        (format!("nothing comes off: {} to pay", words.money(order.basket)), order.basket, Vec::new())
    } else {
        let Quote { discount, net, lines, .. } = quote::ask(desk, order, &presented(&best.chosen), best.by)?;
        if discount != best.discount {
            return Err(Refusal::new(
                format!(
                    "the desk says {} where the search found {}",
                    words.money(discount),
                    words.money(best.discount)
                ),
                "build the tool and the contracts from the same source",
            ));
        }
        (format!("{} off, {} to pay", words.money(discount), words.money(net)), net, lines)
    };
    let json = json!({
        "coupons": names,
        "discount": best.discount.to_string(),
        "net": net.to_string(),
        "through_alliance": best.by == desk.suite.alliance,
        "left_out": out,
    });
    let mut report = Report::new(what, json);
    for line in &lines {
        report = report.line(line_text(desk, line));
    }
    for (id, why) in left_out {
        report = report.line(format!("  {}: left out: {why}", shown(*id)));
    }
    Ok(report)
}

fn presented(coupons: &[CouponId]) -> Vec<Presented> {
    coupons.iter().map(|id| Presented::from(*id)).collect()
}

/// The live coupons of an account, by the registry's transfers.
fn held(desk: &Desk, holder: AccountId) -> Result<Vec<(CouponId, Coupon)>, Refusal> {
    let mut ids = BTreeSet::new();
    for event in desk.session.history()? {
        let is_transfer = event.topics.first() == Transfer::SIGNATURE_TOPIC.as_ref();
        if event.contract != desk.suite.registry || !is_transfer {
            continue;
        }
        let Ok(moved) = Transfer::decode_all(&mut event.data.as_slice()) else {
            continue;
        };
        if let (Some(to), Ok(id)) = (moved.to, CouponId::try_from(&moved.id)) {
            if to == holder {
                ids.insert(id);
            }
        }
    }
    let mut held = Vec::new();
    for id in ids {
        let found: Option<Coupon> = desk.item(items::COUPONS, &id.to_u64())?;
        held.extend(found.filter(|coupon| coupon.owner == holder).map(|coupon| (id, coupon)));
    }
    Ok(held)
}

fn campaigns(shelf: Shelf, held: &[(CouponId, Coupon)]) -> HashMap<u32, Box<Campaign>> {
    let numbers: BTreeSet<u32> = held.iter().map(|(id, _)| id.campaign).collect();
    numbers.into_iter().filter_map(|number| Some((number, shelf.campaign(number)?))).collect()
}

/// Who could bring the order: the acceptor and its alliance, or the one who pays on chain.
fn callers(
    desk: &Desk,
    order: &Order,
    holder: AccountId,
    campaigns: &HashMap<u32, Box<Campaign>>,
) -> Vec<AccountId> {
    if order.settlement == Settlement::OnChain {
        return vec![holder];
    }
    let alliance = desk.suite.alliance;
    let through = campaigns.values().any(|campaign| {
        campaign.issuer != order.acceptor && campaign.terms.acceptance == Acceptance::Alliance(alliance)
    });
    [Some(order.acceptor), Some(alliance).filter(|_| through)].into_iter().flatten().collect()
}

impl<'a> Search<'a> {
    fn new(
        shelf: Shelf<'a>,
        order: &'a Order,
        by: AccountId,
        held: &[(CouponId, Coupon)],
        campaigns: &HashMap<u32, Box<Campaign>>,
        asset: Asset,
    ) -> Self {
        let now = shelf.desk.session.chain.now();
        let mut search = Self { shelf, order, by, now, candidates: Vec::new(), best: (0, Vec::new()) };
        for (id, coupon) in held {
            let Some(campaign) = campaigns.get(&id.campaign).filter(|found| found.terms.asset == asset)
            else {
                continue;
            };
            let Ok(quote) = search.quote(&[*id]) else {
                continue;
            };
            let priority = match campaign.terms.stacking {
                Stacking::Exclusive => None,
                Stacking::Common { priority } => Some(priority),
            };
            search.offer(quote.discount, &[*id]);
            search.candidates.push(Candidate {
                id: *id,
                alone: quote.discount,
                priority,
                kind: (id.campaign, coupon.left, coupon.lock.is_some()),
                valid_until: coupon.valid_until,
            });
        }
        // Of coupons worth the same, the one that ends first goes first.
        search.candidates.sort_by_key(|candidate| (candidate.priority, candidate.valid_until, candidate.id));
        search
    }

    fn quote(&self, coupons: &[CouponId]) -> Result<Quote, RegistryError> {
        let till = Till::new(self.shelf);
        till.quote(self.order, &presented(coupons), self.by, self.now).map_err(|refusal| *refusal)
    }

    /// More off is better, and as much with fewer coupons.
    fn offer(&mut self, discount: Balance, coupons: &[CouponId]) {
        let (most, chosen) = &self.best;
        if discount > *most || (discount == *most && discount > 0 && coupons.len() < chosen.len()) {
            self.best = (discount, coupons.to_vec());
        }
    }

    fn run(mut self) -> (Balance, Vec<CouponId>) {
        self.extend(&mut Vec::new(), 0);
        self.best
    }

    /// Tries every coupon that may follow those `taken`, which take `discount` off.
    fn extend(&mut self, taken: &mut Vec<usize>, discount: Balance) {
        let room = usize::try_from(MAX_COUPONS).unwrap_or_default().saturating_sub(taken.len());
        if room == 0 {
            return;
        }
        for place in 0..self.candidates.len() {
            if !self.may_follow(taken, place) || !self.may_win(taken, discount, room) {
                continue;
            }
            taken.push(place);
            let coupons: Vec<CouponId> =
                taken.iter().filter_map(|place| self.candidates.get(*place)).map(|one| one.id).collect();
            // What is refused now is refused with more after it too.
            if let Ok(quote) = self.quote(&coupons) {
                self.offer(quote.discount, &coupons);
                self.extend(taken, quote.discount);
            }
            taken.pop();
        }
    }

    fn may_follow(&self, taken: &[usize], place: usize) -> bool {
        let Some(candidate) = self.candidates.get(place) else {
            return false;
        };
        let Some(priority) = candidate.priority else {
            return false;
        };
        let last = taken.last().and_then(|last| self.candidates.get(*last)).and_then(|last| last.priority);
        // Of coupons worth the same, only the first that is left is tried.
        let before = self.candidates.iter().take(place).enumerate();
        let twin_left = before.filter(|(_, other)| other.kind == candidate.kind);
        !taken.contains(&place)
            && last.is_none_or(|last| last <= priority)
            && twin_left.map(|(other, _)| other).all(|other| taken.contains(&other))
    }

    /// Whether `room` coupons more could take more off than the best set, or one more as much with fewer.
    fn may_win(&self, taken: &[usize], discount: Balance, room: usize) -> bool {
        let rest = self.candidates.iter().enumerate().filter(|(place, _)| !taken.contains(place));
        let mut alone: Vec<Balance> = rest.map(|(_, candidate)| candidate.alone).collect();
        alone.sort_unstable_by(|one, other| other.cmp(one));
        let most = alone.into_iter().take(room).fold(discount, Balance::saturating_add);
        let (known, chosen) = &self.best;
        let most = most.min(self.order.eligible);
        most > *known || (most == *known && taken.len().saturating_add(1) < chosen.len())
    }
}

/// Why a coupon isn't in the best set.
fn why_not(
    shelf: Shelf,
    order: &Order,
    best: &Best,
    id: CouponId,
    campaigns: &HashMap<u32, Box<Campaign>>,
    asset: Asset,
) -> String {
    let words = &shelf.desk.session.words;
    let Some(campaign) = campaigns.get(&id.campaign) else {
        return "its campaign can't be read".to_owned();
    };
    if campaign.terms.asset != asset {
        return "it counts in another asset".to_owned();
    }
    let now = shelf.desk.session.chain.now();
    let quote = |coupons: &[CouponId]| {
        Till::new(shelf).quote(order, &presented(coupons), best.by, now).map_err(|refusal| *refusal)
    };
    let alone = match quote(&[id]) {
        Ok(quote) => quote.discount,
        Err(error) => return words.registry(&error).what,
    };
    let off = words.money(alone);
    if alone == 0 {
        return "it would be stamped, and takes nothing off yet".to_owned();
    }
    if campaign.terms.stacking == Stacking::Exclusive {
        return format!("it can only be spent alone, and takes {off} off then");
    }
    let full = usize::try_from(MAX_COUPONS).unwrap_or_default();
    if best.chosen.len() == full {
        return format!("an order takes {full} coupons, and these take more off");
    }
    // In the first place where its priority lets it stand.
    let mut refused = None;
    for place in 0..=best.chosen.len() {
        let mut with = best.chosen.clone();
        with.insert(place, id);
        match quote(&with) {
            Ok(_) => return format!("it takes nothing more off beside these, and {off} alone"),
            Err(RegistryError::OutOfOrder { .. }) => {}
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(RegistryError::NotStackable { coupon }) => {
            format!("{} is spent alone and takes more off than its {off}", shown(coupon))
        }
        Some(error) => format!("beside these: {}", words.registry(&error).what),
        None => format!("it doesn't go with these, and takes {off} off alone"),
    }
}
