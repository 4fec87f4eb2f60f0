//! `fabric-devnet inspect`.

use std::{io::Write, path::Path, process::ExitCode};

use anyhow::Context;
use serde::Serialize;

use crate::{
    ledger::{Ledger, LedgerOptions},
    network::{LEDGER, stored_genesis},
};

#[derive(Debug, Serialize)]
struct Report {
    height: u64,
    tip_hash: String,
    state_hash: String,
    replayed_state_hash: String,
    consistent: bool,
    torn_bytes: u64,
}

/// Opening verifies every frame of the log; the state is then compared with a replay.
pub(super) fn inspect(data_dir: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let genesis = stored_genesis(data_dir)?
        .with_context(|| format!("{} holds no network: start one there first", data_dir.display()))?;
    let ledger = Ledger::open(&data_dir.join(LEDGER), &genesis, LedgerOptions::default())?;
    let state_hash = hex::encode(ledger.snapshot().state_hash()?);
    let replayed_state_hash = hex::encode(ledger.replayed_state_hash()?);
    let report = Report {
        height: ledger.height(),
        tip_hash: hex::encode(ledger.last_hash()),
        consistent: state_hash == replayed_state_hash,
        state_hash,
        replayed_state_hash,
        torn_bytes: ledger.torn_tail().map_or(0, |torn| torn.bytes),
    };
    print(&report, json).context("printing the report")?;
    Ok(if report.consistent {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(report: &Report, json: bool) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    if json {
        writeln!(stdout, "{}", serde_json::to_string(report)?)?;
        return Ok(());
    }
    writeln!(stdout, "height      {}", report.height)?;
    writeln!(stdout, "tip hash    {}", report.tip_hash)?;
    writeln!(stdout, "state hash  {}", report.state_hash)?;
    writeln!(stdout, "replay      {}", report.replayed_state_hash)?;
    writeln!(stdout, "torn bytes  {}", report.torn_bytes)?;
    writeln!(
        stdout,
        "consistent  {}",
        if report.consistent {
            "yes"
        } else {
            "NO: remove state.redb and look again"
        }
    )?;
    Ok(())
}
