//! Where a participant takes and gives: the unit of metering, of the grid's prices and of everything beyond contracts.

use serde::{Deserialize, Serialize};

use super::share::Rest;
use super::volume::Volume;
use crate::id::{ParticipantId, PointId};
use crate::journal::{Account, Journal, Purpose};
use crate::parameters::Prices;
use crate::units::{Energy, Money, Price, UnitError};

/// A participant at a connection point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Whose.
    pub participant: ParticipantId,
    /// Where.
    pub point: PointId,
}

impl Place {
    /// A participant's place.
    pub fn new(participant: ParticipantId, point: PointId) -> Self {
        Self { participant, point }
    }
}

/// Metered energy of one participant at one point in a slot; several of one place add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metered {
    /// Whose.
    pub participant: ParticipantId,
    /// Where.
    pub point: PointId,
    /// C.
    pub consumed_wh: Energy,
    /// G.
    pub injected_wh: Energy,
    /// Told by an estimate and not by a meter.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

/// What the grid takes and pays at one place in one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacePrices {
    /// R and F.
    pub grid: Prices,
    /// Feed-in beyond the plan, where it has a price of its own.
    pub over: Option<Over>,
}

/// Feed-in beyond what was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Feed-in that was planned, Wh.
    pub limit_wh: Energy,
    /// F_over: the price of what is above it.
    pub price: Price,
}

impl From<Prices> for PlacePrices {
    fn from(grid: Prices) -> Self {
        Self { grid, over: None }
    }
}

/// What became of a participant's energy at a point. Injected, bought and supplied together are consumed, sold and fed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointLine {
    /// Whose.
    pub participant: ParticipantId,
    /// Where.
    pub point: PointId,
    /// C.
    pub consumed_wh: Energy,
    /// G.
    pub injected_wh: Energy,
    /// Delivered to it under contracts.
    pub bought_wh: Energy,
    /// Delivered by it under contracts.
    pub sold_wh: Energy,
    /// u: bought from the grid (PPSC).
    pub grid_supply_wh: Energy,
    /// v: fed in (OGSC).
    pub feed_in_wh: Energy,
    /// u · R.
    pub grid_supply_cost: Money,
    /// v · F, and F_over for what is above the plan.
    pub feed_in_revenue: Money,
    /// C and G are estimated: no certificate comes of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

impl PointLine {
    /// What a place's rest costs and earns.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn new(place: &Place, rest: &Rest, prices: &PlacePrices) -> Result<Self, UnitError> {
        let Place { participant, point } = place.clone();
        Ok(Self {
            participant,
            point,
            consumed_wh: rest.consumed_wh,
            injected_wh: rest.injected_wh,
            bought_wh: rest.bought_wh,
            sold_wh: rest.sold_wh,
            grid_supply_wh: rest.grid_supply_wh,
            feed_in_wh: rest.feed_in_wh,
            grid_supply_cost: rest.grid_supply_wh.at(prices.grid.retail),
            feed_in_revenue: revenue(rest.feed_in_wh, prices)?,
            estimated: rest.estimated,
        })
    }

    /// u and v.
    pub fn volume(&self) -> Volume {
        Volume {
            grid_supply_wh: self.grid_supply_wh,
            feed_in_wh: self.feed_in_wh,
            ..Volume::default()
        }
    }

    /// Books the rest between the participant and the selling company; for an exact reversal, the other way.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn book(&self, journal: &mut Journal, way: Way) -> Result<(), UnitError> {
        let account = || Account::Participant(self.participant.clone());
        let supply = way.of(self.grid_supply_cost)?;
        journal.transfer(account(), Account::Retail, Purpose::GridSupply, supply)?;
        journal.transfer(
            Account::Retail,
            account(),
            Purpose::FeedIn,
            way.of(self.feed_in_revenue)?,
        )
    }
}

fn revenue(fed_in: Energy, prices: &PlacePrices) -> Result<Money, UnitError> {
    let Some(over) = prices.over else {
        return Ok(fed_in.at(prices.grid.feed_in));
    };
    let within = fed_in.min(over.limit_wh);
    within.at(prices.grid.feed_in).plus(fed_in.less(within).at(over.price))
}

/// Whether a line is booked or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Booked.
    Forth,
    /// Taken back, to the nyuan.
    Back,
}

impl Way {
    pub(super) fn of(self, amount: Money) -> Result<Money, UnitError> {
        match self {
            Self::Forth => Ok(amount),
            Self::Back => amount.negated(),
        }
    }
}
