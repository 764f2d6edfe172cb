//! Files that say how things are, so that a change shows. `COUPONRY_GOLDEN=write` rewrites them. Knows nothing of what they hold.

use serde_json::{Map, Value};
use std::{env, fs, path::PathBuf};

/// Whether two numbers at a place are close enough.
pub(crate) type Near = fn(place: &str, kept: u64, found: u64) -> bool;

/// Compares `found` with `snapshots/<file>` and fails with every place that differs; numbers count as the same where `near` says so.
pub(crate) fn compare(file: &str, found: &Value, near: Near) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(file);
    if env::var("COUPONRY_GOLDEN").is_ok_and(|mode| mode == "write") {
        fs::write(&path, serde_json::to_string_pretty(found).unwrap() + "\n").unwrap();
        return;
    }
    let kept: Value = fs::read(&path).map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
    let differing = differences("", &kept, found, near);
    assert!(
        differing.is_empty(),
        "{} differs; if that is meant, `make golden` rewrites it:\n{}",
        path.display(),
        differing.join("\n")
    );
}

/// Compares `found` with the text at `path` in the checkout, line by line.
pub(crate) fn compare_text(path: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if env::var("COUPONRY_GOLDEN").is_ok_and(|mode| mode == "write") {
        fs::write(&path, found).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let first = kept.lines().zip(found.lines()).find(|(kept, found)| kept != found);
    assert!(
        kept == found,
        "{} differs; if that is meant, `make golden` rewrites it: {first:?}",
        path.display()
    );
}

/// What differs below `place`.
fn differences(place: &str, kept: &Value, found: &Value, near: Near) -> Vec<String> {
    if let (Value::Object(kept), Value::Object(found)) = (kept, found) {
        let mut names: Vec<&String> = kept.keys().chain(found.keys()).collect();
        names.sort();
        names.dedup();
        let of = |values: &Map<String, Value>, name: &str| values.get(name).cloned().unwrap_or(Value::Null);
        let below = |name: &String| {
            differences(&format!("{place} / {name}"), &of(kept, name), &of(found, name), near)
        };
        return names.into_iter().flat_map(below).collect();
    }
    let same = match (kept.as_u64(), found.as_u64()) {
        (Some(kept), Some(found)) => near(place, kept, found),
        _ => kept == found,
    };
    if same {
        Vec::new()
    } else {
        vec![format!("{place}: {kept} -> {found}")]
    }
}

#[test]
fn every_difference_is_named() {
    let kept = serde_json::json!({ "a": { "b": 100, "c": "x" }, "gone": 1 });
    let found = serde_json::json!({ "a": { "b": 101, "c": "y" }, "new": [2] });
    let exact = differences("", &kept, &found, |_, kept, found| kept == found);
    assert_eq!(
        exact,
        [" / a / b: 100 -> 101", " / a / c: \"x\" -> \"y\"", " / gone: 1 -> null", " / new: null -> [2]"]
    );
    let near =
        differences("", &kept, &found, |place, kept, found| place == " / a / b" && kept.abs_diff(found) < 2);
    assert_eq!(near.len(), 3);
    assert_eq!(differences("", &kept, &kept, |_, kept, found| kept == found), Vec::<String>::new());
}
