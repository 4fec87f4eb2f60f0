//! The figures of a day, for reading.

use std::fmt;

use super::figures::Figures;
use crate::output::table;

/// Wh of one kWh.
const KWH: u128 = 1_000;

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = table(&["figure", "value"]);
        for (name, value) in self.rows() {
            rows.add_row([name, value]);
        }
        let mut stages = table(&["phase", "s"]);
        for stage in &self.stages {
            stages.add_row([stage.phase.to_string(), seconds(stage.took_ms)]);
        }
        write!(f, "{rows}\n{stages}")
    }
}

impl Figures {
    fn rows(&self) -> Vec<(String, String)> {
        let Self { ledger, bottleneck, .. } = self;
        let row = |name: &str, value: String| (name.to_owned(), value);
        let mut rows = vec![
            row(
                "members, connection points, seed",
                format!("{}, {}, {}", self.prosumers, self.points, self.seed),
            ),
            row(
                "slots settled, auctions each",
                format!("{}, {} ({} books)", ledger.slots - 1, self.auctions, self.book),
            ),
            row("registering, s", seconds(self.setup_ms)),
            row("the day, s", seconds(self.day_ms)),
            row("settled prosumer-slots", self.prosumer_slots.to_string()),
            row(
                "settled prosumer-slots per second",
                format!("{:.1}", self.prosumer_slots_per_second),
            ),
            row(
                "transactions, invalid ones",
                format!("{}, {}", ledger.valid() + ledger.invalid(), ledger.invalid()),
            ),
            row(
                "blocks, MB of blocks",
                format!("{}, {}", ledger.blocks, megabytes(ledger.bytes)),
            ),
            row("rows written", ledger.rows.to_string()),
        ];
        rows.extend(self.disk_bytes.map(|bytes| row("MB on disk", megabytes(bytes))));
        for (process, micros) in &self.cpu_us_per_prosumer_slot {
            rows.push(row(
                &format!("CPU of {process} per prosumer-slot, \u{b5}s"),
                micros.to_string(),
            ));
        }
        rows.extend([
            row(
                "most CPU",
                format!(
                    "{}: {} % of all, which kept {:.2} cores busy",
                    bottleneck.process,
                    bottleneck.of_cpu_percent,
                    cores(bottleneck.busy_percent)
                ),
            ),
            row(
                "most time",
                format!("{}: {} %", bottleneck.phase, bottleneck.of_time_percent),
            ),
        ]);
        rows.extend(self.energy());
        rows.push(row(
            "checked after every block",
            self.invariants.map(|one| one.to_string()).join(", "),
        ));
        rows
    }

    fn energy(&self) -> Vec<(String, String)> {
        let energy = &self.ledger.energy;
        let all = [
            ("consumed, kWh", energy.consumed_wh),
            ("injected, kWh", energy.injected_wh),
            ("traded directly, kWh", energy.direct_wh),
            ("bought from the grid, kWh", energy.grid_supply_wh),
            ("fed into the grid, kWh", energy.feed_in_wh),
            ("clean energy available, kWh", energy.clean_available_wh),
            ("clean energy used by neighbours, kWh", energy.clean_used_wh),
        ];
        all.map(|(name, wh)| (name.to_owned(), (wh / KWH).to_string())).into()
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:02}", ms / 1_000, ms % 1_000 / 10)
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

fn cores(percent: u64) -> f64 {
    u32::try_from(percent).map_or(f64::INFINITY, |percent| f64::from(percent) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_easily() {
        assert_eq!(
            (seconds(61_239), megabytes(12_345_678)),
            ("61.23".to_owned(), "12.3".to_owned())
        );
    }
}
