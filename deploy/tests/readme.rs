//! The README's first campaign, run as it stands.
use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

#[test]
fn every_command_of_the_first_campaign_runs_and_the_audit_agrees() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = fs::read_to_string(checkout.join("README.md")).unwrap();
    let commands: Vec<&str> = readme
        .split("```console\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .collect();
    assert!(commands.len() > 10 && commands.iter().all(|line| line.starts_with("couponry ")), "{commands:?}");

    let folder = tempfile::tempdir().unwrap();
    symlink(checkout.join("deploy"), folder.path().join("deploy")).unwrap();
    let tools = Path::new(env!("CARGO_BIN_EXE_couponry")).parent().unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let mut said = String::new();
    for command in commands {
        let output = Command::new("bash")
            .args(["-c", command])
            .current_dir(&folder)
            .env("PATH", &path)
            .env_remove("COUPONRY_CHAIN")
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
        said = String::from_utf8(output.stdout).unwrap();
    }
    assert!(said.starts_with("the audit agrees: "), "{said}");
    assert!(folder.path().join("audit.sqlite").exists());
}
