//! `couponry alliance`: joining, collateral, cycles and settlement.

use crate::{
    amounts::Unit,
    commands::campaign::value_of,
    context::{Context, Desk, Report},
    refusals::{Refusal, Words},
    times,
};
use alliance::{
    config::Config,
    error::AllianceError,
    members::{Member, Status},
};
use blake2::{digest::consts::U32, Blake2b, Digest};
use chain::{keys::ss58, AccountId, Balance, Chain as _, Message, TypedChain};
use clap::{Args, Subcommand};
use ink::codegen::TraitCallBuilder;
use scale::{Decode, Encode};
use serde_json::json;
use shared::alliance::council::Motion;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Applies for membership, and pays the joining fee
    #[command(after_help = "Example: couponry alliance apply --profile 'Bakery, High Street 1' --as bakery")]
    Apply(Apply),
    /// Admits an applicant
    #[command(after_help = "Example: couponry alliance admit bakery --cap 500 --as operator")]
    Admit(Admit),
    /// Puts up collateral
    #[command(after_help = "Example: couponry alliance collateral 200 --as bakery")]
    Collateral(Amount),
    /// Takes back collateral that covers no debt
    #[command(after_help = "Example: couponry alliance withdraw-collateral 50 --as bakery")]
    WithdrawCollateral(Amount),
    /// Closes the cycle whose time is up, for the bounty
    #[command(after_help = "Example: couponry alliance close --as anna")]
    Close(ByAnyone),
    /// Pays what a member owes of the last cycle
    #[command(after_help = "Example: couponry alliance pay-in --as bakery")]
    PayIn(PayIn),
    /// After the cut-off, finds what a member didn't pay: in its collateral, the fund, and with its creditors
    #[command(after_help = "Example: couponry alliance default bakery --as anna")]
    Default(ForMember),
    /// Pays the fund what others bore of a member's default
    #[command(after_help = "Example: couponry alliance make-good 20 --member bakery --as bakery")]
    MakeGood(MakeGood),
    /// Adds to the fund, for good
    #[command(after_help = "Example: couponry alliance endow 100 --as operator")]
    Endow(Amount),
    /// Pays a member what it earned in settled cycles
    #[command(after_help = "Example: couponry alliance payout cafe --as cafe")]
    Payout(ForMember),
    /// Says that a member leaves; it stays answerable for the tail
    #[command(after_help = "Example: couponry alliance leave --as bakery")]
    Leave(ByAnyone),
    /// Goes, with the collateral and the share in the fund
    #[command(after_help = "Example: couponry alliance exit --as bakery")]
    Exit(ByAnyone),
    /// Says where the cycle, the fund and a member stand
    #[command(after_help = "Example: couponry alliance status bakery")]
    Status(StatusOpts),
}

#[derive(Args, Debug)]
pub struct Apply {
    /// What the member says of itself; only its hash goes on chain
    #[arg(long, default_value = "")]
    profile: String,
    /// Where the profile is
    #[arg(long, default_value = "")]
    uri: String,
    /// The applicant
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Admit {
    /// The applicant
    member: String,
    /// The most it may owe
    #[arg(long, value_name = "AMOUNT")]
    cap: String,
    /// The operator
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Amount {
    /// In the alliance's asset
    amount: String,
    /// The member
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct ByAnyone {
    /// Who calls
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct PayIn {
    /// How much [default: all that is due]
    #[arg(long)]
    amount: Option<String>,
    /// The member [default: who pays]
    #[arg(long)]
    member: Option<String>,
    /// Who pays
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct MakeGood {
    /// In the alliance's asset
    amount: String,
    /// The member [default: who pays]
    #[arg(long)]
    member: Option<String>,
    /// Who pays
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct ForMember {
    /// The member
    member: String,
    /// Who calls
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct StatusOpts {
    /// A member
    member: Option<String>,
}

/// # Errors
/// What can't be read, or the alliance's refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let config = desk.look(desk.council().call().config())?;
    desk.session.words.count_in(config.asset);
    match command {
        Command::Apply(opts) => {
            let profile = Blake2b::<U32>::digest(&opts.profile).into();
            let uri = opts.uri.clone().into_bytes();
            let message = desk.council().call_mut().apply(desk.suite.registry, profile, uri);
            let applied = desk.look(desk.council().call().cycle())?.applied;
            let applicant = desk.session.signer(&opts.signer)?.account();
            let waived = desk.session.ask(desk.council().call().is_fee_waived(applicant))?;
            let joining = config.joining;
            let fee = if waived { 0 } else { joining.fee_at(applied, desk.session.chain.now()) };
            let due = fee.saturating_add(joining.fund_share);
            let (member, ()) = send(&mut desk, &config, &opts.signer, due, message)?;
            // So that orders which come through the alliance count as accepted by the member.
            let trust = desk.office().call_mut().set_role(desk.suite.alliance, false, true, None);
            let trusted = desk.session.chain.call_typed(member, 0, trust).map(|_| ());
            desk.session.explained(trusted)?;
            done(desk, format!("{} has applied", opts.signer), json!({ "member": ss58(&member) }))
        }
        Command::Admit(opts) => {
            let member = desk.session.account(&opts.member)?;
            let cap = amount(&config, "--cap", &opts.cap)?;
            let applicant = self::member(&desk, member)?;
            let motion = Motion::Admit {
                account: member,
                registry: applicant.registry,
                profile: applicant.profile,
                cap,
            };
            let message = desk.council().call_mut().decide(motion);
            send(&mut desk, &config, &opts.signer, 0, message)?;
            let line =
                format!("{} is a member and may owe up to {}", opts.member, desk.session.words.money(cap));
            done(desk, line, json!({ "member": ss58(&member), "cap": cap.to_string() }))
        }
        Command::Collateral(opts) => {
            let amount = amount(&config, "amount", &opts.amount)?;
            let message = desk.council().call_mut().deposit_collateral(amount);
            let (member, ()) = send(&mut desk, &config, &opts.signer, amount, message)?;
            collateral(desk, member, &opts.signer)
        }
        Command::WithdrawCollateral(opts) => {
            let amount = amount(&config, "amount", &opts.amount)?;
            let message = desk.council().call_mut().withdraw_collateral(amount);
            let (member, ()) = send(&mut desk, &config, &opts.signer, 0, message)?;
            collateral(desk, member, &opts.signer)
        }
        Command::Close(opts) => {
            let message = desk.council().call_mut().close_cycle();
            let (_, bounty) = send(&mut desk, &config, &opts.signer, 0, message)?;
            let closed = desk.look(desk.council().call().cycle())?.closed;
            let line = format!(
                "cycle {} is closed: {} to be paid in by {}",
                closed.cycle.number,
                desk.session.words.money(closed.owed()),
                times::show(closed.cut_off)
            );
            let json = json!({
                "cycle": closed.cycle.number,
                "debits": closed.cycle.debits.to_string(),
                "cut_off": closed.cut_off,
                "bounty": bounty.to_string(),
            });
            done(desk, line, json)
        }
        Command::PayIn(opts) => pay_in(desk, &config, opts),
        Command::Default(opts) => default(desk, &config, opts),
        Command::MakeGood(opts) => {
            let name = opts.member.as_ref().unwrap_or(&opts.signer);
            let account = desk.session.account(name)?;
            let amount = amount(&config, "amount", &opts.amount)?;
            let message = desk.council().call_mut().make_good(account, amount);
            send(&mut desk, &config, &opts.signer, amount, message)?;
            let line = format!("{} made good for {name}", desk.session.words.money(amount));
            done(desk, line, json!({ "member": ss58(&account), "made_good": amount.to_string() }))
        }
        Command::Endow(opts) => {
            let amount = amount(&config, "amount", &opts.amount)?;
            let message = desk.council().call_mut().endow(amount);
            send(&mut desk, &config, &opts.signer, amount, message)?;
            let fund = desk.look(desk.council().call().cycle())?.fund;
            let line = format!("the fund has {}", desk.session.words.money(fund));
            done(desk, line, json!({ "endowed": amount.to_string(), "fund": fund.to_string() }))
        }
        Command::Payout(opts) => {
            let member = desk.session.account(&opts.member)?;
            let message = desk.council().call_mut().payout(member);
            let (_, amount) = send(&mut desk, &config, &opts.signer, 0, message)?;
            let line = format!("{} was paid {}", opts.member, desk.session.words.money(amount));
            done(desk, line, json!({ "member": ss58(&member), "paid": amount.to_string() }))
        }
        Command::Leave(opts) => {
            let message = desk.council().call_mut().leave();
            let (member, ()) = send(&mut desk, &config, &opts.signer, 0, message)?;
            let line = format!("{} leaves the alliance, and stays answerable for its tail", opts.signer);
            done(desk, line, json!({ "member": ss58(&member) }))
        }
        Command::Exit(opts) => {
            let message = desk.council().call_mut().exit();
            let (member, ()) = send(&mut desk, &config, &opts.signer, 0, message)?;
            let line = format!("{} has left the alliance with its collateral", opts.signer);
            done(desk, line, json!({ "member": ss58(&member) }))
        }
        Command::Status(opts) => status(desk, opts),
    }
}

fn pay_in(mut desk: Desk, config: &Config, opts: &PayIn) -> Result<Report, Refusal> {
    let name = opts.member.as_ref().unwrap_or(&opts.signer);
    let account = desk.session.account(name)?;
    let amount = match &opts.amount {
        Some(text) => amount(config, "--amount", text)?,
        None => member(&desk, account)?.due.owed(),
    };
    let message = desk.council().call_mut().pay_in(account, amount);
    send(&mut desk, config, &opts.signer, amount, message)?;
    let line = format!("{} paid in for {name}", desk.session.words.money(amount));
    done(desk, line, json!({ "member": ss58(&account), "paid_in": amount.to_string() }))
}

fn default(mut desk: Desk, config: &Config, opts: &ForMember) -> Result<Report, Refusal> {
    let account = desk.session.account(&opts.member)?;
    let message = desk.council().call_mut().declare_default(account);
    let (_, found) = send(&mut desk, config, &opts.signer, 0, message)?;
    let words = &desk.session.words;
    let line = format!(
        "{} has defaulted: {} from its credit, {} from its collateral, {} from its share, {} from the fund, {} cut from creditors, {} waits",
        opts.member,
        words.money(found.credit),
        words.money(found.collateral),
        words.money(found.fund_share),
        words.money(found.fund),
        words.money(found.cut),
        words.money(found.waiting)
    );
    let json = json!({
        "member": ss58(&account),
        "credit": found.credit.to_string(),
        "collateral": found.collateral.to_string(),
        "fund_share": found.fund_share.to_string(),
        "fund": found.fund.to_string(),
        "cut": found.cut.to_string(),
        "waiting": found.waiting.to_string(),
    });
    done(desk, line, json)
}

fn status(mut desk: Desk, opts: &StatusOpts) -> Result<Report, Refusal> {
    let books = desk.look(desk.council().call().cycle())?;
    let words = &desk.session.words;
    let (cycle, closed) = (books.cycle, books.closed);
    let mut report = Report::new(
        format!("cycle {} is open since {}", cycle.number, times::show(cycle.opened_at)),
        json!({
            "cycle": cycle.number,
            "opened_at": cycle.opened_at,
            "debits": cycle.debits.to_string(),
            "closed": closed.cycle.number,
            "closed_debits": closed.cycle.debits.to_string(),
            "closed_paid_in": closed.paid_in.to_string(),
            "cut_off": closed.cut_off,
            "fund": books.fund.to_string(),
        }),
    )
    .line(format!("members in debt owe {} in it", words.money(cycle.debits)))
    .line(format!(
        "cycle {}: {} of {} paid in, by {}",
        closed.cycle.number,
        words.money(closed.paid_in),
        words.money(closed.cycle.debits),
        times::show(closed.cut_off)
    ))
    .line(format!("the fund has {}", words.money(books.fund)));
    if let Some(name) = &opts.member {
        let account = desk.session.account(name)?;
        let member = member(&desk, account)?;
        let headroom = desk.look(desk.council().call().headroom(account))?;
        let words = &desk.session.words;
        let standing = match member.status {
            Status::Applied => "has applied",
            Status::Active => "is a member",
            Status::Leaving => "leaves",
            Status::Suspended => "is suspended",
            Status::Defaulted => "has defaulted",
        };
        report = report
            .line(format!(
                "{name} {standing}: {} this cycle, {} of the last, {} to collect",
                words.signed(member.open.position()),
                words.signed(member.due.position()),
                words.money(member.credit)
            ))
            .line(format!(
                "its collateral is {}, and it may come to owe {} more",
                words.money(member.collateral),
                words.money(headroom)
            ));
        if let Some(fields) = report.json.as_object_mut() {
            fields.insert(
                "member".to_owned(),
                json!({
                    "account": ss58(&account),
                    "active": member.status == Status::Active,
                    "collateral": member.collateral.to_string(),
                    "cap": member.cap.to_string(),
                    "unpaid": member.unpaid.to_string(),
                    "open": member.open.position().to_string(),
                    "due": member.due.position().to_string(),
                    "credit": member.credit.to_string(),
                    "headroom": headroom.to_string(),
                }),
            );
        }
    }
    Ok(report)
}

pub(super) fn send<A: Encode, R: Decode>(
    desk: &mut Desk,
    config: &Config,
    signer: &str,
    amount: Balance,
    message: Message<A, Result<R, AllianceError>>,
) -> Result<(AccountId, R), Refusal> {
    let signer = desk.session.signer(signer)?.account();
    let value = value_of(config.asset, amount);
    let (answer, _) = desk.session.send(signer, value, message, Words::alliance)?;
    Ok((signer, answer))
}

fn collateral(desk: Desk, account: AccountId, name: &str) -> Result<Report, Refusal> {
    let collateral = member(&desk, account)?.collateral;
    let line = format!("{name}'s collateral is {}", desk.session.words.money(collateral));
    done(desk, line, json!({ "member": ss58(&account), "collateral": collateral.to_string() }))
}

pub(super) fn member(desk: &Desk, account: AccountId) -> Result<Member, Refusal> {
    desk.look(desk.council().call().member(account))?
        .ok_or_else(|| desk.session.words.alliance(&AllianceError::NotMember { account }))
}

pub(super) fn amount(config: &Config, field: &str, text: &str) -> Result<Balance, Refusal> {
    Unit::of(config.asset).read(text).map_err(|fault| fault.at(field))
}

pub(super) fn done(desk: Desk, line: String, json: serde_json::Value) -> Result<Report, Refusal> {
    desk.session.save()?;
    Ok(Report::new(line, json))
}
