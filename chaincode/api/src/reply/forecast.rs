//! What is told of forecasts and positions.

use der_market::forecast::{Forecast, Position};
use der_market::id::{ParticipantId, PointId};
use der_market::slot::Slot;
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;

reply! {
    /// A forecast is recorded.
    ForecastAccepted {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// The first slot.
        first: Slot,
        /// How many slots.
        slots: u32,
        /// SHA-256 of the forecasts.
        digest: Digest,
    }
}
reply! {
    /// A participant at a point in a slot.
    PositionView {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// Which slot.
        slot: Slot,
        /// The newest forecast before the day-ahead gate closed.
        day_ahead: Option<Forecast>,
        /// The newest forecast.
        latest: Option<Forecast>,
        /// Direct contracts of the auctions whose confirmation has ended.
        position: Position,
        /// e: what the newest forecast has beyond the position, Wh.
        deviation_wh: Option<i64>,
    }
}
