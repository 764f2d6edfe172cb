//! Turns ink! 5.1.1 contract crates of a workspace into code a chain accepts, with metadata wallets read.
//!
//! Owns the order of the steps, when a contract counts as unchanged, and how one learns another's code hash. Must not know
//! what any contract does, nor how a chain stores or runs it.

mod bundle;
mod cargo;
mod error;
mod fingerprint;
mod lint;
mod module;
mod refusal;
mod report;
mod toolchain;
mod workspace;

use std::{
    env,
    fs::{self, File, TryLockError},
    path::{self, Path, PathBuf},
};

pub use error::BuildError;
pub use lint::HiddenMessage;
pub use module::OPTIMISER;
pub use refusal::{check, Refusal};
pub use report::{table, Progress};
pub use toolchain::{Lack, Toolchain, COMPILER};

use bundle::Paths;
use workspace::Workspace;

/// The most any contract may weigh on the chains we deploy to, in bytes (123 KiB).
pub const CHAIN_SIZE_LIMIT: usize = 123 * 1024;

/// A contract to build: a package of the workspace, the most its optimised code may weigh, in bytes, the options it is built with, and the
/// contracts whose code it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// What its files are called.
    pub name: String,
    pub package: String,
    pub size_limit: usize,
    /// Features of the package, besides those that every contract has.
    pub options: Vec<String>,
    pub pins: Vec<Pin>,
}

/// A contract whose code hash is compiled into another's code, which reads it with `option_env!`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The environment variable that holds the hash, in 64 lowercase hexadecimal digits.
    pub variable: String,
    /// The contract's name.
    pub contract: String,
}

impl Contract {
    pub fn new(package: impl Into<String>, size_limit: usize) -> Self {
        let package = package.into();
        Self { name: package.clone(), package, size_limit, options: Vec::new(), pins: Vec::new() }
    }

    /// Compiles it with the code hash of the contract `contract` in the environment variable `variable`. That contract has
    /// to come earlier among those that are built.
    pub fn pinning(mut self, variable: impl Into<String>, contract: impl Into<String>) -> Self {
        self.pins.push(Pin { variable: variable.into(), contract: contract.into() });
        self
    }

    /// Compiles it with the feature `option` of its package, under the name `<package>-<option>`.
    pub fn with(mut self, option: impl Into<String>) -> Self {
        let option = option.into();
        self.name = format!("{}-{option}", self.name);
        self.options.push(option);
        self
    }
}

/// The contracts of the suite with the sizes the design allows them, each after those it pins.
pub fn suite() -> Vec<Contract> {
    vec![
        Contract::new("office", 64 * 1024),
        Contract::new("desk", 96 * 1024),
        registry(64 * 1024),
        Contract::new("council", 96 * 1024),
        Contract::new("alliance", 48 * 1024).pinning("COUPONRY_COUNCIL_CODE", "council"),
        Contract::new("market", 48 * 1024),
        Contract::new("custody", 32 * 1024),
    ]
}

/// The registry that keeps PSP34's enumeration, as `registry-enumerable`: it comes after the suite, whose office and desk it shares.
pub fn enumerable() -> Contract {
    registry(66 * 1024).with("enumerable")
}

fn registry(size_limit: usize) -> Contract {
    Contract::new("registry", size_limit)
        .pinning("COUPONRY_OFFICE_CODE", "office")
        .pinning("COUPONRY_DESK_CODE", "desk")
}

/// Where to build, and whether to build what is unchanged.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the workspace's `Cargo.toml` and `Cargo.lock`.
    pub workspace: PathBuf,
    /// The folder that receives `<name>.wasm`, `<name>.json` and `<name>.contract`.
    pub out_dir: PathBuf,
    /// Builds a contract even if nothing it depends on has changed.
    pub force: bool,
}

impl Options {
    /// Builds the contracts of `workspace` into `ink` under its target folder (`CARGO_TARGET_DIR`, or `target`).
    pub fn new(workspace: impl Into<PathBuf>) -> Self {
        let workspace = workspace.into();
        let target = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
        Self { out_dir: workspace.join(target).join("ink"), workspace, force: false }
    }

    /// Builds the contracts of the checkout that cargo runs in; outside cargo, of the one this crate was compiled in.
    ///
    /// Checkouts that share a target folder share this crate's compiled form too, so the place it was compiled in may be another's.
    pub fn of_this_checkout() -> Self {
        let running = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let mut folders = running.iter().flat_map(|package| package.ancestors());
        let compiled = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = folders.find(|folder| folder.join("deploy/builder/Cargo.toml").is_file());
        Self::new(found.or(compiled.ancestors().nth(2)).unwrap_or(compiled))
    }
}

/// A contract that was built, or found unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub name: String,
    /// The code alone.
    pub wasm: PathBuf,
    /// ink's metadata, without the code.
    pub metadata: PathBuf,
    /// The metadata and the code in one file.
    pub bundle: PathBuf,
    /// BLAKE2b-256 of the code, by which chains know it.
    pub code_hash: [u8; 32],
    /// The size of the code, in bytes.
    pub size: usize,
    /// What the compiler's output weighed before it was optimised, in bytes.
    pub unoptimised_size: usize,
    pub size_limit: usize,
    /// Whether the contract was unchanged, so that nothing was built.
    pub fresh: bool,
}

/// What [`build`] is doing. [`Progress`] shows it to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The tools that are used, each with its version.
    Tools { compiler: String, linker: String, optimiser: String },
    /// Another process is building into the same folder; this one waits for it.
    Waiting { out_dir: PathBuf },
    /// A step on a contract has begun.
    Step { name: String, step: Step },
    /// A line that cargo wrote while it worked on the current step.
    Cargo { line: String },
    /// A contract is done.
    Done(Built),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Compile,
    Optimise,
    DescribeInterface,
}

/// Builds `contracts` one after the other and returns them in the same order. A contract is left as it is when neither
/// its sources, nor the code it pins, nor what it is built with, nor its outputs have changed. Outputs are replaced only by
/// complete ones.
///
/// # Errors
/// `NoToolchain`, `OverflowChecksOff`; for each contract in turn `PinNotBuilt`, `NoSuchPackage`, `HiddenMessage`, `Cargo`,
/// `Optimiser`, `Refused`, `Metadata`; `Manifest`, `Run` and `Io` wherever a file or a program is at fault.
pub fn build(
    contracts: &[Contract],
    options: &Options,
    tell: &mut dyn FnMut(Event),
) -> Result<Vec<Built>, BuildError> {
    let toolchain = Toolchain::find()?;
    tell(Event::Tools {
        compiler: toolchain.compiler.clone(),
        linker: toolchain.linker_version.clone(),
        optimiser: OPTIMISER.into(),
    });
    let workspace = Workspace::load(&toolchain, &options.workspace)?;
    // Cargo runs in other folders than this process.
    let out_dir = path::absolute(&options.out_dir).map_err(BuildError::io("find", &options.out_dir))?;
    let options = &Options { out_dir, ..options.clone() };
    lint::overflow_checks_are_on(&workspace.manifest)?;

    let _lock = lock(&options.out_dir, tell)?;
    let mut done = Vec::new();
    for contract in contracts {
        let built = build_one(contract, &pinned(contract, &done)?, &workspace, &toolchain, options, tell)?;
        tell(Event::Done(built.clone()));
        done.push(built);
    }
    Ok(done)
}

/// An environment variable and its value: a [`Pin`] whose contract is built.
pub(crate) type Pinned = (String, String);

/// What `contract` pins, out of the contracts that are `done`. What an earlier build left in the folder does not count: it
/// may be of other sources.
fn pinned(contract: &Contract, done: &[Built]) -> Result<Vec<Pinned>, BuildError> {
    let resolve = |pin: &Pin| match done.iter().rfind(|built| built.name == pin.contract) {
        Some(built) => Ok((pin.variable.clone(), hex::encode(built.code_hash))),
        None => Err(BuildError::PinNotBuilt { name: contract.name.clone(), pin: pin.clone() }),
    };
    contract.pins.iter().map(resolve).collect()
}

fn build_one(
    contract: &Contract,
    pinned: &[Pinned],
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &Options,
    tell: &mut dyn FnMut(Event),
) -> Result<Built, BuildError> {
    let package = workspace.package(&contract.package)?;
    let paths = Paths::new(&options.out_dir, &contract.name);
    let fingerprint = fingerprint::of(package, &contract.options, pinned, workspace, toolchain)?;
    if !options.force {
        if let Some(built) = bundle::unchanged(&paths, contract, &fingerprint) {
            // The limit may have been lowered since.
            let code = fs::read(&paths.wasm).map_err(BuildError::io("read", &paths.wasm))?;
            ensure_deployable(contract, &code)?;
            return Ok(built);
        }
    }
    bundle::forget(&paths)?;

    lint::no_message_is_hidden(&workspace.source_dirs(package), &contract.options)?;
    let cargo_dir = options.out_dir.join("cargo");
    let job = cargo::Job { contract, package, pinned, workspace, toolchain, target_dir: &cargo_dir };
    tell(step(contract, Step::Compile));
    let compiled = cargo::compile(&job, tell)?;
    tell(step(contract, Step::Optimise));
    let code = module::optimise(&contract.name, &compiled, &paths)?;
    ensure_deployable(contract, &code)?;
    tell(step(contract, Step::DescribeInterface));
    let interface = cargo::describe_interface(&job, tell)?;

    let origin = bundle::Origin { package, ink: &workspace.ink, toolchain };
    bundle::write(&paths, contract, &origin, &fingerprint, &code, compiled.len(), interface)
}

fn ensure_deployable(contract: &Contract, code: &[u8]) -> Result<(), BuildError> {
    check(code, contract.size_limit)
        .map_err(|refusal| BuildError::Refused { name: contract.name.clone(), refusal })
}

fn step(contract: &Contract, step: Step) -> Event {
    Event::Step { name: contract.name.clone(), step }
}

/// Held while building: the operating system frees it even if this process is killed.
fn lock(out_dir: &Path, tell: &mut dyn FnMut(Event)) -> Result<File, BuildError> {
    fs::create_dir_all(out_dir).map_err(BuildError::io("create", out_dir))?;
    let path = out_dir.join(".lock");
    let file = File::create(&path).map_err(BuildError::io("create", &path))?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        tell(Event::Waiting { out_dir: out_dir.into() });
    }
    file.lock().map_err(BuildError::io("lock", &path))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread};

    fn done(name: &str, code: u8) -> Built {
        Built {
            name: name.into(),
            wasm: "".into(),
            metadata: "".into(),
            bundle: "".into(),
            code_hash: [code; 32],
            size: 0,
            unoptimised_size: 0,
            size_limit: 0,
            fresh: false,
        }
    }

    #[test]
    fn a_pin_is_the_code_hash_of_the_contract_built_before() {
        let registry = Contract::new("registry", 0).pinning("OFFICE", "office").pinning("TILL", "till");
        let found = pinned(&registry, &[done("till", 1), done("market", 2), done("office", 0xab)]).unwrap();
        assert_eq!(found, [("OFFICE".into(), "ab".repeat(32)), ("TILL".into(), "01".repeat(32))]);
        assert_eq!(pinned(&Contract::new("market", 0), &[]).unwrap(), []);
    }

    #[test]
    fn a_contract_whose_pin_was_not_built_before_it_is_refused() {
        let registry = Contract::new("registry", 0).pinning("OFFICE", "office");
        let error = pinned(&registry, &[done("market", 1)]).unwrap_err();
        assert!(matches!(&error, BuildError::PinNotBuilt { pin, .. } if [pin.clone()] == *registry.pins));
        let text = error.to_string();
        assert!(text.starts_with("registry: ") && text.contains("`office`"), "{text}");
        let narcissist = Contract::new("office", 0).pinning("OFFICE", "office");
        assert!(pinned(&narcissist, &[]).is_err());
    }

    #[test]
    fn each_contract_of_the_suite_comes_after_those_it_pins() {
        let suite = suite();
        let names: Vec<_> = suite.iter().map(|contract| &*contract.package).collect();
        assert_eq!(names, ["office", "desk", "registry", "council", "alliance", "market", "custody"]);
        let mut before = Vec::new();
        for contract in suite.iter().chain([&enumerable()]) {
            pinned(contract, &before).unwrap();
            before.push(done(&contract.name, 0));
        }
    }

    #[test]
    fn an_option_is_in_the_name_and_the_package_stays() {
        let contract = enumerable();
        assert_eq!((&*contract.name, &*contract.package), ("registry-enumerable", "registry"));
        assert_eq!(contract.options, ["enumerable"]);
        assert_eq!(contract.pins, suite()[2].pins);
    }

    #[test]
    fn a_second_build_into_a_folder_says_that_it_waits_and_then_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let out_dir = dir.path().join("ink");
        let first = lock(&out_dir, &mut |event| panic!("{event:?}")).unwrap();
        let (sender, events) = mpsc::channel();
        let second = thread::spawn({
            let out_dir = out_dir.clone();
            move || lock(&out_dir, &mut |event| sender.send(event).unwrap()).map(drop)
        });
        assert_eq!(events.recv().unwrap(), Event::Waiting { out_dir });
        drop(first);
        second.join().unwrap().unwrap();
    }
}
