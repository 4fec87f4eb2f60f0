//! What a day tells while it runs, and of each slot at its end.

use der_api::bytes::Digest;
use der_api::{ErrorCode, Function};
use der_market::id::ParticipantId;
use der_market::money::Money;
use der_market::slot::Slot;
use der_market::units::Energy;
use serde::Serialize;

/// Something that happened in the day.
#[derive(Clone, Debug)]
pub enum Told {
    /// A transaction is on the ledger.
    Committed {
        /// The slot it belongs to; none while the market is set up.
        slot: Option<Slot>,
        /// What was called.
        function: Function,
        /// Fabric's transaction id.
        transaction_id: String,
        /// Its block; none where the act was found on the ledger after an unknown commit.
        block: Option<u64>,
    },
    /// Something was refused or got lost, and will be tried again.
    Trouble {
        /// The slot it belongs to; none while the market is set up.
        slot: Option<Slot>,
        /// The code.
        code: ErrorCode,
        /// The refusal in full.
        what: String,
    },
    /// A participant cannot act in this slot; the market goes on without it.
    Out {
        /// The slot.
        slot: Slot,
        /// Who.
        participant: ParticipantId,
        /// Why.
        code: ErrorCode,
        /// The refusal in full.
        what: String,
    },
}

/// A settled slot, checked: see [`super::MarketDay::play`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SlotReport {
    /// Which.
    pub slot: Slot,
    /// Settlement id.
    pub settlement: Digest,
    /// Contracts that were settled.
    pub contracts: usize,
    /// Delivered under contracts, Wh.
    pub direct_wh: Energy,
    /// Bought from the grid, Wh.
    pub grid_supply_wh: Energy,
    /// Fed into the grid, Wh.
    pub feed_in_wh: Energy,
    /// Postings booked.
    pub postings: usize,
    /// Their sum: zero, or there would be no report.
    pub sum: Money,
    /// Refusals and losses that were ridden through.
    pub troubles: u32,
    /// Participants who could not act.
    pub out: u32,
    /// From the first look at the slot to its settlement, ms.
    pub took_ms: u64,
}
