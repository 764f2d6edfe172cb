//! That `docs/threats.md` and `docs/features.md` name tests that are there, and that the contracts call nothing that is banned.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in a workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// Every Rust file under `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// How many rows a page's tables have, each of which names tests that are there.
fn rows_with_tests(page: &str) -> usize {
    let text = read(&checkout().join("docs").join(page));
    let here = checkout().join("e2e-tests/tests/all");
    let mut rows = 0;
    for row in text.lines().filter(|line| line.starts_with("| ") && line.contains("::")) {
        for name in row.rsplit('|').nth(1).unwrap().split('`').filter(|text| text.contains("::")) {
            let (module, test) = name.rsplit_once("::").unwrap();
            let source = read(&here.join(module.replace("::", "/")).with_extension("rs"));
            assert!(source.contains(&format!("#[test]\nfn {test}() {{")), "{name}");
        }
        rows += 1;
    }
    assert_eq!(
        rows,
        text.lines().filter(|line| line.starts_with("| ")).count() - 2 * text.matches("\n| --- ").count()
    );
    rows
}

#[test]
fn each_threat_has_tests_that_are_there() {
    assert!(rows_with_tests("threats.md") >= 30);
}

#[test]
fn each_feature_has_tests_that_are_there() {
    assert!(rows_with_tests("features.md") >= 40);
}

#[test]
fn no_contract_calls_for_what_is_banned() {
    let banned = [
        "allow_reentry",
        "ALLOW_REENTRY",
        "delegate_call",
        "build_call_delegate",
        "set_code_hash",
        "terminate",
        "random(",
        "env().balance()",
    ];
    let contracts = sources(&checkout().join("contracts"));
    assert!(contracts.len() > 30);
    for path in contracts {
        let source = read(&path);
        for word in banned {
            assert!(!source.contains(word), "{}: {word}", path.display());
        }
    }
}
