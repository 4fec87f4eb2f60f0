//! What the ledger has said so far, and what each new row must keep to.

use std::collections::{BTreeMap, BTreeSet};

use der_market::forecast::Position;
use der_market::id::{ParticipantId, PlantId, PointId};
use der_market::journal::{Posting, sum};
use der_market::origin::CERTIFICATE_WH;
use der_market::participant::Source;
use der_market::slot::{Auction, Slot};
use der_market::units::Money;

use super::Tally;
use super::invariant::{Invariant, require};
use super::orders::Orders;
use super::row::{Funds, Page, Row, read};
use super::settling::SlotBooks;
use super::transaction::Write;

type Finding = (Invariant, String);

/// The ledger as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Books {
    sources: BTreeMap<ParticipantId, Source>,
    owners: BTreeMap<PlantId, ParticipantId>,
    /// Injected Wh of settled slots, corrections counted.
    injected: BTreeMap<ParticipantId, i128>,
    slots: BTreeMap<Slot, SlotBooks>,
    /// Settled slots, of which nothing more is kept.
    settled: BTreeSet<Slot>,
}

/// Pages of a transaction, and what it posted to accounts.
#[derive(Default)]
struct Booked {
    pages: BTreeMap<(Slot, u32), Page>,
    posted: BTreeMap<(Slot, u32), Vec<Posting>>,
    touched: BTreeSet<Slot>,
}

impl Books {
    /// Takes what a valid transaction writes.
    pub(super) fn take(&mut self, writes: &[Write], tally: &mut Tally) -> Result<(), Finding> {
        let mut rows = Vec::with_capacity(writes.len());
        for write in writes {
            rows.extend(read(write).map_err(|what| (Invariant::Range, what))?);
        }
        // Fabric sorts writes by key: orders and readings before what rests on them need not come first.
        rows.sort_by_key(rank);
        let mut booked = Booked::default();
        for row in rows {
            self.row(row, &mut booked)?;
        }
        for ((slot, number), page) in booked.pages {
            let posted = booked.posted.remove(&(slot, number)).unwrap_or_default();
            self.slot(slot).page(number, page, posted)?;
        }
        require(booked.posted.is_empty(), Invariant::ZeroSum, || {
            format!("postings of {} pages that are not there", booked.posted.len())
        })?;
        booked.touched.iter().try_for_each(|slot| self.close(*slot, tally))
    }

    fn row(&mut self, row: Row, booked: &mut Booked) -> Result<(), Finding> {
        match row {
            Row::User(user) => drop(self.sources.insert(user.participant, user.source)),
            Row::Plant(plant, row) => drop(self.owners.insert(plant, row.owner)),
            Row::Gate(auction, gate) => self.auction(auction).gate(gate),
            Row::Entry(auction, entry) => self.auction(auction).enter(&entry).map_err(in_auction(auction))?,
            Row::Clearing(auction) => self.auction(auction).clear().map_err(in_auction(auction))?,
            Row::Contract(terms) => self.auction(terms.slot).contract(terms)?,
            Row::Position(slot, place, position) => drop(self.slot(slot).positions.insert(place, position)),
            Row::Plan(plan) => self.slot(plan.view.slot).plan(&plan).map_err(in_slot(plan.view.slot))?,
            Row::Reading(reading) => self.slot(reading.signed.reading.slot).reading(&reading),
            Row::Settlement(slot, settlement) => {
                self.slot(slot).settlement(settlement).map_err(in_slot(slot))?;
                booked.touched.insert(slot);
            }
            Row::Page(slot, number, page) => {
                booked.pages.insert((slot, number), page);
                booked.touched.insert(slot);
            }
            Row::Postings(slot, page, postings) => booked.posted.entry((slot, page)).or_default().extend(postings),
            Row::Opening(postings) => {
                let total = sum(&postings).map_err(|error| (Invariant::Range, error.to_string()))?;
                require(total == Money::ZERO, Invariant::ZeroSum, || {
                    format!("an opening of {} nyuan", total.get())
                })?;
            }
            Row::Supplied(who, delta) => *self.injected.entry(who).or_insert(0) += i128::from(delta),
            Row::Funds(who, funds) => check_funds(&who, &funds)?,
            Row::Credit(who, points) => require(points.get() <= 1_000_000, Invariant::Credit, || {
                format!("{who} has {} thousandths of a point", points.get())
            })?,
            Row::Origin(plant, origin) => self.certificates(&plant, origin.accrued_wh, origin.issued)?,
            Row::Outcome(_) => {}
        }
        Ok(())
    }

    fn slot(&mut self, slot: Slot) -> &mut SlotBooks {
        self.slots.entry(slot).or_default()
    }

    fn auction(&mut self, auction: Auction) -> &mut Orders {
        self.slot(auction.slot).auctions.entry(auction.round).or_default()
    }

    /// Checks a slot whose first settlement is whole.
    fn close(&mut self, slot: Slot, tally: &mut Tally) -> Result<(), Finding> {
        if self.settled.contains(&slot) || !self.slot(slot).is_settled() {
            return Ok(());
        }
        let Some(books) = self.slots.get(&slot) else {
            return Ok(());
        };
        books.check_metered().map_err(in_slot(slot))?;
        for line in books.points() {
            tally.settled(line, self.sources.get(&line.participant).copied());
        }
        tally.slots += 1;
        self.settled.insert(slot);
        self.slot(slot).forget();
        Ok(())
    }

    fn certificates(&self, plant: &PlantId, accrued: u64, issued: u64) -> Result<(), Finding> {
        let owner = self.owners.get(plant);
        let settled = owner.and_then(|owner| self.injected.get(owner)).copied().unwrap_or(0);
        let certified = i128::from(issued).saturating_mul(i128::from(CERTIFICATE_WH));
        let holds = i128::from(accrued) <= settled && certified <= i128::from(accrued);
        require(holds, Invariant::Certificates, || {
            format!("plant {plant}: {issued} certificates, {accrued} Wh accrued, {settled} Wh settled")
        })
    }

    pub(super) fn positions(&self, slot: Slot) -> BTreeMap<(ParticipantId, PointId), Position> {
        self.slots
            .get(&slot)
            .map(|books| books.positions.clone())
            .unwrap_or_default()
    }
}

/// Rows that others of the same transaction rest on come first.
fn rank(row: &Row) -> u8 {
    match row {
        Row::Entry(..) => 0,
        Row::Gate(..) => 1,
        Row::Clearing(..) => 2,
        _ => 3,
    }
}

fn check_funds(who: &ParticipantId, funds: &Funds) -> Result<(), Finding> {
    let holds = funds.balance >= Money::ZERO && funds.held >= Money::ZERO;
    require(holds, Invariant::Funds, || {
        format!("{who} has {} nyuan and holds {}", funds.balance.get(), funds.held.get())
    })
}

fn in_slot(slot: Slot) -> impl Fn(Finding) -> Finding {
    move |(invariant, what)| (invariant, format!("slot {slot}: {what}"))
}

fn in_auction(auction: Auction) -> impl Fn(Finding) -> Finding {
    move |(invariant, what)| (invariant, format!("slot {auction}: {what}"))
}

#[cfg(test)]
#[path = "books_tests.rs"]
mod tests;
