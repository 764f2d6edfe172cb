//! In place of contract-build, which `ink_e2e` links for its macro's sake: with it come Binaryen and a client of Docker, of which nothing is used here and which can't build a
//! contract with today's Rust anyway. Contracts are built by `couponry build`, and these names are there to be named.
#![allow(missing_docs, reason = "contract-build has the documentation")]

use std::path::{Path, PathBuf};

pub const DEFAULT_MAX_MEMORY_PAGES: u64 = 16;

pub struct ManifestPath;

impl ManifestPath {
    /// # Errors
    /// Never: what is wrong is told by `execute`.
    pub fn new(_: impl AsRef<Path>) -> Result<Self, String> {
        Ok(Self)
    }
}

pub enum BuildArtifacts {
    All,
}

pub enum BuildMode {
    Debug,
}

#[derive(Default)]
pub struct Features;

pub enum ImageVariant {
    Default,
}

pub enum Network {
    Online,
}

#[derive(Default)]
pub struct OptimizationPasses;

pub enum OutputType {
    HumanReadable,
}

pub enum Target {
    Wasm,
}

#[derive(Default)]
pub struct UnstableFlags;

pub enum Verbosity {
    Default,
}

pub struct ExecuteArgs {
    pub manifest_path: ManifestPath,
    pub verbosity: Verbosity,
    pub build_mode: BuildMode,
    pub features: Features,
    pub network: Network,
    pub build_artifact: BuildArtifacts,
    pub unstable_flags: UnstableFlags,
    pub optimization_passes: Option<OptimizationPasses>,
    pub keep_debug_symbols: bool,
    pub extra_lints: bool,
    pub output_type: OutputType,
    pub skip_wasm_validation: bool,
    pub target: Target,
    pub max_memory_pages: u64,
    pub image: ImageVariant,
}

pub struct BuildResult {
    pub dest_wasm: Option<PathBuf>,
}

/// # Errors
/// Always.
pub fn execute(_: ExecuteArgs) -> Result<BuildResult, String> {
    Err("contracts are built by `couponry build`".to_owned())
}
