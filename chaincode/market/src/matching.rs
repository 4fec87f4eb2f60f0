//! DTSC: feasible pairs, their score and rank, and the walk that fills them.

use serde::{Deserialize, Serialize};

use crate::units::{Energy, Price};

/// Energy that one offer sells to one bid. Orders are named by their place in the sorted book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Place of the bid in the book.
    pub bid: u32,
    /// Place of the offer in the book.
    pub offer: u32,
    /// How much.
    pub energy_wh: Energy,
    /// p: at the seller's meter.
    pub price: Price,
    /// τ: paid by the buyer on top.
    pub tariff: Price,
}
