//! A local network from outside: verbs with their exit codes, kills and restarts, and no child left behind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use der_cli::network::{DEVNET, Launch, LocalNetwork};
#[cfg(target_os = "linux")]
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, pidfd_open},
};
use serde_json::Value;

const DER: &str = env!("CARGO_BIN_EXE_der");
const LIMIT: Duration = Duration::from_secs(120);

fn network(folder: &Path) -> LocalNetwork {
    Launch::with_program(folder, DER).start().unwrap()
}

fn der(network: &LocalNetwork, user: &str, args: &[&str]) -> Assert {
    let profile = network.layout().profiles().join(format!("{user}.toml"));
    let mut command = Command::new(DER);
    command
        .arg("--profile")
        .arg(profile)
        .args(["--output", "json"])
        .args(args)
        .timeout(LIMIT)
        .assert()
}

fn case(network: &LocalNetwork) -> Assert {
    let mut command = Command::new(DER);
    command
        .args(["case", "paper", "--assert", "--output", "json", "--network"])
        .arg(network.layout().profiles());
    command.timeout(LIMIT).assert()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn json(assert: &Assert) -> Value {
    serde_json::from_str(&stdout(assert)).unwrap()
}

fn code(assert: &Assert) -> String {
    let failure: Value = serde_json::from_slice(&assert.get_output().stderr).unwrap();
    failure["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_verbs_of_a_market_day_with_their_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let network = network(folder.path());
    let empty = der(&network, "grid-operator", &["market", "show"]).code(4);
    assert_eq!(code(&empty), "DER-3001");

    let first: Value = json(&case(&network).code(0));
    let again: Value = json(&case(&network).code(0));
    assert!(
        first
            .as_array()
            .unwrap()
            .iter()
            .chain(again.as_array().unwrap())
            .all(|row| row["equal"] == true)
    );

    assert_eq!(
        json(&der(&network, "grid-operator", &["market", "show"]).code(0))["version"],
        1
    );
    let nobody = der(
        &network,
        "grid-operator",
        &["offer", "show", "MicrogridMSP:nobody", "S-1"],
    )
    .code(6);
    assert_eq!(code(&nobody), "DER-3004");
    assert!(code(&der(&network, "microgrid-consumer1", &["slot", "open", "7"]).code(7)).starts_with("DER-20"));
    let tried = json(&der(&network, "grid-clock", &["slot", "open", "7", "--dry-run"]).code(0));
    assert_eq!(tried["dry_run"], true);
    let opened = json(&der(&network, "grid-clock", &["slot", "open", "7"]).code(0));
    assert!(
        opened["block"].as_u64().is_some() && opened["transaction"].as_str().unwrap().len() == 64,
        "{opened}"
    );

    verify_a_contract(&network, &first, folder.path());
    follow_into_a_file(&network, folder.path());
}

fn verify_a_contract(network: &LocalNetwork, rows: &Value, folder: &Path) {
    let slot = rows[0]["slot"].to_string();
    let clearing = json(&der(network, "microgrid-consumer1", &["slot", "show", &slot, "--clearing"]).code(0));
    let contract = clearing["contracts"][0].as_str().unwrap();
    let shown = der(network, "microgrid-consumer1", &["contract", "show", &slot, contract]).code(0);
    let file = folder.join("contract.json");
    fs::write(&file, stdout(&shown)).unwrap();
    let certificate = |domain: &str, user: &str| {
        let signcerts = network.layout().crypto().user(domain, user).join("msp/signcerts");
        fs::read_dir(signcerts).unwrap().next().unwrap().unwrap().path()
    };
    let (buyer, seller) = (
        certificate("microgrid.der.example", "consumer1"),
        certificate("energy.der.example", "plant1"),
    );
    let verify = |buyer: &Path, seller: &Path| {
        let mut command = Command::new(DER);
        command.args(["contract", "verify", "-o", "json"]).arg(&file);
        command
            .arg("--buyer-certificate")
            .arg(buyer)
            .arg("--seller-certificate")
            .arg(seller)
            .assert()
    };
    assert_eq!(
        json(&verify(&buyer, &seller).code(0))["buyer"]["certificate_checked"],
        true
    );
    verify(&seller, &buyer).code(4);
}

fn follow_into_a_file(network: &LocalNetwork, folder: &Path) {
    let listed = der(
        network,
        "regulator-regulator",
        &["follow", "--from-block", "0", "--count", "6"],
    )
    .code(0);
    let settled: Vec<Value> = stdout(&listed)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        settled
            .iter()
            .all(|line| line["name"] == "SlotSettled" && line["block"].is_u64()),
        "{settled:?}"
    );
    let file = folder.join("settlements.jsonl");
    for count in ["1", "2", "3"] {
        der(
            network,
            "regulator-regulator",
            &["follow", "--out", file.to_str().unwrap(), "--count", count],
        )
        .code(0);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), stdout(&listed));
}

#[test]
fn killed_children_come_back_on_their_ports_with_the_ledger_they_had() {
    let folder = tempfile::tempdir().unwrap();
    let mut network = network(folder.path());
    case(&network).code(0);

    network.kill("chaincode-grid").unwrap();
    let down = der(&network, "grid-clock", &["--timeout", "10", "slot", "open", "7"]).code(3);
    assert_eq!(code(&down), "DER-8008");
    network.restart("chaincode-grid").unwrap();
    der(&network, "grid-clock", &["slot", "open", "7"]).code(0);

    network.kill(DEVNET).unwrap();
    der(&network, "grid-clock", &["--timeout", "1", "slot", "show", "7"]).code(3);
    network.restart(DEVNET).unwrap();
    assert_eq!(
        json(&der(&network, "grid-clock", &["slot", "show", "7"]).code(0))["stage"],
        "open"
    );
    case(&network).code(0);
}

#[cfg(target_os = "linux")]
#[test]
fn children_end_when_their_parent_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Process::new(DER)
        .args(["--output", "json", "network", "up"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let up: Value = serde_json::from_str(&line).unwrap();
    let processes = up["processes"].as_array().unwrap().iter();
    let children: Vec<OwnedFd> = processes
        .map(|process| open(process["pid"].as_i64().unwrap()))
        .collect();
    assert_eq!(children.len(), 5);
    assert!(children.iter().all(|child| !ends_within(child, 0)));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(
        children.iter().all(|child| ends_within(child, 20)),
        "a child outlived its parent"
    );
}

#[cfg(target_os = "linux")]
fn open(pid: i64) -> OwnedFd {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    pidfd_open(pid, PidfdFlags::empty()).unwrap()
}

/// A process's descriptor becomes readable when the process ends.
#[cfg(target_os = "linux")]
fn ends_within(process: &OwnedFd, seconds: i64) -> bool {
    let limit = Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit)).unwrap() == 1
}
