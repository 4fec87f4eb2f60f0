//! Rows of the ledger as any member reads them. What a check does not need is left out.

use bytes::Bytes;
use der_api::contract::ContractTerms;
use der_api::metering::SignedReading;
use der_api::reply::PlanView;
use der_market::credit::Points;
use der_market::forecast::Position;
use der_market::id::{ContractId, OrderId, ParticipantId, PlantId, PointId};
use der_market::journal::Posting;
use der_market::order_rules::Book;
use der_market::origin::Origin;
use der_market::participant::{Side, Source};
use der_market::settlement::{PointLine, TradeLine};
use der_market::slot::{Auction, Slot};
use der_market::units::{Energy, Money, Price};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::transaction::Write;

/// A row that checks look at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    User(User),
    Plant(PlantId, Plant),
    Gate(Auction, Gate),
    Entry(Auction, Entry),
    Clearing(Auction),
    Contract(ContractTerms),
    Outcome(Outcome),
    Position(Slot, (ParticipantId, PointId), Position),
    Plan(Box<Plan>),
    Reading(Reading),
    Settlement(Slot, Settlement),
    Page(Slot, u32, Page),
    Postings(Slot, u32, Vec<Posting>),
    Opening(Vec<Posting>),
    Supplied(ParticipantId, i64),
    Funds(ParticipantId, Funds),
    Credit(ParticipantId, Points),
    Origin(PlantId, Origin),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct User {
    pub(super) participant: ParticipantId,
    pub(super) source: Source,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Plant {
    pub(super) owner: ParticipantId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GateState {
    Open,
    Closed,
    Revealed,
    Sealed,
}

/// How far an auction has come, and how it takes its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Gate {
    pub(super) state: GateState,
    #[serde(default)]
    book: Option<Book>,
}

impl Gate {
    /// True while orders may be written in clear: an open book's until the gate closes, a sealed one's when they are revealed, after it.
    pub(super) fn takes_orders(self) -> bool {
        match self.book {
            Some(Book::Sealed) => self.state == GateState::Closed,
            _ => self.state == GateState::Open,
        }
    }
}

/// A participant's orders in an auction.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Entry {
    pub(super) participant: ParticipantId,
    pub(super) point: PointId,
    #[serde(default)]
    offers: Vec<Entered>,
    #[serde(default)]
    bids: Vec<Entered>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Entered {
    pub(super) order: OrderId,
    pub(super) energy_wh: Energy,
    pub(super) price: Price,
    status: Option<String>,
}

impl Entry {
    /// The orders that are not withdrawn.
    pub(super) fn orders(&self) -> impl Iterator<Item = (Side, &Entered)> {
        let offers = self.offers.iter().map(|order| (Side::Seller, order));
        let all = offers.chain(self.bids.iter().map(|order| (Side::Buyer, order)));
        all.filter(|(_, order)| order.status.is_none())
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct StoredContract {
    terms: ContractTerms,
}

/// What became of an auction's contracts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Outcome {
    pub(super) slot: Auction,
    pub(super) confirmed: Vec<ContractId>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Plan {
    pub(super) view: PlanView,
    pub(super) confirmed: Vec<ContractId>,
    #[serde(default)]
    pub(super) intraday: Vec<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Reading {
    pub(super) participant: ParticipantId,
    pub(super) point: PointId,
    pub(super) signed: SignedReading,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Settlement {
    pub(super) pages: u32,
    course: Option<Course>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Course {
    versions: Vec<Version>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Version {
    version: u32,
}

impl Settlement {
    /// Its latest version: 1 until it is corrected.
    pub(super) fn version(&self) -> u32 {
        let versions = self.course.as_ref().and_then(|course| course.versions.last());
        versions.map_or(1, |latest| latest.version)
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Page {
    pub(super) trades: Vec<TradeLine>,
    pub(super) points: Vec<PointLine>,
    pub(super) postings: Vec<Posting>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Postings {
    postings: Vec<Posting>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Funds {
    pub(super) balance: Money,
    pub(super) held: Money,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Supplied {
    delta_wh: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Credit {
    points: Points,
}

#[derive(Deserialize)]
struct Stored<T> {
    row: T,
}

fn value<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, String> {
    let stored: Stored<T> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(stored.row)
}

/// The row that a write puts; none for a deletion and for a table that no check looks at.
pub(super) fn read(write: &Write) -> Result<Option<Row>, String> {
    let Some(bytes) = &write.value else { return Ok(None) };
    let named = |error: String| format!("{} {}: {error}", write.table, write.parts.join("/"));
    parse(&write.table, &write.parts, bytes).map_err(named)
}

fn parse(table: &str, parts: &[String], bytes: &Bytes) -> Result<Option<Row>, String> {
    let row = match (table, parts) {
        ("user", _) => Row::User(value(bytes)?),
        ("plant", [plant]) => Row::Plant(id(plant)?, value(bytes)?),
        ("gate", [auction_]) => Row::Gate(auction(auction_)?, value(bytes)?),
        ("entry", [auction_, ..]) => Row::Entry(auction(auction_)?, value(bytes)?),
        ("clearing", [auction_]) => Row::Clearing(auction(auction_)?),
        ("contract", _) => Row::Contract(value::<StoredContract>(bytes)?.terms),
        ("confirmation-end", _) => Row::Outcome(value(bytes)?),
        ("position", [slot, msp, user, point]) => {
            Row::Position(at(slot)?, (participant(msp, user)?, id(point)?), value(bytes)?)
        }
        ("plan", _) => Row::Plan(Box::new(value(bytes)?)),
        ("reading", _) => Row::Reading(value(bytes)?),
        ("settlement", [slot]) => Row::Settlement(at(slot)?, value(bytes)?),
        ("settlement-page", [slot, page]) => Row::Page(at(slot)?, id(page)?, value(bytes)?),
        ("posting", [.., slot, page]) => Row::Postings(at(slot)?, id(page)?, value::<Postings>(bytes)?.postings),
        ("opening", _) => Row::Opening(value::<Postings>(bytes)?.postings),
        ("supplied" | "supply-change", [_, msp, user, ..]) => {
            Row::Supplied(participant(msp, user)?, value::<Supplied>(bytes)?.delta_wh)
        }
        ("funds", [msp, user]) => Row::Funds(participant(msp, user)?, value(bytes)?),
        ("credit", [msp, user]) => Row::Credit(participant(msp, user)?, value::<Credit>(bytes)?.points),
        ("origin", [plant]) => Row::Origin(id(plant)?, value(bytes)?),
        _ => return Ok(None),
    };
    Ok(Some(row))
}

fn participant(msp: &str, user: &str) -> Result<ParticipantId, String> {
    id(&format!("{msp}:{user}"))
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}

fn at(text: &str) -> Result<Slot, String> {
    Slot::new(id(text)?).map_err(|error| error.to_string())
}

/// An auction's text in a key: ten digits, and two of the round for a later one.
fn auction(text: &str) -> Result<Auction, String> {
    let (slot, round) = text.split_once('.').unwrap_or((text, "0"));
    Auction::new(at(slot)?, id(round)?).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(table: &str, parts: &[&str], value: &str) -> Write {
        Write {
            table: table.to_owned(),
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
            value: Some(Bytes::copy_from_slice(value.as_bytes())),
        }
    }

    #[test]
    fn a_later_auctions_key_is_read() {
        let row = read(&write(
            "gate",
            &["0000000007.02"],
            r#"{"v":1,"row":{"state":"open","parameters":1}}"#,
        ));
        let auction: Auction = "7.2".parse().unwrap();
        let gate = Gate {
            state: GateState::Open,
            book: None,
        };
        assert_eq!(row, Ok(Some(Row::Gate(auction, gate))));
    }

    #[test]
    fn an_open_book_takes_orders_before_its_gate_closes_and_a_sealed_one_after() {
        use GateState::{Closed, Open, Revealed, Sealed};
        for (book, takes) in [(Book::Open, Open), (Book::Sealed, Closed)] {
            for state in [Open, Closed, Revealed, Sealed] {
                let gate = Gate {
                    state,
                    book: Some(book),
                };
                assert_eq!(gate.takes_orders(), state == takes, "{book:?} {state:?}");
            }
        }
    }

    #[test]
    fn energy_beyond_its_bound_and_a_broken_row_are_errors_that_name_the_row() {
        let entry = |energy: &str| {
            format!(
                r#"{{"v":1,"row":{{"participant":"M:a","point":"p","source":"wind","offers":[{{"order":"o","energy_wh":{energy},"price":1}}]}}}}"#
            )
        };
        let parts = ["0000000007", "p", "M", "a"];
        assert!(
            read(&write("entry", &parts, &entry("1000000000000")))
                .unwrap()
                .is_some()
        );
        let refused = read(&write("entry", &parts, &entry("1000000000001"))).unwrap_err();
        assert!(refused.starts_with("entry 0000000007/p/M/a"), "{refused}");
        assert!(read(&write("plan", &["1"], "{")).is_err());
    }

    #[test]
    fn other_tables_and_deletions_are_passed_over() {
        assert_eq!(read(&write("indices", &["p"], "{}")), Ok(None));
        let deleted = Write {
            value: None,
            ..write("entry", &["0000000007"], "")
        };
        assert_eq!(read(&deleted), Ok(None));
    }
}
