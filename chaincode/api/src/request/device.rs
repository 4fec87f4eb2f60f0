//! A user's devices. Each is the caller's own.

use der_market::id::{DeviceId, ParticipantId, PlantId};
use der_market::participant::{DeviceKind, StoreState};
use der_market::units::{Power, Ppm};

use super::request;
use crate::reply::DeviceView;

request! { RegisterDevice => DeviceView,
    /// A device of the caller, at the point of its registration.
    RegisterDevice {
        /// Its id.
        device: DeviceId,
        /// What it is.
        kind: DeviceKind,
        /// Capacity M, W.
        capacity_w: Power,
        /// The caller's plant that it is, or is a part of.
        plant: Option<PlantId>,
        /// η, ppm: what a store keeps of the energy that it takes in; the whole where it is not said.
        efficiency: Option<Ppm>,
    }
}
request! { ChangeDevice => DeviceView,
    /// A device's capacity and efficiency from now on.
    ChangeDevice {
        /// Which.
        device: DeviceId,
        /// Capacity M, W.
        capacity_w: Power,
        /// η, ppm, of a store; unchanged where it is not said.
        efficiency: Option<Ppm>,
    }
}
request! { RetireDevice => DeviceView,
    /// Retires a device, for ever.
    RetireDevice {
        /// Which.
        device: DeviceId,
    }
}
request! { SetState => DeviceView,
    /// The paper's I.
    SetState {
        /// Which store.
        device: DeviceId,
        /// What it does from now on.
        state: StoreState,
    }
}
request! { QueryDevice => DeviceView,
    /// A device.
    QueryDevice {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        device: DeviceId,
    }
}
