//! A fork of a chain, on which a deployment is rehearsed: what is there is there, and nothing that is done reaches the chain.
use crate::town::{example, OwnChain, Town};
use std::fs;

#[test]
fn a_deployment_is_rehearsed_on_a_fork_and_the_chain_stays_as_it_was() {
    // Its own: a chain made from a genesis takes any hash that it is asked for by a fork for its first block's.
    let own = OwnChain::start();
    let town = Town::at(&own.endpoint);
    town.fund("operator", 20);
    town.fund("bakery", 300);
    town.ok("deploy --as operator --salt forked");
    town.ok(&format!("campaign create {} --as bakery", example("first.toml").display()));
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    let signed = town.transactions("operator");

    let fork = OwnChain::fork(&town.endpoint);
    let rehearsal = Town::at(&fork.endpoint);
    fs::create_dir(rehearsal.path("deployments")).unwrap();
    fs::copy(town.path("deployments/local.json"), rehearsal.path("deployments/local.json")).unwrap();
    assert_eq!(rehearsal.json("coupon show 1/1"), town.json("coupon show 1/1"));
    let audit = rehearsal.json("audit");
    assert_eq!(audit["agrees"], true, "{audit}");
    rehearsal.ok("issue --campaign 1 --to ben --source 2 --as bakery");
    let audit = rehearsal.json("audit");
    assert_eq!(audit["agrees"], true, "storage of before the fork and of after it: {audit}");

    let apply = "deploy apply --as operator --salt rehearsed";
    fs::remove_file(rehearsal.path("deployments/local.json")).unwrap();
    let rehearsed = rehearsal.json(apply);
    assert_eq!((rehearsed["made"].as_u64(), rehearsed["kept"].as_u64()), (Some(3), Some(6)));
    assert_eq!(rehearsal.json("deploy verify")["agrees"], true);
    assert!(rehearsal.transactions("operator") > signed);
    assert_eq!(town.transactions("operator"), signed, "nothing reached the chain");
}
