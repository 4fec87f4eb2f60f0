//! Records of the three chains beyond the first: devices, plants and meters through their lives, and moving out.

use der_api::reply::{DeviceView, HoldingView, IndexView, MeterView, OriginView, ParticipantView, PlantView};
use der_api::request::{
    AccrueCertificates, ChangeDevice, ChangePlant, ClaimCertificates, MoveOut, QueryDevice, RegisterDevice,
    ReplaceMeter, RetireDevice, RetirePlant, SetIndex, SetState, TransferCertificates,
};

use crate::{ClientError, MarketClient, Receipt};

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident: $request:ident => $reply:ty;)*) => {
        /// Changes of records. Each waits for its commit.
        impl MarketClient {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// The contract's refusal or Fabric's, as a code.
                pub async fn $name(&self, request: &$request) -> Result<Receipt<$reply>, ClientError> {
                    self.submit(request).await
                }
            )*
        }
    };
}

records! {
    /// Ends the caller's trading.
    move_out: MoveOut => ParticipantView;
    /// Puts a device of the caller on the user chain.
    register_device: RegisterDevice => DeviceView;
    /// Changes a device of the caller.
    change_device: ChangeDevice => DeviceView;
    /// Retires a device of the caller.
    retire_device: RetireDevice => DeviceView;
    /// Says whether a store of the caller charges or discharges.
    set_state: SetState => DeviceView;
    /// Changes the capacity of the caller's plant.
    change_plant: ChangePlant => PlantView;
    /// Retires the caller's plant after a slot.
    retire_plant: RetirePlant => PlantView;
    /// Sets a plant's energy-consumption index.
    set_index: SetIndex => IndexView;
    /// Takes a day's settled, metered energy into a plant's account of certificates.
    accrue_certificates: AccrueCertificates => OriginView;
    /// Moves certificates of the caller.
    transfer_certificates: TransferCertificates => HoldingView;
    /// Claims energy of the caller's certificates.
    claim_certificates: ClaimCertificates => HoldingView;
    /// Ends a meter and begins its successor.
    replace_meter: ReplaceMeter => MeterView;
}

impl MarketClient {
    /// A device.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn device(&self, request: &QueryDevice) -> Result<DeviceView, ClientError> {
        self.query(request).await
    }
}
