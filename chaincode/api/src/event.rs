//! What listeners hear: one event per transaction, with ids and hashes. Amounts are read by query.

use der_market::billing::{BillingDay, Month};
use der_market::id::{
    ContractId, DeviceId, MarketId, MeterId, MspId, OrderId, ParticipantId, PaymentId, PlantId, PointId,
};
use der_market::journal::Account;
use der_market::participant::{Side, StoreState};
use der_market::slot::{Auction, Slot};
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;
use crate::codec;
use crate::error_code::{ApiError, ErrorCode};
use crate::function::BATCH_LIMIT;
use crate::organisations::Part;
use crate::reply::PaymentKind;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $kind,)*
            }

            impl From<$name> for Event {
                fn from(event: $name) -> Self {
                    Self::$name(event)
                }
            }
        )*

        /// An event. Its name on the wire is the variant's.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name($name),)*
        }

        impl Event {
            /// Every event's name.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// The name on the wire.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// The JSON payload.
            ///
            /// # Errors
            /// None in practice; see [`codec::encode`].
            pub fn payload(&self) -> Result<Vec<u8>, ApiError> {
                match self { $(Self::$name(event) => codec::encode(event),)* }
            }

            /// Reads an event back; none for a name that is not one of these.
            ///
            /// # Errors
            /// [`ErrorCode::ReplyUnreadable`] where the payload is not this event's.
            pub fn parse(name: &str, payload: &[u8]) -> Result<Option<Self>, ApiError> {
                let unreadable = |e: ApiError| ApiError::new(ErrorCode::ReplyUnreadable, e.detail);
                match name {
                    $(stringify!($name) => {
                        codec::decode::<$name>(payload, BATCH_LIMIT).map(|e| Some(Self::$name(e))).map_err(unreadable)
                    })*
                    _ => Ok(None),
                }
            }
        }
    };
}

events! {
    /// The market was founded.
    MarketBootstrapped {
        /// Its id.
        market: MarketId,
        /// Version of its rules.
        parameters: u32,
    }
    /// The ledger has another schema.
    SchemaMigrated {
        /// The one before.
        from: u32,
        /// The one from now on.
        to: u32,
    }
    /// An organisation is a member.
    MemberAdmitted {
        /// Which.
        msp: MspId,
        /// Its part.
        part: Part,
    }
    /// An organisation is no member any more.
    MemberDismissed {
        /// Which.
        msp: MspId,
        /// The part it played.
        part: Part,
    }
    /// Guards follow the present membership.
    GuardsRewritten {
        /// How many.
        guards: u32,
    }
    /// The next version of the rules is in force for slots opened from now on.
    ParametersPublished {
        /// Which version.
        version: u32,
    }
    /// A slot takes orders.
    SlotOpened {
        /// Which.
        slot: Auction,
    }
    /// A slot takes no more orders.
    GateClosed {
        /// Which slot.
        slot: Auction,
    }
    /// A book is fixed.
    BookSealed {
        /// Which slot.
        slot: Auction,
        /// Orders in it.
        orders: u32,
        /// Digest of its rows.
        digest: Digest,
    }
    /// Confirmation has ended in an auction.
    ConfirmationEnded {
        /// Which auction.
        slot: Auction,
        /// Contracts signed by both sides.
        confirmed: u32,
        /// Contracts refused or expired.
        lapsed: u32,
    }
    /// A user asked to join.
    UserRegistered {
        /// Who.
        participant: ParticipantId,
    }
    /// A user's further signing key.
    UserKeyAdded {
        /// Whose.
        participant: ParticipantId,
        /// SHA-256 of the key.
        key: Digest,
    }
    /// A user trades no more.
    UserMovedOut {
        /// Who.
        participant: ParticipantId,
    }
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
    /// A user may trade once its connection is accepted too.
    UserAuthenticated {
        /// Who.
        participant: ParticipantId,
    }
    /// A user may not trade.
    UserSuspended {
        /// Who.
        participant: ParticipantId,
    }
    /// A suspension ended.
    UserReinstated {
        /// Who.
        participant: ParticipantId,
    }
    /// A connection point exists.
    PointPublished {
        /// Which.
        point: PointId,
    }
    /// A version of the distance matrix is in force.
    DistancesPublished {
        /// Which version.
        version: u32,
        /// Its root.
        root: Digest,
    }
    /// A connection was accepted.
    ConnectionAccepted {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
    }
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
    /// A meter has a successor.
    MeterReplaced {
        /// Which.
        meter: MeterId,
        /// Its successor.
        by: MeterId,
        /// The successor's first slot.
        from: Slot,
    }
    /// A meter has a key.
    MeterRegistered {
        /// Which.
        meter: MeterId,
        /// First slot of the key.
        valid_from: Slot,
    }
    /// A sale or a demand was published.
    OrderPosted {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Offer or bid.
        side: Side,
        /// Its slot.
        slot: Auction,
        /// Digest of its content.
        digest: Digest,
    }
    /// Sales and demands were published together.
    OrdersPosted {
        /// By whom.
        by: ParticipantId,
        /// How many.
        orders: u32,
        /// Digest of the batch.
        digest: Digest,
    }
    /// An order left the book.
    OrderWithdrawn {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Its slot.
        slot: Auction,
    }
    /// Contracts are proposed.
    SlotMatched {
        /// Which slot.
        slot: Auction,
        /// How many contracts.
        contracts: u32,
        /// Digest of the fills table.
        fills: Digest,
    }
    /// One side signed.
    ContractConfirmed {
        /// Its slot.
        slot: Auction,
        /// Which.
        contract: ContractId,
        /// Which side.
        side: Side,
        /// The canonical contract hash.
        hash: Digest,
    }
    /// One side refused.
    ContractRefused {
        /// Its slot.
        slot: Auction,
        /// Which.
        contract: ContractId,
        /// Which side.
        side: Side,
    }
    /// Confirmation has ended.
    SlotPlanned {
        /// Which slot.
        slot: Slot,
        /// Confirmed contracts.
        confirmed: u32,
        /// Refused or expired ones.
        lapsed: u32,
        /// Digest of the plan.
        plan: Digest,
    }
    /// Readings were recorded.
    ReadingsRecorded {
        /// Of which meters and slots.
        meters: Vec<(MeterId, Slot)>,
        /// Digest of the readings.
        digest: Digest,
    }
    /// A slot is settled.
    SlotSettled {
        /// Which.
        slot: Slot,
        /// Settlement id.
        settlement: Digest,
        /// SHA-256 of the settlement.
        hash: Digest,
        /// Postings.
        lines: u32,
    }
    /// A participant asked for a payment.
    PaymentRequested {
        /// Who.
        participant: ParticipantId,
        /// Paid in or out.
        kind: PaymentKind,
        /// Which.
        payment: PaymentId,
    }
    /// The selling company answered a payment.
    PaymentSettled {
        /// Whose.
        participant: ParticipantId,
        /// Paid in or out.
        kind: PaymentKind,
        /// Which.
        payment: PaymentId,
        /// True when the money has moved.
        accepted: bool,
    }
    /// A participant collected payments or released holds.
    FundsMoved {
        /// Who.
        participant: ParticipantId,
    }
    /// A day of accounts was summed up.
    AccountsFolded {
        /// Which day.
        day: BillingDay,
        /// Accounts with more on them than before.
        changed: u32,
    }
    /// Credit was rolled.
    CreditRolled {
        /// The last day that counts.
        day: BillingDay,
        /// Participants.
        rolled: u32,
    }
    /// Statements were closed.
    StatementsClosed {
        /// Which month.
        month: Month,
        /// How many.
        closed: u32,
    }
    /// An owner answered lines of a statement.
    StatementAnswered {
        /// Which month.
        month: Month,
        /// Whose.
        account: Account,
        /// Lines now disputed.
        disputed: u32,
    }
    /// The regulator decided a line.
    LineDecided {
        /// Which month.
        month: Month,
        /// Whose.
        account: Account,
        /// Which line.
        line: u32,
        /// True when it stands.
        stands: bool,
    }
    /// A statement was paid as far as it is undisputed.
    StatementPaid {
        /// Which month.
        month: Month,
        /// Whose.
        participant: ParticipantId,
    }
    /// A statement is in default.
    PaymentDefaulted {
        /// Which month.
        month: Month,
        /// Whose.
        participant: ParticipantId,
    }
}
