//! A tool that is killed, and a node that goes away: whatever was under way is found out about, and nothing is done twice.
use crate::town::{text, OwnChain, Town, UNIT};
use rpc_chain::RpcChain;
use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    process::Stdio,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread,
    time::Duration,
};

/// How often the tool is killed.
const KILLS: u64 = 20;

/// A moment to kill at, in milliseconds: different each time, and the same in each run of the tests.
fn moment(kill: u64, most: u64) -> u64 {
    // Knuth's multiplicative hash.
    (kill.wrapping_mul(2_654_435_761) >> 7) % most
}

/// Runs a command and kills it after so many milliseconds. Whether it was done before that.
fn killed(town: &Town, line: &str, after: u64) -> bool {
    let mut child = town.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(Duration::from_millis(after));
    let done = child.try_wait().unwrap().is_some();
    child.kill().ok();
    child.wait().unwrap();
    done
}

#[test]
fn a_deployment_killed_at_any_point_goes_on_and_pays_for_each_step_once() {
    let whole = OwnChain::start();
    let undisturbed = Town::at(&whole.endpoint);
    undisturbed.fund("operator", 20);
    undisturbed.ok("deploy apply --as operator");

    let own = OwnChain::start();
    let town = Town::at(&own.endpoint);
    town.fund("operator", 20);
    let mut unfinished = 0;
    for kill in 0..KILLS {
        // A step takes about two seconds.
        if !killed(&town, "deploy apply --as operator", 100 + moment(kill, 1_200)) {
            unfinished += 1;
        }
    }
    assert!(unfinished >= KILLS / 2, "only {unfinished} of {KILLS} runs were cut short");
    town.ok("deploy apply --as operator");

    assert_eq!(town.transactions("operator"), undisturbed.transactions("operator"), "each step once");
    let contracts = |town: &Town| town.deployment()["contracts"].clone();
    assert_eq!(contracts(&town), contracts(&undisturbed));
    assert_eq!(town.json("deploy verify")["agrees"], true);
    assert_eq!(town.balance("operator"), undisturbed.balance("operator"), "deposits and fees, once each");
}

#[test]
fn a_backfill_killed_at_any_point_goes_on_and_keeps_each_event_once() {
    let town = Town::deployed("backfill", &[("bakery", 300)]);
    town.ok(&format!("campaign create {} --as bakery", crate::town::example("high-street.toml").display()));
    for source in 0..6 {
        town.ok(&format!("issue --campaign 1 --to ben-{source},carl-{source} --source {source} --as bakery"));
    }
    // Blocks in which nothing happens to the suite.
    town.ok("chain advance 1h");
    let undisturbed = town.json("audit");
    assert_eq!(undisturbed["agrees"], true);
    let kept = town.path("deployments/local.events.sqlite");
    let clear = || {
        for ending in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{ending}", kept.display())).ok();
        }
    };
    clear();
    for kill in 0..KILLS {
        killed(&town, "audit", moment(kill, 250));
        if kill % 5 == 4 {
            clear();
        }
    }
    let audit = town.json("audit");
    assert_eq!(audit, undisturbed);
}

#[test]
fn a_node_that_goes_away_leaves_nothing_done_twice() {
    let town = Town::new();
    town.fund("unlucky", 20);
    let mut away = Town::new();
    // The same files, through a door that shuts.
    for wait in [900, 1_700, 2_600] {
        let door = Door::open(&town.endpoint);
        away.endpoint = door.endpoint.clone();
        let mut command = away.command("deploy apply --as unlucky --salt unlucky");
        command.args(["--deployments"]).arg(town.path("deployments"));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        thread::sleep(Duration::from_millis(wait));
        door.shut.store(true, Ordering::SeqCst);
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stderr);
        if output.status.code() == Some(1) {
            assert!(said.contains("fix: "), "{said}");
        }
    }
    town.ok("deploy apply --as unlucky --salt unlucky");
    let made = town.deployment()["made"].as_array().unwrap().len() as u64;
    let signed = town.transactions("unlucky");
    assert!(
        (made..=made + 5).contains(&signed),
        "{signed} transactions for {made} contracts and at most 5 codes"
    );
    assert_eq!(town.json("deploy verify")["agrees"], true);
}

#[test]
fn a_transaction_that_waits_is_not_signed_past_and_is_told_of_once_it_took_effect() {
    let own = OwnChain::waiting();
    let (town, another) = (Town::at(&own.endpoint), Town::at(&own.endpoint));
    let pay = "chain fund waiter 5 --as //Alice";
    assert!(!killed(&town, pay, 3_000), "no block is made, so it waits");

    let (what, _) = another.refusal("chain fund other 1 --as //Alice --patience 1s");
    let waits = "transactions that wait in the node's pool (its next nonce is 1, and 0 in final blocks): nothing was signed";
    assert!(what.ends_with(waits), "{what}");
    // Whoever sent it can't tell yet what came of it.
    let (what, fix) = town.refusal("chain balance waiter --patience 1s");
    assert!(what.contains("was sent, and it is not known what came of it"), "{what}");
    assert!(fix.contains("run this again"), "{fix}");

    RpcChain::connect(&own.endpoint, None).unwrap().advance(60_000).unwrap();
    let (what, _) = town.refusal("chain balance waiter");
    assert!(
        what.starts_with("an earlier command was cut short: its transaction (Balances.transfer_allow_death) took effect in block "),
        "{what}"
    );
    assert_eq!(town.balance("waiter"), 5 * UNIT, "once");
}

/// A way to a node that can be shut: then every connection ends, and none is made.
struct Door {
    endpoint: String,
    shut: Arc<AtomicBool>,
}

impl Door {
    fn open(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let this = format!("ws://{}", listener.local_addr().unwrap());
        let node = endpoint.trim_start_matches("ws://").to_owned();
        let shut = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&shut);
        thread::spawn(move || {
            for inside in listener.incoming() {
                let inside = inside.unwrap();
                if watched.load(Ordering::SeqCst) {
                    return;
                }
                let outside = TcpStream::connect(&node).unwrap();
                for (from, to) in
                    [(inside.try_clone().unwrap(), outside.try_clone().unwrap()), (outside, inside)]
                {
                    let watched = Arc::clone(&watched);
                    thread::spawn(move || pass(from, to, &watched));
                }
            }
        });
        Self { endpoint: this, shut }
    }
}

/// Passes bytes on until the door is shut or one end is gone.
fn pass(mut from: TcpStream, mut to: TcpStream, shut: &AtomicBool) {
    from.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut buffer = [0; 64 * 1_024];
    while !shut.load(Ordering::SeqCst) {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => {
                if to.write_all(&buffer[..length]).is_err() {
                    break;
                }
            }
            Err(why) if matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    from.shutdown(std::net::Shutdown::Both).ok();
    to.shutdown(std::net::Shutdown::Both).ok();
}
