//! A folder with a chain, and the program run in it. Knows no test.

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};
use tempfile::TempDir;

/// A folder with a chain, and the program run in it.
pub(crate) struct Town {
    pub(crate) folder: TempDir,
}

pub(crate) const CHAIN: &str = "town.couponry";

/// The contracts are built, and the suite deployed, once for all tests.
fn deployed() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let town = Town { folder: tempfile::tempdir().unwrap() };
        town.ok("build");
        town.ok(
            "chain new --time 2026-05-01T09:00:00Z --endow operator=1000 --endow bakery=1000 --endow cafe=1000 \
             --endow anna=100 --endow ben=100",
        );
        town.ok("deploy --as operator --joining-fee 1 --closing-bounty 0.5");
        fs::read(town.path(CHAIN)).unwrap()
    })
}

impl Town {
    pub(crate) fn new() -> Self {
        let town = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(town.path(CHAIN), deployed()).unwrap();
        town
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_couponry"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("COUPONRY_CHAIN")
            .output()
            .unwrap()
    }

    pub(crate) fn words(&self, line: &str) -> Output {
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// What a command that must succeed says.
    pub(crate) fn ok(&self, line: &str) -> String {
        let output = self.words(line);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "couponry {line}\n{out}{err}");
        out
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{line} --json"))).unwrap()
    }

    /// A command that must be refused with exactly these words, leaving every file as it was.
    #[track_caller]
    pub(crate) fn refuses(&self, line: &str, what: &str, fix: &str) {
        let before = self.files();
        let output = self.words(line);
        assert_eq!(text(&output.stderr), format!("error: {what}\n  fix: {fix}\n"), "couponry {line}");
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""));
        assert_eq!(self.files(), before, "couponry {line} changed a file");
    }

    /// The paths and bytes of every file. The lock file, if any, is no part of the state.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn walk(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else if path.extension().is_none_or(|ending| ending != "lock") {
                    found.push((path.clone(), fs::read(&path).unwrap()));
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        found.sort();
        found
    }

    /// The bakery's first campaign, from the example file with a change.
    pub(crate) fn campaign(&self, from: &str, to: &str) {
        self.create("first.toml", from, to);
    }

    /// A campaign of the bakery's, from an example file with a change.
    pub(crate) fn create(&self, name: &str, from: &str, to: &str) {
        self.write_campaign(name, from, to);
        self.ok("campaign create campaign.toml --as bakery");
    }

    /// `campaign.toml`, from an example file with a change.
    pub(crate) fn write_campaign(&self, name: &str, from: &str, to: &str) {
        let example = fs::read_to_string(example(name)).unwrap();
        let changed = example.replacen(from, to, 1);
        assert!(from == to || changed != example, "{from}");
        self.write("campaign.toml", &changed);
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The bakery writes an order, off chain, to be spent with a permit that `holder` signs for each coupon: `NAME.json` and
    /// `NAME-1.json` and so on.
    pub(crate) fn agree(&self, name: &str, number: u64, basket: &str, holder: &str, coupons: &[&str]) {
        self.ok(&format!("order sign --number {number} --basket {basket} --as bakery --out {name}.json"));
        for (place, coupon) in (1..).zip(coupons) {
            self.ok(&format!(
                "permit sign --coupon {coupon} --order {name}.json --as {holder} --out {name}-{place}.json"
            ));
        }
    }

    /// What a command that must be refused says.
    pub(crate) fn refusal(&self, line: &str) -> String {
        let before = self.files();
        let output = self.words(line);
        assert_eq!(output.status.code(), Some(1), "couponry {line}\n{}", text(&output.stdout));
        assert_eq!(self.files(), before, "couponry {line} changed a file");
        text(&output.stderr)
    }

    pub(crate) fn balance(&self, name: &str) -> u128 {
        self.json(&format!("chain balance {name}"))["balance"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn code(&self, index: usize) -> String {
        fs::read_to_string(self.path("codes/codes.csv")).unwrap().lines().nth(index + 1).unwrap().to_owned()
    }
}

pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A whole native token.
pub(crate) const UNIT: u128 = 1_000_000_000_000;

pub(crate) fn address(name: &str) -> String {
    chain::keys::ss58(&chain::Keypair::named(name).account())
}
