//! What a day came to.

use std::collections::BTreeMap;
use std::time::Duration;

use der_client::district::{Phase, Stage};
use der_client::watch::{Invariant, Tally};
use serde::Serialize;

/// What a day was, what it came to and what it cost. Rates are per second of the day's wall time; registering is not in it.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// The seed of members, weather and readings.
    pub seed: u64,
    /// Members.
    pub prosumers: usize,
    /// Connection points.
    pub points: usize,
    /// Auctions of each slot.
    pub auctions: u8,
    /// How orders were taken.
    pub book: &'static str,
    /// Wall time of founding and registering, ms.
    pub setup_ms: u64,
    /// Wall time of the day, ms.
    pub day_ms: u64,
    /// Of the phases, in their order.
    pub stages: Vec<Stage>,
    /// What the day put on the ledger; the first slot of the next day, which closes it, is in it.
    pub ledger: Tally,
    /// Members settled in a slot, over all slots of the day.
    pub prosumer_slots: u64,
    /// Settled prosumer-slots per second.
    pub prosumer_slots_per_second: f64,
    /// Bytes that the ledger's folder has grown by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// CPU time by kind of process, µs for each settled prosumer-slot.
    pub cpu_us_per_prosumer_slot: BTreeMap<&'static str, u64>,
    /// What held the day up.
    pub bottleneck: Bottleneck,
    /// What was checked after every block.
    pub invariants: [Invariant; 12],
}

/// What held a day up.
#[derive(Debug, Clone, Serialize)]
pub struct Bottleneck {
    /// The kind of process with the most CPU time.
    pub process: &'static str,
    /// Its part of all CPU time, percent.
    pub of_cpu_percent: u64,
    /// CPU time of all processes together for each second of wall time, hundredths of a core.
    pub busy_percent: u64,
    /// The phase with the most wall time.
    pub phase: Phase,
    /// Its part of the day's wall time, percent.
    pub of_time_percent: u64,
}

impl Bottleneck {
    /// By CPU time and by wall time.
    #[must_use]
    pub fn of(cpu: &BTreeMap<&'static str, Duration>, stages: &[Stage], day: Duration) -> Option<Self> {
        let all: Duration = cpu.values().sum();
        let (process, most) = cpu.iter().max_by_key(|(_, time)| **time)?;
        let longest = stages.iter().max_by_key(|stage| stage.took_ms)?;
        Some(Self {
            process,
            of_cpu_percent: percent(most.as_millis(), all.as_millis()),
            busy_percent: percent(all.as_millis(), day.as_millis()),
            phase: longest.phase,
            of_time_percent: percent(u128::from(longest.took_ms), day.as_millis()),
        })
    }
}

/// CPU time for each of so many, µs.
#[must_use]
pub(super) fn per_each(cpu: &BTreeMap<&'static str, Duration>, count: u64) -> BTreeMap<&'static str, u64> {
    let each = |time: &Duration| u64::try_from(time.as_micros() / u128::from(count.max(1))).unwrap_or(u64::MAX);
    cpu.iter().map(|(kind, time)| (*kind, each(time))).collect()
}

fn percent(part: u128, whole: u128) -> u64 {
    u64::try_from(part * 100 / whole.max(1)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_process_and_the_longest_phase_are_named() {
        let cpu = BTreeMap::from([("client", Duration::from_secs(1)), ("devnet", Duration::from_secs(3))]);
        let stage = |phase, took_ms| Stage { phase, took_ms };
        let stages = [stage(Phase::Open, 500), stage(Phase::Settlement, 1_500)];
        let found = Bottleneck::of(&cpu, &stages, Duration::from_secs(2)).unwrap();
        assert_eq!(
            (found.process, found.of_cpu_percent, found.busy_percent),
            ("devnet", 75, 200)
        );
        assert_eq!((found.phase, found.of_time_percent), (Phase::Settlement, 75));
        assert_eq!(per_each(&cpu, 1_000)["devnet"], 3_000);
    }
}
