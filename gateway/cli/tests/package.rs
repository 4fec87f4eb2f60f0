//! `der package` from outside, judged by Fabric's own `peer` where that is installed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};

use assert_cmd::Command;
use serde_json::Value;

fn package(label: &str, out: &Path) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_der"));
    command
        .args(["package", "--output", "json", "--label", label, "--out"])
        .arg(out);
    serde_json::from_slice(&command.assert().code(0).get_output().stdout).unwrap()
}

/// Fabric's `peer`, from `FABRIC_BIN` or PATH.
fn peer() -> Option<PathBuf> {
    let named = std::env::var_os("FABRIC_BIN").map(PathBuf::from);
    let searched = std::env::split_paths(&std::env::var_os("PATH")?).collect::<Vec<_>>();
    let folders = named.into_iter().chain(searched);
    folders.map(|folder| folder.join("peer")).find(|file| file.is_file())
}

fn calculated(peer: &Path, package: &Path, folder: &Path) -> Output {
    fs::write(folder.join("core.yaml"), "peer: {}\n").unwrap();
    let mut process = Process::new(peer);
    process
        .args(["lifecycle", "chaincode", "calculatepackageid"])
        .arg(package);
    process.env("FABRIC_CFG_PATH", folder).output().unwrap()
}

#[test]
fn two_runs_give_the_same_bytes_and_a_label_that_peers_refuse_gives_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.tar.gz"), folder.path().join("two.tar.gz"));
    assert_eq!(
        package("market_1", &one)["package_id"],
        package("market_1", &two)["package_id"]
    );
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    let refused = folder.path().join("refused.tar.gz");
    let mut command = Command::new(env!("CARGO_BIN_EXE_der"));
    command
        .args(["package", "--label", "market/1", "--out"])
        .arg(&refused)
        .assert()
        .code(2);
    assert!(!refused.exists());
}

#[test]
fn the_id_is_the_one_that_fabric_calculates() {
    let Some(peer) = peer() else {
        eprintln!("SKIPPED: Fabric's `peer` is neither in FABRIC_BIN nor on PATH");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("market_7.tar.gz");
    let made = package("market_7", &file);
    let output = calculated(&peer, &file, folder.path());
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert_eq!(made["package_id"].as_str().unwrap(), said.trim(), "{why}");
}
