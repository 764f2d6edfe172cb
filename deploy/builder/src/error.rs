//! Why a build stops. Owns the wording people read; must not know how the steps work.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::{HiddenMessage, Lack, Pin, Refusal, COMPILER};

#[derive(Debug, Error)]
pub enum BuildError {
    #[error(
        "the contracts need Rust {COMPILER} with its standard library's source and a Wasm linker:\n{}\nRun `make setup`; or, with \
         rustup: `rustup toolchain install {COMPILER} --profile minimal --component rust-src`; or, as root on Debian 12: \
         `apt-get install rustc-web rust-web-src cargo-web lld-19`",
        .lacking.iter().map(|lack| format!("  - {lack}")).collect::<Vec<_>>().join("\n")
    )]
    NoToolchain { lacking: Vec<Lack> },
    #[error("{}: [profile.contract] must say `overflow-checks = true` and no package may turn it off ({found})", .manifest.display())]
    OverflowChecksOff { manifest: PathBuf, found: String },
    #[error("no package `{package}` in the workspace {}", .workspace.display())]
    NoSuchPackage { package: String, workspace: PathBuf },
    #[error(
        "{name}: it pins the code of `{}`, which is not among the contracts built before it",
        .pin.contract
    )]
    PinNotBuilt { name: String, pin: Pin },
    #[error(transparent)]
    HiddenMessage(#[from] HiddenMessage),
    #[error("{name}: cargo failed:\n{output}")]
    Cargo { name: String, output: String },
    #[error("{name}: the optimiser failed: {reason}")]
    Optimiser { name: String, reason: String },
    #[error("{name}: the code is refused: {refusal}")]
    Refused { name: String, refusal: Refusal },
    #[error("{name}: no metadata: {reason}")]
    Metadata { name: String, reason: String },
    #[error("{}: {reason}", .path.display())]
    Manifest { path: PathBuf, reason: String },
    #[error("cannot run {}: {source}", .program.display())]
    Run { program: PathBuf, source: io::Error },
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

impl BuildError {
    pub(crate) fn io(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { doing, path, source }
    }

    pub(crate) fn run(program: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let program = program.as_ref().to_path_buf();
        move |source| Self::Run { program, source }
    }

    pub(crate) fn manifest(path: impl AsRef<Path>, reason: impl ToString) -> Self {
        Self::Manifest { path: path.as_ref().to_path_buf(), reason: reason.to_string() }
    }
}
