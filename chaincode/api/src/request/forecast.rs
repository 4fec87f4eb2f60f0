//! Forecasts, and what they leave to trade.

use der_market::forecast::Forecast;
use der_market::id::{ParticipantId, PointId};
use der_market::slot::Slot;

use super::request;
use crate::reply::{ForecastAccepted, PositionView};

/// Slots that one forecast may cover: the longest local day.
pub const FORECAST_LIMIT: usize = 100;

request! { PostForecast => ForecastAccepted,
    /// The caller forecasts slots at its point, one after the other: a local day has 92, 96 or 100 of them. Until a slot's day-ahead
    /// gate closes, a forecast is the day-ahead one; later ones leave that as it was and make the deviation.
    PostForecast {
        /// Where.
        point: PointId,
        /// The first slot.
        first: Slot,
        /// Of `first` and the slots after it, at most 100.
        forecasts: Vec<Forecast>,
    }
}
request! { QueryPosition => PositionView,
    /// A participant's forecast and position at a point in a slot.
    QueryPosition {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// Which slot.
        slot: Slot,
    }
}
