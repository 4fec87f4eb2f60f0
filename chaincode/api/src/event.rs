//! What listeners hear: one event per transaction, with ids and hashes. Amounts are read by query.

use der_market::billing::{BillingDay, Month};
use der_market::calendar::Date;
use der_market::id::{
    ContractId, DeviceId, MarketId, MeterId, MspId, OrderId, ParticipantId, PaymentId, PlantId, PointId, ProposalId,
};
use der_market::journal::Account;
use der_market::participant::{Side, StoreState};
use der_market::settlement::Place;
use der_market::slot::{Auction, Slot};
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;
use crate::codec;
use crate::error_code::{ApiError, ErrorCode};
use crate::function::BATCH_LIMIT;
use crate::organisations::Part;
use crate::reply::{PaymentKind, Stage};
use crate::version::Subject;

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
    /// A version was proposed.
    ProposalMade {
        /// Which proposal.
        proposal: ProposalId,
        /// What it is a version of.
        subject: Subject,
        /// SHA-256 of its content.
        digest: Digest,
        /// First slot in which it would be in force.
        from: Slot,
    }
    /// An organisation voted.
    VoteGiven {
        /// On which proposal.
        proposal: ProposalId,
        /// Whose vote.
        msp: MspId,
        /// For or against.
        approves: bool,
    }
    /// Rows of a proposed matrix are there.
    RowsPublished {
        /// Of which proposal.
        proposal: ProposalId,
        /// Place of the first.
        first: u32,
        /// How many.
        rows: u32,
    }
    /// A proposal is the next version.
    VersionEnacted {
        /// Which proposal.
        proposal: ProposalId,
        /// Of what.
        subject: Subject,
        /// Which version.
        version: u32,
        /// First slot in which it is in force.
        from: Slot,
    }
    /// The regulator stopped the market.
    MarketSuspended {}
    /// The market goes on.
    MarketResumed {}
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
    /// A member called for a stage that the operator does not bring.
    StageCalled {
        /// Which auction.
        slot: Auction,
        /// The stage to reach.
        stage: Stage,
        /// Which member.
        by: MspId,
    }
    /// A participant forecast slots.
    ForecastPosted {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// The first slot.
        first: Slot,
        /// How many slots.
        slots: u32,
        /// SHA-256 of the forecasts.
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
    /// A plant's energy-consumption index is set.
    IndexSet {
        /// Which plant.
        plant: PlantId,
    }
    /// A day of a plant's energy was accrued.
    CertificatesAccrued {
        /// Which plant.
        plant: PlantId,
        /// Which day.
        date: Date,
    }
    /// Certificates of origin have another holder.
    CertificatesTransferred {
        /// Of which plant.
        plant: PlantId,
        /// From whom.
        from: ParticipantId,
        /// To whom.
        to: ParticipantId,
    }
    /// Energy of certificates of origin is claimed.
    CertificatesClaimed {
        /// Of which plant.
        plant: PlantId,
        /// By whom.
        holder: ParticipantId,
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
    /// A participant confirms beforehand.
    MandateGranted {
        /// Whose.
        participant: ParticipantId,
        /// SHA-256 of its canonical bytes.
        mandate: Digest,
    }
    /// A participant's mandate has ended.
    MandateRevoked {
        /// Whose.
        participant: ParticipantId,
        /// Digest of the auctions from which it was taken.
        slots: Digest,
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
    /// A slot's energy is allotted; its pages follow.
    SettlementAllotted {
        /// Which slot.
        slot: Slot,
        /// Settlement id.
        settlement: Digest,
        /// How many pages.
        pages: u32,
        /// SHA-256 of what is allotted.
        hash: Digest,
    }
    /// A page of a settlement is booked.
    SettlementPageBooked {
        /// Which slot.
        slot: Slot,
        /// Which page.
        page: u32,
    }
    /// A settlement has a new version.
    SettlementCorrected {
        /// Which slot.
        slot: Slot,
        /// Settlement id.
        settlement: Digest,
        /// Which version.
        version: u32,
        /// How many pages it books.
        pages: u32,
        /// SHA-256 of what it allots.
        hash: Digest,
    }
    /// Missing readings were estimated.
    ReadingsEstimated {
        /// Which slot.
        slot: Slot,
        /// Of which places.
        places: Vec<Place>,
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
