//! kill -9 of `der follow --out` a hundred times: no settlement event is missing, none is doubled.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use der_client::follow::{Kind, Start};
use der_e2e::{Neighbours, Sale, World, eventually};
use der_market::slot::Slot;

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");
const KILLS: u64 = 100;
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_kills_lose_and_double_nothing() -> Result<()> {
    let Some(world) = World::start(DER)? else {
        return Ok(());
    };
    let neighbours = Neighbours::found(&world, 1, Slot::new(1_000_000)?).await?;
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let settling = tokio::spawn(async move {
        let mut settled = 0_usize;
        for number in 1_000_000.. {
            let slot = Slot::new(number)?;
            neighbours.play(slot, Sale::KILOWATT_HOUR).await?;
            settled += 1;
            if stopped.try_recv().is_ok() {
                break;
            }
        }
        anyhow::Ok(settled)
    });

    let out = world.folder().join("events.jsonl");
    // The follower dies after so many further bytes, a different number each time; each third time at once, whatever it is doing. A
    // line goes out in one write, so a kill rarely tears one: each fifth time it is torn as a full disk or a power cut would.
    let mut random = Lehmer(0x5eed);
    println!("seed {:#x}", random.0);
    for kill in 0..KILLS {
        let until = if kill % 3 == 0 {
            0
        } else {
            length(&out) + random.next() % 400
        };
        let mut follower = follow(&world, &out, &[])?;
        eventually(LIMIT, "the follower to write", || async {
            (length(&out) >= until).then_some(())
        })
        .await?;
        follower.kill()?;
        follower.wait()?;
        if kill % 5 == 0 {
            tear(&out, random.next())?;
        }
    }
    stop.send(()).ok().context("the market stopped by itself")?;
    let settled = tokio::time::timeout(LIMIT, settling).await???;

    let truth = truth(&world, settled).await?;
    let kept = complete_lines(&out)?;
    let missing = truth.len() - kept.len();
    if missing > 0 {
        let status = follow(&world, &out, &["--count", &missing.to_string()])?.wait()?;
        assert!(status.success());
    }
    assert_eq!(complete_lines(&out)?, truth);
    Ok(())
}

fn follow(world: &World, out: &Path, more: &[&str]) -> Result<Child> {
    let profile = world.layout().profiles().join("energy-plant1.toml");
    let mut command = Command::new(DER);
    command
        .arg("follow")
        .arg("--profile")
        .arg(profile)
        .arg("--out")
        .arg(out)
        .args(more);
    Ok(command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}

fn length(file: &Path) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

/// Cuts the file somewhere in its last line.
fn tear(file: &Path, random: u64) -> Result<()> {
    let text = std::fs::read(file).unwrap_or_default();
    let Some(body) = text.len().checked_sub(1) else {
        return Ok(());
    };
    let start = text[..body]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let keep = start as u64 + random % (text.len() - start) as u64;
    std::fs::OpenOptions::new().write(true).open(file)?.set_len(keep)?;
    Ok(())
}

/// Block and transaction of each complete line.
fn complete_lines(file: &Path) -> Result<Vec<(u64, String)>> {
    let text = std::fs::read_to_string(file)?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line)?;
            let transaction = line["transaction"].as_str().context("a line without transaction")?;
            Ok((
                line["block"].as_u64().context("a line without block")?,
                transaction.to_owned(),
            ))
        })
        .collect()
}

/// The settlement events as one uninterrupted listener hears them.
async fn truth(world: &World, settled: usize) -> Result<Vec<(u64, String)>> {
    let listener = world.client("regulator", "regulator")?;
    let mut follow = listener.follow(Kind::Settlements, Start::Block(0)).await?;
    let mut heard = Vec::with_capacity(settled);
    for _ in 0..settled {
        let event = tokio::time::timeout(LIMIT, follow.next()).await??;
        heard.push((event.position.block, event.position.transaction));
    }
    Ok(heard)
}

/// A small reproducible generator (Lehmer, modulus 2³¹ − 1).
struct Lehmer(u64);

impl Lehmer {
    fn next(&mut self) -> u64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0
    }
}
