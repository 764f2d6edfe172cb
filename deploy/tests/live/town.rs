//! A folder, and the program run in it on a live chain. Knows no test.

use chain::Keypair;
use rpc_chain::RpcChain;
use serde_json::Value;
use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// A whole native token.
pub(crate) const UNIT: u128 = 1_000_000_000_000;

/// A folder, and the program run in it on a live chain.
pub(crate) struct Town {
    pub(crate) folder: TempDir,
    pub(crate) endpoint: String,
}

/// A chain of its own, for a test that needs one on which nothing has happened.
pub(crate) struct OwnChain {
    server: Child,
    pub(crate) endpoint: String,
}

/// The chain that `deploy/live/run` started.
pub(crate) fn endpoint() -> String {
    env::var("COUPONRY_LIVE_ENDPOINT").expect("run this by `make live`")
}

/// What `deploy/live/setup` made.
pub(crate) fn server_folder() -> PathBuf {
    env::var("COUPONRY_LIVE_FOLDER").expect("run this by `make live`").into()
}

impl OwnChain {
    pub(crate) fn start() -> Self {
        Self::in_mode("Instant")
    }

    /// One on which transactions wait until a block is asked for.
    pub(crate) fn waiting() -> Self {
        Self::in_mode("Manual")
    }

    /// One that begins as the chain at `endpoint` is now, and then goes its own way.
    pub(crate) fn fork(endpoint: &str) -> Self {
        Self::serve(endpoint.as_ref(), "Instant")
    }

    fn in_mode(mode: &str) -> Self {
        Self::serve(server_folder().join("genesis.json").as_os_str(), mode)
    }

    fn serve(source: &OsStr, mode: &str) -> Self {
        let mut server = Command::new("node")
            .arg(server_folder().join("serve.mjs"))
            .arg(source)
            .args(["0", mode])
            .env("LOG_LEVEL", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        Self { server, endpoint: said["endpoint"].as_str().unwrap().to_owned() }
    }
}

impl Drop for OwnChain {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

impl Town {
    pub(crate) fn new() -> Self {
        Self::at(&endpoint())
    }

    pub(crate) fn at(endpoint: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), endpoint: endpoint.to_owned() }
    }

    /// With the suite on the chain under a salt of its own, and these people's money.
    pub(crate) fn deployed(salt: &str, endowed: &[(&str, u32)]) -> Self {
        let town = Self::new();
        town.fund("operator", 20);
        for (name, amount) in endowed {
            town.fund(name, *amount);
        }
        town.ok(&format!(
            "deploy --as operator --salt {salt} --joining-fee 1 --closing-bounty 0.5 --custody"
        ));
        town
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn fund(&self, name: &str, amount: u32) {
        self.ok(&format!("chain fund {name} {amount} --as //Alice"));
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_couponry"));
        command
            .args(line.split_whitespace())
            .args(["--network", "local", "--endpoint", &self.endpoint])
            .current_dir(self.folder.path())
            .env_remove("COUPONRY_CHAIN");
        command
    }

    pub(crate) fn words(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// What a command that must succeed says.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        let output = self.words(line);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "couponry {line}\n{out}{err}");
        out
    }

    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{line} --json"))).unwrap()
    }

    /// What a command that must be refused says: what is wrong, and what to do.
    #[track_caller]
    pub(crate) fn refusal(&self, line: &str) -> (String, String) {
        let output = self.words(&format!("{line} --json"));
        assert_eq!(output.status.code(), Some(1), "couponry {line}\n{}", text(&output.stdout));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (said["error"].as_str().unwrap().to_owned(), said["fix"].as_str().unwrap().to_owned())
    }

    #[track_caller]
    pub(crate) fn balance(&self, name: &str) -> u128 {
        self.json(&format!("chain balance {name}"))["balance"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn code(&self, index: usize) -> String {
        fs::read_to_string(self.path("codes/codes.csv")).unwrap().lines().nth(index + 1).unwrap().to_owned()
    }

    /// The deployment's file.
    pub(crate) fn deployment(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("deployments/local.json")).unwrap()).unwrap()
    }

    /// How many transactions an account has signed.
    pub(crate) fn transactions(&self, name: &str) -> u64 {
        let chain = RpcChain::connect(&self.endpoint, None).unwrap();
        chain.transactions_of(Keypair::named(name).account()).unwrap()
    }
}

pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
