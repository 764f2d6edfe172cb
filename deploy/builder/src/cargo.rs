//! Runs the pinned cargo twice for a contract: for its Wasm, and for its metadata on the host.
//!
//! Owns the compiler's flags and the generated host crate; must not know what becomes of the results.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Map, Value};

use crate::{
    workspace::{Package, Workspace},
    BuildError, Contract, Event, Pinned, Toolchain,
};

/// Wasm's MVP: the pallet refuses every later feature.
const TARGET: &str = "wasm32v1-none";

/// The standard library is built anew so that it panics without formatting, which halves the code. The chain provides
/// the memory, at most 16 pages (1 MiB), of which one is the stack.
const FLAGS: [&str; 5] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Clink-arg=-zstack-size=65536",
    "-Clink-arg=--import-memory",
    "-Clink-arg=--max-memory=1048576",
];

/// A contract, and what it is built with.
pub(crate) struct Job<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) package: &'a Package,
    pub(crate) pinned: &'a [Pinned],
    pub(crate) workspace: &'a Workspace,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) target_dir: &'a Path,
}

/// Compiles the contract for the chain and returns the module as the linker wrote it.
pub(crate) fn compile(job: &Job, tell: &mut dyn FnMut(Event)) -> Result<Vec<u8>, BuildError> {
    let Job { contract, package, pinned, workspace, toolchain, target_dir } = *job;
    let flags = [FLAGS.join("\x1f"), format!("-Clinker={}", toolchain.linker.display())].join("\x1f");
    let mut command = toolchain.cargo(target_dir, pinned);
    command
        .current_dir(&workspace.dir)
        .args(["rustc", "--package", &package.name, "--lib", "--crate-type", "cdylib"])
        .args(["--target", TARGET, "-Zbuild-std=core,alloc"])
        .args(["--no-default-features", "--profile", "contract", "--locked"])
        .arg(format!("--features={}", contract.options.join(",")))
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("RUSTC_BOOTSTRAP", "1");
    run(&contract.name, command, tell)?;

    let file = package.name.replace('-', "_");
    let wasm = target_dir.join(TARGET).join("contract").join(file).with_extension("wasm");
    fs::read(&wasm).map_err(BuildError::io("read", &wasm))
}

/// Asks the contract, compiled for the host, for its metadata. That takes a crate of its own outside the workspace:
/// beside crates that use the contract's types, cargo would unify `ink-as-dependency` into it and drop its metadata.
pub(crate) fn describe_interface(
    job: &Job,
    tell: &mut dyn FnMut(Event),
) -> Result<Map<String, Value>, BuildError> {
    let Job { contract, pinned, workspace, toolchain, target_dir, .. } = *job;
    let name = format!("{}-metadata", contract.name);
    let dir = target_dir.join(&name);
    let source = dir.join("main.rs");
    let manifest = dir.join("Cargo.toml");
    let lockfile = dir.join("Cargo.lock");
    fs::create_dir_all(&dir).map_err(BuildError::io("create", &dir))?;
    fs::write(&manifest, host_manifest(&name, job)).map_err(BuildError::io("write", &manifest))?;
    fs::write(&source, HOST_SOURCE).map_err(BuildError::io("write", &source))?;
    fs::copy(&workspace.lockfile, &lockfile).map_err(BuildError::io("write", &lockfile))?;

    let mut command = toolchain.cargo(target_dir, pinned);
    command.current_dir(&dir).arg("build");
    run(&contract.name, command, tell)?;

    let program = target_dir.join("debug").join(name);
    let output = Command::new(&program).output().map_err(BuildError::run(&program))?;
    let failed = |reason: String| BuildError::Metadata { name: contract.name.clone(), reason };
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}

fn host_manifest(name: &str, job: &Job) -> String {
    let Job { contract, package, workspace, .. } = *job;
    let options: Vec<_> =
        contract.options.iter().map(|option| toml::Value::from(&**option).to_string()).collect();
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let patches: Vec<_> = workspace
        .patches
        .iter()
        .map(|(name, dir)| format!("{name} = {{ path = {} }}", quoted(&dir.to_string_lossy())))
        .collect();
    format!(
        r#"[workspace]

[package]
name = {name}
version = "0.0.0"
edition = "2021"
publish = false

[[bin]]
name = {name}
path = "main.rs"

[dependencies]
contract = {{ package = {package}, path = {path}, features = [{options}] }}
ink = {ink}
serde_json = "1"

[profile.dev]
debug = 0

[patch.crates-io]
{patches}
"#,
        name = quoted(name),
        package = quoted(&package.name),
        path = quoted(&package.dir().to_string_lossy()),
        ink = quoted(&format!("={}", workspace.ink)),
        options = options.join(", "),
        patches = patches.join("\n"),
    )
}

const HOST_SOURCE: &str = r#"extern crate contract;

extern "Rust" {
    fn __ink_generate_metadata() -> ink::metadata::InkProject;
}

fn main() -> Result<(), serde_json::Error> {
    // SAFETY: ink's contract macro defines this function with this very signature.
    let project = unsafe { __ink_generate_metadata() };
    serde_json::to_writer(std::io::stdout(), &project)
}
"#;

fn run(name: &str, mut command: Command, tell: &mut dyn FnMut(Event)) -> Result<(), BuildError> {
    let program = command.get_program().to_os_string();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(BuildError::run(&program))?;
    let mut complaints = String::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines() {
            let line = line.map_err(BuildError::run(&program))?;
            if !is_progress(&line) {
                complaints.push_str(&line);
                complaints.push('\n');
            }
            tell(Event::Cargo { line });
        }
    }
    let status = child.wait().map_err(BuildError::run(&program))?;
    if status.success() {
        Ok(())
    } else {
        Err(BuildError::Cargo { name: name.into(), output: complaints })
    }
}

/// Whether cargo says only what it is doing, such as `   Compiling ink v5.1.1`.
fn is_progress(line: &str) -> bool {
    const WORDS: [&str; 6] = ["Compiling", "Downloading", "Downloaded", "Updating", "Locking", "Finished"];
    line.starts_with(' ') && WORDS.iter().any(|word| line.trim_start().starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_call_reports_the_complaint_without_the_progress() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo '   Compiling ink v5.1.1' >&2; echo 'error: no' >&2; exit 101"]);
        let mut lines = Vec::new();
        let error = run("market", command, &mut |event| lines.push(event)).unwrap_err();
        assert_eq!(error.to_string(), "market: cargo failed:\nerror: no\n");
        let line = |text: &str| Event::Cargo { line: text.into() };
        assert_eq!(lines, [line("   Compiling ink v5.1.1"), line("error: no")]);
    }
}
