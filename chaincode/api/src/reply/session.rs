//! What is told of a slot's auctions.

use der_market::id::ContractId;
use der_market::slot::{Auction, Slot};
use serde::{Deserialize, Serialize};

use super::SlotView;

reply! {
    /// What became of an auction's proposed contracts.
    ConfirmationView {
        /// Which auction.
        slot: Auction,
        /// Signed by both sides, in rank order.
        confirmed: Vec<ContractId>,
        /// Refused or expired, in rank order.
        lapsed: Vec<ContractId>,
    }
}
reply! {
    /// A slot's auctions.
    AuctionsView {
        /// Which slot.
        slot: Slot,
        /// Each that was opened, in the order of their rounds.
        auctions: Vec<SlotView>,
    }
}
