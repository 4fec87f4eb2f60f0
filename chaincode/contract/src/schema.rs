//! The whole ledger on one screen: every table, its key, its value, who writes it and who guards it.

use std::marker::PhantomData;

use der_api::bytes::Digest;
use der_api::delegation::SignedDelegation;
use der_api::mandate::SignedMandate;
use der_api::reply::{Confirmation, DeviceView, EstimateView, MeterView, PaymentKind, PlantView, Stage};
use der_api::version::Subject;
use der_market::billing::{BillingDay, Month};
use der_market::calendar::Calendar;
use der_market::forecast::Position;
use der_market::grid::{Distances, Point};
use der_market::id::{
    ContractId, DeviceId, MeterId, MspId, OrderId, ParticipantId, PaymentId, PlantId, PointId, ProposalId,
};
use der_market::journal::Account;
use der_market::order::Order;
use der_market::origin::{Holding, Origin, OriginMonth};
use der_market::parameters::Parameters;
use der_market::participant::Side;
use der_market::penalty::{Offence, Penalty};
use der_market::schedule::Schedule;
use der_market::slot::{Auction, Slot};
use der_market::storage::Lots;
use der_market::welfare::WelfareProposal;

use crate::key::{Key, KeyPrefix};
use crate::rows::{
    Accreditation, Accrual, Agency, Allotment, Auctions, Booking, Call, Clearing, Conduct, Connection,
    ContractsPageRow, CountedDay, Credit, CreditDay, DistancesHead, Enacted, Entry, Exposure, FillsRow, Fold,
    ForecastRow, Funds, Gate, Hold, Incoming, Indices, Lump, Market, MarketSuspension, MatrixRow, MatrixVersion,
    Opening, Outcome, Payment, PlanRow, PlantMeter, Postings, Proposal, ReadingRow, Sealed, SettlementPage,
    SettlementRow, SigningKey, SlotVolume, StandingMandate, Statement, StatementHead, StatementState, StoreFlow,
    StoredContract, StoredOrder, Supplied, Suspension, Unbilled, UsedRoomRow, User, VersionsHead, Vote, WelfareHead,
};

/// A row's key with the type of its value.
#[derive(Clone, Debug)]
pub struct Row<T> {
    pub(crate) key: Key,
    value: PhantomData<fn() -> T>,
}

/// A range of rows of one type.
#[derive(Clone, Debug)]
pub struct Rows<T> {
    pub(crate) prefix: KeyPrefix,
    value: PhantomData<fn() -> T>,
}

/// A part of a range: the rows whose next key part is at least `from` and below `to`.
#[derive(Clone, Debug)]
pub struct Span<T> {
    pub(crate) rows: Rows<T>,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// What there is to say about a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Fabric's object type.
    pub name: &'static str,
    /// The parts of its key.
    pub key: &'static str,
    /// The type of its value.
    pub value: &'static str,
    /// The functions that write it.
    pub writers: &'static str,
    /// Who guards its keys from their birth.
    pub guardian: Guardian,
}

/// Who guards a table's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guardian {
    /// Nobody: the chaincode's policy alone holds.
    Nobody,
    /// The grid company.
    Grid,
    /// The regulator.
    Regulator,
    /// Grid company and regulator together.
    GridAndRegulator,
    /// The user's organisation, which is the key's first part.
    User,
    /// The organisation of the plant's owner, as the row says.
    Owner,
}

macro_rules! tables {
    ($($function:ident $name:literal ($($part:ident: $kind:ty),*) => $value:ident, $writers:literal, $guard:ident;)*) => {
        $(
            pub(crate) fn $function($($part: $kind),*) -> Row<$value> {
                Row { key: Key::new($name, &[$($part),*]), value: PhantomData }
            }
        )*

        /// Every table.
        pub const TABLES: &[Table] = &[$(Table {
            name: $name,
            key: stringify!($($part),*),
            value: stringify!($value),
            writers: $writers,
            guardian: Guardian::$guard,
        },)*];
    };
}

tables! {
    // The market
    market          "market"          () => Market,                        "Market:Bootstrap, Governance:*", GridAndRegulator;
    parameters      "parameters"      (version: &u32) => Parameters,       "Market:Bootstrap, Governance:PublishParameters, Governance:Enact", GridAndRegulator;
    market_suspension "market-suspension" () => MarketSuspension,          "Market:Bootstrap, Governance:Migrate, Governance:SuspendMarket, Governance:ResumeMarket", Regulator;
    // Governance
    proposal        "proposal"        (proposal: &ProposalId) => Proposal, "Governance:Propose", Nobody;
    vote            "vote"            (member: &MspId, proposal: &ProposalId) => Vote, "Governance:Propose, Governance:Approve, Governance:Reject", User;
    enacted         "enacted"         (proposal: &ProposalId) => Enacted,  "Governance:Enact", GridAndRegulator;
    versions        "versions"        (subject: &Subject) => VersionsHead, "Governance:Enact", GridAndRegulator;
    schedule        "schedule"        (version: &u32) => Schedule,         "Governance:Enact", GridAndRegulator;
    calendar        "calendar"        (version: &u32) => Calendar,         "Governance:Enact", GridAndRegulator;
    matrix          "matrix"          (version: &u32) => MatrixVersion,    "Governance:Enact", GridAndRegulator;
    matrix_row      "matrix-row"      (proposal: &ProposalId, row: &u32) => MatrixRow, "Governance:PublishRows", Grid;
    // User chain
    user            "user"            (who: &ParticipantId) => User,       "User:Register", User;
    signing_key     "signing-key"     (who: &ParticipantId, key: &Digest) => SigningKey, "User:Register, User:AddKey", User;
    accreditation   "accreditation"   (who: &ParticipantId) => Accreditation, "User:Authenticate", Regulator;
    suspension      "suspension"      (who: &ParticipantId) => Suspension, "User:Authenticate, User:Suspend, User:Reinstate, User:MoveOut", Regulator;
    device          "device"          (who: &ParticipantId, device: &DeviceId) => DeviceView, "User:RegisterDevice, User:ChangeDevice, User:RetireDevice, User:SetState", User;
    meter           "meter"           (meter: &MeterId) => MeterView,      "Meter:Register, Meter:Replace", Grid;
    // Grid chain
    point           "point"           (point: &PointId) => Point,          "Grid:PublishPoint", Grid;
    connection      "connection"      (who: &ParticipantId) => Connection, "Grid:AcceptConnection", Grid;
    distances       "distances"       (version: &u32) => Distances,        "Grid:PublishDistances", Grid;
    distances_head  "distances-head"  () => DistancesHead,                 "Grid:PublishDistances", Grid;
    // Energy chain
    plant           "plant"           (plant: &PlantId) => PlantView,      "Energy:RegisterPlant, Energy:ChangePlant, Energy:RetirePlant", Owner;
    plant_meter     "plant-meter"     (plant: &PlantId, meter: &MeterId) => PlantMeter, "Meter:Register, Meter:Replace", Grid;
    indices         "indices"         (point: &PointId) => Indices,        "Energy:SetIndex", Regulator;
    accrual         "accrual"         (plant: &PlantId, month: &OriginMonth) => Accrual, "Certificate:Accrue", Nobody;
    origin          "origin"          (plant: &PlantId) => Origin,         "Certificate:Accrue", Nobody;
    holding         "holding"         (plant: &PlantId, holder: &ParticipantId) => Holding, "Certificate:Accrue, Certificate:Transfer, Certificate:Claim", Nobody;
    plan            "plan"            (slot: &Slot) => PlanRow,            "TSSC:Plan", Nobody;
    supplied        "supplied"        (slot: &Slot, who: &ParticipantId, point: &PointId) => Supplied, "Settlement:Settle, Settlement:Page", Nobody;
    forecast        "forecast"        (slot: &Slot, who: &ParticipantId, point: &PointId) => ForecastRow, "Plan:Forecast", Nobody;
    position        "position"        (slot: &Slot, who: &ParticipantId, point: &PointId) => Position, "TSSC:EndConfirmation, TSSC:Plan", Nobody;
    // A slot, stage by stage
    gate            "gate"            (slot: &Auction) => Gate,               "Market:OpenSlot, Market:CloseGate, TSSC:EndReveal, Market:SealBook", GridAndRegulator;
    auctions        "auctions"        (slot: &Slot) => Auctions,              "Market:OpenSlot", GridAndRegulator;
    confirmation_end "confirmation-end" (slot: &Auction) => Outcome,          "TSSC:EndConfirmation", Nobody;
    call            "call"            (slot: &Auction, stage: &Stage, member: &MspId) => Call, "Market:CallFor", Nobody;
    order           "order"           (who: &ParticipantId, order: &OrderId) => StoredOrder, "DTSC:PostOffer, DTSC:PostBid, DTSC:Withdraw", Nobody;
    book            "book"            (slot: &Auction, point: &PointId, who: &ParticipantId, order: &OrderId) => Order, "DTSC:PostOffer, DTSC:PostBid; deleted by DTSC:Withdraw", Nobody;
    exposure        "exposure"        (slot: &Auction, point: &PointId, who: &ParticipantId) => Exposure, "DTSC:PostOffer, DTSC:PostBid, DTSC:Withdraw", Nobody;
    entry           "entry"           (slot: &Auction, point: &PointId, who: &ParticipantId) => Entry, "DTSC:Post*, DTSC:Amend, DTSC:Withdraw*, DTSC:Reveal at schema 3", Nobody;
    sealed          "sealed"          (slot: &Auction, who: &ParticipantId) => Sealed, "DTSC:Seal, DTSC:WithdrawMany, User:MoveOut", Nobody;
    delegation      "delegation"      (principal: &ParticipantId, agent: &ParticipantId) => SignedDelegation, "DTSC:Delegate; deleted by DTSC:RevokeDelegation", Nobody;
    agency          "agency"          (agent: &ParticipantId, principal: &ParticipantId) => Agency, "DTSC:Delegate; deleted by DTSC:RevokeDelegation", Nobody;
    standing_mandate "standing-mandate" (who: &ParticipantId) => StandingMandate, "DTSC:Mandate; deleted by DTSC:RevokeMandate", Nobody;
    mandate         "mandate"         (who: &ParticipantId, mandate: &Digest) => SignedMandate, "DTSC:Mandate", Nobody;
    penalty         "penalty"         (who: &ParticipantId, slot: &Auction, offence: &Offence) => Penalty, "DTSC:Refuse, Market:SealBook, TSSC:EndConfirmation, TSSC:Plan; deleted by Credit:Roll", Nobody;
    clearing        "clearing"        (slot: &Auction) => Clearing,           "TSSC:Clear", Nobody;
    contract        "contract"        (slot: &Auction, contract: &ContractId) => StoredContract, "TSSC:Clear, TSSC:WriteContracts", Nobody;
    welfare         "welfare"         (slot: &Auction, member: &MspId) => WelfareHead, "TSSC:ProposeWelfare", Nobody;
    welfare_proof   "welfare-proof"   (slot: &Auction, member: &MspId) => WelfareProposal, "TSSC:ProposeWelfare", Nobody;
    fills           "fills"           (slot: &Auction, page: &u32) => FillsRow, "TSSC:Clear", Nobody;
    contracts_page  "contracts-page"  (slot: &Auction, page: &u32) => ContractsPageRow, "TSSC:WriteContracts", Nobody;
    used_room       "used-room"       (slot: &Auction) => UsedRoomRow, "TSSC:EndConfirmation", Nobody;
    answer          "answer"          (slot: &Auction, contract: &ContractId, side: &Side) => Confirmation, "DTSC:Confirm, DTSC:Refuse", Nobody;
    reading         "reading"         (slot: &Slot, who: &ParticipantId, point: &PointId, meter: &MeterId) => ReadingRow, "Meter:Record", Nobody;
    settlement      "settlement"      (slot: &Slot) => SettlementRow,      "Settlement:Settle, Settlement:Correct", Nobody;
    settlement_page "settlement-page" (slot: &Slot, page: &u32) => SettlementPage, "Settlement:Settle, Settlement:Correct, Settlement:Page", Nobody;
    // Settlement in versions and pages, from schema 3 on
    allotment       "allotment"       (slot: &Slot, page: &u32) => Allotment, "Settlement:Settle, Settlement:Correct", Nobody;
    estimate        "estimate"        (slot: &Slot, who: &ParticipantId, point: &PointId) => EstimateView, "Meter:Estimate", Nobody;
    supply_change   "supply-change"   (slot: &Slot, who: &ParticipantId, point: &PointId, page: &u32) => Supplied, "Settlement:Correct, Settlement:Page", Nobody;
    // Stores
    store_flow      "store-flow"      (who: &ParticipantId, slot: &Slot, page: &u32) => StoreFlow, "Settlement:Settle, Settlement:Page, Settlement:Correct; deleted by Account:Fold", Nobody;
    store           "store"           (who: &ParticipantId) => Lots,       "Account:Fold", Nobody;
    // Books
    opening         "opening"         (account: &Account) => Opening,      "Market:Bootstrap, User:Authenticate", Nobody;
    posting         "posting"         (account: &Account, slot: &Slot, page: &u32) => Postings, "Settlement:Settle, Settlement:Correct, Settlement:Page", Nobody;
    volume          "volume"          (slot: &Slot, page: &u32) => SlotVolume, "Settlement:Settle, Settlement:Correct, Settlement:Page", Nobody;
    // Money: a participant's row is moved by its own acts, everything else is added and never shared
    funds           "funds"           (who: &ParticipantId) => Funds,      "Account:Collect, Account:Release, Account:SetAside, Withdrawal:Request, Statement:Pay, DTSC:Post*, DTSC:Amend, DTSC:Withdraw*, DTSC:Reveal", Nobody;
    hold            "hold"            (who: &ParticipantId, slot: &Auction) => Hold, "DTSC:Post*, DTSC:Amend, DTSC:Withdraw*, DTSC:Reveal, Account:Release", Nobody;
    lump            "lump"            (who: &ParticipantId, day: &BillingDay) => Lump, "Account:SetAside, DTSC:Seal, DTSC:Reveal; deleted by Account:Release", Nobody;
    payment         "payment"         (who: &ParticipantId, kind: &PaymentKind, payment: &PaymentId) => Payment, "Deposit:*, Withdrawal:*", Nobody;
    incoming        "incoming"        (who: &ParticipantId, kind: &PaymentKind, payment: &PaymentId) => Incoming, "Deposit:Answer, Withdrawal:Answer; deleted by Account:Collect", Nobody;
    booking         "booking"         (account: &Account, who: &ParticipantId, kind: &PaymentKind, payment: &PaymentId) => Booking, "Deposit:Answer, Withdrawal:Answer", Nobody;
    decided         "decided"         (account: &Account, month: &Month, of: &Account, line: &u32) => Booking, "Statement:Decide", Nobody;
    fold            "fold"            (account: &Account, day: &BillingDay) => Fold, "Account:Fold", Nobody;
    unbilled        "unbilled"        (account: &Account, day: &BillingDay) => Unbilled, "Account:Fold; deleted by Statement:Close", Nobody;
    statement       "statement"       (account: &Account, month: &Month) => Statement, "Statement:Close", Nobody;
    statement_state "statement-state" (account: &Account, month: &Month) => StatementState, "Statement:*", Nobody;
    statement_head  "statement-head"  (account: &Account) => StatementHead, "Statement:Close, Statement:Pay, Statement:Decide", Nobody;
    // Credit
    credit          "credit"          (who: &ParticipantId) => Credit,     "Credit:Roll, Statement:Default", Nobody;
    credit_day      "credit-day"      (who: &ParticipantId) => CreditDay,  "Credit:Roll, Statement:Default, Statement:Pay", Nobody;
    conduct         "conduct"         (who: &ParticipantId, slot: &Slot, page: &u32) => Conduct, "Settlement:Settle, Settlement:Page, Settlement:Correct; deleted by Credit:Roll", Nobody;
    counted         "counted"         (who: &ParticipantId, day: &BillingDay) => CountedDay, "Credit:Roll", Nobody;
}

/// The table of this name.
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

fn rows<T>(prefix: KeyPrefix) -> Rows<T> {
    Rows {
        prefix,
        value: PhantomData,
    }
}

pub(crate) fn proposals() -> Rows<Proposal> {
    rows(KeyPrefix::new("proposal", &[]))
}

pub(crate) fn signing_keys_of(who: &ParticipantId) -> Rows<SigningKey> {
    rows(KeyPrefix::new("signing-key", &[who]))
}

pub(crate) fn book_of(slot: &Auction) -> Rows<Order> {
    rows(KeyPrefix::new("book", &[slot]))
}

pub(crate) fn entries_of(slot: &Auction) -> Rows<Entry> {
    rows(KeyPrefix::new("entry", &[slot]))
}

pub(crate) fn sealed_in(slot: &Auction) -> Rows<Sealed> {
    rows(KeyPrefix::new("sealed", &[slot]))
}

pub(crate) fn delegations_of(principal: &ParticipantId) -> Rows<SignedDelegation> {
    rows(KeyPrefix::new("delegation", &[principal]))
}

pub(crate) fn agencies_of(agent: &ParticipantId) -> Rows<Agency> {
    rows(KeyPrefix::new("agency", &[agent]))
}

pub(crate) fn contracts_of(slot: &Auction) -> Rows<StoredContract> {
    rows(KeyPrefix::new("contract", &[slot]))
}

pub(crate) fn readings_at(slot: &Slot, who: &ParticipantId, point: &PointId) -> Rows<ReadingRow> {
    rows(KeyPrefix::new("reading", &[slot, who, point]))
}

pub(crate) fn meters_of(plant: &PlantId) -> Rows<PlantMeter> {
    rows(KeyPrefix::new("plant-meter", &[plant]))
}

pub(crate) fn readings_of(slot: &Slot) -> Rows<ReadingRow> {
    rows(KeyPrefix::new("reading", &[slot]))
}

pub(crate) fn allotments_of(slot: &Slot) -> Rows<Allotment> {
    rows(KeyPrefix::new("allotment", &[slot]))
}

pub(crate) fn estimates_of(slot: &Slot) -> Rows<EstimateView> {
    rows(KeyPrefix::new("estimate", &[slot]))
}

pub(crate) fn postings_of(account: &Account) -> Rows<Postings> {
    rows(KeyPrefix::new("posting", &[account]))
}

pub(crate) fn postings_in(account: &Account, slot: &Slot) -> Rows<Postings> {
    rows(KeyPrefix::new("posting", &[account, slot]))
}

pub(crate) fn pages_of(slot: &Slot) -> Rows<SettlementPage> {
    rows(KeyPrefix::new("settlement-page", &[slot]))
}

pub(crate) fn volumes() -> Rows<SlotVolume> {
    rows(KeyPrefix::new("volume", &[]))
}

/// A day of an account's postings.
pub(crate) fn postings_between(account: &Account, from: Slot, to: Slot) -> Span<Postings> {
    Span {
        rows: postings_of(account),
        from: from.padded(),
        to: to.padded(),
    }
}

pub(crate) fn incoming_of(who: &ParticipantId) -> Rows<Incoming> {
    rows(KeyPrefix::new("incoming", &[who]))
}

pub(crate) fn bookings_of(account: &Account) -> Rows<Booking> {
    rows(KeyPrefix::new("booking", &[account]))
}

pub(crate) fn decided_of(account: &Account) -> Rows<Booking> {
    rows(KeyPrefix::new("decided", &[account]))
}

pub(crate) fn folds_of(account: &Account) -> Rows<Fold> {
    rows(KeyPrefix::new("fold", &[account]))
}

pub(crate) fn unbilled_of(account: &Account) -> Rows<Unbilled> {
    rows(KeyPrefix::new("unbilled", &[account]))
}

pub(crate) fn statement_heads() -> Rows<StatementHead> {
    rows(KeyPrefix::new("statement-head", &[]))
}

/// How a participant kept its contracts before a slot, as far as it is not counted.
pub(crate) fn conduct_before(who: &ParticipantId, end: Slot) -> Span<Conduct> {
    Span {
        rows: rows(KeyPrefix::new("conduct", &[who])),
        from: Slot::LEAST.padded(),
        to: end.padded(),
    }
}

/// A participant's offences in auctions of slots before a slot, as far as they are not counted.
pub(crate) fn penalties_before(who: &ParticipantId, end: Slot) -> Span<Penalty> {
    Span {
        rows: rows(KeyPrefix::new("penalty", &[who])),
        from: Slot::LEAST.padded(),
        to: end.padded(),
    }
}

/// What a store moved before a slot, as far as no fold has taken it up.
pub(crate) fn store_flows_before(who: &ParticipantId, end: Slot) -> Span<StoreFlow> {
    Span {
        rows: rows(KeyPrefix::new("store-flow", &[who])),
        from: Slot::LEAST.padded(),
        to: end.padded(),
    }
}

pub(crate) fn devices_of(who: &ParticipantId) -> Rows<DeviceView> {
    rows(KeyPrefix::new("device", &[who]))
}

pub(crate) fn openings() -> Rows<Opening> {
    rows(KeyPrefix::new("opening", &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_table_has_a_name_of_its_own_and_a_writer() {
        let names: BTreeSet<_> = TABLES.iter().map(|table| table.name).collect();
        assert_eq!(names.len(), TABLES.len());
        for table in TABLES {
            assert!(!table.writers.is_empty(), "{}", table.name);
        }
    }
}
