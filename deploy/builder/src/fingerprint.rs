//! Tells whether anything a contract is built from has changed. Owns what counts; must not know where it is kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use blake2::{digest::consts::U32, Blake2b, Digest};

use crate::{
    workspace::{Package, Workspace},
    BuildError, Pinned, Toolchain, OPTIMISER,
};

/// The parts of this crate that decide what comes out, so that a change of recipe rebuilds without a version to bump.
const RECIPE: [&str; 5] = [
    include_str!("bundle.rs"),
    include_str!("cargo.rs"),
    include_str!("lint.rs"),
    include_str!("module.rs"),
    include_str!("refusal.rs"),
];

pub(crate) fn hash(bytes: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(bytes).into()
}

/// A digest of the sources of `package`, its path dependencies and what stands in for others (`Cargo.toml`, `build.rs` and `src`), the workspace's
/// manifest and lockfile, the options and the code it pins, the tools and the recipe.
pub(crate) fn of(
    package: &Package,
    options: &[String],
    pinned: &[Pinned],
    workspace: &Workspace,
    toolchain: &Toolchain,
) -> Result<String, BuildError> {
    let mut digest = Blake2b::<U32>::new();
    for text in [&*toolchain.compiler, &toolchain.linker_version, OPTIMISER].into_iter().chain(RECIPE) {
        add(&mut digest, text.as_bytes());
    }
    for option in options {
        add(&mut digest, option.as_bytes());
    }
    for (variable, code) in pinned {
        add(&mut digest, variable.as_bytes());
        add(&mut digest, code.as_bytes());
    }
    let mut files = vec![workspace.manifest.clone(), workspace.lockfile.clone()];
    for dir in workspace.source_dirs(package) {
        files.push(dir.join("Cargo.toml"));
        files.extend(Some(dir.join("build.rs")).filter(|file| file.is_file()));
        files.extend(files_under(&dir.join("src"))?);
    }
    for file in files {
        // Relative, so that a checkout that was moved is not built again.
        let name = file.strip_prefix(&workspace.dir).unwrap_or(&file);
        add(&mut digest, name.as_os_str().as_encoded_bytes());
        add(&mut digest, &fs::read(&file).map_err(BuildError::io("read", &file))?);
    }
    Ok(hex::encode(digest.finalize()))
}

/// Every file below `dir`, in an order that depends on names alone.
pub(crate) fn files_under(dir: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let entries = fs::read_dir(dir).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let mut paths: Vec<_> =
        entries.map_err(BuildError::io("list", dir))?.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(files_under(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// The length goes first, so that no two lists of parts give the same bytes.
fn add(digest: &mut Blake2b<U32>, part: &[u8]) {
    digest.update(part.len().to_le_bytes());
    digest.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn digest_of(parts: &[&str]) -> String {
        let mut digest = Blake2b::<U32>::new();
        parts.iter().for_each(|part| add(&mut digest, part.as_bytes()));
        hex::encode(digest.finalize())
    }

    #[test]
    fn moving_a_byte_between_two_parts_changes_the_digest() {
        assert_ne!(digest_of(&["ab", "c"]), digest_of(&["a", "bc"]));
        assert_eq!(digest_of(&["ab", "c"]), digest_of(&["ab", "c"]));
    }

    #[test]
    fn files_are_listed_by_name_at_every_depth() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["z.rs", "a.rs", "m/b.rs"] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let files = files_under(dir.path()).unwrap();
        assert_eq!(files, ["a.rs", "m/b.rs", "z.rs"].map(|file| dir.path().join(file)));
    }

    const COUNTED: [&str; 9] = [
        "Cargo.toml",
        "Cargo.lock",
        "market/Cargo.toml",
        "market/build.rs",
        "market/src/lib.rs",
        "shared/Cargo.toml",
        "shared/src/terms/mod.rs",
        "memory/Cargo.toml",
        "memory/src/lib.rs",
    ];

    /// A workspace of the files of [`COUNTED`], whose first package is the market.
    fn written(dir: &Path) -> (Workspace, Toolchain) {
        let path = |name: &str| dir.join(name);
        for name in COUNTED {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs::write(path(name), name).unwrap();
        }
        let package = |name: &str, dependencies: serde_json::Value| {
            serde_json::from_value(serde_json::json!({
                "name": name, "version": "0.1.0", "authors": [], "dependencies": dependencies,
                "manifest_path": path(name).join("Cargo.toml"),
            }))
            .unwrap()
        };
        let workspace = Workspace {
            dir: dir.into(),
            manifest: path("Cargo.toml"),
            lockfile: path("Cargo.lock"),
            ink: "5.1.1".into(),
            packages: vec![
                package("market", serde_json::json!([{ "path": path("shared") }])),
                package("shared", serde_json::json!([])),
            ],
            patches: [("memory".into(), path("memory"))].into(),
        };
        let toolchain = Toolchain {
            compiler: "rustc 1.96.0".into(),
            linker_version: "LLD".into(),
            cargo: "cargo".into(),
            rustc: "rustc".into(),
            linker: "lld".into(),
        };
        (workspace, toolchain)
    }

    #[test]
    fn the_code_that_is_pinned_counts_and_so_does_its_variable() {
        let dir = tempfile::tempdir().unwrap();
        let (workspace, toolchain) = written(dir.path());
        let with = |pins: &[(&str, &str)]| {
            let pinned: Vec<Pinned> =
                pins.iter().map(|(variable, code)| (variable.to_string(), code.to_string())).collect();
            of(&workspace.packages[0], &[], &pinned, &workspace, &toolchain).unwrap()
        };
        let different: BTreeSet<_> =
            [with(&[]), with(&[("A", "01")]), with(&[("A", "02")]), with(&[("B", "01")])].into();
        assert_eq!(different.len(), 4);
        assert_eq!(with(&[("A", "01")]), with(&[("A", "01")]));
    }

    #[test]
    fn the_options_count() {
        let dir = tempfile::tempdir().unwrap();
        let (workspace, toolchain) = written(dir.path());
        let with = |options: &[&str]| {
            let options: Vec<_> = options.iter().map(|option| option.to_string()).collect();
            of(&workspace.packages[0], &options, &[], &workspace, &toolchain).unwrap()
        };
        let different: BTreeSet<_> = [with(&[]), with(&["a"]), with(&["b"]), with(&["a", "b"])].into();
        assert_eq!(different.len(), 4);
    }

    #[test]
    fn every_source_counts_and_nothing_else_in_the_folders_does() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let (workspace, mut toolchain) = written(dir.path());
        let now =
            |toolchain: &Toolchain| of(&workspace.packages[0], &[], &[], &workspace, toolchain).unwrap();

        let mut seen = vec![now(&toolchain)];
        for name in COUNTED {
            fs::write(path(name), "changed").unwrap();
            let fingerprint = now(&toolchain);
            assert!(!seen.contains(&fingerprint), "{name} does not count");
            seen.push(fingerprint);
        }
        fs::write(path("market/README.md"), "new").unwrap();
        assert_eq!(seen.last(), Some(&now(&toolchain)));
        fs::write(path("shared/src/new.rs"), "new").unwrap();
        assert!(!seen.contains(&now(&toolchain)));
        seen.push(now(&toolchain));
        toolchain.linker_version = "another".into();
        assert!(!seen.contains(&now(&toolchain)));
    }
}
