//! OGSC and PPSC: what is to become of energy that found no contract. A plan moves no money.

use serde::{Deserialize, Serialize};

use crate::id::{OrderId, ParticipantId, PointId};
use crate::participant::Side;
use crate::units::Energy;

/// What the plan says about one order's energy beyond its contracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanLine {
    /// Whose order.
    pub participant: ParticipantId,
    /// Which order.
    pub order: OrderId,
    /// Offer or bid.
    pub side: Side,
    /// Where.
    pub point: PointId,
    /// In confirmed contracts (DTSC).
    pub direct_wh: Energy,
    /// With the grid: exported (OGSC) for an offer, supplied (PPSC) for a bid.
    pub grid_wh: Energy,
    /// Beyond the point's room: curtailed for an offer, unserved for a bid.
    pub left_wh: Energy,
}
