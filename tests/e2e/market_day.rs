//! `der day` in small: every device type, both auctions, every block checked, figures that add up; and a day is played once.

use std::process::{Command, Output};

use anyhow::{Result, ensure};
use serde_json::Value;

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");

fn day(more: &[&str]) -> Result<Output> {
    let mut command = Command::new(DER);
    command.args([
        "day",
        "--prosumers",
        "10",
        "--points",
        "2",
        "--slots",
        "2",
        "--output",
        "json",
    ]);
    Ok(command.args(more).output()?)
}

#[test]
fn a_small_day_settles_every_member_in_every_slot_and_repeats_with_its_seed() -> Result<()> {
    let figures = |seed: &str| -> Result<Value> {
        let Output { status, stdout, stderr } = day(&["--seed", seed])?;
        ensure!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
        Ok(serde_json::from_slice(&stdout)?)
    };
    let (one, same, other) = (figures("3")?, figures("3")?, figures("4")?);
    assert_eq!(one["prosumer_slots"], 20, "{one}");
    assert!(one["ledger"]["transactions"]["0"].as_u64() > Some(50), "{one}");
    assert_eq!(one["auctions"], 2, "{one}");
    let energy = |figures: &Value, what: &str| figures["ledger"]["energy"][what].as_u64().unwrap_or_default();
    assert!(energy(&one, "direct_wh") > 0, "{one}");
    assert!(
        energy(&one, "clean_used_wh") <= energy(&one, "clean_available_wh"),
        "{one}"
    );
    assert_eq!(
        energy(&one, "injected_wh") + energy(&one, "grid_supply_wh"),
        energy(&one, "consumed_wh") + energy(&one, "feed_in_wh"),
        "what the district does not give itself comes from the grid, or goes there: {one}"
    );
    assert_eq!(
        one["ledger"]["energy"], same["ledger"]["energy"],
        "a seed repeats its day"
    );
    assert_ne!(
        one["ledger"]["energy"], other["ledger"]["energy"],
        "another seed has another"
    );
    assert_eq!(one["invariants"].as_array().map(Vec::len), Some(12));
    Ok(())
}
