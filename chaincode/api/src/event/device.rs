//! Devices.

use der_market::id::{DeviceId, ParticipantId};
use der_market::participant::StoreState;

event! {
    /// A user has a device.
    DeviceRegistered {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        device: DeviceId,
    }
    /// A device's record changed.
    DeviceChanged {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        device: DeviceId,
    }
    /// A device is retired.
    DeviceRetired {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        device: DeviceId,
    }
    /// A store charges, discharges or rests.
    StateSet {
        /// Whose.
        participant: ParticipantId,
        /// Which device.
        device: DeviceId,
        /// What it does.
        state: StoreState,
    }
}
