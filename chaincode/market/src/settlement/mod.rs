//! Settlement: what metered energy does to contracts and to accounts.
//!
//! [`allocate`] says who gets whose energy, in Wh; [`Booked::change_to`] says what that changes; [`Settled`] books it: [`TradeLine`]
//! and [`PointLine`] say what it costs, a [`Journal`] takes both sides of every amount. [`settle`] does all of it for a slot whose
//! readings are in.

mod allocation;
mod change;
mod place;
mod sequence;
mod share;
mod trade;
mod volume;

use std::collections::BTreeMap;

pub use allocation::{Allocation, allocate};
pub use change::{Booked, Change, PAGE_WEIGHT, PlaceShift, TradeShift};
pub use place::{Metered, Over, Place, PlacePrices, PointLine, Way};
pub use share::{Dealt, Rest};
pub use trade::{Parties, Trade, TradeLine};
pub use volume::{Branch, Volume};

use crate::id::{ParticipantId, PointId};
use crate::journal::Journal;
use crate::parameters::Prices;
use crate::units::{Energy, UnitError};

/// Why a slot cannot be settled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettlementError {
    /// A party to a contract without a reading.
    #[error("no reading of {0} at {1}")]
    ReadingMissing(ParticipantId, PointId),
    /// A quantity beyond its bound.
    #[error(transparent)]
    Unit(#[from] UnitError),
}

/// Lines of a slot, or of a page of it, with what they book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// What became of each contract, in sequence.
    pub trades: Vec<TradeLine>,
    /// What became of each participant's energy, by participant and point.
    pub points: Vec<PointLine>,
    /// The postings; those of each line sum to zero.
    pub journal: Journal,
    /// Energy that the lines move.
    pub volume: Volume,
    /// Energy of the lines that were taken back.
    pub reversed: Volume,
}

impl Settled {
    /// Books what a contract moved.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn book_trade(&mut self, trade: &Trade, line: TradeLine) -> Result<(), UnitError> {
        line.book(trade, &mut self.journal, Way::Forth)?;
        self.volume = self.volume.capped(line.volume());
        self.trades.push(line);
        Ok(())
    }

    /// Takes a contract's booked line back, to the nyuan.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn reverse_trade(&mut self, trade: &Trade, line: &TradeLine) -> Result<(), UnitError> {
        self.reversed = self.reversed.capped(line.volume());
        line.book(trade, &mut self.journal, Way::Back)
    }

    /// Books what a place took from the grid and fed in.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn book_point(&mut self, line: PointLine) -> Result<(), UnitError> {
        line.book(&mut self.journal, Way::Forth)?;
        self.volume = self.volume.capped(line.volume());
        self.points.push(line);
        Ok(())
    }

    /// Takes a place's booked line back, to the nyuan.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn reverse_point(&mut self, line: &PointLine) -> Result<(), UnitError> {
        self.reversed = self.reversed.capped(line.volume());
        line.book(&mut self.journal, Way::Back)
    }
}

/// Settles a slot in one go at one pair of prices, with every reading there: as the ledger's first schemas do.
///
/// # Errors
/// [`SettlementError::ReadingMissing`] for a party to a contract without a reading; [`SettlementError::Unit`] where a price of a
/// penalty or a sum of energy is beyond its bound.
pub fn settle(trades: &[Trade], metered: &[Metered], prices: Prices) -> Result<Settled, SettlementError> {
    require_readings(trades, metered)?;
    let allocation = allocate(trades, metered);
    let places = PlacePrices::from(prices);
    let (mut settled, mut volume) = (Settled::default(), Volume::default());
    for (trade, dealt) in trades.iter().zip(allocation.trades.iter().flatten()) {
        trade.price.minus(prices.feed_in)?;
        prices.retail.minus(trade.price)?.minus(trade.tariff)?;
        let mut line = TradeLine::new(trade, dealt, &places, &places)?;
        line.parties = None;
        volume = volume.plus(line.volume())?;
        settled.book_trade(trade, line)?;
    }
    for (place, rest) in &allocation.places {
        let line = PointLine::new(place, rest, &places)?;
        volume = volume.plus(line.volume())?;
        settled.book_point(line)?;
    }
    Ok(settled)
}

/// The first missing reading in sequence, the buyer's before the seller's; and sums within the bound of energy.
fn require_readings(trades: &[Trade], metered: &[Metered]) -> Result<(), SettlementError> {
    let mut sums: BTreeMap<Place, (Energy, Energy)> = BTreeMap::new();
    for entry in metered {
        let place = Place::new(entry.participant.clone(), entry.point.clone());
        let (consumed, injected) = sums.entry(place).or_insert((Energy::ZERO, Energy::ZERO));
        *consumed = consumed.plus(entry.consumed_wh)?;
        *injected = injected.plus(entry.injected_wh)?;
    }
    for place in trades.iter().flat_map(|trade| [trade.taken_at(), trade.given_at()]) {
        if !sums.contains_key(&place) {
            return Err(SettlementError::ReadingMissing(place.participant, place.point));
        }
    }
    Ok(())
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
