//! Rows of a slot's auctions: how many there are, and what became of the contracts of each.

use der_market::id::ContractId;
use der_market::slot::{Auction, Slot};
use serde::{Deserialize, Serialize};

row! {
    /// The later auctions of a slot; a slot without this row has its day-ahead auction alone.
    Auctions {
        /// The latest round that was opened, at least 1.
        latest: u8,
    }
}
row! {
    /// What became of an auction's proposed contracts when its confirmation ended.
    Outcome {
        /// Which auction.
        slot: Auction,
        /// Signed by both sides, in rank order.
        confirmed: Vec<ContractId>,
        /// Refused or expired, in rank order.
        lapsed: Vec<ContractId>,
    }
}

impl Auctions {
    /// Every auction of a slot up to a round, in the sequence of settlement.
    pub fn of(slot: Slot, latest: u8) -> impl Iterator<Item = Auction> {
        (0..=latest).map(move |round| Auction { slot, round })
    }
}
