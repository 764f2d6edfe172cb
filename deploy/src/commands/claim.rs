//! `couponry claim`: from a printed code to a coupon.

use crate::{
    codes::{self, ClaimCode, PublicDrop},
    context::{Context, Report},
    refusals::{coupon, Refusal, Words},
};
use chain::{keys::ss58, Chain};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(
    after_help = "Example: couponry claim --code couponry:claim:1:... --drop codes/drop.json --to anna"
)]
pub struct Opts {
    /// The text of a QR code, or a line of codes.csv
    #[arg(long)]
    code: String,
    /// The drop.json that the issuer published, or its folder
    #[arg(long, value_name = "FILE")]
    drop: PathBuf,
    /// Who gets the coupon: a name or an address
    #[arg(long)]
    to: String,
    /// Who submits the claim and pays the deposit [default: who gets the coupon]
    #[arg(long = "as", value_name = "NAME")]
    signer: Option<String>,
}

/// # Errors
/// A code that can't be read or is of another drop, or the registry's refusal.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let to = desk.session.account(&opts.to)?;
    let submitter = desk.session.signer(opts.signer.as_ref().unwrap_or(&opts.to))?.account();
    let drop = PublicDrop::load(&opts.drop)?;
    let code = ClaimCode::read(&opts.code, &drop)?;
    if code.registry != desk.suite.registry {
        return Err(Refusal::new(
            format!("the code is of the registry {}, which is not this suite's", ss58(&code.registry)),
            "use the chain that the code was printed for: --chain FILE",
        ));
    }
    let tree = codes::tree(&drop.keys)?;
    let claim = code.claim(&drop, &tree, desk.session.chain.genesis(), to, None)?;
    let message = desk.registry().call_mut().claim(claim);
    let (id, _) = desk.session.send(submitter, 0, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is {}'s", coupon(id), opts.to),
        json!({ "coupon": coupon(id), "owner": ss58(&to) }),
    ))
}
