//! `couponry audit`: whether the events tell the same as the storage.

use crate::{
    audit::{self, AuditError, Files},
    context::{Context, Report},
    refusals::Refusal,
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry audit --db audit.sqlite --csv audit")]
pub struct Opts {
    /// Write what happened into this SQLite file
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Write what happened into CSV tables in this folder
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    /// Write what happened into tables of JSON, an object a line, in this folder
    #[arg(long, value_name = "DIR")]
    json_tables: Option<PathBuf>,
    /// Write what happened into Parquet tables in this folder
    #[arg(long, value_name = "DIR")]
    parquet: Option<PathBuf>,
}

/// A disagreement is a report that `differs`, not a refusal.
/// # Errors
/// The chain can't be read, or a file can't be written.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let desk = ctx.desk()?;
    let files = Files {
        db: opts.db.as_deref(),
        csv: opts.csv.as_deref(),
        json: opts.json_tables.as_deref(),
        parquet: opts.parquet.as_deref(),
    };
    match audit::run(&desk.session.chain, &desk.suite, files) {
        Ok(found) => {
            let differences: Vec<_> = found.differences.iter().map(ToString::to_string).collect();
            let json = json!({
                "agrees": found.agrees,
                "events": found.events,
                "blocks": found.blocks,
                "differences": differences,
            });
            let line = if found.agrees {
                format!("the audit agrees: {} events in {} blocks", found.events, found.blocks)
            } else {
                format!("the audit disagrees: {} differences", differences.len())
            };
            let mut report = Report::new(line, json);
            report.lines.extend(differences);
            report.differs = !found.agrees;
            Ok(report)
        }
        Err(AuditError::Finding(finding)) => Ok(Report {
            lines: vec![format!("the audit disagrees: {finding}")],
            json: json!({ "agrees": false, "finding": finding.to_string() }),
            differs: true,
        }),
        Err(AuditError::Chain(fault)) => Err(desk.session.words.chain(&fault)),
        Err(
            error @ (AuditError::Database(_)
            | AuditError::Csv(_)
            | AuditError::Parquet(_)
            | AuditError::File { .. }),
        ) => Err(Refusal::new(error.to_string(), "check the path and its permissions")),
    }
}
