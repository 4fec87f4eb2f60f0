//! Settlements.

use der_market::slot::Slot;

use crate::bytes::Digest;

event! {
    /// A slot is settled.
    SlotSettled {
        /// Which.
        slot: Slot,
        /// Settlement id.
        settlement: Digest,
        /// SHA-256 of the settlement.
        hash: Digest,
        /// Postings.
        lines: u32,
    }
    /// A slot's energy is allotted; its pages follow.
    SettlementAllotted {
        /// Which slot.
        slot: Slot,
        /// Settlement id.
        settlement: Digest,
        /// How many pages.
        pages: u32,
        /// SHA-256 of what is allotted.
        hash: Digest,
    }
    /// A page of a settlement is booked.
    SettlementPageBooked {
        /// Which slot.
        slot: Slot,
        /// Which page.
        page: u32,
    }
    /// A settlement has a new version.
    SettlementCorrected {
        /// Which slot.
        slot: Slot,
        /// Settlement id.
        settlement: Digest,
        /// Which version.
        version: u32,
        /// How many pages it books.
        pages: u32,
        /// SHA-256 of what it allots.
        hash: Digest,
    }
}
