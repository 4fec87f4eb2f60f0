#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn key(table: &str, parts: &[&str]) -> GuardedKey {
    GuardedKey {
        table: table.to_owned(),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
    }
}

fn row(table: &str, parts: &[&str], json: &str) -> ChainRow {
    ChainRow {
        key: key(table, parts),
        row: der_api::reply::RowJson::new(json.as_bytes()).unwrap(),
        guard: GuardState::AsModelled,
    }
}

const ALICE: &[&str] = &["MicrogridMSP", "alice"];

fn in_order() -> Vec<ChainRow> {
    let key = format!("04{}", "11".repeat(64));
    let user =
        r#"{"participant":"MicrogridMSP:alice","capacity_w":1,"point":"p","source":"wind","class":"residential"}"#;
    let plant = r#"{"plant":"w","owner":"MicrogridMSP:alice","capacity_w":1,"point":"p","source":"wind"}"#;
    let meter = |name: &str, from: u64, more: &str| {
        format!(
            r#"{{"meter":"{name}","participant":"MicrogridMSP:alice","point":"p","keys":[{{"valid_from":{from},"public_key":"{key}"}}]{more}}}"#
        )
    };
    vec![
        row("user", ALICE, user),
        row(
            "signing-key",
            &["MicrogridMSP", "alice", "aa"],
            &format!(r#"{{"public_key":"{key}"}}"#),
        ),
        row("accreditation", ALICE, r#"{"by":"RegulatorMSP:inspector"}"#),
        row("suspension", ALICE, r#"{"suspended":false}"#),
        row("connection", ALICE, r#"{"point":"p"}"#),
        row("point", &["p"], r#"{"point":"p","capacity_w":1,"area":"a","level":0}"#),
        row("plant", &["w"], plant),
        row(
            "meter",
            &["m1"],
            &meter("m1", 5, r#","plant":"w","replaced":{"last":8,"by":"m2"}"#),
        ),
        row("meter", &["m2"], &meter("m2", 9, r#","plant":"w","follows":"m1""#)),
    ]
}

#[test]
fn chains_in_order_have_no_finding() {
    let rows = in_order();
    let verdict = verify(&rows);
    assert_eq!(verdict.findings, []);
    assert_eq!(verdict.guards, rows.len());
    assert!(verdict.references > rows.len());
}

#[test]
fn whatever_row_is_missing_something_dangles() {
    let rows = in_order();
    for gone in 0..rows.len() {
        // A connection and a meter without a successor are referred to by nothing.
        if matches!(rows[gone].key.table.as_str(), "connection") {
            continue;
        }
        let mut rest = rows.clone();
        let row = rest.remove(gone);
        assert!(!verify(&rest).findings.is_empty(), "without {:?}", row.key);
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let altered = |table: &str, from: &str, to: &str| {
        let mut rows = in_order();
        let row = rows.iter_mut().find(|row| row.key.table == table).unwrap();
        let json = row.row.as_str().replacen(from, to, 1);
        assert_ne!(json, row.row.as_str());
        row.row = der_api::reply::RowJson::new(json.as_bytes()).unwrap();
        verify(&rows).findings
    };
    for (table, from, to) in [
        ("user", "alice", "bob"),
        ("user", r#""point":"p""#, r#""point":"q""#),
        ("connection", "p\"}", "q\"}"),
        ("plant", ":alice", ":bob"),
        ("meter", r#""last":8"#, r#""last":7"#),
        ("meter", r#""plant":"w""#, r#""plant":"x""#),
        ("meter", r#""keys""#, r#""kays""#),
    ] {
        assert!(!altered(table, from, to).is_empty(), "{table}: {from} → {to}");
    }
}

#[test]
fn a_guard_that_is_not_the_model_s_is_found() {
    for guard in [GuardState::Missing, GuardState::Other] {
        let mut rows = in_order();
        rows[0].guard = guard;
        assert_eq!(verify(&rows).findings.len(), 1);
    }
}
