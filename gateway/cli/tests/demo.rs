//! The demo from outside: one command, Table 2, exit code 0.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use assert_cmd::Command;

#[test]
fn the_demo_plays_table_1_and_ends_with_table_2() {
    let answer = Command::new(env!("CARGO_BIN_EXE_der"))
        .arg("demo")
        .env_remove("DER_OUTPUT")
        .env_remove("DER_TIMEOUT")
        .timeout(Duration::from_secs(120))
        .assert()
        .code(0);
    let (out, err) = (&answer.get_output().stdout, &answer.get_output().stderr);
    let (table, told) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    assert!(!table.contains('✗'), "{table}");
    assert_eq!(table.matches('✓').count(), 3 * 11 + 1, "{table}");
    for value in ["125.14", "17.14", "-4.4", "95.6", "308.8", "195.6"] {
        assert_eq!(table.matches(&format!(" {value} ")).count(), 2, "{value} in {table}");
    }
    for part in [
        "up     devnet",
        "DTSC:PostOffer",
        "Settlement:Settle",
        "every value equals the paper's",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let heard = told
        .lines()
        .filter(|line| line.starts_with("event") && line.contains("SlotSettled"))
        .count();
    assert_eq!(heard, 3, "{told}");
}
