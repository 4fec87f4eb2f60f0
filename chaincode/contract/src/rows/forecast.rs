//! Forecasts by participant, point and slot.

use der_market::forecast::Forecast;
use serde::{Deserialize, Serialize};

row! {
    /// What a participant expects at a point in a slot.
    ForecastRow {
        /// The newest one before the day-ahead gate closed.
        day_ahead: Option<Forecast>,
        /// The newest one.
        latest: Forecast,
    }
}
