//! Settlement: what metered energy does to contracts and to accounts.

use serde::{Deserialize, Serialize};

use crate::id::{ContractId, ParticipantId, PointId};
use crate::units::{Energy, Money, Price};

/// A confirmed contract, as settlement sees it. Its place in the list is its place in sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trade {
    /// Which contract.
    pub contract: ContractId,
    /// Who buys.
    pub buyer: ParticipantId,
    /// Where the buyer takes.
    pub buyer_point: PointId,
    /// Who sells.
    pub seller: ParticipantId,
    /// Where the seller delivers.
    pub seller_point: PointId,
    /// q.
    pub energy_wh: Energy,
    /// p.
    pub price: Price,
    /// τ.
    pub tariff: Price,
}

/// Metered energy of one participant at one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metered {
    /// Whose.
    pub participant: ParticipantId,
    /// Where.
    pub point: PointId,
    /// C.
    pub consumed_wh: Energy,
    /// G.
    pub injected_wh: Energy,
}

/// What became of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeLine {
    /// Which contract.
    pub contract: ContractId,
    /// q.
    pub energy_wh: Energy,
    /// d: delivered.
    pub delivered_wh: Energy,
    /// d · p.
    pub energy_cost: Money,
    /// d · τ.
    pub tariff_cost: Money,
    /// What the buyer alone could not take.
    pub buyer_short_wh: Energy,
    /// What the seller alone could not give.
    pub seller_short_wh: Energy,
    /// From the buyer to the seller.
    pub buyer_penalty: Money,
    /// From the seller to the buyer.
    pub seller_penalty: Money,
}

/// What became of a participant's energy at a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointLine {
    /// Whose.
    pub participant: ParticipantId,
    /// Where.
    pub point: PointId,
    /// C.
    pub consumed_wh: Energy,
    /// G.
    pub injected_wh: Energy,
    /// Delivered to it under contracts.
    pub bought_wh: Energy,
    /// Delivered by it under contracts.
    pub sold_wh: Energy,
    /// u: bought from the grid (PPSC).
    pub grid_supply_wh: Energy,
    /// v: fed in (OGSC).
    pub feed_in_wh: Energy,
    /// u · R.
    pub grid_supply_cost: Money,
    /// v · F.
    pub feed_in_revenue: Money,
}

/// The paper's three branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Branch {
    /// Direct trade.
    #[serde(rename = "DTSC")]
    Direct,
    /// Feed-in.
    #[serde(rename = "OGSC")]
    FeedIn,
    /// Grid supply.
    #[serde(rename = "PPSC")]
    GridSupply,
}

/// Energy that a slot moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Σ d.
    pub direct_wh: Energy,
    /// Σ u.
    pub grid_supply_wh: Energy,
    /// Σ v.
    pub feed_in_wh: Energy,
}
