//! `couponry claim` and `pay`: from a printed code to a coupon, or straight to its discount.

use crate::{
    codes::{self, ClaimCode, PublicDrop},
    commands::{campaign::value_of, redeem},
    context::{Context, Desk, Report},
    entitlements::SignedAttestation,
    orders::SignedOrder,
    refusals::{coupon, Refusal, Words},
};
use chain::{keys::ss58, AccountId, Chain};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use serde_json::json;
use shared::{
    claims::{Attestation, Claim, CodeClaim, Entitlement},
    merkle::Tree,
    order::{digest, Settlement},
};
use std::{collections::HashMap, path::PathBuf};

/// A printed code, and whom it is for.
#[derive(Args, Debug)]
struct Printed {
    /// The text of a QR code, or a line of codes.csv
    #[arg(long)]
    code: String,
    /// The drop.json that the issuer published, or its folder
    #[arg(long, value_name = "FILE")]
    drop: PathBuf,
    /// Who gets the coupon: a name or an address
    #[arg(long)]
    to: String,
    /// Who brought them, and may be rewarded for it
    #[arg(long, value_name = "NAME")]
    advocate: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  by anyone:                couponry claim --code COUPONRY:CLAIM:2:... --drop codes/drop.json --to anna
  brought by ben:           couponry claim --code COUPONRY:CLAIM:2:... --drop codes --to anna --advocate ben
  for an attested audience: couponry claim --code COUPONRY:CLAIM:2:... --drop codes --to anna --attestation anna.txt")]
pub struct Opts {
    #[command(flatten)]
    printed: Printed,
    /// What the campaign's attester signed for the account (`couponry attest`), or the text of its QR code
    #[arg(long, value_name = "FILE")]
    attestation: Option<String>,
    /// Who submits the claim and pays the deposit [default: who gets the coupon]
    #[arg(long = "as", value_name = "NAME")]
    signer: Option<String>,
}

#[derive(Args, Debug)]
#[command(
    after_help = "The coupon is spent as it is claimed, and no token comes into being. Whoever isn't the acceptor brings an order that it \
signed for the campaign's coupon of serial 0: --coupon 1/0 for campaign 1.

Example: couponry pay --code COUPONRY:CLAIM:2:... --drop codes --to anna --order order.json --as bakery"
)]
pub struct Pay {
    #[command(flatten)]
    printed: Printed,
    /// The order file, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    order: String,
    /// Who submits; on an order settled on chain, who pays
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

impl Printed {
    /// The code with its drop, and whom it is for and who brought them.
    fn read(&self, desk: &mut Desk) -> Result<(ClaimCode, PublicDrop, Tree, People), Refusal> {
        let to = desk.session.account(&self.to)?;
        let advocate = self.advocate.as_ref().map(|name| desk.session.account(name)).transpose()?;
        let drop = PublicDrop::load(&self.drop)?;
        let code = ClaimCode::read(&self.code, &drop)?;
        if code.registry != desk.suite.registry {
            return Err(Refusal::new(
                format!("the code is of the registry {}, which is not this suite's", ss58(&code.registry)),
                "use the chain that the code was printed for: --chain FILE",
            ));
        }
        let tree = codes::tree(&drop.keys)?;
        Ok((code, drop, tree, (to, advocate)))
    }
}

/// Who gets the coupon, and who brought them.
type People = (AccountId, Option<AccountId>);

/// # Errors
/// A code that can't be read or is of another drop, or the contracts' refusal.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let (code, drop, tree, (to, advocate)) = opts.printed.read(&mut desk)?;
    let submitter = desk.session.signer(opts.signer.as_ref().unwrap_or(&opts.printed.to))?.account();
    let claim = code.claim(&drop, &tree, desk.session.chain.genesis(), to, advocate)?;
    let (id, _) = match &opts.attestation {
        None => {
            let message = desk.registry().call_mut().claim(claim);
            desk.session.send(submitter, 0, message, Words::registry)?
        }
        Some(source) => {
            let claim = attested(claim, SignedAttestation::read(source)?.attestation);
            let message = desk.office().call_mut().claim(claim);
            desk.session.send(submitter, 0, message, Words::registry)?
        }
    };
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is {}'s", coupon(id), opts.printed.to),
        json!({ "coupon": coupon(id), "owner": ss58(&to) }),
    ))
}

/// The same claim at the office, which looks at attestations.
fn attested(claim: CodeClaim, attestation: Attestation) -> Claim {
    let CodeClaim { campaign, drop, index, key, proof, to, advocate, signature } = claim;
    let entitlement = Entitlement::Code { drop, index, key, proof, signature };
    Claim { campaign, to, advocate, attestation: Some(attestation), entitlement }
}

/// # Errors
/// What can't be read, or the registry's refusal.
pub fn pay(opts: &Pay, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(&opts.signer)?.account();
    let (code, drop, tree, people) = opts.printed.read(&mut desk)?;
    let SignedOrder { order, permit, .. } = SignedOrder::read(&opts.order)?;
    let (campaign, _) = desk.campaign(code.campaign)?;
    let claim = code.spend(&drop, &tree, desk.session.chain.genesis(), people, &digest(&order))?;
    let terms = campaign.terms;
    let value = match order.settlement {
        Settlement::OffChain => 0,
        Settlement::OnChain => {
            let discount = terms.discount(order.eligible, terms.full());
            value_of(terms.asset, order.basket.saturating_sub(discount))
        }
    };
    let permit = permit.filter(|_| caller != order.acceptor);
    let message = desk.registry().call_mut().claim_and_redeem(claim, order, permit);
    let (redemption, _) = desk.session.send(caller, value, message, Words::registry)?;
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok(redeem::report(&redemption, &words, &HashMap::new()))
}
