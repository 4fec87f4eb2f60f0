//! Plants.

use der_market::id::{ParticipantId, PlantId};
use der_market::slot::Slot;

event! {
    /// A plant exists.
    PlantRegistered {
        /// Which.
        plant: PlantId,
        /// Whose.
        owner: ParticipantId,
    }
    /// A plant's record changed.
    PlantChanged {
        /// Which.
        plant: PlantId,
    }
    /// A plant is retired.
    PlantRetired {
        /// Which.
        plant: PlantId,
        /// Its last slot.
        last: Slot,
    }
    /// A plant's energy-consumption index is set.
    IndexSet {
        /// Which plant.
        plant: PlantId,
    }
}
