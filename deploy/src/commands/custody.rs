//! `couponry custody`: payments that are held while the customer may dispute them.

use crate::{
    amounts::Unit,
    commands::{
        campaign::value_of,
        quote::{ask, Presenting},
    },
    context::{cannot, write_file, Context, Desk, Report},
    live::OpenChain,
    orders::{digest_bytes, sign_order, SignedOrder, SpendPermit},
    refusals::{Refusal, Words},
    suite::{custody_code, open_custody},
    times,
};
use builder::Options;
use chain::{keys::ss58, AccountId, Chain};
use clap::{Args, Subcommand};
use custody::{error::CustodyError, payments::Split, terms::HoldingTerms, CustodyRef};
use ink::{codegen::TraitCallBuilder, env::call::FromAccountId};
use serde_json::{json, Value};
use shared::{
    assets::Asset,
    permit::{CouponPermit, Domain, Permits},
};
use std::{fs, path::PathBuf};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Opens custody beside the suite; nobody owns it
    #[command(after_help = "Example: couponry custody open --as operator")]
    Open(Open),
    /// Sets a merchant's terms for payments from now on, and makes custody its cashier
    #[command(after_help = "What was signed under earlier terms is void; what is held keeps its terms.

Example: couponry custody terms --resolver chamber --dispute 14d --rule 7d --unruled-bps 5000 --as bakery")]
    Terms(TermsOpts),
    /// Signs an order for being paid through custody, with exactly these coupons
    #[command(after_help = "The order is one that `order sign` wrote, settled off chain.

Example: couponry custody sign --order order.json --coupon 1/1 --as bakery --out held.json")]
    Sign(Sign),
    /// Pays a signed order: the coupons are spent, and the money is held
    #[command(after_help = "Example: couponry custody pay --order held.json --permit permit.json --as anna")]
    Pay(Pay),
    /// Disputes a payment
    #[command(
        after_help = "Example: couponry custody dispute bakery 8 --reason 1 --evidence 'lovely' --as anna"
    )]
    Dispute(Dispute),
    /// Answers a dispute, once
    #[command(after_help = "Example: couponry custody reply 8 --evidence 'lovely' --as bakery")]
    Reply(Reply),
    /// Rules on a disputed payment: the payer's share of it
    #[command(after_help = "Example: couponry custody rule bakery 8 --payer-bps 2500 --as chamber")]
    Rule(Rule),
    /// Ends a payment whose time is up
    #[command(after_help = "Example: couponry custody settle bakery 8 --as anna")]
    Settle(Settle),
    /// Gives a payment back, or a part of it
    #[command(after_help = "Example: couponry custody give-back 8 --amount 2.50 --as bakery")]
    GiveBack(GiveBack),
    /// Collects a payment that could not be delivered
    #[command(after_help = "Example: couponry custody withdraw --as anna")]
    Withdraw(Withdraw),
    /// Shows a merchant's terms, or a payment
    #[command(after_help = "Example: couponry custody show bakery 8")]
    Show(Show),
}

#[derive(Args, Debug)]
pub struct Open {
    /// Who pays
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
    /// The builder's output folder [default: ink under the target folder]
    #[arg(long, value_name = "DIR")]
    bundles: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct TermsOpts {
    /// Who rules on disputes
    #[arg(long, value_name = "NAME")]
    resolver: String,
    /// How long a payment can be disputed
    #[arg(long, default_value = "14d")]
    dispute: String,
    /// How long a dispute can be ruled
    #[arg(long, default_value = "7d")]
    rule: String,
    /// The payer's share where nobody rules
    #[arg(long, default_value_t = 5_000)]
    unruled_bps: u16,
    /// The merchant
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Sign {
    /// The order file, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    order: String,
    #[command(flatten)]
    presenting: Presenting,
    /// The acceptor
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
pub struct Pay {
    /// The order as `custody sign` wrote it
    #[arg(long, value_name = "FILE")]
    order: String,
    /// A holder's permit, the payer's own too; repeat it for more coupons, in the order they apply
    #[arg(long, value_name = "FILE", required = true)]
    permit: Vec<String>,
    /// Who pays
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Dispute {
    /// Who was paid
    acceptor: String,
    /// The order's number
    number: u64,
    /// A code of the resolver's list
    #[arg(long)]
    reason: u8,
    /// What supports it: a file, 32 bytes of hex, or a text; only its hash goes on chain
    #[arg(long, default_value = "")]
    evidence: String,
    /// The payer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Reply {
    /// The order's number
    number: u64,
    /// What supports it: a file, 32 bytes of hex, or a text; only its hash goes on chain
    #[arg(long, default_value = "")]
    evidence: String,
    /// The acceptor
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Rule {
    /// Who was paid
    acceptor: String,
    /// The order's number
    number: u64,
    /// The payer's share of what is held
    #[arg(long)]
    payer_bps: u16,
    /// The resolver
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Settle {
    /// Who was paid
    acceptor: String,
    /// The order's number
    number: u64,
    /// Anyone
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct GiveBack {
    /// The order's number
    number: u64,
    /// How much [default: all that is held]
    #[arg(long)]
    amount: Option<String>,
    /// The acceptor
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Withdraw {
    /// A PSP22 token's address [default: the native token]
    #[arg(long, value_name = "ADDRESS")]
    token: Option<String>,
    /// Whose
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Show {
    /// The merchant
    merchant: String,
    /// An order's number
    number: Option<u64>,
}

/// # Errors
/// What can't be read or written, or custody's refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    let desk = ctx.desk()?;
    match command {
        Command::Open(opts) => open(desk, opts),
        Command::Terms(opts) => terms(desk, opts),
        Command::Sign(opts) => sign(desk, opts),
        Command::Pay(opts) => pay(desk, opts),
        Command::Dispute(opts) => dispute(desk, opts),
        Command::Reply(opts) => reply(desk, opts),
        Command::Rule(opts) => rule(desk, opts),
        Command::Settle(opts) => settle(desk, opts),
        Command::GiveBack(opts) => give_back(desk, opts),
        Command::Withdraw(opts) => withdraw(desk, opts),
        Command::Show(opts) => show(desk, opts),
    }
}

/// Where custody stands.
/// # Errors
/// It is not open.
pub(crate) fn custody(desk: &Desk) -> Result<CustodyRef, Refusal> {
    Ok(CustodyRef::from_account_id(address(desk)?))
}

/// # Errors
/// It is not open.
pub(crate) fn address(desk: &Desk) -> Result<AccountId, Refusal> {
    desk.suite.custody.ok_or_else(|| {
        Refusal::new("custody is not open on this chain", "run `couponry custody open --as NAME`")
    })
}

fn open(mut desk: Desk, opts: &Open) -> Result<Report, Refusal> {
    let signer = desk.session.signer(&opts.signer)?.account();
    if desk.suite.custody.is_some() {
        return Err(Refusal::new(
            "custody is open on this chain already",
            "nothing to do; `couponry chain status` says where it is",
        ));
    }
    if let OpenChain::Live(_) = desk.session.chain {
        return Err(Refusal::new(
            "on a live chain custody is opened by a step of the deployment, so that it can be planned and verified",
            "run `couponry deploy --custody` with the accounts and rules of that deployment",
        ));
    }
    let bundles = opts.bundles.clone().unwrap_or_else(|| Options::of_this_checkout().out_dir);
    let code = custody_code(&bundles)
        .map_err(|fault| Refusal::new(fault.to_string(), "run `couponry build` first"))?;
    let opened = open_custody(&mut desk.session.chain, signer, &code, &desk.suite, &[]);
    let custody = desk.session.explained(opened)?;
    done(desk, format!("custody is open: {}", ss58(&custody)), json!({ "custody": ss58(&custody) }))
}

fn terms(mut desk: Desk, opts: &TermsOpts) -> Result<Report, Refusal> {
    let (mut custody, here) = (custody(&desk)?, address(&desk)?);
    let merchant = desk.session.signer(&opts.signer)?.account();
    let terms = HoldingTerms {
        registry: desk.suite.registry,
        resolver: desk.session.account(&opts.resolver)?,
        time_to_dispute: times::period(&opts.dispute).map_err(|fault| fault.at("--dispute"))?,
        time_to_rule: times::period(&opts.rule).map_err(|fault| fault.at("--rule"))?,
        unruled_bps: opts.unruled_bps,
    };
    let message = custody.call_mut().set_terms(terms);
    let (epoch, _) = desk.session.send(merchant, 0, message, Words::custody)?;
    // So that orders which come through custody count as accepted by the merchant.
    let trust = desk.office().call_mut().set_role(here, false, true, None);
    desk.session.send(merchant, 0, trust, Words::registry)?;
    let line = format!(
        "{}'s payments can be disputed for {}, and {} rules within {}",
        opts.signer, opts.dispute, opts.resolver, opts.rule
    );
    done(desk, line, json!({ "merchant": ss58(&merchant), "terms": epoch }))
}

fn sign(mut desk: Desk, opts: &Sign) -> Result<Report, Refusal> {
    let (custody, here) = (custody(&desk)?, address(&desk)?);
    let signer = desk.session.key(&opts.signer)?;
    let mut signed = SignedOrder::read(&opts.order)?;
    let (acceptor, number) = (signed.order.acceptor, signed.order.number);
    if acceptor != signer.account() {
        return Err(Refusal::new(
            format!("order {number} is {}'s", desk.session.words.account(&acceptor)),
            "the acceptor itself signs for custody",
        ));
    }
    let presented = opts.presenting.read(&mut desk)?;
    let merchant = desk.session.ask(custody.call().terms(acceptor))?;
    let no_terms = || desk.session.words.custody(&CustodyError::NoTerms { acceptor });
    let epoch = merchant.ok_or_else(no_terms)?.epoch;
    let domain = Domain { chain_tag: desk.session.chain.genesis(), contract: here };
    signed.permit = Some(sign_order(&domain, &signer, epoch, &presented, &signed.order));
    write_file(&opts.out, signed.to_json().as_bytes(), false)?;
    Ok(Report::new(
        format!("order {number}, to be paid through custody, is in {}", opts.out.display()),
        json!({ "order": opts.out, "acceptor": ss58(&acceptor), "number": number, "terms": epoch }),
    ))
}

fn pay(mut desk: Desk, opts: &Pay) -> Result<Report, Refusal> {
    let (mut custody, here) = (custody(&desk)?, address(&desk)?);
    let payer = desk.session.signer(&opts.signer)?.account();
    let SignedOrder { order, permit, .. } = SignedOrder::read(&opts.order)?;
    let (acceptor, number) = (order.acceptor, order.number);
    let permit = permit.ok_or_else(|| {
        Refusal::new(
            format!("order {number} isn't signed for custody"),
            "the acceptor signs it: `couponry custody sign`",
        )
    })?;
    let mut coupons = Vec::new();
    for source in &opts.permit {
        let SpendPermit { presented, permit } = SpendPermit::read(source)?;
        desk.campaign(presented.coupon.campaign)?;
        coupons.push(CouponPermit { presented, permit: Some(permit) });
    }
    let presented = Permits { acceptor: None, coupons: coupons.clone() }.presented();
    // Custody is the acceptor's cashier, so it is as if that asked.
    let asset = match presented.first() {
        Some(first) => desk.campaign(first.coupon.campaign)?.0.terms.asset,
        None => Asset::Native,
    };
    let value = match asset {
        Asset::Native => value_of(asset, ask(&desk, order.clone(), &presented, here)?.net),
        Asset::Psp22(_) => 0,
    };
    let message = custody.call_mut().pay(order, coupons, permit.permit);
    let (net, _) = desk.session.send(payer, value, message, Words::custody)?;
    let held = desk.session.ask(custody.call().payment(acceptor, number))?;
    let until = held.map(|held| held.disputable_until).unwrap_or_default();
    let line = format!(
        "{} for order {number} is held, and can be disputed until {}",
        desk.session.words.money(net),
        times::show(until)
    );
    let json = json!({
        "acceptor": ss58(&acceptor), "number": number, "held": net.to_string(), "disputable_until": until,
    });
    done(desk, line, json)
}

fn dispute(mut desk: Desk, opts: &Dispute) -> Result<Report, Refusal> {
    let mut custody = custody(&desk)?;
    let payer = desk.session.signer(&opts.signer)?.account();
    let acceptor = counted(&mut desk, &opts.acceptor, opts.number)?;
    let evidence = evidence(&opts.evidence)?;
    let message = custody.call_mut().dispute(acceptor, opts.number, opts.reason, evidence);
    let (until, _) = desk.session.send(payer, 0, message, Words::custody)?;
    let line = format!(
        "the payment for order {} is disputed, and can be ruled until {}",
        opts.number,
        times::show(until)
    );
    let json = json!({
        "number": opts.number, "evidence": format!("0x{}", hex::encode(evidence)), "ruled_until": until,
    });
    done(desk, line, json)
}

fn reply(mut desk: Desk, opts: &Reply) -> Result<Report, Refusal> {
    let mut custody = custody(&desk)?;
    let acceptor = desk.session.signer(&opts.signer)?.account();
    let evidence = evidence(&opts.evidence)?;
    let message = custody.call_mut().reply(opts.number, evidence);
    desk.session.send(acceptor, 0, message, Words::custody)?;
    let json = json!({ "number": opts.number, "evidence": format!("0x{}", hex::encode(evidence)) });
    done(desk, format!("the dispute of order {} is answered", opts.number), json)
}

fn rule(mut desk: Desk, opts: &Rule) -> Result<Report, Refusal> {
    let mut custody = custody(&desk)?;
    let resolver = desk.session.signer(&opts.signer)?.account();
    let acceptor = counted(&mut desk, &opts.acceptor, opts.number)?;
    let message = custody.call_mut().rule(acceptor, opts.number, opts.payer_bps);
    let (split, _) = desk.session.send(resolver, 0, message, Words::custody)?;
    ended(desk, opts.number, split)
}

fn settle(mut desk: Desk, opts: &Settle) -> Result<Report, Refusal> {
    let mut custody = custody(&desk)?;
    let caller = desk.session.signer(&opts.signer)?.account();
    let acceptor = counted(&mut desk, &opts.acceptor, opts.number)?;
    let message = custody.call_mut().settle(acceptor, opts.number);
    let (split, _) = desk.session.send(caller, 0, message, Words::custody)?;
    ended(desk, opts.number, split)
}

fn give_back(mut desk: Desk, opts: &GiveBack) -> Result<Report, Refusal> {
    let mut custody = custody(&desk)?;
    let acceptor = desk.session.signer(&opts.signer)?.account();
    let held = desk.session.ask(custody.call().payment(acceptor, opts.number))?;
    let (asset, all) = held.map_or((Asset::Native, 0), |held| (held.asset, held.amount));
    desk.session.words.count_in(asset);
    let amount = match &opts.amount {
        Some(text) => Unit::of(asset).read(text).map_err(|fault| fault.at("--amount"))?,
        None => all,
    };
    let message = custody.call_mut().give_back(opts.number, amount);
    let (left, _) = desk.session.send(acceptor, 0, message, Words::custody)?;
    let words = &desk.session.words;
    let line =
        format!("{} goes back to the payer, and {} is still held", words.money(amount), words.money(left));
    let json = json!({ "number": opts.number, "given_back": amount.to_string(), "held": left.to_string() });
    done(desk, line, json)
}

fn withdraw(mut desk: Desk, opts: &Withdraw) -> Result<Report, Refusal> {
    let mut custody = custody(&desk)?;
    let account = desk.session.signer(&opts.signer)?.account();
    let asset = match &opts.token {
        Some(token) => Asset::Psp22(desk.session.account(token)?),
        None => Asset::Native,
    };
    desk.session.words.count_in(asset);
    let message = custody.call_mut().withdraw(asset);
    let (amount, _) = desk.session.send(account, 0, message, Words::custody)?;
    let line = format!("{} was paid {}", opts.signer, desk.session.words.money(amount));
    done(desk, line, json!({ "account": ss58(&account), "paid": amount.to_string() }))
}

fn show(mut desk: Desk, opts: &Show) -> Result<Report, Refusal> {
    let custody = custody(&desk)?;
    let acceptor = desk.session.account(&opts.merchant)?;
    let Some(number) = opts.number else {
        let merchant = desk.session.ask(custody.call().terms(acceptor))?;
        let no_terms = || desk.session.words.custody(&CustodyError::NoTerms { acceptor });
        let merchant = merchant.ok_or_else(no_terms)?;
        let terms = merchant.terms;
        let line = format!(
            "terms {} of {}: {} ms to dispute, {} ms for {} to rule, {} bps to the payer where it doesn't",
            merchant.epoch,
            opts.merchant,
            terms.time_to_dispute,
            terms.time_to_rule,
            desk.session.words.account(&terms.resolver),
            terms.unruled_bps
        );
        let json = json!({
            "merchant": ss58(&acceptor),
            "terms": merchant.epoch,
            "registry": ss58(&terms.registry),
            "resolver": ss58(&terms.resolver),
            "time_to_dispute": terms.time_to_dispute,
            "time_to_rule": terms.time_to_rule,
            "unruled_bps": terms.unruled_bps,
        });
        return Ok(Report::new(line, json));
    };
    let held = desk.session.ask(custody.call().payment(acceptor, number))?;
    let gone = || desk.session.words.custody(&CustodyError::NoSuchPayment { acceptor, number });
    let held = held.ok_or_else(gone)?;
    desk.session.words.count_in(held.asset);
    let words = &desk.session.words;
    let sum =
        format!("{} of {} for order {number} is held", words.money(held.amount), words.account(&held.payer));
    let line = match held.dispute {
        None => format!("{sum}, and can be disputed until {}", times::show(held.disputable_until)),
        Some(dispute) => {
            let answer = if dispute.reply.is_some() { "answered" } else { "not answered" };
            let until = times::show(dispute.ruled_until);
            format!("{sum} and disputed (reason {}, {answer}); it can be ruled until {until}", dispute.reason)
        }
    };
    let hash = |hash: [u8; 32]| format!("0x{}", hex::encode(hash));
    let dispute = held.dispute.map(|dispute| {
        json!({
            "reason": dispute.reason,
            "evidence": hash(dispute.evidence),
            "ruled_until": dispute.ruled_until,
            "reply": dispute.reply.map(hash),
        })
    });
    let json = json!({
        "acceptor": ss58(&acceptor),
        "number": number,
        "payer": ss58(&held.payer),
        "held": held.amount.to_string(),
        "resolver": ss58(&held.resolver),
        "disputable_until": held.disputable_until,
        "unruled_bps": held.unruled_bps,
        "dispute": dispute,
    });
    Ok(Report::new(line, json))
}

/// The acceptor; amounts are in the payment's asset from now on.
fn counted(desk: &mut Desk, acceptor: &str, number: u64) -> Result<AccountId, Refusal> {
    let acceptor = desk.session.account(acceptor)?;
    if let Some(held) = desk.session.ask(custody(desk)?.call().payment(acceptor, number))? {
        desk.session.words.count_in(held.asset);
    }
    Ok(acceptor)
}

/// The blake2b-256 of a file or a text; 32 bytes of hex as they are.
fn evidence(source: &str) -> Result<[u8; 32], Refusal> {
    if let Some(hash) = digest_bytes(source) {
        return Ok(hash);
    }
    let path = std::path::Path::new(source);
    let bytes = if path.is_file() {
        fs::read(path).map_err(|why| cannot("read", path, &why))?
    } else {
        source.as_bytes().to_vec()
    };
    Ok(<blake2::Blake2b<blake2::digest::consts::U32> as blake2::Digest>::digest(bytes).into())
}

fn ended(desk: Desk, number: u64, split: Split) -> Result<Report, Refusal> {
    let words = &desk.session.words;
    let line = format!(
        "order {number}: {} goes to the payer, {} to the acceptor",
        words.money(split.to_payer),
        words.money(split.to_acceptor)
    );
    let json = json!({
        "number": number,
        "to_payer": split.to_payer.to_string(),
        "to_acceptor": split.to_acceptor.to_string(),
    });
    done(desk, line, json)
}

fn done(desk: Desk, line: String, json: Value) -> Result<Report, Refusal> {
    desk.session.save()?;
    Ok(Report::new(line, json))
}
