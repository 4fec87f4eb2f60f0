//! Figures of a ledger.

use std::collections::BTreeMap;

use der_market::participant::Source;
use der_market::settlement::PointLine;
use der_market::units::Ppm;
use fabric_protos::common::Block;
use prost::Message;
use serde::Serialize;

use super::transaction::Transaction;

/// Energy from so clean a source on counts as clean: water, sun and wind.
const CLEAN_FROM: u32 = 600_000;

/// What a ledger holds, counted block by block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Blocks.
    pub blocks: u64,
    /// Transactions by validation code, 0 for valid.
    pub transactions: BTreeMap<u8, u64>,
    /// Bytes of the blocks.
    pub bytes: u64,
    /// Rows written under the market's chaincode by valid transactions.
    pub rows: u64,
    /// Slots that are settled whole.
    pub slots: u64,
    /// Participants with a line in a settled slot, over all slots.
    pub prosumer_slots: u64,
    /// Energy of the settled slots.
    pub energy: Energies,
}

/// Metered energy of settled slots, Wh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Energies {
    /// Consumed.
    pub consumed_wh: u128,
    /// Injected.
    pub injected_wh: u128,
    /// Delivered under contracts.
    pub direct_wh: u128,
    /// Bought from the grid.
    pub grid_supply_wh: u128,
    /// Fed into the grid.
    pub feed_in_wh: u128,
    /// Injected by owners of hydro, wind and photovoltaic plants. What a household uses behind its meter is not in it.
    pub clean_available_wh: u128,
    /// Of that, delivered to neighbours under contracts.
    pub clean_used_wh: u128,
}

impl Tally {
    /// Valid transactions.
    #[must_use]
    pub fn valid(&self) -> u64 {
        self.transactions.get(&0).copied().unwrap_or(0)
    }

    /// Invalid transactions.
    #[must_use]
    pub fn invalid(&self) -> u64 {
        self.transactions
            .iter()
            .filter(|(code, _)| **code != 0)
            .map(|(_, count)| count)
            .sum()
    }

    pub(super) fn block(&mut self, block: &Block) {
        self.blocks += 1;
        self.bytes += block.encoded_len() as u64;
    }

    pub(super) fn transaction(&mut self, transaction: &Transaction) {
        *self.transactions.entry(transaction.code).or_insert(0) += 1;
        if transaction.is_valid() {
            self.rows += transaction.writes.len() as u64;
        }
    }

    pub(super) fn settled(&mut self, line: &PointLine, source: Option<Source>) {
        self.prosumer_slots += 1;
        let energy = &mut self.energy;
        energy.consumed_wh += u128::from(line.consumed_wh.get());
        energy.injected_wh += u128::from(line.injected_wh.get());
        energy.direct_wh += u128::from(line.sold_wh.get());
        energy.grid_supply_wh += u128::from(line.grid_supply_wh.get());
        energy.feed_in_wh += u128::from(line.feed_in_wh.get());
        if source.is_some_and(|source| source.cleanliness() >= clean_from()) {
            energy.clean_available_wh += u128::from(line.injected_wh.get());
            energy.clean_used_wh += u128::from(line.sold_wh.get());
        }
    }

    /// What was counted since an earlier look.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = self.clone();
        since.blocks -= earlier.blocks;
        since.bytes -= earlier.bytes;
        since.rows -= earlier.rows;
        since.slots -= earlier.slots;
        since.prosumer_slots -= earlier.prosumer_slots;
        for (code, count) in &earlier.transactions {
            if let Some(now) = since.transactions.get_mut(code) {
                *now -= count;
            }
        }
        since.transactions.retain(|_, count| *count > 0);
        since.energy = self.energy.since(&earlier.energy);
        since
    }
}

impl Energies {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            consumed_wh: self.consumed_wh - earlier.consumed_wh,
            injected_wh: self.injected_wh - earlier.injected_wh,
            direct_wh: self.direct_wh - earlier.direct_wh,
            grid_supply_wh: self.grid_supply_wh - earlier.grid_supply_wh,
            feed_in_wh: self.feed_in_wh - earlier.feed_in_wh,
            clean_available_wh: self.clean_available_wh - earlier.clean_available_wh,
            clean_used_wh: self.clean_used_wh - earlier.clean_used_wh,
        }
    }
}

fn clean_from() -> Ppm {
    Ppm::new(CLEAN_FROM).unwrap_or(Ppm::ONE)
}
