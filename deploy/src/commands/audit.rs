//! `couponry audit`: whether the events tell the same as the storage.

use crate::{
    audit::{self, AuditError, Files},
    context::{Context, Desk, Report},
    live::{refused, OpenChain},
    refusals::Refusal,
};
use chain::{Chain, ChainError};
use clap::Args;
use rpc_chain::RpcChain;
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
    /// On a live chain: audit it as it was at this block, of which the node must have kept the state [default: the last final block]
    #[arg(long, value_name = "N")]
    at_block: Option<u32>,
    /// On a live chain: another node, which must tell the same of that block and of the storage
    #[arg(long, value_name = "URL")]
    witness: Option<String>,
}

/// A disagreement is a report that `differs`, not a refusal.
/// # Errors
/// The chain can't be read, or a file can't be written.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let storage = look(opts, &mut desk)?;
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
                "storage": storage.word(),
            });
            let line = if found.agrees {
                format!("the audit agrees: {} events in {} blocks", found.events, found.blocks)
            } else {
                format!("the audit disagrees: {} differences", differences.len())
            };
            let mut report = Report::new(line, json);
            report.lines.extend(storage.line());
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

/// Whose word the storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storage {
    /// This process's own.
    Own,
    /// One node's, which could lie.
    Unproven,
    /// One node's, which proved it by the block's hash.
    Proven,
    /// Two nodes', which tell the same.
    Confirmed,
    /// Two nodes', the first of which proved it.
    ProvenAndConfirmed,
}

impl Storage {
    fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Unproven => "unproven",
            Self::Proven => "proven",
            Self::Confirmed => "confirmed",
            Self::ProvenAndConfirmed => "proven and confirmed",
        }
    }

    fn line(self) -> Option<String> {
        match self {
            Self::Own => None,
            Self::Unproven => Some(
                "unproven: events and storage are one node's word; name another with --witness".to_owned(),
            ),
            Self::Proven => Some(
                "proven: the storage is all that the block's hash commits to, and the hash is one node's word"
                    .to_owned(),
            ),
            Self::ProvenAndConfirmed => {
                Some("proven, and confirmed: a second node tells the same of the block and the storage".to_owned())
            }
            Self::Confirmed => {
                Some("confirmed: a second node tells the same of the block and the storage".to_owned())
            }
        }
    }
}

/// Settles which block is audited, so that events and storage are of one moment, and asks a second node.
fn look(opts: &Opts, desk: &mut Desk) -> Result<Storage, Refusal> {
    let live = match &mut desk.session.chain {
        OpenChain::Live(live) => live,
        OpenChain::Embedded(_) if opts.at_block.is_some() || opts.witness.is_some() => {
            return Err(Refusal::new(
                "--at-block and --witness are for live chains, and this is an embedded one",
                "name a live chain with --network",
            ))
        }
        OpenChain::Embedded(_) => return Ok(Storage::Own),
    };
    let (block, hash) = live.rpc.hold(opts.at_block).map_err(refused)?;
    let proven = live.rpc.demand_proofs().map_err(refused)?;
    let Some(endpoint) = &opts.witness else {
        return Ok(if proven { Storage::Proven } else { Storage::Unproven });
    };
    let mut witness = RpcChain::connect(endpoint, Some(live.rpc.genesis())).map_err(refused)?;
    let (_, found) = witness.hold(Some(block)).map_err(refused)?;
    let lies = |what: String| {
        Refusal::new(
            format!("the nodes tell different {what}: one of them lies, or is broken"),
            "ask a third node",
        )
    };
    if found != hash {
        return Err(lies(format!("blocks {block}")));
    }
    for (name, contract) in desk.suite.named() {
        let stored = |chain: &dyn Chain| -> Result<_, ChainError> {
            Ok((chain.code_hash_of(contract)?, chain.balance(contract)?, chain.storage(contract)?))
        };
        let (here, there) = (stored(&live.rpc), stored(&witness));
        let (here, there) = (
            here.map_err(|why| desk.session.words.chain(&why))?,
            there.map_err(|why| desk.session.words.chain(&why))?,
        );
        if here != there {
            return Err(lies(format!("storage of the {name} at block {block}")));
        }
    }
    Ok(if proven { Storage::ProvenAndConfirmed } else { Storage::Confirmed })
}
