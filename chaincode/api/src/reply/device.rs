//! A user's device.

use der_market::id::{DeviceId, ParticipantId, PlantId};
use der_market::participant::{DeviceKind, StoreState};
use der_market::units::{Power, Ppm};
use serde::{Deserialize, Serialize};

reply! {
    /// A device on the user chain.
    DeviceView {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        device: DeviceId,
        /// What it is.
        kind: DeviceKind,
        /// Capacity M, W.
        capacity_w: Power,
        /// The plant on the energy chain that it is, or is a part of.
        plant: Option<PlantId>,
        /// η, ppm: what a store keeps of the energy that it takes in. Absent for what stores nothing.
        efficiency: Option<Ppm>,
        /// I: what a store does now. Absent for what stores nothing.
        state: Option<StoreState>,
        /// True once it is retired.
        retired: bool,
    }
}
