//! Proof that the property test catches bugs: plants each one of `planted/bugs.toml` in a copy of the workspace, builds the contract it is in and
//! lives random lives with it until the model disagrees.

use serde::Deserialize;
use std::{collections::BTreeSet, fs, path::Path};

#[derive(Deserialize)]
struct Bugs {
    bug: Vec<Bug>,
}

#[derive(Deserialize)]
struct Bug {
    name: String,
    #[cfg_attr(not(feature = "planted-bugs"), allow(dead_code, reason = "read where the bugs are built"))]
    contract: String,
    file: String,
    old: String,
    #[cfg_attr(not(feature = "planted-bugs"), allow(dead_code, reason = "read where the bugs are built"))]
    new: String,
    #[cfg_attr(not(feature = "planted-bugs"), allow(dead_code, reason = "read where the bugs are built"))]
    shows_as: String,
}

fn bugs() -> Vec<Bug> {
    let list = include_str!("../../planted/bugs.toml");
    toml::from_str::<Bugs>(list).expect("the list is in order").bug
}

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in a workspace")
}

#[test]
fn at_least_ten_bugs_are_listed_and_each_has_its_place_in_the_source() {
    let bugs = bugs();
    let names: BTreeSet<_> = bugs.iter().map(|bug| &bug.name).collect();
    assert!(names.len() >= 10 && names.len() == bugs.len());
    for bug in bugs {
        let source = fs::read_to_string(checkout().join(&bug.file)).unwrap();
        assert_eq!(source.matches(&bug.old).count(), 1, "{}: {}", bug.name, bug.file);
    }
}

#[cfg(feature = "planted-bugs")]
mod built {
    use super::{bugs, checkout, Bug};
    use crate::model::{
        beginnings::Beginnings,
        run::{live, Tally, Violation, LIFE},
    };
    use builder::{build, suite, Contract, Options, Progress, CHAIN_SIZE_LIMIT};
    use couponry::suite::Codes;
    use e2e_tests::world::{codes, wasm};
    use std::{
        fs, io,
        path::{Path, PathBuf},
    };

    /// A bug that survives so many lives is not caught.
    const LIVES: u64 = 40;

    /// `COUPONRY_BUGS` names the ones to plant, by parts of their names or by their contracts, with commas between; all of them if unset.
    #[test]
    fn each_planted_bug_is_caught() {
        let workspace = Workspace::copied();
        let sound = codes();
        let wanted = std::env::var("COUPONRY_BUGS").unwrap_or_default();
        let wanted =
            |bug: &Bug| wanted.split(',').any(|part| bug.name.contains(part) || bug.contract == part);
        let mut missed = Vec::new();
        for bug in bugs().into_iter().filter(wanted) {
            match lived_with(&workspace.built_with(&bug, (sound.clone(), wasm("custody")))) {
                Some(violation) => {
                    let why = violation.why.clone();
                    let step = u64::try_from(LIFE).unwrap() * (violation.seed - 1) + violation.step as u64;
                    let last = why.lines().last().unwrap_or_default();
                    println!("{}: caught at step {step}: {}", bug.name, last.get(..100).unwrap_or(last));
                    if !why.contains(&bug.shows_as) {
                        missed
                            .push(format!("{}: doesn't show as {:?} but as: {why}", bug.name, bug.shows_as));
                    }
                }
                None => {
                    println!("{}: survived", bug.name);
                    missed.push(format!("{}: survived {LIVES} lives", bug.name));
                }
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }

    /// The suite's code, and custody's.
    type Suite = (Codes, Vec<u8>);

    fn lived_with((codes, custody): &Suite) -> Option<Violation> {
        let beginnings = Beginnings::new(Some(codes), Some(custody));
        (1..=LIVES).find_map(|seed| live(&beginnings, seed, LIFE, &mut Tally::default()).err())
    }

    /// A copy of the workspace, in which bugs are planted one at a time; it is built in one place, so only what a bug touches is compiled anew.
    struct Workspace(PathBuf);

    impl Workspace {
        fn copied() -> Self {
            let out_dir = Options::of_this_checkout().out_dir;
            let home = out_dir.parent().expect("the target folder holds it").join("planted");
            let copy = home.join("workspace");
            if copy.exists() {
                fs::remove_dir_all(&copy).unwrap();
            }
            for part in
                ["contracts", "deploy", "e2e-tests", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"]
            {
                copy_all(&checkout().join(part), &copy.join(part)).unwrap();
            }
            Self(home)
        }

        /// The suite's code with a bug; what the bug can't be in stays `sound`.
        fn built_with(&self, bug: &Bug, (sound, custody): Suite) -> Suite {
            let workspace = self.0.join("workspace");
            let file = workspace.join(&bug.file);
            let source = fs::read_to_string(&file).unwrap();
            fs::write(&file, source.replacen(&bug.old, &bug.new, 1)).unwrap();
            let out_dir = self.0.join("ink");
            let options = Options { workspace, out_dir: out_dir.clone(), force: false };
            // The registry pins the code of its office and its desk, the alliance its council's. A bug may take room.
            let with_registry = ["office", "desk", "registry"];
            let with_alliance = ["council", "alliance"];
            let contracts: Vec<Contract> = suite()
                .into_iter()
                .filter(|contract| match bug.contract.as_str() {
                    "registry" => with_registry.contains(&contract.package.as_str()),
                    "alliance" | "council" => with_alliance.contains(&contract.package.as_str()),
                    other => contract.package == other,
                })
                .map(|contract| Contract { size_limit: CHAIN_SIZE_LIMIT, ..contract })
                .collect();
            let mut progress = Progress::new();
            let built = build(&contracts, &options, &mut |event| progress.show(event));
            fs::write(&file, source).unwrap();
            if let Err(fault) = built {
                panic!("{}: {fault}", bug.name);
            }
            let fresh = |name: &str| fs::read(out_dir.join(name).with_extension("wasm")).unwrap();
            let codes = match bug.contract.as_str() {
                "custody" => return (sound, fresh("custody")),
                "registry" => {
                    let [office, desk, registry] = with_registry.map(fresh);
                    Codes { office, desk, registry, ..sound }
                }
                "alliance" | "council" => {
                    let [council, alliance] = with_alliance.map(fresh);
                    Codes { council, alliance, ..sound }
                }
                "market" => Codes { market: fresh("market"), ..sound },
                other => panic!("there is no contract {other}"),
            };
            (codes, custody)
        }
    }

    fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
        if from.is_file() {
            return fs::copy(from, to).map(drop);
        }
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if entry.file_name() != "target" {
                copy_all(&entry.path(), &to.join(entry.file_name()))?;
            }
        }
        Ok(())
    }
}
