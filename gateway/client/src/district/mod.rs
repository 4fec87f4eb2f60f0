//! A district: households, businesses, stores, chargers and generation companies over a few connection points, and a market day of them.
//!
//! Everybody's devices, prices, forecasts and readings come from a seed. Orders, readings and settlements travel in batches: a member's
//! orders of a whole day are one transaction, a thousand readings are one, a slot's settlement is one.

mod closing;
mod dice;
mod error;
mod found;
mod joining;
mod kind;
mod metering;
mod play;
mod population;
mod posting;
mod weather;

pub use error::DistrictError;
pub use kind::Kind;
pub use play::{Phase, Stage, Told};
pub use population::{Person, Population};
pub use weather::Outlook;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use der_market::calendar::Date;
use der_market::credit::CreditRules;
use der_market::id::{DeviceId, PlantId, PointId};
use der_market::order_rules::{Book, OrderRules};
use der_market::paper;
use der_market::parameters::{Parameters, Profile};
use der_market::session::SessionRules;
use der_market::slot::Slot;
use der_market::units::{Money, UnitError};

use crate::day::Staff;
use crate::{MarketClient, Meter};

/// Every member's opening balance, nyuan: 100 000 yuan, enough for the holds of a day.
const OPENING: i128 = 100_000 * Money::PER_YUAN;

/// Hears of progress.
pub type Listener = Arc<dyn Fn(Told) + Send + Sync>;

/// Slots of a day at UTC+8, which has no daylight saving, and by how many it begins before the day in UTC.
const DAY_SLOTS: u64 = 96;
const AHEAD: u64 = 32;

/// The slots of a local day at UTC+8.
fn slots_of(date: Date) -> Vec<Slot> {
    let first = u64::from(date.days()).saturating_mul(DAY_SLOTS).saturating_sub(AHEAD);
    let slots = first..first.saturating_add(DAY_SLOTS);
    slots.filter_map(|slot| Slot::new(slot).ok()).collect()
}

/// What a day is.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The local day, at UTC+8.
    pub date: Date,
    /// So many of its slots, around noon; 96 are the whole day.
    pub slots: u16,
    /// Whether an intraday auction follows the day-ahead one.
    pub intraday: bool,
    /// Transactions under way at once.
    pub in_flight: usize,
}

impl Plan {
    /// The day's slots with the quarter of the day that each is.
    ///
    /// # Errors
    /// [`DistrictError::NoSuchDay`] for none or more than 96 slots.
    pub fn slots(&self) -> Result<Vec<(Slot, u64)>, DistrictError> {
        let day = slots_of(self.date);
        let count = usize::from(self.slots);
        if count == 0 || count > day.len() {
            return Err(DistrictError::NoSuchDay);
        }
        let first = (day.len() - count) / 2;
        Ok(day.into_iter().zip(0..).skip(first).take(count).collect())
    }
}

/// The rules of a district's market: the paper's prices and tariff, deviations that cost, credit that holds money, open books, and
/// these gate times, or the usual ones.
///
/// # Errors
/// None: every number is inside its unit's bounds.
pub fn rules(sessions: Option<SessionRules>) -> Result<Parameters, UnitError> {
    let mut rules = paper::parameters()?;
    rules.profile = Profile::Market;
    rules.opening.participant = Money::nyuan(OPENING);
    rules.orders = Some(OrderRules { book: Book::Open });
    rules.credit = Some(CreditRules::default());
    rules.sessions = sessions;
    Ok(rules)
}

/// Somebody who lives in the district, with certificate and meter.
#[derive(Debug)]
pub struct Member {
    /// Who it is.
    pub person: Person,
    /// Its view of the market.
    pub client: MarketClient,
    /// Its meter.
    pub meter: Meter,
    point: PointId,
    plant: Option<PlantId>,
    devices: Vec<DeviceId>,
}

/// A founded market with those who run it and those who live in it.
pub struct District {
    /// Who runs it.
    pub staff: Staff,
    /// Who lives in it.
    pub members: Vec<Member>,
    population: Population,
    listener: Listener,
    /// The latest block that an act of the day is in.
    tip: AtomicU64,
}

impl std::fmt::Debug for District {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("District")
            .field("members", &self.members.len())
            .finish_non_exhaustive()
    }
}
