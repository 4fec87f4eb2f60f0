//! `der operator run` on a network: it brings several slots through both their auctions, goes on after it was killed, and whatever it
//! brings keeps the market's invariants. Time is what the command is told: nothing waits for a clock.

use std::{
    process::{Command, Output, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use der_api::reply::Stage;
use der_api::request::{NewOrder, PostForecast, PostMany, QueryAuctions, QueryPosition, RecordReadings};
use der_client::MarketClient;
use der_client::district::Member;
use der_e2e::{ChainReader, Founded, Quarter, World, eventually};
use der_market::forecast::{Forecast, positive};
use der_market::participant::Side;
use der_market::session::{SessionRules, begin};
use der_market::slot::{Auction, Slot};
use der_market::units::{Energy, Price};
use serde_json::Value;

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");
/// Midnight in China, 22 November 2026, and the slots after it.
const FIRST: u64 = 1_994_752;
const SLOTS: u64 = 2;
/// What every member expects to give or to take in a slot, Wh; each later auction expects more.
const EXPECTED: u64 = 500;
const MORE: u64 = 100;
const LIMIT: Duration = Duration::from_secs(60);

/// Day-ahead gates close late in the evening, intraday ones half an hour before delivery.
fn rules() -> SessionRules {
    SessionRules {
        day_ahead_gate_s: 80_000,
        day_ahead_window_s: 60,
        intraday_window_s: 600,
        reveal_s: 0,
        confirmation_s: 60,
        ..SessionRules::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operators_clock_brings_slots_to_settlement_and_is_taken_up_after_a_kill() -> Result<()> {
    let Some(world) = World::start(DER)? else {
        return Ok(());
    };
    let quarter = Quarter {
        members: 8,
        points: 2,
        seed: 22,
    };
    let district = quarter.found(&world, Some(rules())).await?;
    let clock = &district.staff.clock;
    let watch = clock.watch().await?;
    let (first, last) = (Slot::new(FIRST)?, Slot::new(FIRST + SLOTS - 1)?);
    district.join_all().await?;
    district.equip(&district.members, first, last).await?;

    let day_ahead = rules().day_ahead(first);
    run_at(&world, day_ahead.open)?;
    for slot in slots()? {
        expect(clock, slot, &[Stage::Open]).await?;
        order(&district, Auction { slot, round: 0 }).await?;
    }
    killed_at(&world, day_ahead.close).await?;
    run_at(&world, day_ahead.close)?;
    for slot in slots()? {
        expect(clock, slot, &[Stage::Matched]).await?;
    }
    // Mandates have confirmed: nobody signs anything here.
    killed_at(&world, day_ahead.end).await?;
    run_at(&world, day_ahead.end)?;
    for slot in slots()? {
        expect(clock, slot, &[Stage::Ended]).await?;
        let times = rules().intraday(slot);
        run_at(&world, times.open)?;
        expect(clock, slot, &[Stage::Ended, Stage::Open]).await?;
        order(&district, Auction { slot, round: 1 }).await?;
        run_at(&world, times.close)?;
        run_at(&world, times.end)?;
        expect(clock, slot, &[Stage::Planned, Stage::Planned]).await?;
    }
    meter(&district).await?;
    let brought = run_at(&world, begin(last) + 900)?;
    for slot in slots()? {
        let settled = (slot.get(), "settled".to_owned());
        ensure!(brought.contains(&settled), "slot {slot} is settled: {brought:?}");
    }
    let again = run_at(&world, begin(last) + 900)?;
    let own: Vec<u64> = slots()?.iter().map(|slot| slot.get()).collect();
    ensure!(
        again.iter().all(|(slot, _)| !own.contains(slot)),
        "a settled slot is left alone: {again:?}"
    );
    watch
        .reach(ChainReader::new(world.peer("grid")?).height().await? - 1)
        .await?;
    let tally = watch.tally();
    ensure!(tally.slots >= SLOTS && tally.energy.direct_wh > 0, "{tally:?}");
    Ok(())
}

fn slots() -> Result<Vec<Slot>> {
    (FIRST..FIRST + SLOTS).map(|slot| Ok(Slot::new(slot)?)).collect()
}

async fn expect(clock: &MarketClient, slot: Slot, stages: &[Stage]) -> Result<()> {
    let found: Vec<Stage> = clock
        .auctions(&QueryAuctions { slot })
        .await?
        .auctions
        .iter()
        .map(|one| one.stage)
        .collect();
    ensure!(found == stages, "slot {slot}: {found:?}, expected {stages:?}");
    Ok(())
}

/// Every member forecasts the slot and orders what its position lacks.
async fn order(district: &Founded, auction: Auction) -> Result<()> {
    for (number, member) in district.members.iter().enumerate() {
        member.client.post_forecast(&forecast(member, number, auction)?).await?;
        let query = QueryPosition {
            slot: auction.slot,
            participant: member.id(),
            point: member.point().clone(),
        };
        let deviation = member
            .client
            .position(&query)
            .await?
            .deviation_wh
            .context("a forecast makes a deviation")?;
        let request = PostMany {
            orders: vec![new_order(member, auction, deviation)?],
        };
        member.client.post_many(&request).await?;
    }
    Ok(())
}

/// Members of even numbers give, the others take.
fn forecast(member: &Member, number: usize, auction: Auction) -> Result<PostForecast> {
    let energy = Energy::new(EXPECTED + MORE * u64::from(auction.round))?;
    let (generation_wh, load_wh) = if number.is_multiple_of(2) {
        (energy, Energy::ZERO)
    } else {
        (Energy::ZERO, energy)
    };
    Ok(PostForecast {
        point: member.point().clone(),
        first: auction.slot,
        forecasts: vec![Forecast { generation_wh, load_wh }],
    })
}

fn new_order(member: &Member, slot: Auction, deviation: i64) -> Result<NewOrder> {
    let (side, price) = if deviation > 0 {
        (Side::Seller, member.person.asks)
    } else {
        (Side::Buyer, member.person.bids)
    };
    Ok(NewOrder {
        participant: None,
        order: "story".parse()?,
        side,
        slot,
        energy_wh: positive(deviation.saturating_abs()),
        min_wh: Energy::ZERO,
        price: Price::new(price)?,
        filters: None,
    })
}

/// Everybody delivers and takes what it expected last.
async fn meter(district: &Founded) -> Result<()> {
    let mut readings = Vec::new();
    for slot in slots()? {
        for (number, member) in district.members.iter().enumerate() {
            let energy = Energy::new(EXPECTED + MORE)?;
            let (consumed, injected) = if number.is_multiple_of(2) {
                (Energy::ZERO, energy)
            } else {
                (energy, Energy::ZERO)
            };
            readings.push(member.meter.measure(slot, consumed, injected, 1)?);
        }
    }
    district
        .staff
        .meters
        .record_readings(&RecordReadings { readings })
        .await?;
    Ok(())
}

fn operator(world: &World, now: i64) -> Command {
    let mut command = Command::new(DER);
    command.args(["operator", "run", "--once", "--settle-after", "0", "--profile"]);
    command.arg(world.layout().profiles().join("grid-clock.toml"));
    command.args(["--simulated-clock", &now.to_string()]);
    command.stdin(Stdio::null());
    command
}

/// Runs the clock once at a time; slot and stage of what it brought.
fn run_at(world: &World, now: i64) -> Result<Vec<(u64, String)>> {
    let Output { status, stdout, stderr } = operator(world, now).output()?;
    let said = String::from_utf8_lossy(&stderr);
    ensure!(status.success(), "{status}: {said}");
    let line: Value = serde_json::from_slice(&stdout)?;
    ensure!(line["status"]["healthy"] == true, "{line}");
    let brought = line["brought"].as_array().map(Vec::as_slice).unwrap_or_default();
    let one = |brought: &Value| {
        let slot = brought["slot"]
            .as_u64()
            .or_else(|| brought["slot"].as_str()?.split('.').next()?.parse().ok());
        let stage = brought["stage"].as_str().map(str::to_owned);
        slot.zip(stage).with_context(|| format!("{brought}"))
    };
    brought.iter().map(one).collect()
}

/// Starts the clock at a time and kills it as soon as it has brought something.
async fn killed_at(world: &World, now: i64) -> Result<()> {
    let chain = ChainReader::new(world.peer("grid")?);
    let height = chain.height().await?;
    let mut child = operator(world, now)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let brought = eventually(LIMIT, "the clock to bring something", || async {
        chain.height().await.is_ok_and(|now| now > height).then_some(())
    });
    brought.await?;
    child.kill()?;
    child.wait()?;
    Ok(())
}
