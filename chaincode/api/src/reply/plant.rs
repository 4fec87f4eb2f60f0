//! Plants.

use der_market::id::{ParticipantId, PlantId, PointId};
use der_market::participant::Source;
use der_market::slot::Slot;
use der_market::units::Power;
use serde::{Deserialize, Serialize};

reply! {
    /// A plant.
    PlantView {
        /// Which.
        plant: PlantId,
        /// Whose.
        owner: ParticipantId,
        /// M, W.
        capacity_w: Power,
        /// D.
        point: PointId,
        /// G.
        source: Source,
        /// Its last slot, once it is retired.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<Slot>,
    }
}
reply! {
    /// A plant's energy-consumption index.
    IndexView {
        /// Which plant.
        plant: PlantId,
        /// L, at least 1.
        index: u32,
    }
}
