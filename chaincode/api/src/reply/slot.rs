//! A slot, stage by stage.

use der_market::merit::Merits;
use der_market::order_rules::Book;
use der_market::parameters::PriceBounds;
use der_market::planning::{ConsumptionIndex, PlanLine};
use der_market::slot::{Auction, Slot};
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;

/// How far a slot has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Orders are taken.
    Open,
    /// Orders are taken no more; sealed ones are revealed.
    Closed,
    /// Sealed orders are revealed no more. Auctions that take orders openly do not come here.
    Revealed,
    /// Count and digest of the book are fixed.
    Sealed,
    /// Contracts are proposed and can be confirmed.
    Matched,
    /// Confirmation has ended in this auction; the slot's next one may open.
    Ended,
    /// Confirmation has ended in all of the slot's auctions; readings are taken.
    Planned,
    /// Postings are booked.
    Settled,
}

reply! {
    /// Count and digest of a closed book.
    Seal {
        /// Orders in it.
        orders: u32,
        /// SHA-256 over its rows in key order.
        digest: Digest,
    }
}

/// Versions that a slot keeps beside its rules and distances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Of the schedule of prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<u32>,
    /// Of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<u32>,
}

reply! {
    /// A slot.
    SlotView {
        /// Which.
        slot: Auction,
        /// How far it has come.
        stage: Stage,
        /// Version of the rules it keeps.
        parameters: u32,
        /// Version of the distances it keeps; 0 before the first matrix.
        distances: u32,
        /// The seal, once there is one.
        seal: Option<Seal>,
        /// Versions of schedule and calendar that it keeps.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<Pinned>,
        /// Prices that its orders may name, if they are bounded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bounds: Option<PriceBounds>,
        /// How it takes its orders, where it was opened at schema 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        book: Option<Book>,
    }
}
reply! {
    /// A slot's plan.
    PlanView {
        /// Which slot.
        slot: Slot,
        /// One line per order.
        lines: Vec<PlanLine>,
        /// SHA-256 of the lines.
        digest: Digest,
        /// L of sellers, where it was not 1.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        consumption: Vec<ConsumptionIndex>,
        /// Q and S of those who did not have the defaults.
        #[serde(default, skip_serializing_if = "Merits::is_empty")]
        merits: Merits,
    }
}
