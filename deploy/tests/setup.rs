//! `deploy/setup` on a made-up machine, whose programs answer first what is asked and then say very much more.
#![allow(clippy::unwrap_used, clippy::integer_division, reason = "a test may stop short")]

use std::{
    fs,
    os::unix::fs::{symlink, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// What the script takes from the machine; everything else on the path is made up.
const PLAIN: [&str; 7] = ["bash", "cat", "chmod", "dirname", "grep", "mkdir", "sed"];
const HOST: &str = "x86_64-unknown-linux-gnu";
/// More than a pipe holds.
const MUCH: usize = 1 << 20;

struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    /// A checkout whose set-up looks for Debian's programs below the machine's own folder, and takes whoever runs it for root.
    fn new() -> Self {
        let machine = Self { dir: tempfile::tempdir().unwrap() };
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for file in ["rust-toolchain.toml", "deploy/builder/src/toolchain.rs"] {
            let copy = machine.at("checkout").join(file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(checkout.join(file), copy).unwrap();
        }
        let script = fs::read_to_string(checkout.join("deploy/setup")).unwrap();
        let usr = machine.at("debian");
        let changed = script
            .replacen("#!/usr/bin/env bash", "#!/bin/bash", 1)
            .replace("/usr/bin/", &format!("{}/", usr.display()))
            .replace("[[ $EUID -eq 0 ]]", "true");
        assert!(!changed.contains("EUID"));
        machine.program(&machine.at("checkout/deploy/setup"), &changed);
        fs::write(machine.at("much"), "and so on\n".repeat(MUCH / 10)).unwrap();
        fs::create_dir(machine.at("bin")).unwrap();
        for name in PLAIN {
            let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
                .map(|folder| folder.join(name))
                .find(|path| path.is_file())
                .unwrap();
            symlink(real, machine.at("bin").join(name)).unwrap();
        }
        for name in ["cc", "c++", "cargo", "apt-get"] {
            machine.answers(&machine.at("bin").join(name), "");
        }
        let host = format!("rustc {} (made up)", pinned("rust-toolchain.toml", "channel = \""));
        machine.answers(&machine.at("bin/rustc"), &host);
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn program(&self, path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A program that says this first, and then very much.
    fn answers(&self, path: &Path, first: &str) {
        let much = self.at("much");
        self.program(path, &format!("#!/bin/bash\nprintf '%s\\n' '{first}'\ncat '{}'\n", much.display()));
    }

    /// Where the contracts' compiler is to be: the script that makes all of it there.
    fn compiler_at(&self, folder: &str) -> String {
        let (dir, much) = (self.at(folder), self.at("much"));
        let (dir, much) = (dir.display(), much.display());
        format!(
            r#"mkdir -p {dir}/root/lib/rustlib/src/rust/library/core/src {dir}/root/lib/rustlib/{HOST}/bin
: > {dir}/root/lib/rustlib/src/rust/library/core/src/lib.rs
cat > {dir}/rustc <<'END'
#!/bin/bash
case $1 in
--print) echo {dir}/root ;;
*) printf 'rustc {0} (made up)\nrelease: {0}\nhost: {HOST}\n'; cat {much} ;;
esac
END
printf '#!/bin/bash\ncat {much}\n' > {dir}/cargo
lld={dir}/root/lib/rustlib/{HOST}/bin/rust-lld
printf '#!/bin/bash\ncat {much}\n' > $lld
chmod 755 {dir}/rustc {dir}/cargo $lld
"#,
            compiler()
        )
    }

    fn set_up(&self) -> Output {
        Command::new(self.at("checkout/deploy/setup"))
            .env_clear()
            .env("PATH", self.at("bin"))
            .env("RUSTUP_AUTO_INSTALL", "0")
            .output()
            .unwrap()
    }
}

fn pinned(file: &str, before: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(file);
    let text = fs::read_to_string(path).unwrap();
    text.split(before).nth(1).unwrap().split('"').next().unwrap().into()
}

fn compiler() -> String {
    pinned("deploy/builder/src/toolchain.rs", "pub const COMPILER: &str = \"")
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_is_there_is_found_however_long_it_answers() {
    let machine = Machine::new();
    let made = Command::new("bash").args(["-c", &machine.compiler_at("debian")]).status().unwrap();
    assert!(made.success());
    let output = machine.set_up();
    let (said, complained) = told(&output);
    assert!(output.status.success(), "{said}{complained}");
    let rust = pinned("rust-toolchain.toml", "channel = \"");
    let ready =
        format!("setup: ready: Rust {rust} for the tool, Debian's Rust {} for the contracts\n", compiler());
    assert_eq!((said, complained), (ready, String::new()), "nothing was installed");
}

#[test]
fn what_debian_offers_is_found_in_a_long_answer_and_installed() {
    let machine = Machine::new();
    let offers = format!("rustc-web:\n  Installed: (none)\n  Candidate: {}+dfsg1-1", compiler());
    machine.answers(&machine.at("bin/apt-cache"), &offers);
    let install = format!(
        "#!/bin/bash\ncat {}\nif [[ $1 == install ]]; then\n{}fi\n",
        machine.at("much").display(),
        machine.compiler_at("debian")
    );
    machine.program(&machine.at("bin/apt-get"), &install);
    let output = machine.set_up();
    let (said, complained) = told(&output);
    assert!(output.status.success(), "{complained}");
    assert!(said.starts_with(&format!("setup: installing Debian's Rust {}", compiler())));
    assert!(said.ends_with(&format!("Debian's Rust {} for the contracts\n", compiler())));
}

#[test]
fn another_version_is_refused_however_long_it_answers() {
    let machine = Machine::new();
    machine.answers(&machine.at("bin/rustc"), "rustc 1.0.0 (made up)");
    let output = machine.set_up();
    assert_eq!(output.status.code(), Some(1));
    let rust = pinned("rust-toolchain.toml", "channel = \"");
    let (said, complained) = told(&output);
    assert_eq!(said, "");
    assert!(complained
        .starts_with(&format!("setup: Rust {rust}, named in rust-toolchain.toml, does not answer.")));
}

#[test]
fn no_script_pipes_into_a_reader_that_leaves_early() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for script in ["deploy/setup", ".ci/run"] {
        let text = fs::read_to_string(checkout.join(script)).unwrap();
        assert!(text.contains("pipefail"), "{script}");
        let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        for line in code.filter(|line| line.contains('|')) {
            let leaves =
                ["| grep -q", "| head", "| sed -n 1p", "| read "].iter().any(|end| line.contains(end));
            assert!(!leaves, "{script}: {line}");
        }
    }
}
