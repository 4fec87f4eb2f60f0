//! Positions on the energy chain: what an auction's confirmed contracts add to them.

use std::collections::BTreeMap;

use der_market::forecast::Position;
use der_market::id::{ParticipantId, PointId};
use der_market::participant::Side;
use der_market::slot::Slot;

use super::outcome::Contracts;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::schema;
use crate::view::LedgerView;

/// Positions of the parties of some contracts of a slot.
pub(super) struct Positions {
    slot: Slot,
    at: BTreeMap<(ParticipantId, PointId), Position>,
}

impl Positions {
    /// As they stand, with the confirmed contracts booked.
    pub(super) async fn after<V: LedgerView>(
        cx: &Context<'_, V>,
        contracts: &Contracts,
    ) -> Result<Self, ContractError> {
        let slot = contracts.auction.slot;
        let mut at: BTreeMap<(ParticipantId, PointId), Position> = BTreeMap::new();
        for contract in &contracts.confirmed {
            let terms = &contract.terms;
            at.insert((terms.buyer.clone(), terms.buyer_point.clone()), Position::default());
            at.insert((terms.seller.clone(), terms.seller_point.clone()), Position::default());
        }
        let rows: Vec<_> = at
            .keys()
            .map(|(who, point)| schema::position(&slot, who, point))
            .collect();
        for (position, row) in at.values_mut().zip(cx.ledger.all(&rows).await?) {
            *position = row.unwrap_or_default();
        }
        let mut positions = Self { slot, at };
        positions.book(contracts);
        Ok(positions)
    }

    fn book(&mut self, contracts: &Contracts) {
        let day_ahead = contracts.auction.is_day_ahead();
        for contract in &contracts.confirmed {
            let terms = &contract.terms;
            let parties = [
                (&terms.buyer, &terms.buyer_point, Side::Buyer),
                (&terms.seller, &terms.seller_point, Side::Seller),
            ];
            for (who, point, side) in parties {
                if let Some(position) = self.at.get_mut(&(who.clone(), point.clone())) {
                    position.book(day_ahead, side, terms.energy_wh);
                }
            }
        }
    }

    pub(super) fn put(&self, decision: &mut Decision) -> Result<(), ContractError> {
        for ((who, point), position) in &self.at {
            decision.put(schema::position(&self.slot, who, point), position)?;
        }
        Ok(())
    }
}
