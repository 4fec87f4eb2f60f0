//! What the contract answers.

mod account;
mod credit;
mod payment;
mod statement;

use std::collections::BTreeSet;

use der_market::filters::Filters;
use der_market::id::{ContractId, MarketId, MeterId, MspId, OrderId, ParticipantId, PlantId, PointId};
use der_market::journal::{Account, Posting};
use der_market::parameters::{Parameters, PriceBounds};
use der_market::participant::{CustomerClass, Side, Source};
use der_market::planning::PlanLine;
use der_market::settlement::{Branch, PointLine, TradeLine, Volume};
use der_market::slot::{Auction, Slot};
use der_market::units::{Distance, Energy, Money, Power, Price};
use serde::{Deserialize, Serialize};

pub use account::{AccountView, AccountsView, FoldedView, FundsView};
pub use credit::{CreditView, RolledView};
pub use payment::{PaymentKind, PaymentState, PaymentView};
pub use statement::{ClosedView, LineState, MonthStatementView, StatedLine, StatementLine};

use crate::bytes::{Digest, HexBytes};
use crate::contract::ContractTerms;
use crate::mandate::SignedMandate;
use crate::organisations::{Organisations, Part};

mod proposal;

macro_rules! reply {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }
    };
}

mod call;
mod forecast;
mod session;
mod settlement;

pub use call::CallsView;
pub use forecast::{ForecastAccepted, PositionView};
pub use session::{AuctionsView, ConfirmationView};
mod certificate;
mod chain;
mod device;
pub use certificate::{AccrualView, HoldingView, OriginView};
pub use chain::{ChainPage, ChainRow, Change, GuardState, HistoryView, RowJson};
pub use device::DeviceView;
mod mandate;
mod order;

pub use mandate::MandateView;
pub use order::OrdersAccepted;
pub(crate) use reply;
pub use settlement::{
    CourseView, EstimateView, EstimatesAccepted, PageBooked, ReadingsView, SettlementPageView, VersionView,
};

pub use proposal::{
    MarketAuditView, PricesView, ProposalDetail, ProposalStatus, ProposalView, ProposalsView, RowsAccepted,
    SuspensionView, VersionDetail, VersionLine, VersionsView, VoteAccepted, VoteView,
};

/// Versions that a slot keeps beside its rules and distances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Of the schedule of prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<u32>,
    /// Of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<u32>,
}

reply! {
    /// The market.
    MarketView {
        /// Its id.
        market: MarketId,
        /// Who plays which part.
        organisations: Organisations,
        /// Version of the rules in force.
        version: u32,
        /// The rules in force.
        parameters: Parameters,
        /// True while the regulator has stopped the market.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        suspended: bool,
    }
}

reply! {
    /// A member of the market.
    Member {
        /// Which organisation.
        msp: MspId,
        /// Its part.
        part: Part,
    }
}
reply! {
    /// The members and the ledger's schema.
    MembersView {
        /// Version of the ledger's schema.
        schema: u32,
        /// Grid company, regulator, generation companies, users' organisations.
        members: Vec<Member>,
        /// How many of them are a majority.
        majority: u32,
    }
}
reply! {
    /// A guarded key.
    #[derive(PartialOrd, Ord)]
    GuardedKey {
        /// Its table.
        table: String,
        /// Its parts.
        parts: Vec<String>,
    }
}
reply! {
    /// A page of the keys whose guard names an organisation.
    GuardsView {
        /// Those of the examined keys.
        keys: Vec<GuardedKey>,
        /// How many keys were examined.
        examined: u32,
        /// Where the next page begins; none after the last key.
        next: Option<GuardedKey>,
    }
}
reply! {
    /// Guards are rewritten.
    GuardsRewrittenView {
        /// How many.
        rewritten: u32,
    }
}

/// How far a slot has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Orders are taken.
    Open,
    /// Orders are taken no more.
    Closed,
    /// Count and digest of the book are fixed.
    Sealed,
    /// Contracts are proposed and can be confirmed.
    Matched,
    /// Confirmation has ended in this auction; the slot's next one may open.
    Ended,
    /// Confirmation has ended in all of the slot's auctions; readings are taken.
    Planned,
    /// Postings are booked.
    Settled,
}

reply! {
    /// Count and digest of a closed book.
    Seal {
        /// Orders in it.
        orders: u32,
        /// SHA-256 over its rows in key order.
        digest: Digest,
    }
}
reply! {
    /// A slot.
    SlotView {
        /// Which.
        slot: Auction,
        /// How far it has come.
        stage: Stage,
        /// Version of the rules it keeps.
        parameters: u32,
        /// Version of the distances it keeps; 0 before the first matrix.
        distances: u32,
        /// The seal, once there is one.
        seal: Option<Seal>,
        /// Versions of schedule and calendar that it keeps.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<Pinned>,
        /// Prices that its orders may name, if they are bounded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bounds: Option<PriceBounds>,
    }
}
reply! {
    /// A participant on all chains.
    ParticipantView {
        /// Who.
        participant: ParticipantId,
        /// M, W.
        capacity_w: Power,
        /// D.
        point: PointId,
        /// G.
        source: Source,
        /// Customer class.
        class: CustomerClass,
        /// The grid company accepted the connection.
        connected: bool,
        /// The regulator accredited.
        accredited: bool,
        /// The regulator suspended.
        suspended: bool,
        /// SHA-256 of each contract-signing key.
        keys: Vec<Digest>,
        /// True once it has moved out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_out: Option<bool>,
    }
}
reply! {
    /// A connection point.
    PointView {
        /// Which.
        point: PointId,
        /// M, W.
        capacity_w: Power,
        /// Supply area.
        area: PointId,
        /// Voltage level.
        level: u8,
    }
}
reply! {
    /// A version of the distance matrix.
    DistancesView {
        /// Which version.
        version: u32,
        /// D_ref: the lower median.
        reference_mohm: Distance,
        /// SHA-256 of points and rows.
        root: Digest,
    }
}
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
reply! {
    /// A key of a meter.
    MeterKey {
        /// First slot in which it signs.
        valid_from: Slot,
        /// Uncompressed P-256 point.
        public_key: HexBytes,
    }
}
reply! {
    /// The end of a meter.
    Replacement {
        /// The last slot that it reports.
        last: Slot,
        /// The meter that reports from the next slot on.
        by: MeterId,
    }
}
reply! {
    /// A meter.
    MeterView {
        /// Which.
        meter: MeterId,
        /// Whose energy.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// Its keys, the latest last.
        keys: Vec<MeterKey>,
        /// The plant whose energy alone it measures.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plant: Option<PlantId>,
        /// The meter that it replaced.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follows: Option<MeterId>,
        /// Its last slot and its successor, once it is replaced.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaced: Option<Replacement>,
    }
}
reply! {
    /// An order is in the book.
    OrderAccepted {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Offer or bid.
        side: Side,
        /// Its slot.
        slot: Auction,
        /// SHA-256 of its content.
        digest: Digest,
    }
}

/// What may have become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// In the book; the slot's stage says what that means.
    Open,
    /// Withdrawn by its owner.
    Withdrawn,
}

reply! {
    /// An order.
    OrderView {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Offer or bid.
        side: Side,
        /// Its slot.
        slot: Auction,
        /// Where.
        point: PointId,
        /// How much.
        energy_wh: Energy,
        /// Least energy of one contract.
        min_wh: Energy,
        /// Its limit.
        price: Price,
        /// What it asks of its counterpart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filters: Option<Filters>,
        /// What became of it.
        status: OrderStatus,
        /// SHA-256 of its content.
        digest: Digest,
    }
}
reply! {
    /// A slot's clearing.
    ClearingView {
        /// Which slot.
        slot: Auction,
        /// Orders in the book.
        orders: u32,
        /// Proposed contracts, in rank order.
        contracts: Vec<ContractId>,
        /// SHA-256 of the fills table.
        fills: Digest,
        /// Σ energy of the proposed contracts.
        matched_wh: Energy,
        /// Offered and not matched.
        unmatched_supply_wh: Energy,
        /// Demanded and not matched.
        unmatched_demand_wh: Energy,
        /// Branches that TSSC chooses for it.
        branches: BTreeSet<Branch>,
    }
}

/// How far a contract has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractStatus {
    /// Proposed by clearing.
    Proposed,
    /// Signed by both sides.
    Confirmed,
    /// Refused by one side.
    Refused,
    /// Not signed by both sides in time.
    Expired,
}

reply! {
    /// One side's answer to a contract.
    Confirmation {
        /// Which side.
        side: Side,
        /// True for a signature, false for a refusal.
        accepted: bool,
        /// The key that signed: uncompressed P-256 point. Absent for a refusal.
        public_key: Option<HexBytes>,
        /// The signature over the contract's canonical bytes. Absent for a refusal, and where a mandate confirms.
        signature: Option<HexBytes>,
        /// The mandate that confirms, signed by the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mandate: Option<SignedMandate>,
    }
}
reply! {
    /// A contract; with terms, keys and signatures it can be verified anywhere.
    ContractView {
        /// Its terms.
        terms: ContractTerms,
        /// The canonical contract hash.
        hash: Digest,
        /// How far it has come.
        status: ContractStatus,
        /// The answers so far, the buyer's first.
        confirmations: Vec<Confirmation>,
    }
}
reply! {
    /// One side's answer is recorded. The other side's is not read, so that both may answer in one block.
    AnswerAccepted {
        /// The contract's slot.
        slot: Auction,
        /// Which contract.
        contract: ContractId,
        /// Which side the caller is.
        side: Side,
        /// True for a signature, false for a refusal.
        accepted: bool,
        /// The canonical contract hash.
        hash: Digest,
    }
}
reply! {
    /// A slot's plan.
    PlanView {
        /// Which slot.
        slot: Slot,
        /// One line per order.
        lines: Vec<PlanLine>,
        /// SHA-256 of the lines.
        digest: Digest,
    }
}
reply! {
    /// Readings are recorded.
    ReadingsAccepted {
        /// How many.
        accepted: u32,
        /// SHA-256 of the readings.
        digest: Digest,
    }
}
reply! {
    /// A slot's settlement.
    SettlementView {
        /// Which slot.
        slot: Slot,
        /// Settlement id: unique, and the same wherever it is computed.
        settlement: Digest,
        /// Pages of postings.
        pages: u32,
        /// Branches that the slot used.
        branches: BTreeSet<Branch>,
        /// What became of each contract.
        trades: Vec<TradeLine>,
        /// What became of each participant's energy.
        points: Vec<PointLine>,
        /// Every posting; they sum to zero.
        postings: Vec<Posting>,
        /// Energy the slot moved.
        volume: Volume,
        /// Versions, pages and what is missing; the ledger's first schemas settle in one version and one page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        course: Option<CourseView>,
    }
}
reply! {
    /// One account in one slot.
    StatementView {
        /// Whose.
        account: Account,
        /// Which slot.
        slot: Slot,
        /// The opening balance of the parameters.
        opening: Money,
        /// The slot's postings to the account.
        postings: Vec<Posting>,
        /// Their sum.
        net: Money,
        /// Opening and net together.
        closing: Money,
    }
}
reply! {
    /// One account over all settled slots.
    BalanceView {
        /// Whose.
        account: Account,
        /// Its opening balance; zero before authentication.
        opening: Money,
        /// Opening and all postings together.
        balance: Money,
    }
}
reply! {
    /// Accumulated energy.
    VolumesView {
        /// The last slot counted.
        through: Slot,
        /// By branch.
        volume: Volume,
        /// Direct and PPSC together: the paper's trading volume.
        traded_wh: Energy,
    }
}
