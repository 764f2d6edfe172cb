//! `couponry council`: what members decide, agree and dispute among themselves, and conversion.

use crate::{
    amounts::NATIVE_DECIMALS,
    commands::{
        aftercare,
        alliance::{amount, done, member, send},
        order::epoch,
    },
    context::{write_file, Context, Desk, Report},
    orders::{coupon_id, sign_order, SignedOrder, SpendPermit},
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use alliance::{config::Config, error::AllianceError};
use blake2::{digest::consts::U32, Blake2b, Digest};
use chain::{keys::ss58, AccountId, Balance, Chain};
use clap::{Args, Subcommand, ValueEnum};
use council::{conversion::goods, events::RateAgreed};
use ink::{codegen::TraitCallBuilder, env::Event};
use scale::DecodeAll;
use serde_json::json;
use shared::{
    alliance::{
        council::{Case, Motion, Proposal},
        rates::{PairRate, Rate},
    },
    coupons::Coupon,
    ledger::items,
    order::{Order, Settlement},
    permit::{CouponPermit, Permits, Presented},
    psp34::PSP34,
    registry::RegistryError,
    Hash,
};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Moves a motion, and votes for it
    #[command(after_help = "Example: couponry council propose set-cap cafe --cap 200 --as bakery")]
    Propose(Moved),
    /// Votes for a motion
    #[command(after_help = "Example: couponry council vote 1 --as cafe")]
    Vote(Numbered),
    /// Carries a motion out by the operator's word, while members are few
    #[command(after_help = "Example: couponry council decide suspend cafe --reason 3 --as operator")]
    Decide(Moved),
    /// Takes away one's record of a vote that is over, with its deposit
    #[command(after_help = "Example: couponry council clear 1 --as cafe")]
    Clear(Numbered),
    /// Shows a motion and its votes
    #[command(after_help = "Example: couponry council motion 1")]
    Motion(Which),
    /// Lets an account join without a fee, or no longer
    #[command(after_help = "Example: couponry council waive books --as operator")]
    Waive(Waive),
    /// Offers another member a rate for one's coupons at the other
    #[command(
        after_help = "Example: couponry council offer-rate --acceptor cafe --issuer bakery --bps 8000 --from +1d --as bakery"
    )]
    OfferRate(OfferRate),
    /// Takes one's own offer of a rate back
    #[command(
        after_help = "Example: couponry council withdraw-rate --acceptor cafe --issuer bakery --as bakery"
    )]
    WithdrawRate(Pair),
    /// Accepts the rate that the other member offers, if it is this one
    #[command(
        after_help = "Example: couponry council accept-rate --acceptor cafe --issuer bakery --bps 8000 --as cafe"
    )]
    AcceptRate(AcceptRate),
    /// Shows what two members agreed on, and what is offered
    #[command(after_help = "Example: couponry council rate --acceptor cafe --issuer bakery")]
    Rate(Of),
    /// Disputes what a redemption made one owe
    #[command(
        after_help = "Example: couponry council dispute --acceptor cafe --number 7 --reason 2 --evidence 'two receipts' --as bakery"
    )]
    Dispute(Dispute),
    /// Replies to a dispute, once
    #[command(after_help = "Example: couponry council reply 1 --evidence 'the till roll' --as cafe")]
    Reply(Reply),
    /// Rules on a dispute: what share the acceptor gives back
    #[command(after_help = "Example: couponry council rule 1 --bps 5000 --as operator")]
    Rule(Rule),
    /// Closes a dispute that nobody ruled on in time
    #[command(after_help = "Example: couponry council time-out 1 --as anna")]
    TimeOut(Numbered),
    /// Takes away the record of a dispute that is over, with its deposit
    #[command(after_help = "Example: couponry council clear-case 1 --as bakery")]
    ClearCase(Numbered),
    /// Shows a dispute
    #[command(after_help = "Example: couponry council case 1")]
    Case(Which),
    /// Writes and signs an order whose goods are a coupon, and lets the council hand that over
    #[command(
        after_help = "Example: couponry council conversion --number 8 --basket 5 --takes 1/1 --gives 2/1 --to anna --as cafe --out order.json"
    )]
    Conversion(Conversion),
    /// Turns a holder's coupon into another member's
    #[command(
        after_help = "Example: couponry council convert --order order.json --permit permit.json --gives 2/1 --to anna --as anna"
    )]
    Convert(Convert),
    /// Says what stands behind a coupon
    #[command(after_help = "Example: couponry council coverage 1/1")]
    Coverage(OneCoupon),
    /// Says whether the fund survives the default of the largest of these debtors
    #[command(after_help = "Example: couponry council cover-one bakery cafe")]
    CoverOne(Candidates),
}

/// What is moved or decided.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum What {
    Admit,
    Suspend,
    Reinstate,
    Readmit,
    SetCap,
}

#[derive(Args, Debug)]
pub struct Moved {
    what: What,
    /// Whom it is about
    member: String,
    /// The most it may owe: to admit, readmit and set-cap
    #[arg(long, value_name = "AMOUNT")]
    cap: Option<String>,
    /// Of the alliance's own list of reasons: to suspend
    #[arg(long, default_value_t = 0)]
    reason: u8,
    /// A member; to decide, the operator
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Which {
    number: u32,
}

#[derive(Args, Debug)]
pub struct Numbered {
    number: u32,
    /// Who calls
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Waive {
    account: String,
    /// The fee is due again
    #[arg(long)]
    no_longer: bool,
    /// The operator
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Of {
    /// Who accepts the coupons
    #[arg(long, value_name = "NAME")]
    acceptor: String,
    /// Whose coupons they are
    #[arg(long, value_name = "NAME")]
    issuer: String,
}

#[derive(Args, Debug)]
pub struct Pair {
    #[command(flatten)]
    of: Of,
    /// One of the two
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct OfferRate {
    #[command(flatten)]
    pair: Pair,
    /// The share of a discount that the issuer owes, of 10000
    #[arg(long)]
    bps: u16,
    /// In force from this time on
    #[arg(long, value_name = "TIME")]
    from: String,
    /// The most that the issuer may come to owe the acceptor in a day
    #[arg(long, value_name = "AMOUNT")]
    daily_cap: Option<String>,
}

#[derive(Args, Debug)]
pub struct AcceptRate {
    #[command(flatten)]
    pair: Pair,
    /// The share that was offered, of 10000
    #[arg(long)]
    bps: u16,
}

#[derive(Args, Debug)]
pub struct Dispute {
    /// Who accepted the coupon
    #[arg(long, value_name = "NAME")]
    acceptor: String,
    /// The acceptor's order
    #[arg(long)]
    number: u64,
    /// Of the alliance's own list of reasons
    #[arg(long, default_value_t = 0)]
    reason: u8,
    /// What proves it; only its hash goes on chain
    #[arg(long)]
    evidence: String,
    /// The issuer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Reply {
    number: u32,
    /// What speaks against it; only its hash goes on chain
    #[arg(long)]
    evidence: String,
    /// The acceptor
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Rule {
    number: u32,
    /// The share that is given back, of 10000
    #[arg(long)]
    bps: u16,
    /// The resolver
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Conversion {
    /// The acceptor's running number
    #[arg(long)]
    number: u64,
    /// What the coupon given is worth
    #[arg(long, value_name = "AMOUNT")]
    basket: String,
    /// The holder's coupon, which is spent
    #[arg(long, value_name = "COUPON")]
    takes: String,
    /// The acceptor's, which is handed over
    #[arg(long, value_name = "COUPON")]
    gives: String,
    /// Who gets it
    #[arg(long, value_name = "NAME")]
    to: String,
    /// Good until just before this time
    #[arg(long, default_value = "+1h", value_name = "TIME")]
    deadline: String,
    /// The acceptor
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
pub struct Convert {
    /// The order file that `conversion` wrote
    #[arg(long, value_name = "FILE")]
    order: String,
    /// The holder's permit
    #[arg(long, value_name = "FILE")]
    permit: String,
    /// The coupon that is handed over
    #[arg(long, value_name = "COUPON")]
    gives: String,
    /// Who gets it
    #[arg(long, value_name = "NAME")]
    to: String,
    /// Who submits: anyone
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct OneCoupon {
    coupon: String,
}

#[derive(Args, Debug)]
pub struct Candidates {
    #[arg(required = true)]
    members: Vec<String>,
}

/// # Errors
/// What can't be read or written, or the council's refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let config = desk.look(desk.council().call().config())?;
    desk.session.words.count_in(config.asset);
    match command {
        Command::Propose(opts) => propose(desk, &config, opts),
        Command::Vote(opts) => {
            let message = desk.council().call_mut().vote(opts.number);
            send(&mut desk, &config, &opts.signer, 0, message)?;
            let found = proposal(&desk, opts.number)?;
            let line = format!("{} voted for motion {}: {}", opts.signer, opts.number, votes(&found));
            done(
                desk,
                line,
                json!({ "motion": opts.number, "votes": found.votes, "needed": found.needed, "carried": found.carried }),
            )
        }
        Command::Decide(opts) => {
            let motion = opts.motion(&mut desk, &config)?;
            let message = desk.council().call_mut().decide(motion);
            send(&mut desk, &config, &opts.signer, 0, message)?;
            let line = format!("decided: {}", told(&desk.session.words, &motion));
            done(desk, line, json!({ "member": ss58(&motion.account()), "decided": true }))
        }
        Command::Clear(opts) => {
            let message = desk.council().call_mut().clear(opts.number);
            send(&mut desk, &config, &opts.signer, 0, message)?;
            let line = format!(
                "{}'s record of motion {} is gone, and its deposit is back",
                opts.signer, opts.number
            );
            done(desk, line, json!({ "motion": opts.number, "cleared": true }))
        }
        Command::Motion(opts) => {
            let found = proposal(&desk, opts.number)?;
            let words = &desk.session.words;
            let line = format!(
                "motion {} of {}: {}",
                opts.number,
                words.account(&found.by),
                told(words, &found.motion)
            );
            let json = json!({
                "motion": opts.number,
                "by": ss58(&found.by),
                "member": ss58(&found.motion.account()),
                "votes": found.votes,
                "needed": found.needed,
                "carried": found.carried,
                "ends_at": found.ends_at,
            });
            Ok(Report::new(line, json).line(format!(
                "{}; votes until {}",
                votes(&found),
                times::show(found.ends_at)
            )))
        }
        Command::Waive(opts) => {
            let account = desk.session.account(&opts.account)?;
            let message = desk.council().call_mut().waive_fee(account, !opts.no_longer);
            send(&mut desk, &config, &opts.signer, 0, message)?;
            let how = if opts.no_longer { "pays the joining fee again" } else { "may join without a fee" };
            let line = format!("{} {how}", opts.account);
            done(desk, line, json!({ "account": ss58(&account), "waived": !opts.no_longer }))
        }
        Command::OfferRate(opts) => {
            let (acceptor, issuer) = opts.pair.of.accounts(&mut desk)?;
            let from =
                times::parse(&opts.from, desk.session.chain.now()).map_err(|fault| fault.at("--from"))?;
            let daily_cap =
                opts.daily_cap.as_ref().map(|text| amount(&config, "--daily-cap", text)).transpose()?;
            let rate = Rate { bps: opts.bps, from, daily_cap };
            let message = desk.council().call_mut().offer_rate(acceptor, issuer, Some(rate));
            send(&mut desk, &config, &opts.pair.signer, 0, message)?;
            let line = format!("offered: {}", opts.pair.of.told(&desk.session.words, &rate));
            done(desk, line, rate_json(&rate))
        }
        Command::WithdrawRate(opts) => {
            let (acceptor, issuer) = opts.of.accounts(&mut desk)?;
            let message = desk.council().call_mut().offer_rate(acceptor, issuer, None);
            send(&mut desk, &config, &opts.signer, 0, message)?;
            let line = format!("{} offers no rate any more", opts.signer);
            done(desk, line, json!({ "offered": false }))
        }
        Command::AcceptRate(opts) => {
            let (acceptor, issuer) = opts.pair.of.accounts(&mut desk)?;
            let other = if desk.session.account(&opts.pair.signer)? == acceptor { issuer } else { acceptor };
            let offered = desk.session.ask(desk.council().call().offer(acceptor, issuer, other))?;
            let rate = offered.filter(|rate| rate.bps == opts.bps);
            let rate = rate.ok_or_else(|| desk.session.words.alliance(&AllianceError::NoSuchOffer))?;
            let message = desk.council().call_mut().accept_rate(acceptor, issuer, rate);
            send(&mut desk, &config, &opts.pair.signer, 0, message)?;
            let line = format!("agreed: {}", opts.pair.of.told(&desk.session.words, &rate));
            done(desk, line, rate_json(&rate))
        }
        Command::Rate(opts) => rate(desk, opts),
        Command::Dispute(opts) => {
            let acceptor = desk.session.account(&opts.acceptor)?;
            let redemption = aftercare::find(&desk, acceptor, opts.number)?;
            let fee = desk.session.ask(desk.council().call().terms())?.case_fee;
            let registry = desk.suite.registry;
            let message = desk.council().call_mut().open_case(
                registry,
                opts.reason,
                evidence(&opts.evidence),
                redemption,
            );
            let (_, number) = send(&mut desk, &config, &opts.signer, fee, message)?;
            let found = case(&desk, number)?;
            let line = format!(
                "dispute {number}: {} wants {} back for order {} of {}",
                opts.signer,
                desk.session.words.money(found.amount),
                opts.number,
                opts.acceptor
            );
            done(
                desk,
                line,
                json!({ "case": number, "amount": found.amount.to_string(), "fee": fee.to_string() }),
            )
        }
        Command::Reply(opts) => {
            let message = desk.council().call_mut().reply(opts.number, evidence(&opts.evidence));
            send(&mut desk, &config, &opts.signer, 0, message)?;
            let line = format!("{} replied to dispute {}", opts.signer, opts.number);
            done(desk, line, json!({ "case": opts.number, "replied": true }))
        }
        Command::Rule(opts) => {
            let message = desk.council().call_mut().rule(opts.number, opts.bps);
            let (_, given_back) = send(&mut desk, &config, &opts.signer, 0, message)?;
            closed(desk, opts.number, given_back)
        }
        Command::TimeOut(opts) => {
            let message = desk.council().call_mut().time_out(opts.number);
            let (_, given_back) = send(&mut desk, &config, &opts.signer, 0, message)?;
            closed(desk, opts.number, given_back)
        }
        Command::ClearCase(opts) => {
            let message = desk.council().call_mut().clear_case(opts.number);
            send(&mut desk, &config, &opts.signer, 0, message)?;
            let line = format!("the record of dispute {} is gone, and its deposit is back", opts.number);
            done(desk, line, json!({ "case": opts.number, "cleared": true }))
        }
        Command::Case(opts) => {
            let found = case(&desk, opts.number)?;
            let words = &desk.session.words;
            let standing = match (found.closed, found.replied_at) {
                (true, _) => "is over",
                (false, Some(_)) => "waits for a ruling",
                (false, None) => "waits for a reply",
            };
            let line = format!(
                "dispute {} {standing}: {} wants {} of {} for order {}",
                opts.number,
                words.account(&found.issuer),
                words.money(found.amount),
                words.account(&found.acceptor),
                found.number
            );
            let json = json!({
                "case": opts.number,
                "issuer": ss58(&found.issuer),
                "acceptor": ss58(&found.acceptor),
                "number": found.number,
                "amount": found.amount.to_string(),
                "reason": found.reason,
                "opened_at": found.opened_at,
                "replied_at": found.replied_at,
                "closed": found.closed,
            });
            Ok(Report::new(line, json))
        }
        Command::Conversion(opts) => conversion(desk, opts),
        Command::Convert(opts) => convert(desk, &config, opts),
        Command::Coverage(opts) => coverage(desk, opts),
        Command::CoverOne(opts) => cover_one(desk, opts),
    }
}

impl Moved {
    fn motion(&self, desk: &mut Desk, config: &Config) -> Result<Motion, Refusal> {
        let account = desk.session.account(&self.member)?;
        let cap = || match &self.cap {
            Some(text) => amount(config, "--cap", text),
            None => Err(Refusal::new("--cap is missing: how much the member may owe", "add --cap AMOUNT")),
        };
        Ok(match self.what {
            What::Admit => {
                let applied = member(desk, account)?;
                Motion::Admit { account, registry: applied.registry, profile: applied.profile, cap: cap()? }
            }
            What::Suspend => Motion::Suspend { account, reason: self.reason },
            What::Reinstate => Motion::Reinstate { account },
            What::Readmit => Motion::Readmit { account, cap: cap()? },
            What::SetCap => Motion::SetCap { account, cap: cap()? },
        })
    }
}

impl Of {
    /// Acceptor and issuer.
    fn accounts(&self, desk: &mut Desk) -> Result<(AccountId, AccountId), Refusal> {
        Ok((desk.session.account(&self.acceptor)?, desk.session.account(&self.issuer)?))
    }

    fn told(&self, words: &Words, rate: &Rate) -> String {
        let cap =
            rate.daily_cap.map(|cap| format!(", at most {} a day", words.money(cap))).unwrap_or_default();
        format!(
            "for {}'s coupons at {}, {} of 10000 of the discount from {} on{cap}",
            self.issuer,
            self.acceptor,
            rate.bps,
            times::show(rate.from)
        )
    }
}

fn propose(mut desk: Desk, config: &Config, opts: &Moved) -> Result<Report, Refusal> {
    let motion = opts.motion(&mut desk, config)?;
    let message = desk.council().call_mut().propose(motion);
    let (_, number) = send(&mut desk, config, &opts.signer, 0, message)?;
    let found = proposal(&desk, number)?;
    let line = format!("motion {number}: {}; {}", told(&desk.session.words, &motion), votes(&found));
    let json = json!({
        "motion": number,
        "votes": found.votes,
        "needed": found.needed,
        "carried": found.carried,
        "ends_at": found.ends_at,
    });
    done(desk, line, json)
}

fn rate(mut desk: Desk, opts: &Of) -> Result<Report, Refusal> {
    let (acceptor, issuer) = opts.accounts(&mut desk)?;
    let mut offered = Vec::new();
    for by in [acceptor, issuer] {
        let rate = desk.session.ask(desk.council().call().offer(acceptor, issuer, by))?;
        offered.extend(rate.map(|rate| (by, rate)));
    }
    let agreed = agreed(&desk, acceptor, issuer)?;
    let words = &desk.session.words;
    let mut report = match &agreed {
        Some(PairRate { rate, .. }) => {
            Report::new(format!("agreed last: {}", opts.told(words, rate)), json!(null))
        }
        None => Report::new("nothing agreed: the alliance's default rate holds", json!(null)),
    };
    for (by, rate) in &offered {
        report = report.line(format!("{} offers: {}", words.account(by), opts.told(words, rate)));
    }
    report.json = json!({
        "agreed": agreed.map(|found| rate_json(&found.rate)),
        "offered": offered
            .iter()
            .map(|(by, rate)| json!({ "by": ss58(by), "rate": rate_json(rate) }))
            .collect::<Vec<_>>(),
    });
    Ok(report)
}

/// What two members agreed on last, as the council told it.
fn agreed(desk: &Desk, acceptor: AccountId, issuer: AccountId) -> Result<Option<PairRate>, Refusal> {
    let history = desk.session.history()?;
    let told = history.iter().rev().filter(|event| {
        event.contract == desk.suite.council && event.topics.first() == RateAgreed::SIGNATURE_TOPIC.as_ref()
    });
    let mut rates = told.filter_map(|event| RateAgreed::decode_all(&mut event.data.as_slice()).ok());
    let found = rates.find(|event| event.acceptor == acceptor && event.issuer == issuer);
    Ok(found.map(|event| event.rate))
}

fn conversion(mut desk: Desk, opts: &Conversion) -> Result<Report, Refusal> {
    let key = desk.session.key(&opts.signer)?;
    let (takes, gives) = (coupon_id(&opts.takes)?, coupon_id(&opts.gives)?);
    let to = desk.session.account(&opts.to)?;
    let basket =
        crate::amounts::parse(&opts.basket, NATIVE_DECIMALS).map_err(|fault| fault.at("--basket"))?;
    let deadline =
        times::parse(&opts.deadline, desk.session.chain.now()).map_err(|fault| fault.at("--deadline"))?;
    let given: Option<Coupon> = desk.item(items::COUPONS, &gives.to_u64())?;
    let no_such = RegistryError::NoSuchCoupon { coupon: gives };
    let given = given.ok_or_else(|| desk.session.words.registry(&no_such))?;
    let order = Order {
        acceptor: key.account(),
        number: opts.number,
        basket,
        eligible: basket,
        basket_hash: goods(desk.suite.registry, gives, &given, to),
        deadline,
        settlement: Settlement::OffChain,
    };
    let presented: Vec<Presented> = vec![takes.into()];
    let permit = sign_order(&desk.domain(), &key, epoch(&desk, key.account())?, &presented, &order);
    let approve = desk.registry().call_mut().approve(desk.suite.council, Some(gives.into()), true);
    desk.session.send(key.account(), 0, approve, |words, error| words.psp34(error, gives))?;
    let signed = SignedOrder { order, basket: None, permit: Some(permit) };
    write_file(&opts.out, signed.to_json().as_bytes(), false)?;
    let line = format!(
        "{} gives coupon {} to {} for {}: the order is in {}",
        opts.signer,
        shown(gives),
        opts.to,
        shown(takes),
        opts.out.display()
    );
    done(desk, line, json!({ "order": opts.out, "number": opts.number, "deadline": deadline }))
}

fn convert(mut desk: Desk, config: &Config, opts: &Convert) -> Result<Report, Refusal> {
    let SignedOrder { order, permit, .. } = SignedOrder::read(&opts.order)?;
    let spent = SpendPermit::read(&opts.permit)?;
    let gives = coupon_id(&opts.gives)?;
    let to = desk.session.account(&opts.to)?;
    let coupon = spent.presented.coupon;
    let coupons = vec![CouponPermit { presented: spent.presented, permit: Some(spent.permit) }];
    let registry = desk.suite.registry;
    let permits = Permits { acceptor: permit, coupons };
    let message = desk.council().call_mut().convert(registry, registry, gives, to, (order, permits));
    let (_, redemption) = send(&mut desk, config, &opts.signer, 0, message)?;
    let redemption: shared::order::Redemption = redemption;
    let line = format!("coupon {} became {}, which is {}'s", shown(coupon), shown(gives), opts.to);
    let json = json!({
        "spent": shown(coupon),
        "coupon": shown(gives),
        "to": ss58(&to),
        "discount": redemption.discount().to_string(),
    });
    done(desk, line, json)
}

fn coverage(desk: Desk, opts: &OneCoupon) -> Result<Report, Refusal> {
    let coupon = coupon_id(&opts.coupon)?;
    let found = desk.look(desk.council().call().coverage(desk.suite.registry, coupon))?;
    let found = found.ok_or_else(|| desk.session.words.registry(&RegistryError::NoSuchCoupon { coupon }))?;
    let words = &desk.session.words;
    let json = json!({
        "coupon": shown(coupon),
        "issuer": ss58(&found.issuer),
        "escrow": found.escrow.to_string(),
        "headroom": found.headroom.to_string(),
        "fund": found.fund.to_string(),
    });
    Ok(Report::new(format!("coupon {} of {}", shown(coupon), words.account(&found.issuer)), json)
        .line(format!("its own escrow: {}", words.money(found.escrow)))
        .line(format!("what its issuer may still come to owe: {}", words.money(found.headroom)))
        .line(format!("the alliance's fund: {}", words.money(found.fund))))
}

fn cover_one(mut desk: Desk, opts: &Candidates) -> Result<Report, Refusal> {
    let members: Result<Vec<_>, _> = opts.members.iter().map(|name| desk.session.account(name)).collect();
    let found = desk.look(desk.council().call().cover_one(members?))?;
    let words = &desk.session.words;
    let line = match &found.largest {
        None => "none of them owes more than it has put up".to_owned(),
        Some(largest) => format!(
            "{} would leave {} open, and the fund of {} {}",
            words.account(largest),
            words.money(found.short),
            words.money(found.fund),
            if found.covered { "covers it" } else { "doesn't cover it" }
        ),
    };
    let json = json!({
        "largest": found.largest.as_ref().map(ss58),
        "short": found.short.to_string(),
        "fund": found.fund.to_string(),
        "covered": found.covered,
    });
    Ok(Report::new(line, json))
}

fn closed(desk: Desk, number: u32, given_back: Balance) -> Result<Report, Refusal> {
    let money = desk.session.words.money(given_back);
    let line = format!("dispute {number} is over: the acceptor gives {money} back");
    done(desk, line, json!({ "case": number, "given_back": given_back.to_string() }))
}

fn proposal(desk: &Desk, number: u32) -> Result<Proposal, Refusal> {
    let found = desk.session.ask(desk.council().call().proposal(number))?;
    found.ok_or_else(|| desk.session.words.alliance(&AllianceError::NoSuchProposal { proposal: number }))
}

fn case(desk: &Desk, number: u32) -> Result<Case, Refusal> {
    let found = desk.session.ask(desk.council().call().case(number))?;
    found.ok_or_else(|| desk.session.words.alliance(&AllianceError::NoSuchCase { case: number }))
}

/// What a motion is about.
pub(crate) fn told(words: &Words, motion: &Motion) -> String {
    let name = words.account(&motion.account());
    match motion {
        Motion::Admit { cap, .. } => format!("{name} is admitted and may owe up to {}", words.money(*cap)),
        Motion::Suspend { reason, .. } => format!("{name} is suspended, for reason {reason}"),
        Motion::Reinstate { .. } => format!("{name}'s suspension ends"),
        Motion::Readmit { cap, .. } => {
            format!("{name} is taken back and may owe up to {}", words.money(*cap))
        }
        Motion::SetCap { cap, .. } => format!("{name} may owe up to {}", words.money(*cap)),
    }
}

/// How a motion's vote stands.
pub(crate) fn votes(found: &Proposal) -> String {
    let how = if found.carried { "carried" } else { "not carried yet" };
    format!("{} of {} votes, {how}", found.votes, found.needed)
}

fn rate_json(rate: &Rate) -> serde_json::Value {
    json!({ "bps": rate.bps, "from": rate.from, "daily_cap": rate.daily_cap.map(|cap| cap.to_string()) })
}

/// What goes on chain of a text that proves something.
pub(crate) fn evidence(text: &str) -> Hash {
    Blake2b::<U32>::digest(text).into()
}
