//! `couponry deploy`: plans, makes and verifies the suite on a chain.
mod rules;

use self::rules::Rules;
use crate::{
    amounts::Unit,
    context::{Context, Report},
    live::{Deployment, Live, LiveChain, OpenChain, Plan, Verdict},
    refusals::Refusal,
    suite::{deploy_suite, open_custody, Codes, SuiteAddresses, SuiteError},
};
use builder::Options;
use chain::{keys::ss58, Chain};
use clap::{Args, ValueEnum};
use serde_json::{json, Value};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Args, Debug)]
#[command(
    after_help = "On a live chain `plan` shows what is left to do and what it takes, `apply` does it and goes on where an interrupted run was, and `verify` \
holds the chain against deployments/NETWORK.json and the built contracts.

Example: couponry deploy --as operator
         couponry deploy plan --network local --as operator
         couponry deploy verify --network local"
)]
pub struct Opts {
    #[arg(value_enum, default_value = "apply")]
    step: Step,
    /// Who pays, owns the market and admits members to the alliance
    #[arg(long = "as", value_name = "NAME")]
    signer: Option<String>,
    /// Tells suites of one deployer apart
    #[arg(long, default_value = "")]
    salt: String,
    /// The builder's output folder [default: ink under the target folder]
    #[arg(long, value_name = "DIR")]
    bundles: Option<PathBuf>,
    /// Deploy the registry that keeps PSP34's enumeration: each change of hands costs half as much again, or more
    #[arg(long)]
    enumerable: bool,
    /// Open custody too, where payments are held for a dispute; on a live chain it can be added to a deployment later
    #[arg(long)]
    custody: bool,
    #[command(flatten)]
    rules: Box<Rules>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Shows what would be done; signs nothing
    Plan,
    /// Does what is left to do
    Apply,
    /// Holds the chain against what was deployed
    Verify,
}

/// # Errors
/// A suite that is there already, contracts that are not built, rules that contradict themselves, or the chain's refusal.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    if let Some(live) = &ctx.live {
        return match opts.step {
            Step::Plan => plan(opts, live, ctx),
            Step::Apply => apply(opts, live, ctx),
            Step::Verify => verify(opts, live),
        };
    }
    if opts.step != Step::Apply {
        return Err(Refusal::new(
            "an embedded chain needs no plan: it is deployed on in one step",
            "run `couponry deploy --as NAME`, or name a live chain with --network",
        ));
    }
    let mut session = ctx.open()?;
    let signer = session.signer(opts.signer()?)?.account();
    if session.suite()?.is_some() {
        return Err(Refusal::new(
            "the suite is on this chain already",
            "nothing to do; `couponry chain status` says where it is",
        ));
    }
    let words = session.words.clone();
    let codes = opts.codes()?;
    let config = opts.rules.config(signer)?;
    let salt = opts.salt.as_bytes();
    let mut suite = deploy_suite(&mut session.chain, signer, &codes, &config, salt)
        .map_err(|error| opts.explain(&error, &words))?;
    if opts.custody {
        let code = opts.custody_code()?;
        let opened = open_custody(&mut session.chain, signer, &code, &suite, salt);
        suite.custody = Some(session.explained(opened)?);
    }
    let code = session.explained(session.chain.code_hash_of(suite.registry))?;
    session.save()?;
    Ok(told("the suite is deployed", &suite, json!({ "registry_code": code.map(hex::encode) })))
}

impl Opts {
    fn explain(&self, error: &SuiteError, words: &crate::refusals::Words) -> Refusal {
        match error {
            SuiteError::Chain(fault) => words.chain(fault),
            SuiteError::Unbuilt { .. } if self.enumerable => {
                Refusal::new(error.to_string(), "run `couponry build --enumerable` first")
            }
            SuiteError::Unbuilt { .. } => Refusal::new(error.to_string(), "run `couponry build` first"),
            SuiteError::Refused(refusal) => refusal.clone(),
        }
    }

    fn signer(&self) -> Result<&str, Refusal> {
        self.signer.as_deref().ok_or_else(|| Refusal::new("nobody is named to deploy", "add --as NAME"))
    }

    fn bundles(&self) -> PathBuf {
        self.bundles.clone().unwrap_or_else(|| Options::of_this_checkout().out_dir)
    }

    /// The built codes, each with the hash that its bundle gives it.
    fn codes(&self) -> Result<Codes, Refusal> {
        let bundles = self.bundles();
        let codes = if self.enumerable { Codes::load_enumerable(&bundles) } else { Codes::load(&bundles) };
        let codes = codes.map_err(|error| self.explain(&error, &Default::default()))?;
        self.named_codes()?;
        Ok(codes)
    }

    fn custody_code(&self) -> Result<Vec<u8>, Refusal> {
        let mut codes = self.named_codes()?.into_iter();
        codes
            .find(|(name, _)| name == "custody")
            .map(|(_, code)| code)
            .ok_or_else(|| Refusal::new("custody is not built", "run `couponry build` first"))
    }

    /// Custody's code, if it is asked for now or was before.
    fn custody_of(&self, known: Option<&Deployment>) -> Result<Option<Vec<u8>>, Refusal> {
        (self.custody || known.is_some_and(Deployment::has_custody)).then(|| self.custody_code()).transpose()
    }

    /// What of it is there already and what is left.
    fn plan(
        &self,
        codes: &Codes,
        open: &LiveChain,
        live: &Live,
        deployer: chain::AccountId,
    ) -> Result<Plan, Refusal> {
        let config = self.rules.config(deployer)?;
        let custody = self.custody_of(live.deployment()?.as_ref())?;
        Plan::make(&open.rpc, deployer, codes, &config, self.salt.as_bytes(), custody.as_deref())
            .map_err(|error| self.explain(&error, &Default::default()))
    }

    /// The built codes by their contracts' names. A bundle claims a hash; what counts are the bytes.
    fn named_codes(&self) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
        let folder = self.bundles();
        let read = |path: &Path| {
            fs::read(path).map_err(|why| {
                Refusal::new(format!("cannot read {}: {why}", path.display()), "run `couponry build` first")
            })
        };
        let mut codes = Vec::new();
        for contract in builder::suite() {
            let file = match contract.package.as_str() {
                "registry" if self.enumerable => "registry-enumerable",
                package => package,
            };
            let (wasm, bundle) =
                (folder.join(file).with_extension("wasm"), folder.join(file).with_extension("contract"));
            let bytes = read(&wasm)?;
            let claimed: Value = serde_json::from_slice(&read(&bundle)?).map_err(|why| {
                Refusal::new(
                    format!("{} is no bundle: {why}", bundle.display()),
                    "run `couponry build --force`",
                )
            })?;
            let hash = format!("0x{}", hex::encode(crate::live::code_hash(&bytes)));
            let held = claimed.pointer("/source/wasm").and_then(Value::as_str);
            if claimed.pointer("/source/hash").and_then(Value::as_str) != Some(&hash)
                || held != Some(&format!("0x{}", hex::encode(&bytes)))
            {
                return Err(Refusal::new(
                    format!("{} and {} hold different code: the code's hash is {hash}", wasm.display(), bundle.display()),
                    "one of them was altered: run `couponry build --force`, and compare with the published hashes",
                ));
            }
            codes.push((contract.package, bytes));
        }
        Ok(codes)
    }
}

fn plan(opts: &Opts, live: &Live, ctx: &Context) -> Result<Report, Refusal> {
    let mut session = ctx.open()?;
    let deployer = session.account(opts.signer()?)?;
    let OpenChain::Live(open) = &session.chain else { return Err(no_live_chain()) };
    Ok(show(&opts.plan(&opts.codes()?, open, live, deployer)?, live))
}

fn show(plan: &Plan, live: &Live) -> Report {
    let unit = Unit::native();
    let left = plan.steps.iter().filter(|step| !step.done).count();
    let takes = plan.takes();
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .map(|step| {
            json!({
                "what": step.what,
                "place": step.place,
                "done": step.done,
                "deposit": step.price.deposit.to_string(),
                "fee": step.price.fee.map(|fee| fee.to_string()),
                "estimated": step.price.estimated,
            })
        })
        .collect();
    let addresses: serde_json::Map<String, Value> = plan
        .suite
        .named()
        .into_iter()
        .map(|(name, account)| (name.to_owned(), json!(ss58(&account))))
        .collect();
    let json = json!({
        "network": live.network.name,
        "deployer": ss58(&plan.deployer),
        "balance": plan.balance.to_string(),
        "takes": takes.to_string(),
        "left": left,
        "steps": steps,
        "addresses": addresses,
    });
    let mut report = Report::new(
        format!(
            "{left} of {} steps are left on {}; they take {} of {}",
            plan.steps.len(),
            live.network.name,
            unit.show(takes),
            unit.show(plan.balance)
        ),
        json,
    );
    for step in &plan.steps {
        let price = if step.done {
            "is there".to_owned()
        } else {
            let about = if step.price.estimated { "about " } else { "" };
            let fee = step.price.fee.map_or("unknown".to_owned(), |fee| unit.show(fee));
            format!("deposit {about}{}, fee {about}{fee}", unit.show(step.price.deposit))
        };
        report = report.line(format!("{}: {price}\n    {}", step.what, step.place));
    }
    for (name, account) in plan.suite.named() {
        report = report.line(format!("{name:<8} {}", ss58(&account)));
    }
    report
}

fn apply(opts: &Opts, live: &Live, ctx: &Context) -> Result<Report, Refusal> {
    let codes = opts.codes()?;
    // What an interrupted run left under way is a step that the plan then finds made, or not.
    let (mut open, _) = live.connect_and_settle()?;
    let name = opts.signer()?;
    let deployer = if live.exports.is_some() {
        crate::accounts::account(name)?
    } else {
        let key = crate::accounts::signer(name)?;
        open.rpc.add_key(&key);
        key.account()
    };
    let plan = opts.plan(&codes, &open, live, deployer)?;
    let quiet = ctx.json;
    let mut tell = |what: &str| {
        if !quiet {
            eprintln!("{what}");
        }
    };
    let applied = plan.apply(&mut open.rpc, &live.network.name, &live.file("json"), &mut tell)?;
    let line = if applied.made == 0 {
        format!("the suite is on {}: all {} steps were made before", live.network.name, applied.kept)
    } else {
        format!(
            "the suite is deployed on {}: {} steps made, {} kept",
            live.network.name, applied.made, applied.kept
        )
    };
    Ok(told(
        &line,
        &plan.suite,
        json!({ "made": applied.made, "kept": applied.kept, "file": live.file("json") }),
    ))
}

fn verify(opts: &Opts, live: &Live) -> Result<Report, Refusal> {
    let mut codes = opts.named_codes()?;
    let deployment = live.deployment()?.ok_or_else(|| {
        Refusal::new(
            format!("there is no {}", live.file("json").display()),
            "name the folder that has it with --deployments DIR",
        )
    })?;
    if !deployment.has_custody() {
        codes.retain(|(name, _)| name != "custody");
    }
    let (open, _) = live.connect_and_settle()?;
    let verdicts = deployment
        .verify(&open.rpc, &codes)
        .map_err(|fault| crate::refusals::Words::default().chain(&fault))?;
    let wrong = verdicts.iter().filter(|verdict| verdict.wrong.is_some()).count();
    let said: Vec<_> =
        verdicts.iter().map(|Verdict { what, wrong }| json!({ "what": what, "wrong": wrong })).collect();
    let line = if wrong == 0 {
        format!("{} holds what was deployed: {} things agree", live.network.name, verdicts.len())
    } else {
        format!("{} of {} things on {} are not what was deployed", wrong, verdicts.len(), live.network.name)
    };
    let mut report = Report::new(line, json!({ "agrees": wrong == 0, "verdicts": said }));
    for Verdict { what, wrong } in &verdicts {
        report = report.line(match wrong {
            None => format!("ok     {what}"),
            Some(wrong) => format!("WRONG  {what}: {wrong}"),
        });
    }
    report.differs = wrong > 0;
    Ok(report)
}

fn told(line: &str, suite: &SuiteAddresses, more: Value) -> Report {
    let mut json = more;
    if let Some(fields) = json.as_object_mut() {
        fields.extend(
            suite.named().into_iter().map(|(name, account)| (name.to_owned(), json!(ss58(&account)))),
        );
    }
    let report = Report::new(line, json);
    suite
        .named()
        .into_iter()
        .fold(report, |report, (name, account)| report.line(format!("{name:<8} {}", ss58(&account))))
}

fn no_live_chain() -> Refusal {
    Refusal::new("this is no live chain", "name one with --network")
}
