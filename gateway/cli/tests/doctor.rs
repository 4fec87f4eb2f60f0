//! `der doctor` and `der certs` from outside, on files; the stories judge whole networks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::Value;

const ORGANISATIONS: &str = "[[organisation]]\nmsp_id = 'GridMSP'\ndomain = 'grid.example'\npeers = ['peer0']\n\
                             hosts = ['127.0.0.1']\n[[organisation.user]]\nname = 'operator'\n";

fn der(args: &[&str]) -> Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_der"));
    command
        .env_remove("DER_PROFILE")
        .args(args)
        .timeout(Duration::from_secs(60))
        .assert()
}

fn json(assert: &Assert) -> Vec<Value> {
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// Material of an organisation, and a profile of its operator with a peer that nobody runs.
fn material(folder: &Path) -> String {
    let (file, crypto) = (folder.join("organisations.toml"), folder.join("crypto"));
    fs::write(&file, ORGANISATIONS).unwrap();
    der(&[
        "crypto",
        "generate",
        "--organisations",
        file.to_str().unwrap(),
        "--out",
        crypto.to_str().unwrap(),
    ])
    .code(0);
    let profile = folder.join("operator.toml");
    let organisation = "crypto/peerOrganizations/grid.example";
    let text = format!(
        "channel = 'energy'\nchaincode = 'market'\nmsp_id = 'GridMSP'\n\
         identity = '{organisation}/users/operator@grid.example/msp'\n[[endpoints]]\naddress = '127.0.0.1:1'\n\
         server_name = 'peer0.grid.example'\ntls_roots = '{organisation}/peers/peer0.grid.example/tls/ca.crt'\n"
    );
    fs::write(&profile, text).unwrap();
    profile.to_str().unwrap().to_owned()
}

fn states<'a>(findings: &'a [Value], check: &str) -> Vec<&'a str> {
    let about = findings
        .iter()
        .filter(|finding| finding["check"].as_str().unwrap().contains(check));
    about.map(|finding| finding["state"].as_str().unwrap()).collect()
}

#[test]
fn what_cannot_be_reached_fails_with_advice_and_what_is_good_is_said_too() {
    let folder = tempfile::tempdir().unwrap();
    let profile = material(folder.path());
    let findings = json(&der(&["doctor", "--profile", &profile, "-o", "json"]).code(4));
    assert_eq!(states(&findings, "priv_sk"), ["ok"], "{findings:#?}");
    assert_eq!(states(&findings, "identity"), ["ok"]);
    assert_eq!(states(&findings, "peer 127.0.0.1:1"), ["fail"]);
    assert_eq!(states(&findings, "certificates"), ["ok"]);
    let failed = findings.iter().filter(|finding| finding["state"] == "fail");
    assert!(failed.clone().count() > 0 && failed.clone().all(|finding| finding["advice"].is_string()));
}

#[test]
fn a_readable_key_and_a_certificate_near_its_end_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let profile = material(folder.path());
    let users = folder.path().join("crypto/peerOrganizations/grid.example/users");
    let key = users.join("operator@grid.example/msp/keystore/priv_sk");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let findings = json(&der(&["doctor", "--profile", &profile, "--warn-days", "5000", "-o", "json"]).code(4));
    assert_eq!(states(&findings, "priv_sk"), ["fail"], "{findings:#?}");
    assert!(
        states(&findings, "(operator@grid.example)").contains(&"warn"),
        "{findings:#?}"
    );
}

#[test]
fn a_good_core_yaml_passes_and_a_bad_one_exits_with_four() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("core.yaml");
    let bin = folder.path().join("builder/bin");
    fs::create_dir_all(&bin).unwrap();
    for name in ["detect", "build", "release"] {
        fs::write(bin.join(name), "").unwrap();
    }
    let good = "peer: {tls: {enabled: true}, chaincodeListenAddress: '127.0.0.1:2', gossip: {externalEndpoint: 'p:1'}}\n\
                chaincode: {externalBuilders: [{name: b, path: builder}], \
                runtimeParams: {useWriteBatch: true, useGetMultipleKeys: true}}\n\
                ledger: {state: {stateDatabase: goleveldb, totalQueryLimit: 100000}}\n";
    let judge = |text: &str| {
        fs::write(&file, text).unwrap();
        der(&["doctor", "--core", file.to_str().unwrap()])
    };
    judge(good).code(0);
    let bad = judge(&good.replace("goleveldb", "CouchDB")).code(4);
    let said = String::from_utf8(bad.get_output().stdout.clone()).unwrap();
    assert!(said.contains("FAIL  ledger.state.stateDatabase: CouchDB"), "{said}");
    judge("a: [").code(2);
    der(&["doctor", "--core", "/nonexistent/core.yaml"]).code(2);
    der(&["doctor"]).code(2);
}

#[test]
fn certificates_are_listed_by_their_end_and_an_expired_one_exits_with_four() {
    let folder = tempfile::tempdir().unwrap();
    let profile = material(folder.path());
    let crypto = folder.path().join("crypto");
    let rows = json(&der(&["certs", crypto.to_str().unwrap(), "-o", "json"]).code(0));
    let ends: Vec<i64> = rows.iter().map(|row| row["not_after"].as_i64().unwrap()).collect();
    assert!(ends.is_sorted() && rows.len() >= 6, "{rows:#?}");
    assert!(
        rows.iter()
            .any(|row| row["kind"] == "authority" && row["copies"].as_u64() > Some(0))
    );
    let own = json(&der(&["certs", "--profile", &profile, "-o", "json"]).code(0));
    assert!(
        own.iter().any(|row| row["subject"] == "operator@grid.example"),
        "{own:#?}"
    );

    let mut params = rcgen::CertificateParams::new(vec!["old.example".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let old = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    fs::write(crypto.join("old.pem"), old.pem()).unwrap();
    let expired = der(&["certs", crypto.to_str().unwrap()]).code(4);
    let said = String::from_utf8(expired.get_output().stdout.clone()).unwrap();
    assert!(said.contains("2021-01-01") && said.contains("expired"), "{said}");
}
