//! Deploying by a plan, and verifying what is there.
use crate::town::{Town, UNIT};
use serde_json::Value;
use std::fs;

/// What a plan says of each step.
fn steps(plan: &Value, field: &str) -> Vec<Value> {
    plan["steps"].as_array().unwrap().iter().map(|step| step[field].clone()).collect()
}

#[test]
fn a_plan_knows_addresses_and_prices_and_is_applied_once() {
    let town = Town::new();
    town.fund("planner", 20);
    let plan = town.json("deploy plan --as planner --salt plan");
    assert_eq!(
        (plan["left"].as_u64(), town.transactions("planner")),
        (Some(steps(&plan, "done").iter().filter(|done| **done == false).count() as u64), 0)
    );
    assert!(steps(&plan, "fee")
        .iter()
        .zip(steps(&plan, "done"))
        .all(|(fee, done)| done == true || fee.is_string()));
    let takes: u128 = plan["takes"].as_str().unwrap().parse().unwrap();

    let before = town.balance("planner");
    let applied = town.json("deploy apply --as planner --salt plan");
    let spent = before - town.balance("planner");
    assert!(spent <= takes, "{spent} of {takes}");
    assert!(spent > takes / 2, "{spent} of {takes}");
    assert_eq!(applied["made"], plan["left"]);
    assert_eq!(town.transactions("planner"), plan["left"].as_u64().unwrap());
    for (name, address) in plan["addresses"].as_object().unwrap() {
        assert_eq!(&applied[name], address, "{name} stands where the plan said");
    }

    // Nothing is left to do, and nothing is done.
    let balance = town.balance("planner");
    let again = town.json("deploy apply --as planner --salt plan");
    assert_eq!((again["made"].as_u64(), town.balance("planner")), (Some(0), balance));
    assert_eq!(town.json("deploy plan --as planner --salt plan")["left"], 0);

    let file = town.deployment();
    assert_eq!(town.json("deploy verify")["agrees"], true);
    // A lost file is made anew from what the chain has, the blocks included.
    fs::remove_file(town.path("deployments/local.json")).unwrap();
    town.ok("deploy apply --as planner --salt plan");
    assert_eq!(town.deployment(), file);
}

#[test]
fn what_is_deployed_is_not_mistaken_for_something_else() {
    let town = Town::new();
    town.fund("verifier", 20);
    town.ok("deploy apply --as verifier --salt verify");
    let (what, fix) = town.refusal("deploy apply --as verifier --salt verify --fee-bps 50");
    assert!(what.ends_with("tells of another deployment: other codes, rules, salt or deployer"), "{what}");
    assert!(fix.contains("move the file away"), "{fix}");
    assert_eq!(
        town.transactions("verifier"),
        town.deployment()["made"].as_array().unwrap().len() as u64 + uploads(&town)
    );

    let whole = fs::read_to_string(town.path("deployments/local.json")).unwrap();
    let file = town.deployment();
    let change = |from: &str, to: &str| {
        let changed = whole.replacen(from, to, 1);
        assert_ne!(changed, whole, "{from}");
        fs::write(town.path("deployments/local.json"), changed).unwrap();
    };
    let wrong = || {
        let output = town.words("deploy verify --json");
        assert_eq!(output.status.code(), Some(2), "an audit found a difference");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let verdicts = said["verdicts"].as_array().unwrap().clone();
        verdicts.iter().filter_map(|verdict| verdict["wrong"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    // A constructor's argument: its contract's address would be another.
    let data = file["made"][1]["data"].as_str().unwrap();
    change(data, &format!("{}01", &data[..data.len() - 2]));
    assert!(wrong().iter().any(|wrong| wrong.starts_with("these arguments")), "{:?}", wrong());
    // The address of a contract, swapped for that of another.
    let (registry, market) =
        (&file["contracts"]["registry"]["address"], &file["contracts"]["market"]["address"]);
    change(
        &format!("\"market\": {{\n      \"address\": {market}"),
        &format!("\"market\": {{\n      \"address\": {registry}"),
    );
    assert_eq!(wrong().len(), 1);
    let (what, _) = town.refusal("chain status");
    assert!(what.starts_with("the market at "), "{what}");
    // Another chain.
    change("0x4545", "0x4646");
    assert!(wrong().iter().any(|wrong| wrong.starts_with("the file tells of 0x4646")));
    let (what, _) = town.refusal("campaign show 1");
    assert!(what.starts_with("the deployment on local is of the chain 0x4646"), "{what}");
}

#[test]
fn custody_is_added_to_a_deployment_by_its_own_step() {
    let town = Town::new();
    town.fund("adder", 30);
    town.ok("deploy apply --as adder --salt add");
    let (what, fix) = town.refusal("custody show adder");
    assert_eq!(what, "custody is not open on this chain");
    assert!(!fix.is_empty());
    assert_eq!(town.json("audit")["agrees"], true);
    let (what, fix) = town.refusal("custody open --as adder");
    assert!(what.starts_with("on a live chain custody is opened by a step of the deployment"), "{what}");
    assert!(fix.contains("deploy --custody"), "{fix}");

    let (kept, signed) = (town.deployment()["made"].clone(), town.transactions("adder"));
    let stored = town.json("deploy plan --as adder --salt add --custody")["left"].as_u64().unwrap();
    assert!((1..=2).contains(&stored), "custody, and its code unless another suite brought it: {stored}");
    assert_eq!(town.json("deploy apply --as adder --salt add --custody")["made"], stored);
    assert_eq!(town.transactions("adder"), signed + stored);
    let made = town.deployment()["made"].clone();
    assert_eq!(made.as_array().unwrap()[..kept.as_array().unwrap().len()], kept.as_array().unwrap()[..]);
    assert_eq!(town.json("deploy verify")["agrees"], true);
    assert_eq!(
        town.json("deploy apply --as adder --salt add")["made"],
        0,
        "it stays a part of the deployment"
    );
    // What was read before custody was there is read again with it.
    let audit = town.json("audit");
    assert_eq!(audit["agrees"], true, "{audit}");
}

/// How many of the codes this town's deployer had to store: the first town on a chain stores all.
fn uploads(town: &Town) -> u64 {
    let made = town.deployment()["made"].as_array().unwrap().len() as u64;
    town.transactions("verifier").saturating_sub(made)
}

#[test]
fn a_deployer_without_enough_money_signs_nothing() {
    let town = Town::new();
    town.ok("chain fund pauper 0.5 --as //Alice");
    let balance = town.balance("pauper");
    let (what, fix) = town.refusal("deploy apply --as pauper --salt poor");
    assert!(what.contains("0.5 UNIT") || what.contains("cannot pay the storage deposit"), "{what}");
    assert!(!fix.is_empty());
    assert_eq!((town.balance("pauper"), town.transactions("pauper")), (balance, 0));
    assert!(balance < UNIT);
}

#[test]
fn a_call_is_written_out_for_someone_else_to_sign() {
    let town = Town::deployed("export", &[("bakery", 300)]);
    let multisig = chain::keys::ss58(&chain::Keypair::named("bakery").account());
    let before = town.transactions("bakery");
    let file = crate::town::example("first.toml");
    let told = town.json(&format!("campaign create {} --as {multisig} --export-call", file.display()));
    let calls = told["calls"].as_array().unwrap();
    assert_eq!((calls.len(), calls[0]["what"].as_str()), (1, Some("Contracts.call")));
    assert_eq!(calls[0]["signer"].as_str(), Some(multisig.as_str()));
    assert!(calls[0]["call"].as_str().unwrap().starts_with("0x"));
    assert_eq!(town.transactions("bakery"), before, "nothing was signed");
    let (what, _) = town.refusal("campaign show 1");
    assert_eq!(what, "there is no campaign 1");
}
