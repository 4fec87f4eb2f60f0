//! What listeners hear: one event per transaction, with ids and hashes. Amounts are read by query.

use crate::codec;
use crate::error_code::{ApiError, ErrorCode};
use crate::function::BATCH_LIMIT;

macro_rules! event {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $kind,)*
            }

            impl From<$name> for super::Event {
                fn from(event: $name) -> Self {
                    Self::$name(event)
                }
            }
        )*
    };
}

mod account;
mod certificate;
mod contract;
mod delegation;
mod device;
mod forecast;
mod grid;
mod mandate;
mod market;
mod member;
mod meter;
mod order;
mod payment;
mod plant;
mod proposal;
mod settlement;
mod slot;
mod statement;
mod user;

macro_rules! events {
    ($($noun:ident { $($name:ident,)* })*) => {
        $(pub use $noun::{$($name),*};)*

        /// An event. Its name on the wire is the variant's.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($(#[doc = concat!("See [`", stringify!($name), "`](struct@", stringify!($name), ").")] $name($name),)*)*
        }

        impl Event {
            /// Every event's name.
            pub const NAMES: &'static [&'static str] = &[$($(stringify!($name),)*)*];

            /// The name on the wire.
            pub const fn name(&self) -> &'static str {
                match self { $($(Self::$name(_) => stringify!($name),)*)* }
            }

            /// The JSON payload.
            ///
            /// # Errors
            /// None in practice; see [`codec::encode`].
            pub fn payload(&self) -> Result<Vec<u8>, ApiError> {
                match self { $($(Self::$name(event) => codec::encode(event),)*)* }
            }

            /// Reads an event back; none for a name that is not one of these.
            ///
            /// # Errors
            /// [`ErrorCode::ReplyUnreadable`] where the payload is not this event's.
            pub fn parse(name: &str, payload: &[u8]) -> Result<Option<Self>, ApiError> {
                let unreadable = |e: ApiError| ApiError::new(ErrorCode::ReplyUnreadable, e.detail);
                match name {
                    $($(stringify!($name) => {
                        codec::decode::<$name>(payload, BATCH_LIMIT).map(|e| Some(Self::$name(e))).map_err(unreadable)
                    })*)*
                    _ => Ok(None),
                }
            }
        }
    };
}

events! {
    market {
        MarketBootstrapped,
        SchemaMigrated,
        ParametersPublished,
        MarketSuspended,
        MarketResumed,
    }
    member {
        MemberAdmitted,
        MemberDismissed,
        GuardsRewritten,
    }
    proposal {
        ProposalMade,
        VoteGiven,
        RowsPublished,
        VersionEnacted,
    }
    slot {
        SlotOpened,
        GateClosed,
        RevealEnded,
        BookSealed,
        StageCalled,
        WelfareProposed,
        SlotMatched,
        ContractsWritten,
        ConfirmationEnded,
        SlotPlanned,
    }
    forecast {
        ForecastPosted,
    }
    user {
        UserRegistered,
        UserKeyAdded,
        UserMovedOut,
        UserAuthenticated,
        UserSuspended,
        UserReinstated,
    }
    device {
        DeviceRegistered,
        DeviceChanged,
        DeviceRetired,
        StateSet,
    }
    grid {
        PointPublished,
        DistancesPublished,
        ConnectionAccepted,
    }
    plant {
        PlantRegistered,
        PlantChanged,
        PlantRetired,
        IndexSet,
    }
    certificate {
        CertificatesAccrued,
        CertificatesTransferred,
        CertificatesClaimed,
    }
    meter {
        MeterReplaced,
        MeterRegistered,
        ReadingsRecorded,
        ReadingsEstimated,
    }
    order {
        OrderPosted,
        OrdersPosted,
        OrderWithdrawn,
        OrdersSealed,
        OrdersRevealed,
        OrdersAmended,
        OrdersWithdrawn,
    }
    delegation {
        DelegationGranted,
        DelegationRevoked,
    }
    mandate {
        MandateGranted,
        MandateRevoked,
    }
    contract {
        ContractConfirmed,
        ContractRefused,
    }
    settlement {
        SlotSettled,
        SettlementAllotted,
        SettlementPageBooked,
        SettlementCorrected,
    }
    payment {
        PaymentRequested,
        PaymentSettled,
        FundsMoved,
    }
    account {
        AccountsFolded,
        CreditRolled,
    }
    statement {
        StatementsClosed,
        StatementAnswered,
        LineDecided,
        StatementPaid,
        PaymentDefaulted,
    }
}
