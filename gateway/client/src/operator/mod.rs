//! The operator's clock: brings every slot's stages when the market's gate times say so, from wherever the ledger stands.
//!
//! It keeps nothing that the ledger does not know, so that it may be stopped anywhere and started again. Several at once do no harm: a
//! stage is reached once, whoever brings it. A member's operator that is neither the grid company's nor the regulator's waits until the
//! stage is overdue, calls for it, and brings it once a majority has called.

mod due;
mod step;
mod timetable;

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::organisations::Part;
use der_api::reply::Stage;
use der_api::request::{QueryAuctions, QueryMarket};
use der_market::order_rules::Book;
use der_market::session::begin;
use der_market::slot::{Auction, SECONDS, Slot};
use futures_util::{StreamExt, stream};
use serde::Serialize;

use crate::{ClientError, MarketClient};
use due::{Due, Seen};
use timetable::Timetable;

/// Slots that are worked on at once.
const IN_FLIGHT: usize = 8;
/// Slots after the present one whose day-ahead gate may be open.
const AHEAD: u64 = 300;
/// Slots before the present one that may still be settled.
const BEHIND: u64 = 192;

/// A stage that was brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brought {
    /// Which auction.
    pub slot: Auction,
    /// The stage that it has reached.
    pub stage: Stage,
    /// The transaction; none where another operator was first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
}

/// How the clock stands: one line for whoever watches it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// True where the last round met no trouble.
    pub healthy: bool,
    /// The clock's time, UTC seconds.
    pub now: i64,
    /// Slots under way.
    pub slots: usize,
    /// Stages brought since the start.
    pub brought: u64,
    /// Refusals and failures since the start.
    pub troubles: u64,
    /// The newest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// When something is due next, UTC seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// The clock of an operator.
#[derive(Debug)]
pub struct Operator {
    client: MarketClient,
    settle_after: i64,
    seen: BTreeMap<Slot, Seen>,
    timetable: Timetable,
    status: Status,
}

impl Operator {
    /// A clock that acts as this operator. Slots are settled so many seconds after their delivery, and later while readings are missing.
    #[must_use]
    pub fn new(client: MarketClient, settle_after: u32) -> Self {
        Self {
            client,
            settle_after: i64::from(settle_after),
            seen: BTreeMap::new(),
            timetable: Timetable::default(),
            status: Status::default(),
        }
    }

    /// How the clock stands.
    #[must_use]
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// Brings everything that is due at a time, and says what it brought.
    ///
    /// # Errors
    /// Where the market cannot be read at all; what a single slot meets is in the status.
    pub async fn tick(&mut self, now: i64) -> Result<Vec<Brought>, ClientError> {
        let market = self.client.query(&QueryMarket {}).await?;
        let part = market.organisations.part_of(&self.client.participant().msp);
        self.timetable.refresh(&self.client, &market.parameters).await?;
        let clock = Clock {
            now,
            settle_after: self.settle_after,
            member: !matches!(part, Some(Part::Grid | Part::Regulator)),
        };
        self.look(&clock).await?;
        let due: Vec<_> = self
            .seen
            .iter()
            .filter(|(slot, seen)| clock.is_due(&self.timetable, **slot, **seen))
            .collect();
        let due: Vec<_> = due.into_iter().map(|(slot, seen)| (*slot, *seen)).collect();
        let with = (&self.client, &self.timetable);
        let advanced: Vec<_> = stream::iter(due)
            .map(|(slot, seen)| step::advance(with, clock, slot, seen))
            .buffer_unordered(IN_FLIGHT)
            .collect()
            .await;
        let mut brought = Vec::new();
        self.status.healthy = true;
        for one in advanced {
            self.seen.insert(one.slot, one.seen);
            if let Some(trouble) = one.trouble {
                self.status.healthy = false;
                self.status.troubles += 1;
                self.status.trouble = Some(trouble);
            }
            brought.extend(one.brought);
        }
        self.tell(&clock, brought.len());
        Ok(brought)
    }

    fn tell(&mut self, clock: &Clock, brought: usize) {
        self.seen
            .retain(|slot, seen| !seen.is_settled() || begin(*slot) > clock.now);
        self.status.now = clock.now;
        self.status.slots = self.seen.values().filter(|seen| seen.latest.is_some()).count();
        self.status.brought += u64::try_from(brought).unwrap_or(u64::MAX);
        self.status.next = self
            .seen
            .iter()
            .filter_map(|(slot, seen)| clock.due(&self.timetable, *slot, *seen))
            .map(|due| due.at)
            .min();
    }

    /// Takes up every slot within sight that it does not know yet, as the ledger has it.
    async fn look(&mut self, clock: &Clock) -> Result<(), ClientError> {
        let present = u64::try_from(clock.now).unwrap_or(0) / SECONDS;
        let first_look = self.seen.is_empty();
        let from = if first_look {
            present.saturating_sub(BEHIND)
        } else {
            present
        };
        for slot in (from..present.saturating_add(AHEAD)).filter_map(|slot| Slot::new(slot).ok()) {
            let in_sight = self.timetable.day_ahead(slot).open <= clock.now;
            if !in_sight || self.seen.contains_key(&slot) {
                continue;
            }
            let seen = see(&self.client, slot).await?;
            // A slot whose delivery has begun unopened is nobody's any more.
            if seen.latest.is_some() || begin(slot) > clock.now {
                self.seen.insert(slot, seen);
            }
        }
        Ok(())
    }
}

/// Time and part of an operator in one round.
#[derive(Clone, Copy, Debug)]
struct Clock {
    now: i64,
    settle_after: i64,
    member: bool,
}

impl Clock {
    /// A member waits until a stage is overdue.
    fn due(&self, timetable: &Timetable, slot: Slot, seen: Seen) -> Option<Due> {
        let mut due = seen.due(timetable, slot, self.settle_after)?;
        if self.member {
            due.at = due
                .at
                .saturating_add(i64::from(timetable.rules(slot).silence_s))
                .max(seen.not_before);
        }
        Some(due)
    }

    fn is_due(&self, timetable: &Timetable, slot: Slot, seen: Seen) -> bool {
        self.due(timetable, slot, seen).is_some_and(|due| due.at <= self.now)
    }
}

/// A slot as the ledger has it now.
async fn see(client: &MarketClient, slot: Slot) -> Result<Seen, ClientError> {
    let auctions = match client.query(&QueryAuctions { slot }).await {
        Ok(view) => view.auctions,
        Err(error) if [ErrorCode::SlotNotOpened, ErrorCode::RecordNotFound].contains(&error.code()) => Vec::new(),
        Err(error) => return Err(error),
    };
    let latest = auctions.last();
    Ok(Seen {
        latest: latest.map(|one| (one.slot.round, one.stage)),
        sealed: latest.is_some_and(|one| one.book == Some(Book::Sealed)),
        ..Seen::default()
    })
}
