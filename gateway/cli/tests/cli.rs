//! The command line from outside: help, usage, exit codes, and what goes to stdout.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use fabric_msp::PrivateKey;
use serde_json::Value;

fn der(args: &[&str]) -> Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_der"));
    for name in [
        "DER_PROFILE",
        "DER_IDENTITY",
        "DER_TIMEOUT",
        "DER_OUTPUT",
        "DER_CHANNEL",
        "DER_MSP_ID",
    ] {
        command.env_remove(name);
    }
    command.args(args).timeout(Duration::from_secs(60)).assert()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn profile(folder: &Path) -> String {
    let key = PrivateKey::generate().unwrap();
    for (name, file, content) in [
        ("signcerts", "cert.pem", "no certificate".to_owned()),
        ("keystore", "priv_sk", key.to_pem().unwrap().to_string()),
    ] {
        fs::create_dir_all(folder.join("msp").join(name)).unwrap();
        fs::write(folder.join("msp").join(name).join(file), content).unwrap();
    }
    let file = folder.join("alice.toml");
    let text = "channel = 'market'\nchaincode = 'der'\nmsp_id = 'MicrogridMSP'\nidentity = 'msp'\n\
                [[endpoints]]\naddress = '127.0.0.1:1'\nserver_name = 'peer0'\ntls_roots = 'tls.pem'\n";
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn help_and_version_go_to_stdout_with_zero() {
    for args in [
        &["--help"][..],
        &["offer", "post", "--help"],
        &["--version"],
        &["version"],
    ] {
        let answer = der(args).code(0);
        assert!(!stdout(&answer).is_empty() && stderr(&answer).is_empty(), "{args:?}");
    }
}

#[test]
fn mistakes_go_to_stderr_with_two() {
    let wrong: [&[&str]; 6] = [
        &[],
        &["offer"],
        &["sell"],
        &["slot", "show", "soon"],
        &["participant", "show", "alice"],
        &["--timeout", "0", "version"],
    ];
    for args in wrong {
        let answer = der(args).code(2);
        assert!(stdout(&answer).is_empty() && !stderr(&answer).is_empty(), "{args:?}");
    }
}

#[test]
fn a_bad_quantity_is_refused_in_the_units_own_words() {
    let post = |energy: &str| {
        let flag = format!("--energy-wh={energy}");
        stderr(
            &der(&[
                "offer", "post", "--order", "S-1", "--slot", "1", "--point", "P", "--price", "1", &flag,
            ])
            .code(2),
        )
    };
    assert!(post("-5").contains("negative quantity"));
    assert!(post("1.5").contains("not an integer"));
    assert!(post("2000000000000").contains("out of range"));
}

#[test]
fn results_are_json_on_stdout_when_asked() {
    let codes: Value = serde_json::from_str(&stdout(&der(&["codes", "-o", "json"]).code(0))).unwrap();
    let closed = codes
        .as_array()
        .unwrap()
        .iter()
        .find(|code| code["code"] == "DER-3006")
        .unwrap();
    assert_eq!(
        (&closed["exit"], &closed["retry"]),
        (&Value::from(4), &Value::from("never"))
    );
    let version: Value = serde_json::from_str(&stdout(&der(&["version", "-o", "json"]).code(0))).unwrap();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_unknown_code_is_not_found() {
    let answer = der(&["codes", "DER-0000", "-o", "json"]).code(6);
    let failure: Value = serde_json::from_str(&stderr(&answer)).unwrap();
    assert_eq!(failure["exit"], 6);
    assert!(stdout(&answer).is_empty());
}

#[test]
fn completions_and_man_pages_name_the_nouns() {
    assert!(stdout(&der(&["completions", "bash"]).code(0)).contains("statement"));
    assert!(stdout(&der(&["man"]).code(0)).contains("accounts"));
    let folder = tempfile::tempdir().unwrap();
    der(&["man", "--dir", folder.path().to_str().unwrap()]).code(0);
    assert!(folder.path().join("der-offer-post.1").is_file());
}

#[test]
fn without_a_profile_the_user_is_told_how_to_name_one() {
    let answer = der(&["market", "show"]).code(2);
    assert!(stderr(&answer).contains("DER_PROFILE"), "{}", stderr(&answer));
    let answer = der(&["--profile", "./none.toml", "market", "show"]).code(2);
    assert!(stderr(&answer).contains("none.toml"), "{}", stderr(&answer));
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = profile(folder.path());
    let show = |environment: &[(&str, &str)], flags: &[&str]| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_der"));
        command
            .envs(environment.iter().copied())
            .env("DER_PROFILE", &file)
            .env("DER_OUTPUT", "json");
        let answer = command
            .args(["profile", "show"])
            .args(flags)
            .timeout(Duration::from_secs(60))
            .assert()
            .code(0);
        serde_json::from_str(&stdout(&answer)).unwrap()
    };
    assert_eq!(show(&[], &[])["channel"], "market");
    assert_eq!(show(&[("DER_CHANNEL", "env")], &[])["channel"], "env");
    assert_eq!(
        show(&[("DER_CHANNEL", "env")], &["--channel", "flag"])["channel"],
        "flag"
    );
    let shown = show(&[], &["--timeout", "2"]);
    assert_eq!(shown["timeouts"]["submit_ms"], 2000);
    assert_eq!(
        shown["endpoints"][0]["tls_roots"],
        folder.path().join("tls.pem").to_str().unwrap()
    );
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = profile(folder.path());
    let key = folder.path().join("msp/keystore/priv_sk");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let shown: Value = serde_json::from_str(&stdout(
        &der(&["--profile", &file, "profile", "show", "-o", "json"]).code(0),
    ))
    .unwrap();
    assert!(shown["warnings"][0].as_str().unwrap().contains("0644"));
}

#[test]
fn a_reading_is_signed_without_a_network_and_its_signature_holds() {
    let folder = tempfile::tempdir().unwrap();
    let key = PrivateKey::generate().unwrap();
    let file = folder.path().join("meter.pem");
    fs::write(&file, key.to_pem().unwrap().as_bytes()).unwrap();
    let answer = der(&[
        "reading",
        "sign",
        "--key",
        file.to_str().unwrap(),
        "--market",
        "der-1",
        "--meter",
        "M-1",
        "--slot",
        "100",
        "--consumed-wh",
        "0",
        "--injected-wh",
        "200000",
        "--sequence",
        "1",
    ])
    .code(0);
    let signed: der_api::metering::SignedReading = serde_json::from_str(&stdout(&answer)).unwrap();
    let bytes = der_api::metering::canonical_bytes(&signed.reading).unwrap();
    key.public_key().verify(&bytes, signed.signature.as_slice()).unwrap();
}

#[test]
fn what_is_no_contract_is_a_usage_error_and_a_pipe_may_close() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_der"));
    let answer = command
        .args(["contract", "verify", "-"])
        .write_stdin("{}")
        .assert()
        .code(2);
    assert!(stderr(&answer).contains("no exported contract"), "{}", stderr(&answer));
}

#[test]
fn help_answers_at_once() {
    let best = (0..10)
        .map(|_| {
            let start = Instant::now();
            der(&["--help"]).code(0);
            start.elapsed()
        })
        .min()
        .unwrap();
    // The aim of 30 ms, with room for an unoptimised build on a busy machine.
    assert!(best < Duration::from_millis(150), "{best:?}");
}
