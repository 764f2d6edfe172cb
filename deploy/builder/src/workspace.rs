//! What cargo says of a workspace's packages. Owns the one call of `cargo metadata`; must not know how contracts are built.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{BuildError, Toolchain};

pub(crate) struct Workspace {
    pub(crate) dir: PathBuf,
    pub(crate) manifest: PathBuf,
    pub(crate) lockfile: PathBuf,
    /// The version of ink! in the lockfile.
    pub(crate) ink: String,
    pub(crate) packages: Vec<Package>,
    /// Packages of this workspace that stand in for packages of crates.io in everything that is built: their names and folders.
    pub(crate) patches: BTreeMap<String, PathBuf>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) authors: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) license: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    path: Option<PathBuf>,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    patch: BTreeMap<String, BTreeMap<String, Patch>>,
}

#[derive(Deserialize)]
struct Patch {
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Lockfile {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

impl Package {
    pub(crate) fn dir(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }
}

impl Workspace {
    pub(crate) fn load(toolchain: &Toolchain, dir: &Path) -> Result<Self, BuildError> {
        let dir = dir.canonicalize().map_err(BuildError::io("find", dir))?;
        let manifest = dir.join("Cargo.toml");
        let lockfile = dir.join("Cargo.lock");
        let output = toolchain
            .cargo(&dir.join("target"), &[])
            .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
            .arg(&manifest)
            .output()
            .map_err(BuildError::run(&toolchain.cargo))?;
        if !output.status.success() {
            return Err(BuildError::manifest(&manifest, String::from_utf8_lossy(&output.stderr).trim()));
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).map_err(|error| BuildError::manifest(&manifest, error))?;
        Ok(Self {
            ink: locked_version("ink", &lockfile)?,
            patches: patches(&manifest, &dir)?,
            dir,
            manifest,
            lockfile,
            packages: metadata.packages,
        })
    }

    pub(crate) fn package(&self, name: &str) -> Result<&Package, BuildError> {
        self.packages
            .iter()
            .find(|package| package.name == name)
            .ok_or_else(|| BuildError::NoSuchPackage { package: name.into(), workspace: self.dir.clone() })
    }

    /// The folders of `package`, of every package it is built from by path, and of those that stand in for others, sorted.
    pub(crate) fn source_dirs(&self, package: &Package) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let mut next: Vec<_> = self.patches.values().cloned().collect();
        next.push(package.dir().to_path_buf());
        while let Some(dir) = next.pop() {
            let here = self.packages.iter().find(|package| package.dir() == dir);
            if found.insert(dir) {
                let dependencies = here.into_iter().flat_map(|package| &package.dependencies);
                next.extend(
                    dependencies
                        .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
                        .filter_map(|dependency| dependency.path.clone()),
                );
            }
        }
        found
    }
}

/// What the manifest puts in the place of packages of crates.io.
fn patches(manifest: &Path, dir: &Path) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let text = fs::read_to_string(manifest).map_err(BuildError::io("read", manifest))?;
    let Manifest { mut patch } =
        toml::from_str(&text).map_err(|error| BuildError::manifest(manifest, error))?;
    let patches = patch.remove("crates-io").unwrap_or_default().into_iter();
    Ok(patches.filter_map(|(name, patch)| Some((name, dir.join(patch.path?)))).collect())
}

fn locked_version(name: &str, lockfile: &Path) -> Result<String, BuildError> {
    let text = fs::read_to_string(lockfile).map_err(BuildError::io("read", lockfile))?;
    let locked: Lockfile = toml::from_str(&text).map_err(|error| BuildError::manifest(lockfile, error))?;
    locked
        .package
        .into_iter()
        .find_map(|package| (package.name == name).then_some(package.version))
        .ok_or_else(|| BuildError::manifest(lockfile, format!("no package `{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        let dependency = |(name, kind): &(&str, Option<&str>)| Dependency {
            path: Some(Path::new("/w").join(name)),
            kind: kind.map(Into::into),
        };
        Package {
            name: name.into(),
            version: "0.1.0".into(),
            authors: vec![],
            description: None,
            license: None,
            manifest_path: Path::new("/w").join(name).join("Cargo.toml"),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    #[test]
    fn sources_follow_path_dependencies_but_not_those_of_tests() {
        let workspace = Workspace {
            dir: "/w".into(),
            manifest: "/w/Cargo.toml".into(),
            lockfile: "/w/Cargo.lock".into(),
            ink: "5.1.1".into(),
            packages: vec![
                package("registry", &[("shared", None), ("mocks", Some("dev"))]),
                package("shared", &[("math", None)]),
                package("mocks", &[]),
            ],
            patches: [("memory".into(), "/w/memory".into())].into(),
        };
        let dirs = workspace.source_dirs(workspace.package("registry").unwrap());
        assert_eq!(dirs, ["/w/math", "/w/memory", "/w/registry", "/w/shared"].map(PathBuf::from).into());
    }

    #[test]
    fn what_stands_in_for_a_package_is_found_by_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = dir.path().join("Cargo.toml");
        let read = |text: &str| {
            fs::write(&manifest, text).unwrap();
            patches(&manifest, Path::new("/w")).unwrap()
        };
        let text = r#"
            [workspace]
            members = []
            [patch.crates-io]
            memory = { path = "contracts/memory" }
            other = { git = "https://example.org/other" }
        "#;
        assert_eq!(read(text), [("memory".into(), "/w/contracts/memory".into())].into());
        assert_eq!(read("[workspace]"), [].into());
    }

    #[test]
    fn the_optimiser_named_is_the_optimiser_locked() {
        let lockfile = crate::Options::of_this_checkout().workspace.join("Cargo.lock");
        let version = locked_version("wasm-opt", &lockfile).unwrap();
        assert!(crate::OPTIMISER.starts_with(&format!("wasm-opt {version} ")), "{version}");
    }
}
