//! Offers and bids: one shape, two sides.

use serde::{Deserialize, Serialize};

use crate::filters::{Filters, FiltersError};
use crate::id::{OrderId, ParticipantId, PointId};
use crate::participant::{Side, Source};
use crate::units::{Energy, Price};

/// Why an order is not well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// No energy.
    #[error("the energy of an order must be above zero")]
    ZeroEnergy,
    /// A minimum per contract above the order's whole energy.
    #[error("the minimum per contract must not exceed the order's energy")]
    MinimumAboveEnergy,
    /// Filters.
    #[error(transparent)]
    Filters(#[from] FiltersError),
}

/// An order in a slot's book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Whose.
    pub participant: ParticipantId,
    /// Its owner's id for it.
    pub order: OrderId,
    /// Offer (seller) or bid (buyer).
    pub side: Side,
    /// Where it delivers or takes.
    pub point: PointId,
    /// How much, in Wh.
    pub energy_wh: Energy,
    /// The least energy of one contract; equal to the energy for all-or-none.
    pub min_wh: Energy,
    /// µyuan/kWh: a seller's price at its meter, a buyer's delivered price including the tariff.
    pub price: Price,
    /// The seller's energy type; a bid's is its owner's and plays no part.
    pub source: Source,
    /// What it asks of its counterpart; none for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
}

impl Order {
    /// Checks what an order must satisfy on its own.
    ///
    /// # Errors
    /// [`OrderError`] for zero energy, a minimum above the energy, or filters that are not well formed.
    pub fn validate(&self) -> Result<(), OrderError> {
        if self.energy_wh.is_zero() {
            return Err(OrderError::ZeroEnergy);
        }
        if self.min_wh > self.energy_wh {
            return Err(OrderError::MinimumAboveEnergy);
        }
        if let Some(filters) = &self.filters {
            filters.validate(self.side)?;
        }
        Ok(())
    }

    /// p that its owner agreed on with a partner.
    pub fn agreed_price(&self) -> Option<Price> {
        self.filters.as_ref().and_then(|filters| filters.agreed_price)
    }
}
