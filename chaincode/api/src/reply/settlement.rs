//! Settlements: what a slot moved, in versions and pages, what is missing and what is estimated.

use std::collections::BTreeSet;

use der_market::id::{ContractId, ParticipantId, PointId};
use der_market::journal::Posting;
use der_market::metering::Basis;
use der_market::settlement::{Branch, Change, Place, PointLine, TradeLine, Volume};
use der_market::slot::Slot;
use der_market::units::Energy;
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;
use crate::metering::SignedReading;

reply! {
    /// One version of a settlement.
    VersionView {
        /// 1 for the settlement, higher for its corrections.
        version: u32,
        /// The first page that it books.
        first_page: u32,
        /// How many pages it books.
        pages: u32,
        /// SHA-256 of what it allots.
        hash: Digest,
    }
}
reply! {
    /// How far a settlement has come.
    CourseView {
        /// Its versions, the latest last.
        versions: Vec<VersionView>,
        /// Pages that are booked; the slot is settled when all are.
        booked: u32,
        /// Contracts that wait for a reading.
        pending: Vec<ContractId>,
        /// The places whose readings they wait for.
        missing: Vec<Place>,
    }
}
reply! {
    /// A page is booked.
    PageBooked {
        /// Which slot.
        slot: Slot,
        /// Which page.
        page: u32,
        /// The version that it belongs to.
        version: u32,
        /// Contracts in it.
        trades: u32,
        /// Places in it.
        places: u32,
    }
}
reply! {
    /// A page of a settlement.
    SettlementPageView {
        /// Which slot.
        slot: Slot,
        /// Which page.
        page: u32,
        /// The version that it belongs to.
        version: u32,
        /// What it books, and which pages' lines it takes back.
        change: Change,
        /// True once it is booked.
        booked: bool,
        /// Lines of contracts.
        trades: Vec<TradeLine>,
        /// Lines of places.
        points: Vec<PointLine>,
        /// Every posting; they sum to zero.
        postings: Vec<Posting>,
    }
}
reply! {
    /// An estimate of a place's energy.
    EstimateView {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// C.
        consumed_wh: Energy,
        /// G.
        injected_wh: Energy,
        /// What it rests on.
        basis: Basis,
    }
}
reply! {
    /// Readings are estimated.
    EstimatesAccepted {
        /// Which slot.
        slot: Slot,
        /// By participant and point.
        estimates: Vec<EstimateView>,
    }
}
reply! {
    /// What is known of a place's energy in a slot.
    ReadingsView {
        /// Which slot.
        slot: Slot,
        /// The latest reading of each meter.
        readings: Vec<SignedReading>,
        /// The estimate, which counts only without readings.
        estimate: Option<EstimateView>,
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
