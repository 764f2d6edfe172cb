//! What a client of another make reads: the bundles, their messages and their events.
use crate::town::{example, server_folder, text, Town};
use serde_json::Value;
use std::process::Command;

#[test]
fn a_client_of_another_make_reads_bundles_messages_and_events() {
    let town = Town::deployed("client", &[("bakery", 300), ("anna", 5)]);
    town.ok(&format!("campaign create {} --as bakery", example("first.toml").display()));
    town.ok("issue --campaign 1 --to anna --source 1 --as bakery");
    let output = Command::new("node")
        .arg(server_folder().join("read.mjs"))
        .args([&town.endpoint, &builder::Options::of_this_checkout().out_dir.display().to_string()])
        .arg(town.path("deployments/local.json"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["undecoded"].as_array().unwrap().len(), 0, "{said}");
    let events: Vec<&str> =
        said["events"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for name in
        ["CampaignCreated", "CouponsIssued", "Transfer", "OfficeOpened", "DeskOpened", "MarketCreated"]
    {
        assert!(events.iter().any(|event| event.ends_with(name)), "{name} in {events:?}");
    }
    // The owner of the coupon that was issued, by a dry run of PSP34's message.
    let anna = chain::keys::ss58(&chain::Keypair::named("anna").account());
    assert_eq!(said["owner"].as_str(), Some(anna.as_str()), "{said}");
}
