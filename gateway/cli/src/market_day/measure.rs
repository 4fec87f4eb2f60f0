//! Founding, playing and measuring a day.

use std::time::{Duration, Instant};

use der_client::day::Staff;
use der_client::district::{District, DistrictError, Listener, Plan, Population, rules};
use der_client::watch::{Invariant, Tally, Watch, WatchError};

use super::costs::Costs;
use super::figures::{Bottleneck, Figures, per_each};
use crate::day::People;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::network::LocalNetwork;

/// What is played, and where.
#[derive(Debug)]
pub struct Setting<'a> {
    /// Seed of members, weather and readings.
    pub seed: u64,
    /// Members.
    pub prosumers: usize,
    /// Connection points.
    pub points: usize,
    /// The day.
    pub plan: Plan,
    /// Who runs the market, and where certificates are made.
    pub people: People,
    /// The network, where it is this command's own.
    pub network: Option<&'a LocalNetwork>,
}

/// Founds the district, plays its day and measures it. Every block is checked; the first invariant that does not hold ends it.
///
/// # Errors
/// The first refusal, or the block and the invariant that does not hold.
pub async fn play(setting: Setting<'_>, listener: Listener) -> Result<Figures, Failure> {
    let staff = setting.people.staff()?;
    let watch = staff.clock.watch().await.map_err(|error| failure(error.into()))?;
    tokio::select! {
        figures = measure(&setting, staff, &watch, listener) => figures,
        ended = watch.ended() => Err(failure(ended.into())),
    }
}

async fn measure(setting: &Setting<'_>, staff: Staff, watch: &Watch, listener: Listener) -> Result<Figures, Failure> {
    let begin = Instant::now();
    let district = found(setting, staff, listener).await?;
    watch
        .reach(district.tip())
        .await
        .map_err(|error| failure(error.into()))?;
    let setup = begin.elapsed();
    let (ledger, costs, begin) = (watch.tally(), costs(setting)?, Instant::now());
    let stages = district.play(&setting.plan, watch).await.map_err(failure)?;
    let day = begin.elapsed();
    let now = self::costs(setting)?;
    let (ledger, cpu) = (watch.tally().since(&ledger), now.cpu_since(&costs));
    let settled = settled(setting, &ledger)?;
    let bottleneck = Bottleneck::of(&cpu, &stages, day).ok_or_else(|| Failure::internal("a day without phases"))?;
    Ok(Figures {
        seed: setting.seed,
        prosumers: setting.prosumers,
        points: setting.points,
        auctions: if setting.plan.intraday { 2 } else { 1 },
        book: "open",
        setup_ms: milliseconds(setup),
        day_ms: milliseconds(day),
        stages,
        prosumer_slots: settled,
        prosumer_slots_per_second: rate(settled, day),
        disk_bytes: now.disk_since(&costs),
        cpu_us_per_prosumer_slot: per_each(&cpu, settled),
        bottleneck,
        invariants: Invariant::ALL,
        ledger,
    })
}

/// A founded district whose members are registered and equipped for the day.
async fn found(setting: &Setting<'_>, staff: Staff, listener: Listener) -> Result<District, Failure> {
    let population = Population::of(setting.seed, setting.prosumers, setting.points);
    let newcomers = setting.people.district(&population)?;
    let rules = rules(None).map_err(Failure::internal)?;
    let slots = setting.plan.slots().map_err(failure)?;
    let district = District::found(staff, population, newcomers, rules, listener)
        .await
        .map_err(failure)?;
    district.join_all().await.map_err(failure)?;
    if let (Some((first, _)), Some((last, _))) = (slots.first(), slots.last()) {
        district
            .equip(&district.members, *first, *last)
            .await
            .map_err(failure)?;
    }
    Ok(district)
}

/// Every member in every slot, which the ledger must have settled; and one more, by whose slot it knows that the day is over.
fn settled(setting: &Setting<'_>, ledger: &Tally) -> Result<u64, Failure> {
    let all = setting.prosumers.saturating_mul(usize::from(setting.plan.slots));
    let all = u64::try_from(all).unwrap_or(u64::MAX);
    if ledger.prosumer_slots == all.saturating_add(1) {
        return Ok(all);
    }
    let found = ledger.prosumer_slots.saturating_sub(1);
    Err(Failure::internal(format!(
        "{found} of {all} prosumer-slots are settled"
    )))
}

fn costs(setting: &Setting<'_>) -> Result<Costs, Failure> {
    Costs::now(setting.network).map_err(|error| Failure::from(&error))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// To a tenth.
fn rate(count: u64, time: Duration) -> f64 {
    let tenths = u128::from(count) * 10_000 / time.as_millis().max(1);
    u32::try_from(tenths).map_or(f64::INFINITY, |tenths| f64::from(tenths) / 10.0)
}

fn failure(error: DistrictError) -> Failure {
    match error {
        DistrictError::Refused { stage, source } => Failure::from(&source).context(stage),
        DistrictError::Watch(WatchError::Broken(broken)) => Failure::internal(&broken)
            .advise("Keep the ledger: the block shows what was written. Run the command again with --keep DIR and the same --seed."),
        DistrictError::Watch(other) => Failure::new(Exit::Network, other),
        DistrictError::OtherRules | DistrictError::PlayedBefore(_) => Failure::new(Exit::Refused, error),
        DistrictError::NoSuchDay => Failure::usage(error),
        other => Failure::internal(other),
    }
}
