//! Plays a scenario on an embedded chain, row by row: a refused row is named and the rest goes on. Tells what happens; reckons nothing.
mod deals;
mod drill;
mod extras;

use super::scenario::{
    amount, CampaignOf, ClaimRow, OrderRow, RollbackRow, Row, Scenario, Step, Trade, TradeRow, Way,
};
use crate::{
    campaign_file,
    codes::{self, ClaimCode, Code, PublicDrop},
    commands::{drop, order::alliance_for},
    context::{Context, Desk},
    orders::{basket_hash, sign_order, sign_spend},
    refusals::{Refusal, Words},
    suite::{deploy_suite, Codes, SuiteConfig},
    times,
};
use chain::{AccountId, Balance, Chain, EmbeddedChain, Genesis, Keypair, TypedChain};
use ink::codegen::TraitCallBuilder;
use market::listings::{Ask, Guard};
use rand::{rngs::StdRng, SeedableRng};
use shared::{
    alliance::council::Motion,
    campaigns::Campaign,
    coupons::Coupon,
    ids::CouponId,
    ledger::items,
    merkle::Tree,
    order::{Order, Redemption, Settlement},
    permit::{CouponPermit, Permits},
    psp34::PSP34,
    registry::CouponRegistry,
    terms::Funding,
};
use std::{collections::BTreeMap, fmt::Debug, fs, io::Write, path::Path};

/// Codes of a demo are the same every time; real ones come from the operating system.
const SEED: u64 = 20_260_501;
/// QR images drawn of each drop.
const IMAGES: u32 = 4;
const MINUTE: u64 = 60_000;
/// How many weeks are settled; for the last, one member can't pay.
const WEEKS: u32 = 2;
/// How long a signed order is good.
const ORDER_LIFE: u64 = 30 * MINUTE;
/// How long one is that a till without a line takes.
const BACKLOG_LIFE: u64 = 48 * 60 * MINUTE;

/// A campaign that is running, with its printed codes.
struct Running {
    issuer: String,
    campaign: Campaign,
    public: PublicDrop,
    tree: Tree,
    codes: Vec<Code>,
}

/// The town when all rows are through.
pub(super) struct TownPlayed {
    pub(super) desk: Desk,
    /// Refusals by file and reason.
    pub(super) refused: BTreeMap<String, usize>,
}

struct Play<'a> {
    scenario: &'a Scenario,
    desk: Desk,
    out: &'a mut dyn Write,
    running: BTreeMap<String, Running>,
    /// Each person's coupons of each campaign; what is for sale is under the market's name.
    wallets: BTreeMap<(String, String), Vec<CouponId>>,
    for_sale: BTreeMap<(String, String), (u64, CouponId)>,
    redeemed: BTreeMap<(String, u64), (Redemption, String, String)>,
    refused: BTreeMap<String, usize>,
    /// Orders that a till without a line has taken, by acceptor: submitted together.
    backlog: BTreeMap<String, Vec<Taken>>,
    /// Friends' coupons, and who brought them.
    invited: Vec<(CouponId, String)>,
    /// What is up at the market, by what the rows call it.
    lots: BTreeMap<String, deals::Lot>,
    /// Batches issued, and vouchers signed.
    issues: u64,
    vouchers: u64,
    cycles: u32,
    counts: BTreeMap<&'static str, usize>,
}

/// An order with its permits, who pays, and the coupon's campaign.
type Taken = (Order, Permits, String, String);

/// A row that didn't happen: its short reason and its sentence.
struct Refused {
    reason: String,
    why: Refusal,
}

type Done = Result<(), Refused>;

impl From<Refusal> for Refused {
    fn from(why: Refusal) -> Self {
        Self { reason: "Chain".into(), why }
    }
}

/// # Errors
/// Only what stops the whole town: files, contracts that aren't built, and money that can't be set up.
pub(super) fn play(
    scenario: &Scenario,
    ctx: &Context,
    bundles: &Path,
    prints: &Path,
    out: &mut dyn Write,
) -> Result<TownPlayed, Refusal> {
    let mut play = Play {
        desk: open(scenario, ctx, bundles)?,
        scenario,
        out,
        running: BTreeMap::new(),
        wallets: BTreeMap::new(),
        for_sale: BTreeMap::new(),
        redeemed: BTreeMap::new(),
        refused: BTreeMap::new(),
        backlog: BTreeMap::new(),
        invited: Vec::new(),
        lots: BTreeMap::new(),
        issues: 0,
        vouchers: 0,
        cycles: 0,
        counts: BTreeMap::new(),
    };
    play.found_alliance()?;
    for campaign in &scenario.town.campaigns {
        play.open_campaign(campaign, prints)?;
    }
    play.tell("")?;
    let mut day = None;
    for row in &scenario.rows {
        let today = row.at.saturating_sub(scenario.start).checked_div(24 * 60 * MINUTE);
        if day != today {
            play.submit_backlog()?;
            play.tell_day(day)?;
            day = today;
        }
        play.reach(row.at)?;
        play.step(row)?;
    }
    play.submit_backlog()?;
    play.tell_day(day)?;
    play.settle_until(WEEKS)?;
    play.thank_advocates()?;
    Ok(TownPlayed { desk: play.desk, refused: play.refused })
}

fn open(scenario: &Scenario, ctx: &Context, bundles: &Path) -> Result<Desk, Refusal> {
    let town = &scenario.town;
    let mut endowed = vec![(Keypair::named("operator").account(), amount("1000")?)];
    for merchant in &town.merchants {
        endowed.push((Keypair::named(&merchant.name).account(), amount(&merchant.funds)?));
    }
    for consumer in scenario.consumers.iter().filter(|consumer| consumer.funds != "0") {
        endowed.push((Keypair::named(&consumer.name).account(), amount(&consumer.funds)?));
    }
    let words = Words::default();
    let genesis = Genesis { time: scenario.start, endowed, ..Genesis::default() };
    let mut session = ctx.start(EmbeddedChain::new(genesis).map_err(|fault| words.chain(&fault))?);
    for name in town.merchants.iter().map(|m| &m.name).chain(scenario.consumers.iter().map(|c| &c.name)) {
        session.account(name)?;
    }
    let operator = session.account("operator")?;
    let mut config = SuiteConfig::for_operator(operator);
    config.market_fee_bps = town.alliance.market_fee_bps;
    config.alliance.cycle_length = times::period(&town.alliance.cycle)?;
    config.alliance.pay_in_window = times::period(&town.alliance.pay_in_window)?;
    config.alliance.fee_bps = town.alliance.fee_bps;
    config.alliance.joining.fee = amount(&town.alliance.joining_fee)?;
    config.alliance.joining.fund_share = amount(&town.alliance.fund_share)?;
    config.alliance.cap_factor_bps = town.alliance.cap_factor_bps;
    config.alliance.closing_bounty = amount(&town.alliance.closing_bounty)?;
    let unbuilt =
        |fault: crate::suite::SuiteError| Refusal::new(fault.to_string(), "run `couponry build` first");
    let codes = Codes::load(bundles).map_err(unbuilt)?;
    let suite = deploy_suite(&mut session.chain, operator, &codes, &config, b"demo").map_err(unbuilt)?;
    session.name_suite(&suite);
    Ok(Desk { session, suite })
}

impl Play<'_> {
    fn tell(&mut self, line: &str) -> Result<(), Refusal> {
        writeln!(self.out, "{line}")
            .map_err(|why| Refusal::new(format!("cannot tell the story: {why}"), "check the output"))
    }

    fn count(&mut self, what: &'static str) {
        let count = self.counts.entry(what).or_default();
        *count = count.saturating_add(1);
    }

    fn tell_day(&mut self, day: Option<u64>) -> Result<(), Refusal> {
        let told: Vec<String> =
            std::mem::take(&mut self.counts).iter().map(|(what, count)| format!("{count} {what}")).collect();
        match day {
            Some(day) if !told.is_empty() => {
                self.tell(&format!("day {:>2}: {}", day.saturating_add(1), told.join(", ")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn found_alliance(&mut self) -> Result<(), Refusal> {
        self.tell("Four shops of a high street found an alliance: each honours the others' coupons, and they settle once a week.")?;
        let operator = Keypair::named("operator").account();
        let rules = &self.scenario.town.alliance;
        let fee = amount(&rules.joining_fee)?.saturating_add(amount(&rules.fund_share)?);
        for merchant in &self.scenario.town.merchants {
            let account = Keypair::named(&merchant.name).account();
            let (collateral, cap) = (amount(&merchant.collateral)?, amount(&merchant.cap)?);
            let registry = self.desk.suite.registry;
            let apply = self.desk.council().call_mut().apply(registry, [0; 32], Vec::new());
            self.desk.session.send(account, fee, apply, Words::alliance)?;
            let trust = self.desk.office().call_mut().set_role(self.desk.suite.alliance, false, true, None);
            let trusted = self.desk.session.chain.call_typed(account, 0, trust).map(|_| ());
            self.desk.session.explained(trusted)?;
            let admit = self.desk.council().call_mut().decide(Motion::Admit {
                account,
                registry,
                profile: [0; 32],
                cap,
            });
            self.desk.session.send(operator, 0, admit, Words::alliance)?;
            let deposit = self.desk.council().call_mut().deposit_collateral(collateral);
            self.desk.session.send(account, collateral, deposit, Words::alliance)?;
            self.tell(&format!(
                "  {} joins and leaves {} as security",
                merchant.name,
                self.desk.session.words.money(collateral)
            ))?;
        }
        Ok(())
    }

    fn open_campaign(&mut self, plan: &CampaignOf, prints: &Path) -> Result<(), Refusal> {
        let issuer = Keypair::named(&plan.issuer).account();
        let file = self.scenario.folder.join("campaigns").join(&plan.file);
        let read = campaign_file::read(&file, self.desk.session.chain.now(), &self.desk.suite)?;
        let terms = read.terms.clone();
        let create =
            self.desk.office().call_mut().create_campaign(read.terms, read.uri.into_bytes(), read.escrow);
        let (number, _) = self.desk.session.send(issuer, read.escrow, create, Words::registry)?;
        let codes = codes::generate(plan.codes, &mut StdRng::seed_from_u64(SEED ^ u64::from(number)));
        let keys = codes::public_keys(&codes, || ());
        let tree = codes::tree(&keys)?;
        let commit = self.desk.office().call_mut().create_drop(number, tree.root(), tree.size());
        let (drop, _) = self.desk.session.send(issuer, 0, commit, Words::registry)?;
        let public = PublicDrop { registry: self.desk.suite.registry, campaign: number, drop, keys };
        let name = plan.file.trim_end_matches(".toml").to_owned();
        let folder = prints.join(&name);
        fs::create_dir_all(&folder).map_err(|why| crate::context::cannot("make", &folder, &why))?;
        drop::print(&folder, &public, &codes, IMAGES, true)?;
        let backing = match terms.funding {
            Funding::Merchant => "it will simply not charge the discount".into(),
            Funding::Escrow => {
                format!("{} are locked to pay for it", self.desk.session.words.money(read.escrow))
            }
            Funding::Alliance => "it will owe the shop that honours one".to_owned(),
        };
        self.tell(&format!("{} prints {} codes of {name}: {backing}", plan.issuer, plan.codes))?;
        if let Some(device) = &plan.device {
            self.name_device(number, &plan.issuer, device)?;
            self.tell(&format!("  {device} may hand out three of them a day"))?;
        }
        let campaign = Campaign { issuer, terms };
        let issuer = plan.issuer.clone();
        self.running.insert(name, Running { issuer, campaign, public, tree, codes });
        Ok(())
    }

    /// Lets time come to `at`, and closes cycles on the way.
    fn reach(&mut self, at: u64) -> Result<(), Refusal> {
        let cycle = times::period(&self.scenario.town.alliance.cycle)?;
        let books = self.desk.look(self.desk.council().call().cycle())?;
        if at >= books.cycle.opened_at.saturating_add(cycle) {
            self.settle_until(self.cycles.saturating_add(1))?;
        }
        if at > self.desk.session.chain.now() {
            let moved = self.desk.session.chain.set_time(at);
            self.desk.session.explained(moved)?;
        }
        Ok(())
    }

    fn settle_until(&mut self, cycles: u32) -> Result<(), Refusal> {
        while self.cycles < cycles {
            self.settle()?;
        }
        Ok(())
    }

    /// Closes the open cycle when it is due, has debtors pay in and creditors be paid.
    fn settle(&mut self) -> Result<(), Refusal> {
        let config = self.desk.look(self.desk.council().call().config())?;
        let books = self.desk.look(self.desk.council().call().cycle())?;
        let due = books.cycle.opened_at.saturating_add(config.cycle_length);
        if due > self.desk.session.chain.now() {
            let moved = self.desk.session.chain.set_time(due);
            self.desk.session.explained(moved)?;
        }
        // Anyone may close a cycle; a passer-by does it for the bounty.
        let passer_by =
            self.scenario.consumers.iter().find(|c| c.funds != "0").map_or("operator", |c| &c.name);
        let close = self.desk.council().call_mut().close_cycle();
        let (bounty, _) =
            self.desk.session.send(Keypair::named(passer_by).account(), 0, close, Words::alliance)?;
        self.cycles = self.cycles.saturating_add(1);
        let words = self.desk.session.words.clone();
        self.tell(&format!(
            "-- week {} is over: {passer_by} closes the books for a bounty of {}",
            self.cycles,
            words.money(bounty)
        ))?;
        let defaulter = Some(&self.scenario.town.alliance.defaulter).filter(|_| self.cycles == WEEKS);
        let mut drill = None;
        for pay_in in [true, false] {
            if let Some(name) = defaulter.filter(|_| !pay_in) {
                drill = self.declare_default(name, passer_by)?;
            }
            for merchant in &self.scenario.town.merchants {
                let account = Keypair::named(&merchant.name).account();
                let Some(member) = self.desk.look(self.desk.council().call().member(account))? else {
                    continue;
                };
                if pay_in && member.due.owed() > 0 && defaulter != Some(&merchant.name) {
                    let owed = member.due.owed();
                    let message = self.desk.council().call_mut().pay_in(account, owed);
                    self.desk.session.send(account, owed, message, Words::alliance)?;
                    self.tell(&format!(
                        "   {} owed more than it earned and pays {} in",
                        merchant.name,
                        words.money(owed)
                    ))?;
                } else if !pay_in && member.due.earned() > 0 {
                    let message = self.desk.council().call_mut().payout(account);
                    let (paid, _) = self.desk.session.send(account, 0, message, Words::alliance)?;
                    if let Some(drill) = &mut drill {
                        drill.collected(member.due.earned(), paid);
                    }
                    self.tell(&format!(
                        "   {} earned more than it owed and is paid {}",
                        merchant.name,
                        words.money(paid)
                    ))?;
                }
            }
        }
        match drill {
            Some(drill) => self.end_drill(&drill),
            None => Ok(()),
        }
    }

    fn step(&mut self, row: &Row) -> Result<(), Refusal> {
        let done = match &row.step {
            Step::Claim(claim) => self.claim(claim),
            Step::Trade(trade) => self.trade(trade),
            Step::Order(order) => self.order(order),
            Step::Rollback(rollback) => self.roll_back(rollback),
            Step::Extra(extra) => self.extra(extra),
            Step::Deal(deal) => self.deal(deal),
            Step::Unreadable(why) => {
                Err(Refused { reason: "BadRow".into(), why: Refusal::new(why, "correct the row") })
            }
        };
        let Err(Refused { reason, why }) = done else { return Ok(()) };
        let count = self.refused.entry(format!("{} {reason}", row.file)).or_default();
        *count = count.saturating_add(1);
        self.tell(&format!("   refused: {} line {}: {}", row.file, row.line, why.what))
    }

    fn running(&self, name: &str) -> Result<&Running, Refused> {
        self.running.get(name).ok_or_else(|| Refused {
            reason: "NoCampaign".into(),
            why: Refusal::new(format!("no campaign is called {name}"), "see town.toml"),
        })
    }

    fn coupon_of(&self, who: &str, campaign: &str) -> Result<CouponId, Refused> {
        let coupons = self.wallets.get(&(who.to_owned(), campaign.to_owned()));
        coupons.and_then(|coupons| coupons.last()).copied().ok_or_else(|| Refused {
            reason: "NoCoupon".into(),
            why: Refusal::new(format!("{who} has no coupon of {campaign}"), "claim or buy one first"),
        })
    }

    fn put(&mut self, who: &str, campaign: &str, coupon: CouponId) {
        self.wallets.entry((who.to_owned(), campaign.to_owned())).or_default().push(coupon);
    }

    fn take(&mut self, who: &str, campaign: &str, coupon: CouponId) {
        if let Some(coupons) = self.wallets.get_mut(&(who.to_owned(), campaign.to_owned())) {
            coupons.retain(|held| *held != coupon);
        }
    }

    fn claim(&mut self, row: &ClaimRow) -> Done {
        let coupon = self.claim_code(&row.campaign, &row.code, &row.consumer, &row.by, None)?;
        self.put(&row.consumer, &row.campaign, coupon);
        self.count(if row.by == row.consumer {
            "coupons claimed"
        } else {
            "coupons claimed for people with empty wallets"
        });
        Ok(())
    }

    fn claim_code(
        &mut self,
        campaign: &str,
        code: &str,
        consumer: &str,
        by: &str,
        advocate: Option<AccountId>,
    ) -> Result<CouponId, Refused> {
        let running = self.running(campaign)?;
        let (forged, index) = match code.strip_prefix("forged-") {
            Some(index) => (true, index),
            None => (false, code),
        };
        let index: usize =
            index.parse().map_err(|_| Refusal::new("not a code's number", "correct the row"))?;
        let mut code = running.codes.get(index).cloned().ok_or_else(|| Refused {
            reason: "NoCode".into(),
            why: Refusal::new(format!("{campaign} has no code {index}"), "use a printed code"),
        })?;
        if forged {
            code.secret = [7; 32];
        }
        let public = &running.public;
        let code =
            ClaimCode { registry: public.registry, campaign: public.campaign, drop: public.drop, code };
        let tag = self.desk.session.chain.genesis();
        let to = Keypair::named(consumer).account();
        let claim = code.claim(public, &running.tree, tag, to, advocate)?;
        let message = self.desk.registry().call_mut().claim(claim);
        self.send(by, 0, message, Words::registry)
    }

    fn trade(&mut self, row: &TradeRow) -> Done {
        let registry = self.desk.suite.registry;
        let market = self.desk.suite.market;
        let sale = (row.with.clone(), row.campaign.clone());
        match row.what {
            Trade::Send => {
                let coupon = self.coupon_of(&row.who, &row.campaign)?;
                let to = Keypair::named(&row.with).account();
                let message = self.desk.registry().call_mut().transfer(to, coupon.into(), Vec::new());
                self.send(&row.who, 0, message, |words, error| words.psp34(error, coupon))?;
                self.take(&row.who, &row.campaign, coupon);
                self.put(&row.with, &row.campaign, coupon);
                self.count("coupons given to friends");
            }
            Trade::List => {
                let coupon = self.coupon_of(&row.who, &row.campaign)?;
                let price = amount(&row.price)?;
                let approve = self.desk.registry().call_mut().approve(market, Some(coupon.into()), true);
                self.send(&row.who, 0, approve, |words, error| words.psp34(error, coupon))?;
                let ends_at = self.desk.session.chain.now().saturating_add(7 * 24 * 60 * MINUTE);
                let message = self.desk.market().call_mut().list(
                    registry,
                    vec![coupon],
                    ends_at,
                    None,
                    Ask::Fixed { price },
                );
                let listing = self.send(&row.who, 0, message, Words::market)?;
                self.take(&row.who, &row.campaign, coupon);
                self.for_sale.insert((row.who.clone(), row.campaign.clone()), (listing, coupon));
                self.count("coupons put up for sale");
            }
            Trade::Buy => {
                let (listing, coupon) = self.on_sale(&sale)?;
                let highest = amount(&row.price)?;
                let message = self.desk.market().call_mut().buy(listing, Guard::price(highest));
                self.send(&row.who, highest, message, Words::market)?;
                self.for_sale.remove(&sale);
                self.put(&row.who, &row.campaign, coupon);
                self.count("coupons sold");
            }
            Trade::Cancel => {
                let sale = (row.who.clone(), row.campaign.clone());
                let (listing, coupon) = self.on_sale(&sale)?;
                let message = self.desk.market().call_mut().cancel(listing);
                self.send(&row.who, 0, message, Words::market)?;
                self.for_sale.remove(&sale);
                self.put(&row.who, &row.campaign, coupon);
                self.count("coupons taken off the market");
            }
        }
        Ok(())
    }

    fn on_sale(&self, sale: &(String, String)) -> Result<(u64, CouponId), Refused> {
        self.for_sale.get(sale).copied().ok_or_else(|| Refused {
            reason: "NotForSale".into(),
            why: Refusal::new(format!("{} has no coupon of {} for sale", sale.0, sale.1), "see the market"),
        })
    }

    fn order(&mut self, row: &OrderRow) -> Done {
        if row.campaign.is_empty() {
            self.count("sales without a coupon");
            return Ok(());
        }
        let Running { campaign, .. } = self.running(&row.campaign)?;
        let (acceptor, holder) = (Keypair::named(&row.acceptor), Keypair::named(&row.consumer));
        let through = alliance_for(&campaign.terms.acceptance, campaign.issuer, acceptor.account());
        let coupon = self.coupon_of(&row.consumer, &row.campaign)?;
        let life = if row.way == Way::Backlog { BACKLOG_LIFE } else { ORDER_LIFE };
        let deadline = self.desk.session.chain.now().saturating_add(life);
        let order = Order {
            acceptor: acceptor.account(),
            number: row.number,
            basket: amount(&row.basket)?,
            eligible: amount(&row.eligible)?,
            basket_hash: basket_hash(&[0; 32], &format!("{} {}", row.acceptor, row.number)),
            deadline,
            settlement: if row.way == Way::Web { Settlement::OnChain } else { Settlement::OffChain },
        };
        let domain = self.desk.domain();
        let redemption = match row.way {
            Way::Backlog => {
                let permit = Some(sign_spend(&domain, &holder, 0, coupon.into(), &order, deadline).permit);
                let coupons = vec![CouponPermit { presented: coupon.into(), permit }];
                let taken =
                    (order, Permits { acceptor: None, coupons }, row.consumer.clone(), row.campaign.clone());
                self.backlog.entry(row.acceptor.clone()).or_default().push(taken);
                return Ok(());
            }
            Way::Till => {
                let permit = Some(sign_spend(&domain, &holder, 0, coupon.into(), &order, deadline).permit);
                let permits = Permits {
                    acceptor: None,
                    coupons: vec![CouponPermit { presented: coupon.into(), permit }],
                };
                if through.is_some() {
                    let message =
                        self.desk.alliance().call_mut().redeem(self.desk.suite.registry, (order, permits));
                    self.send(&row.acceptor, 0, message, Words::alliance)?
                } else {
                    let message = self.desk.registry().call_mut().redeem(order, permits);
                    self.send(&row.acceptor, 0, message, Words::registry)?
                }
            }
            Way::Web => {
                let signed = Some(sign_order(&domain, &acceptor, 0, &[coupon.into()], &order));
                let permits = Permits {
                    acceptor: signed,
                    coupons: vec![CouponPermit { presented: coupon.into(), permit: None }],
                };
                let basket = order.basket;
                let message = self.desk.registry().call_mut().redeem(order, permits);
                // What is over comes back.
                self.send(&row.consumer, basket, message, Words::registry)?
            }
        };
        self.count(match (row.way, redemption.alliance) {
            (Way::Till | Way::Backlog, None) => "coupons spent at tills",
            (Way::Till | Way::Backlog, Some(_)) => "coupons of another shop honoured",
            (Way::Web, _) => "coupons spent in web shops",
        });
        if redemption.uses.iter().all(|used| used.left_after == 0) {
            self.take(&row.consumer, &row.campaign, coupon);
        }
        let key = (row.acceptor.clone(), row.number);
        self.redeemed.insert(key, (redemption, row.consumer.clone(), row.campaign.clone()));
        Ok(())
    }

    /// What tills without a line took since the last time goes to the registry, each till's in one call.
    fn submit_backlog(&mut self) -> Result<(), Refusal> {
        for (acceptor, taken) in std::mem::take(&mut self.backlog) {
            let orders = taken.iter().map(|(order, permits, ..)| (order.clone(), permits.clone())).collect();
            let message = self.desk.registry().call_mut().redeem_batch(orders);
            let account = Keypair::named(&acceptor).account();
            let (results, _) = self.desk.session.send(account, 0, message, Words::registry)?;
            let count = results.len();
            for (result, (order, permits, consumer, campaign)) in results.into_iter().zip(taken) {
                match result {
                    Ok(_) => {
                        for spent in permits.coupons {
                            let coupon = spent.presented.coupon;
                            let lives: Option<Coupon> = self.desk.item(items::COUPONS, &coupon.to_u64())?;
                            if lives.is_none() {
                                self.take(&consumer, &campaign, coupon);
                            }
                        }
                    }
                    Err(error) => {
                        let reason = format!("orders.csv {}", innermost(&error));
                        let refused = self.refused.entry(reason).or_default();
                        *refused = refused.saturating_add(1);
                        let why = self.desk.session.words.registry(&error).what;
                        self.tell(&format!("   refused: {acceptor}'s order {}: {why}", order.number))?;
                    }
                }
            }
            self.tell(&format!(
                "   {acceptor}'s till is online again and submits {count} orders in one call"
            ))?;
        }
        Ok(())
    }

    /// Once the friends' purchases are final, whoever brought them is rewarded.
    fn thank_advocates(&mut self) -> Result<(), Refusal> {
        if self.invited.is_empty() {
            return Ok(());
        }
        let moved = self.desk.session.chain.advance(2 * 24 * 60 * MINUTE);
        self.desk.session.explained(moved)?;
        let shop = self.scenario.town.merchants.first().map_or("operator", |merchant| &merchant.name);
        let rewarded = self.reward_advocates(shop)?;
        self.tell(&format!("   {rewarded} people who brought a friend are thanked with a coupon"))
    }

    fn roll_back(&mut self, row: &RollbackRow) -> Done {
        let key = (row.acceptor.clone(), row.number);
        let (redemption, consumer, campaign) = self.redeemed.remove(&key).ok_or_else(|| Refused {
            reason: "NoRedemption".into(),
            why: Refusal::new(
                format!("{} has redeemed no order {}", row.acceptor, row.number),
                "see orders.csv",
            ),
        })?;
        let paid = redemption.payer.map_or(0, |_| redemption.net);
        let value = redemption.paid_from_escrow().saturating_add(paid);
        let coupons: Vec<CouponId> = redemption.uses.iter().map(|used| used.coupon).collect();
        if redemption.alliance.is_some() {
            let registry = self.desk.suite.registry;
            let message = self.desk.alliance().call_mut().roll_back(registry, value, (redemption, None));
            self.send(&row.acceptor, value, message, Words::alliance)?;
        } else {
            let message = self.desk.service_desk().call_mut().roll_back(redemption, None);
            self.send(&row.acceptor, value, message, Words::registry)?;
        }
        for coupon in coupons {
            self.put(&consumer, &campaign, coupon);
        }
        self.count("purchases returned");
        Ok(())
    }

    fn send<Args: scale::Encode, R: scale::Decode, E: scale::Decode + Debug>(
        &mut self,
        who: &str,
        value: Balance,
        message: chain::Message<Args, Result<R, E>>,
        explain: impl Fn(&Words, &E) -> Refusal,
    ) -> Result<R, Refused> {
        let signer: AccountId = Keypair::named(who).account();
        let (answer, _) = self
            .desk
            .session
            .chain
            .call_typed(signer, value, message)
            .map_err(|fault| self.desk.session.words.chain(&fault))?;
        answer.map_err(|error| Refused {
            reason: innermost(&error),
            why: explain(&self.desk.session.words, &error),
        })
    }
}

/// The variant's name; of an error that passes another's on, the other's.
fn innermost(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    let text = text.strip_prefix("Registry(").unwrap_or(&text);
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
