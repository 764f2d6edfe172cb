//! Finds the contracts' compiler. Owns its version and where it may be installed; must not know what is compiled.
//!
//! It is pinned apart from the host's, because code hashes follow from it, and because building the standard library
//! for Wasm needs its source.

use std::{
    env,
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{BuildError, Pinned};

/// The Rust release that compiles contracts. Changing it changes every code hash.
pub const COMPILER: &str = "1.96.0";

/// Compiler, cargo and linker that were found complete and of the right version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// What the compiler says of itself, such as `rustc 1.96.0 (ac68faa20 2026-05-25)`.
    pub compiler: String,
    pub linker_version: String,
    pub(crate) cargo: PathBuf,
    pub(crate) rustc: PathBuf,
    pub(crate) linker: PathBuf,
}

/// What keeps an installed, or missing, toolchain from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nothing that runs there.
    Compiler {
        place: String,
    },
    Version {
        rustc: PathBuf,
        found: String,
    },
    Source {
        expected: PathBuf,
    },
    Cargo {
        expected: PathBuf,
    },
    Linker {
        tried: Vec<PathBuf>,
    },
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compiler { place } => write!(f, "{place}: no compiler"),
            Self::Version { rustc, found } => write!(f, "{}: Rust {found}, not {COMPILER}", rustc.display()),
            Self::Source { expected } => {
                write!(f, "{}: no source of the standard library", expected.display())
            }
            Self::Cargo { expected } => write!(f, "{}: no cargo", expected.display()),
            Self::Linker { tried } => {
                let tried: Vec<_> = tried.iter().map(|path| path.display().to_string()).collect();
                write!(f, "{}: no linker that runs", tried.join(", "))
            }
        }
    }
}

impl Toolchain {
    /// Takes rustup's toolchain if it is complete, else Debian's in `/usr/bin`. Installs nothing.
    ///
    /// # Errors
    /// `NoToolchain` with what each of the two lacks.
    pub fn find() -> Result<Self, BuildError> {
        rustup_rustc().and_then(Self::probe).or_else(|rustup| {
            Self::probe("/usr/bin/rustc".into())
                .map_err(|debian| BuildError::NoToolchain { lacking: vec![rustup, debian] })
        })
    }

    fn probe(rustc: PathBuf) -> Result<Self, Lack> {
        let no_compiler = || Lack::Compiler { place: rustc.display().to_string() };
        let version = answer(&rustc, ["-vV"]).ok_or_else(no_compiler)?;
        let compiler = version.lines().next().unwrap_or_default().to_string();
        let release = field(&version, "release").unwrap_or_default();
        if release != COMPILER {
            return Err(Lack::Version { rustc: rustc.clone(), found: release.into() });
        }
        let sysroot = answer(&rustc, ["--print", "sysroot"]).ok_or_else(no_compiler)?;
        let rustlib = Path::new(sysroot.trim()).join("lib/rustlib");
        let source = rustlib.join("src/rust/library/core/src/lib.rs");
        if !source.is_file() {
            return Err(Lack::Source { expected: source });
        }
        let cargo = rustc.with_file_name("cargo");
        if !cargo.is_file() {
            return Err(Lack::Cargo { expected: cargo });
        }
        let host = field(&version, "host").unwrap_or_default();
        let (linker, linker_version) = find_linker(&rustlib.join(host))?;
        Ok(Self { compiler, linker_version, cargo, rustc, linker })
    }

    /// A call of the pinned cargo that no setting of the caller's environment can bend: flags, profiles, wrappers,
    /// toolchain overrides and the caller's own pins are taken out, and only what cargo needs to reach its registries stays.
    pub(crate) fn cargo(&self, target_dir: &Path, pinned: &[Pinned]) -> Command {
        let mut command = Command::new(&self.cargo);
        for (name, _) in env::vars_os() {
            if bends_a_build(&name.to_string_lossy()) {
                command.env_remove(name);
            }
        }
        command
            .envs(pinned.iter().cloned())
            .env("RUSTC", &self.rustc)
            .env("CARGO_TARGET_DIR", target_dir)
            .env("CARGO_TERM_COLOR", "never");
        command
    }
}

fn bends_a_build(variable: &str) -> bool {
    const KEPT: [&str; 5] = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_BUILD_JOBS"];
    let kept = KEPT.iter().any(|prefix| variable.starts_with(prefix));
    ["CARGO", "RUST", "MAKEFLAGS", "COUPONRY_"].iter().any(|prefix| variable.starts_with(prefix)) && !kept
}

/// The compiler of rustup's toolchain, asked for without rustup's habit of installing what it lacks.
fn rustup_rustc() -> Result<PathBuf, Lack> {
    let output = Command::new("rustup")
        .args(["which", "--toolchain", COMPILER, "rustc"])
        .env("RUSTUP_AUTO_INSTALL", "0")
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().into()),
        Ok(_) | Err(_) => Err(Lack::Compiler { place: format!("rustup's toolchain {COMPILER}") }),
    }
}

/// Rust's own linker, or Debian's, which packages it apart. Both write the same bytes.
fn find_linker(host_rustlib: &Path) -> Result<(PathBuf, String), Lack> {
    let tried = [host_rustlib.join("bin/rust-lld"), "/usr/bin/rust-lld".into(), "/usr/bin/wasm-ld-19".into()];
    tried
        .iter()
        .find_map(|path| {
            Some((path.clone(), answer(path, ["-flavor", "wasm", "--version"])?.trim().to_string()))
        })
        .ok_or_else(|| Lack::Linker { tried: tried.to_vec() })
}

fn answer<const N: usize>(program: &Path, arguments: [&str; N]) -> Option<String> {
    let output = Command::new(program).args(arguments.map(OsStr::new)).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// The value of a `name: value` line of `rustc -vV`.
fn field<'a>(version: &'a str, name: &str) -> Option<&'a str> {
    version.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIAN: &str = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\nbinary: rustc\n\
                          commit-hash: ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96\ncommit-date: 2026-05-25\n\
                          host: x86_64-unknown-linux-gnu\nrelease: 1.96.0\nLLVM version: 22.1.8\n";

    #[test]
    fn a_compilers_release_and_host_are_read() {
        assert_eq!(field(DEBIAN, "release"), Some("1.96.0"));
        assert_eq!(field(DEBIAN, "host"), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(field(DEBIAN, "sysroot"), None);
    }

    #[test]
    fn a_place_without_a_compiler_is_told_apart() {
        let lack = Toolchain::probe("/nowhere/rustc".into()).unwrap_err();
        assert_eq!(lack, Lack::Compiler { place: "/nowhere/rustc".into() });
    }

    #[cfg(unix)]
    #[test]
    fn another_version_is_refused_by_its_number() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let rustc = dir.path().join("rustc");
        std::fs::write(&rustc, "#!/bin/sh\necho 'rustc 1.85.0'\necho 'release: 1.85.0'\n").unwrap();
        std::fs::set_permissions(&rustc, std::fs::Permissions::from_mode(0o755)).unwrap();
        let found = "1.85.0".into();
        assert_eq!(Toolchain::probe(rustc.clone()), Err(Lack::Version { rustc, found }));
    }

    #[test]
    fn the_error_says_what_each_place_lacks_and_what_to_install() {
        let error = BuildError::NoToolchain {
            lacking: vec![Lack::Version { rustc: "/usr/bin/rustc".into(), found: "1.85.0".into() }],
        };
        let text = error.to_string();
        assert!(text.contains("/usr/bin/rustc: Rust 1.85.0, not 1.96.0"), "{text}");
        assert!(text.contains("make setup"), "{text}");
    }

    #[test]
    fn the_callers_flags_do_not_reach_cargo_but_its_registries_do() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_PROFILE_CONTRACT_OPT_LEVEL",
            "RUSTUP_TOOLCHAIN",
            "RUSTC_WRAPPER",
            "COUPONRY_OFFICE_CODE",
            "COUPONRY_COUNCIL_CODE",
        ] {
            assert!(bends_a_build(name), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_REGISTRIES_CRATES_IO_PROTOCOL", "PATH", "HOME"]
        {
            assert!(!bends_a_build(name), "{name}");
        }
    }
}
