//! What one contract moved and what one place is left with, in Wh: compact on the wire, because a slot has thousands of them.

use serde::{Deserialize, Serialize};

use crate::units::Energy;

/// What a contract moved. On the wire four numbers: delivered, short of buyer and seller, and 1 for a buyer's estimate plus 2 for a
/// seller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "DealtNumbers", into = "DealtNumbers")]
pub struct Dealt {
    /// d.
    pub delivered_wh: Energy,
    /// What the buyer alone could not take.
    pub buyer_short_wh: Energy,
    /// What the seller alone could not give.
    pub seller_short_wh: Energy,
    /// The buyer's side rests on an estimate.
    pub buyer_estimated: bool,
    /// The seller's side rests on an estimate.
    pub seller_estimated: bool,
}

type DealtNumbers = (Energy, Energy, Energy, u8);

impl From<DealtNumbers> for Dealt {
    fn from((delivered_wh, buyer_short_wh, seller_short_wh, estimated): DealtNumbers) -> Self {
        Self {
            delivered_wh,
            buyer_short_wh,
            seller_short_wh,
            buyer_estimated: estimated & 1 != 0,
            seller_estimated: estimated & 2 != 0,
        }
    }
}

impl From<Dealt> for DealtNumbers {
    fn from(dealt: Dealt) -> Self {
        let estimated = u8::from(dealt.buyer_estimated) | (u8::from(dealt.seller_estimated) << 1);
        (
            dealt.delivered_wh,
            dealt.buyer_short_wh,
            dealt.seller_short_wh,
            estimated,
        )
    }
}

/// What became of a place's energy. On the wire seven numbers: C, G, bought, sold, u, v, and 1 for an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RestNumbers", into = "RestNumbers")]
pub struct Rest {
    /// C.
    pub consumed_wh: Energy,
    /// G.
    pub injected_wh: Energy,
    /// Delivered to it under contracts.
    pub bought_wh: Energy,
    /// Delivered by it under contracts.
    pub sold_wh: Energy,
    /// u.
    pub grid_supply_wh: Energy,
    /// v.
    pub feed_in_wh: Energy,
    /// C and G are estimated.
    pub estimated: bool,
}

type RestNumbers = (Energy, Energy, Energy, Energy, Energy, Energy, u8);

impl From<RestNumbers> for Rest {
    fn from(
        (consumed_wh, injected_wh, bought_wh, sold_wh, grid_supply_wh, feed_in_wh, estimated): RestNumbers,
    ) -> Self {
        Self {
            consumed_wh,
            injected_wh,
            bought_wh,
            sold_wh,
            grid_supply_wh,
            feed_in_wh,
            estimated: estimated != 0,
        }
    }
}

impl From<Rest> for RestNumbers {
    fn from(rest: Rest) -> Self {
        (
            rest.consumed_wh,
            rest.injected_wh,
            rest.bought_wh,
            rest.sold_wh,
            rest.grid_supply_wh,
            rest.feed_in_wh,
            u8::from(rest.estimated),
        )
    }
}
