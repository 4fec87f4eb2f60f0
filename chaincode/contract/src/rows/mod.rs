//! Values of the tables. Each is stored as `{"v":1,"row":…}`: JSON of derived structs, in the order of their fields.

mod money;

use der_api::bytes::{Digest, HexBytes};
use der_api::metering::SignedReading;
use der_api::organisations::Organisations;
use der_api::reply::{OrderStatus, Pinned, PlanView, Seal};
use der_market::credit::CreditRules;
use der_market::id::{ContractId, MarketId, ParticipantId, PointId};
use der_market::journal::Posting;
use der_market::order::Order;
use der_market::order_rules::Book;
use der_market::parameters::PriceBounds;
use der_market::participant::{CustomerClass, Side, Source};
use der_market::settlement::{Branch, PointLine, TradeLine, Volume};
use der_market::slot::{Auction, Slot};
use der_market::units::{Energy, Power, Price};
use serde::{Deserialize, Serialize};

pub use money::{
    Booking, Conduct, CountedDay, CountedSlot, Credit, CreditDay, Fold, Funds, HeldOrder, Hold, Incoming, Payment,
    Ruling, Statement, StatementHead, StatementState, Unbilled,
};

/// Version of the rows' shape.
pub const SHAPE: u32 = 1;

macro_rules! row {
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
mod clearing;
mod forecast;
mod origin;
mod session;
mod settlement;

pub use call::Call;
pub use clearing::{Clearing, ClearingRecord, ContractsPageRow, FillsRow, StoredContract, UsedRoomRow, WelfareHead};
pub use forecast::ForecastRow;
pub use origin::{Accrual, Indices, PlantIndex, PlantMeter};
pub(crate) use row;
pub use session::{Auctions, Outcome};
mod delegation;
mod entry;
mod mandate;
mod seal;

pub use delegation::Agency;
pub(crate) use entry::digest_of;
pub use entry::{Entered, Entry};
pub use mandate::StandingMandate;
pub use seal::{Lump, Sealed, SealedOrder};
pub use settlement::{Allotment, Course, StoreFlow};
mod version;

pub use version::{Enacted, MarketSuspension, MatrixRow, MatrixVersion, Proposal, VersionsHead, Vote};

row! {
    /// The market.
    Market {
        /// Its id.
        market: MarketId,
        /// Who plays which part.
        organisations: Organisations,
        /// Version of the parameters in force.
        parameters: u32,
    }
}
row! {
    /// A participant on the user chain: DG = (ID, M, D, G, I) as far as it does not change by itself.
    User {
        /// ID.
        participant: ParticipantId,
        /// M.
        capacity_w: Power,
        /// D.
        point: PointId,
        /// G.
        source: Source,
        /// Customer class.
        class: CustomerClass,
    }
}
row! {
    /// A contract-signing key.
    SigningKey {
        /// Uncompressed P-256 point.
        public_key: HexBytes,
    }
}
row! {
    /// The grid company's acceptance.
    Connection {
        /// The accepted point.
        point: PointId,
    }
}
row! {
    /// The regulator's accreditation.
    Accreditation {
        /// Who accredited.
        by: ParticipantId,
    }
}
row! {
    /// The regulator's suspension; born with the accreditation, so that its guard is there before its first use.
    Suspension {
        /// True while suspended.
        suspended: bool,
        /// True once the participant has moved out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_out: Option<bool>,
    }
}
row! {
    /// Which distance matrix is in force.
    DistancesHead {
        /// Its version.
        version: u32,
    }
}

/// State of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// Orders are taken.
    Open,
    /// Orders are taken no more; sealed ones are revealed.
    Closed,
    /// Sealed orders are revealed no more.
    Revealed,
    /// The book is fixed.
    Sealed,
}

row! {
    /// A slot's gate and the versions that the slot keeps.
    Gate {
        /// Open, closed or sealed.
        state: GateState,
        /// Version of the parameters.
        parameters: u32,
        /// Version of the distances; 0 for none.
        distances: u32,
        /// Count and digest, once sealed.
        seal: Option<Seal>,
        /// How the auction takes its orders; none for one that was opened before schema 3, whose orders are rows of their own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        book: Option<Book>,
        /// Versions of schedule and calendar, if there are any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<Pinned>,
        /// Prices that orders may name, if the rules bound them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bounds: Option<PriceBounds>,
        /// True where contracts follow from the greatest welfare, so that orders have no minimum.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        welfare: Option<bool>,
        /// What orders hold in advance; none where credit plays no part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credit: Option<CreditRules>,
        /// The highest R of the slot by its schedule, where orders hold money; without a schedule the rules' own R.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        highest_retail: Option<Price>,
    }
}
row! {
    /// An order by its owner's id, for ever.
    StoredOrder {
        /// Its auction.
        slot: Auction,
        /// Its content.
        content: Order,
        /// SHA-256 of slot and content.
        digest: Digest,
        /// What its owner did with it.
        status: OrderStatus,
    }
}
row! {
    /// A participant's open orders at a point in a slot.
    Exposure {
        /// Offers or bids, never both.
        side: Side,
        /// How many.
        orders: u32,
        /// Their energy.
        energy_wh: Energy,
    }
}
row! {
    /// A plan and what became of the proposed contracts.
    PlanRow {
        /// What is told of it.
        view: PlanView,
        /// Confirmed contracts of the day-ahead auction, in rank order.
        confirmed: Vec<ContractId>,
        /// Its refused or expired contracts, in rank order.
        lapsed: Vec<ContractId>,
        /// What became of the later auctions' contracts, in the order of their rounds.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        intraday: Vec<Outcome>,
    }
}
row! {
    /// A meter's latest reading of a slot.
    ReadingRow {
        /// Whose energy.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// The reading as signed.
        signed: SignedReading,
    }
}
row! {
    /// A settlement's summary.
    SettlementRow {
        /// Settlement id.
        settlement: Digest,
        /// SHA-256 of the pages.
        hash: Digest,
        /// Pages.
        pages: u32,
        /// Branches that moved energy.
        branches: Vec<Branch>,
        /// Energy moved.
        volume: Volume,
        /// Its versions, from schema 3 on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        course: Option<Course>,
    }
}
row! {
    /// A page of a settlement.
    SettlementPage {
        /// What became of contracts.
        trades: Vec<TradeLine>,
        /// What became of participants' energy.
        points: Vec<PointLine>,
        /// Postings; a page sums to zero.
        postings: Vec<Posting>,
    }
}
row! {
    /// Energy that a participant supplied in a slot, as a signed delta.
    Supplied {
        /// Injected Wh; a correction adds its difference as another row.
        delta_wh: i64,
    }
}
row! {
    /// Energy that one page of a slot's settlement moved.
    SlotVolume {
        /// Which slot.
        slot: Slot,
        /// By branch.
        volume: Volume,
        /// Of lines that the page takes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reversed: Option<Volume>,
    }
}
row! {
    /// The two postings of an opening balance.
    Opening {
        /// The account's and the deposits'.
        postings: Vec<Posting>,
    }
}
row! {
    /// An account's postings of one page.
    Postings {
        /// In booking order.
        postings: Vec<Posting>,
    }
}
