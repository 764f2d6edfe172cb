//! What stops a command on a live chain before anything is signed.
use crate::town::{endpoint, Town};
use std::{fs, net::TcpListener, path::Path, process::Command};

#[test]
fn a_node_that_is_not_there_or_is_no_such_chain_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let town = Town::at(&format!("ws://{free}"));
    let (what, fix) = town.refusal("chain status");
    assert!(what.starts_with(&format!("ws://{free} can't be reached: ")), "{what}");
    assert!(!fix.is_empty());

    let town = Town::new();
    let network = |genesis: &str| {
        let file = town.path("mine.toml");
        let text = format!("name = \"mine\"\nendpoint = \"{}\"\ndecimals = 12\n{genesis}", endpoint());
        fs::write(&file, text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_couponry"))
            .args(["chain", "status", "--network", "mine.toml", "--json"])
            .current_dir(town.folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let wrong = network(&format!("genesis = \"0x{}\"\n", "12".repeat(32)));
    assert!(wrong.contains("is the chain 0x4545") && wrong.contains("not 0x1212"), "{wrong}");
    // Not for development, so its first block must be known, though it is on this machine.
    assert!(network("").contains("needs its genesis"));
    assert!(network(&format!("genesis = \"0x{}\"\n", "45".repeat(32))).contains("\"height\""));
}

#[test]
fn keys_that_anyone_can_derive_sign_on_development_chains_only() {
    let town = Town::new();
    fs::write(
        town.path("public.toml"),
        format!(
            "name = \"public\"\nendpoint = \"{}\"\ndecimals = 12\ngenesis = \"0x{}\"\n",
            endpoint(),
            "45".repeat(32)
        ),
    )
    .unwrap();
    let run = |line: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_couponry"))
            .args(line.split_whitespace())
            .args(["--network", "public.toml", "--json"])
            .current_dir(town.folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for name in ["bakery", "//Alice"] {
        let said = run(&format!("chain fund bakery 1 --as {name}"));
        // The payee is looked up first.
        assert!(said.contains("there is no key of bakery"), "{said}");
    }
    // A key of one's own signs, if nobody else can read it.
    fs::create_dir(town.path("keys")).unwrap();
    let key = town.path("keys/bakery.key");
    fs::write(&key, hex::encode([3; 32])).unwrap();
    mode(&key, 0o644);
    let said = run("chain balance bakery");
    assert!(said.contains("can be read by others (mode 644)"), "{said}");
    mode(&key, 0o600);
    assert!(run("chain balance bakery").contains("\"balance\":\"0\""));
}

#[test]
fn a_tampered_bundle_is_found_out_by_its_bytes() {
    let town = Town::new();
    let built = builder::Options::of_this_checkout().out_dir;
    let bundles = town.path("bundles");
    fs::create_dir(&bundles).unwrap();
    for contract in builder::suite() {
        for ending in ["wasm", "contract"] {
            let name = format!("{}.{ending}", contract.package);
            fs::copy(built.join(&name), bundles.join(&name)).unwrap();
        }
    }
    let wasm = bundles.join("market.wasm");
    let mut bytes = fs::read(&wasm).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&wasm, bytes).unwrap();
    town.fund("careful", 20);
    let (what, fix) = town.refusal("deploy apply --as careful --salt tampered --bundles bundles");
    assert!(what.contains("market.wasm") && what.contains("hold different code"), "{what}");
    assert!(fix.contains("couponry build --force"), "{fix}");
    assert_eq!(town.transactions("careful"), 0);
}

fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
