//! `couponry statement`: what a member owed and was owed, from events alone.

use crate::{
    audit::{
        self,
        statement::{Kind, Statement},
        AuditError, Files,
    },
    context::{write_file, Context, Report},
    refusals::Refusal,
};
use chain::keys::ss58;
use clap::{Args, ValueEnum};
use serde_json::{json, Value};
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry statement bakery --cycle 1 --format csv --out bakery.csv")]
pub struct Opts {
    /// The member
    member: String,
    /// Only this cycle [default: all]
    #[arg(long)]
    cycle: Option<u32>,
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write it into this file [default: to the screen]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    /// A row for each entry, amounts in the smallest unit
    Csv,
    Json,
}

/// # Errors
/// A member without a statement, events that contradict each other, or a file that can't be written.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let member = desk.session.account(&opts.member)?;
    let found =
        audit::run(&desk.session.chain, &desk.suite, Files::default()).map_err(|error| match error {
            AuditError::Chain(fault) => desk.session.words.chain(&fault),
            other @ (AuditError::Finding(_)
            | AuditError::Database(_)
            | AuditError::Csv(_)
            | AuditError::Parquet(_)
            | AuditError::File { .. }) => Refusal::new(other.to_string(), "see what `couponry audit` says"),
        })?;
    let wanted = |statement: &&Statement| {
        statement.member == member && opts.cycle.is_none_or(|cycle| cycle == statement.cycle)
    };
    let statements: Vec<&Statement> = found.statements.iter().filter(wanted).collect();
    if statements.is_empty() {
        return Err(Refusal::new(
            format!("there is no such statement of {}", opts.member),
            "name a member, and a cycle in which it was one",
        ));
    }
    let json: Vec<Value> = statements.iter().map(|statement| as_json(statement)).collect();
    let json = Value::from(json);
    let name = |account: &chain::AccountId| desk.session.words.account(account);
    let text = match opts.format {
        Format::Text => {
            statements.iter().map(|statement| statement.text(name)).collect::<Vec<_>>().join("\n")
        }
        Format::Csv => as_csv(&statements)?,
        Format::Json => format!("{json:#}\n"),
    };
    let answer = json!({ "member": ss58(&member), "statements": json });
    match &opts.out {
        Some(file) => {
            write_file(file, text.as_bytes(), false)?;
            Ok(Report::new(format!("the statement of {} is in {}", opts.member, file.display()), answer))
        }
        None => Ok(Report::new(text.trim_end(), answer)),
    }
}

const KINDS: [(Kind, &str); 6] = [
    (Kind::Billed, "billed"),
    (Kind::Earned, "earned"),
    (Kind::PaidIn, "paid_in"),
    (Kind::Adjusted, "adjusted"),
    (Kind::Reversed, "reversed"),
    (Kind::PaidOut, "paid_out"),
];

fn word(kind: Kind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, word)| word)
}

fn as_json(statement: &Statement) -> Value {
    let entries: Vec<Value> = statement
        .entries
        .iter()
        .map(|entry| {
            json!({
                "time": entry.time,
                "kind": word(entry.kind),
                "amount": entry.amount.to_string(),
                "other": entry.order.map(|(other, _)| ss58(&other)),
                "order": entry.order.map(|(_, number)| number),
            })
        })
        .collect();
    let mut json = json!({
        "cycle": statement.cycle,
        "opened_at": statement.opened_at,
        "closed_at": statement.closed_at,
        "opening": statement.opening.to_string(),
        "closing": statement.closing().to_string(),
        "entries": entries,
    });
    if let Some(fields) = json.as_object_mut() {
        fields.extend(KINDS.map(|(kind, word)| (word.to_owned(), statement.total(kind).to_string().into())));
    }
    json
}

fn as_csv(statements: &[&Statement]) -> Result<String, Refusal> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![["cycle", "time", "kind", "amount", "other", "order"].map(str::to_owned)];
    for statement in statements {
        let cycle = statement.cycle.to_string();
        let bare = |time: Option<u64>, kind: &str, amount: i128| {
            let time = time.map(|time| time.to_string()).unwrap_or_default();
            [cycle.clone(), time, kind.to_owned(), amount.to_string(), String::new(), String::new()]
        };
        rows.push(bare(Some(statement.opened_at), "opening", statement.opening));
        rows.extend(statement.entries.iter().map(|entry| {
            let (other, order) =
                entry.order.map_or_else(Default::default, |(other, order)| (ss58(&other), order.to_string()));
            let (time, kind) = (entry.time.to_string(), word(entry.kind).to_owned());
            [cycle.clone(), time, kind, entry.amount.to_string(), other, order]
        }));
        rows.push(bare(statement.closed_at, "closing", statement.closing()));
    }
    let unwritable =
        |why: String| Refusal::new(format!("cannot write the statement: {why}"), "use --format json");
    for row in rows {
        writer.write_record(&row).map_err(|why| unwritable(why.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|why| unwritable(why.to_string()))?;
    String::from_utf8(bytes).map_err(|why| unwritable(why.to_string()))
}
