//! Plays a scenario on an embedded chain, row by row: a refused row is named and the rest goes on. Tells what happens; reckons nothing.
mod council;
mod custody;
mod deals;
mod drill;
mod extras;
mod settling;
mod tills;

use super::scenario::{amount, CampaignOf, ClaimRow, Row, Scenario, Step, Trade, TradeRow};
use crate::{
    campaign_file,
    codes::{self, ClaimCode, Code, PublicDrop},
    commands::drop,
    context::{Context, Desk},
    refusals::{Refusal, Words},
    suite::{custody_code, deploy_suite, open_custody, Codes, SuiteConfig},
    times,
};
use chain::{AccountId, Balance, Chain, EmbeddedChain, Genesis, Keypair, TypedChain};
use ink::codegen::TraitCallBuilder;
use market::listings::{Ask, Guard};
use rand::{rngs::StdRng, SeedableRng};
use shared::{
    alliance::council::Motion,
    campaigns::Campaign,
    ids::CouponId,
    merkle::Tree,
    order::{Order, Redemption},
    permit::Permits,
    psp34::PSP34,
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
    /// Motions, by what the rows call them; disputes, by acceptor and order.
    motions: BTreeMap<String, u32>,
    cases: BTreeMap<(String, u64), u32>,
    /// What others bore for the member that didn't pay, as long as it hasn't made it good.
    borne: Balance,
    /// Batches issued, vouchers signed, and coupons turned into others.
    issues: u64,
    vouchers: u64,
    conversions: u64,
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
        motions: BTreeMap::new(),
        cases: BTreeMap::new(),
        borne: 0,
        issues: 0,
        vouchers: 0,
        conversions: 0,
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
    let mut endowed = Vec::new();
    for name in ["operator", &town.alliance.resolver] {
        endowed.push((Keypair::named(name).account(), amount("1000")?));
    }
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
    let resolver = session.account(&town.alliance.resolver)?;
    let mut config = SuiteConfig::for_operator(operator);
    config.market_fee_bps = town.alliance.market_fee_bps;
    config.alliance.cycle_length = times::period(&town.alliance.cycle)?;
    config.alliance.pay_in_window = times::period(&town.alliance.pay_in_window)?;
    config.alliance.fee_bps = town.alliance.fee_bps;
    config.alliance.joining.fee = amount(&town.alliance.joining_fee)?;
    config.alliance.joining.fund_share = amount(&town.alliance.fund_share)?;
    config.alliance.cap_factor_bps = town.alliance.cap_factor_bps;
    config.alliance.closing_bounty = amount(&town.alliance.closing_bounty)?;
    config.council.resolver = resolver;
    config.council.case_fee = amount(&town.alliance.case_fee)?;
    let unbuilt =
        |fault: crate::suite::SuiteError| Refusal::new(fault.to_string(), "run `couponry build` first");
    let codes = Codes::load(bundles).map_err(unbuilt)?;
    let mut suite = deploy_suite(&mut session.chain, operator, &codes, &config, b"demo").map_err(unbuilt)?;
    let code = custody_code(bundles).map_err(unbuilt)?;
    let opened = open_custody(&mut session.chain, operator, &code, &suite, b"demo");
    suite.custody = Some(session.explained(opened)?);
    session.name_suite(&suite);
    Ok(Desk { session, suite })
}

impl Play<'_> {
    fn tell(&mut self, line: &str) -> Result<(), Refusal> {
        writeln!(self.out, "{line}")
            .map_err(|why| Refusal::new(format!("cannot tell the story: {why}"), "check the output"))
    }

    fn cash(&self, amount: Balance) -> String {
        self.desk.session.words.money(amount)
    }

    fn now(&self) -> u64 {
        self.desk.session.chain.now()
    }

    fn account(name: &str) -> AccountId {
        Keypair::named(name).account()
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

    fn step(&mut self, row: &Row) -> Result<(), Refusal> {
        let done = match &row.step {
            Step::Claim(claim) => self.claim(claim),
            Step::Trade(trade) => self.trade(trade),
            Step::Order(order) => self.order(order),
            Step::Rollback(rollback) => self.roll_back(rollback),
            Step::Extra(extra) => self.extra(extra),
            Step::Deal(deal) => self.deal(deal),
            Step::Council(council) => self.council(council),
            Step::Custody(custody) => self.custody(custody),
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

/// Stops the town, or refuses a row that nobody expects to be refused.
fn amiss(what: &str) -> Refusal {
    Refusal::new(format!("it doesn't add up: {what}"), "this is a bug: keep the folder and report it")
}

/// The variant's name; of an error that passes another's on, the other's.
fn innermost(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    let text = text.strip_prefix("Registry(").unwrap_or(&text);
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
