//! An auction's orders and contracts: nobody trades more than it offered, at a price that it did not name, or before or after its time.

use std::collections::BTreeMap;

use der_api::contract::ContractTerms;
use der_market::id::{ContractId, OrderId, ParticipantId, PointId};
use der_market::participant::Side;
use der_market::units::{Energy, Price};

use super::invariant::{Invariant, require};
use super::row::{Entry, Gate, GateState};

type Finding = (Invariant, String);
/// Whose orders, and where.
pub type Place = (ParticipantId, PointId);

/// An order as its owner entered it last.
#[derive(Debug, Clone)]
pub(super) struct Ordered {
    pub(super) side: Side,
    pub(super) energy_wh: Energy,
    price: Price,
    /// Σ of its proposed contracts, Wh.
    contracted_wh: u64,
}

/// One auction.
#[derive(Debug, Default)]
pub(super) struct Orders {
    gate: Option<Gate>,
    cleared: bool,
    orders: BTreeMap<Place, BTreeMap<OrderId, Ordered>>,
    /// Proposed contracts.
    pub(super) contracts: BTreeMap<ContractId, ContractTerms>,
}

impl Orders {
    pub(super) fn gate(&mut self, gate: Gate) {
        self.gate = Some(gate);
    }

    /// Takes a participant's orders as they now are.
    pub(super) fn enter(&mut self, entry: &Entry) -> Result<(), Finding> {
        let who = &entry.participant;
        require(self.gate.is_some_and(Gate::takes_orders), Invariant::OpenGate, || {
            format!("orders of {who} where the gate is {:?}", self.gate)
        })?;
        let ordered = entry.orders().map(|(side, order)| {
            let ordered = Ordered {
                side,
                energy_wh: order.energy_wh,
                price: order.price,
                contracted_wh: 0,
            };
            (order.order.clone(), ordered)
        });
        let ordered = ordered.collect();
        self.orders.insert((who.clone(), entry.point.clone()), ordered);
        Ok(())
    }

    pub(super) fn clear(&mut self) -> Result<(), Finding> {
        require(!self.cleared, Invariant::Once, || {
            "an auction is cleared twice".to_owned()
        })?;
        let sealed = self.gate.is_some_and(|gate| gate.state == GateState::Sealed);
        require(sealed, Invariant::OpenGate, || {
            format!("an auction is cleared where its gate is {:?}", self.gate)
        })?;
        self.cleared = true;
        Ok(())
    }

    /// Takes a proposed contract: within both limits, and within what is left of both orders.
    pub(super) fn contract(&mut self, terms: ContractTerms) -> Result<(), Finding> {
        let id = terms.contract.clone();
        let delivered = terms.price.plus(terms.tariff);
        let delivered = delivered.map_err(|error| (Invariant::Range, format!("contract {id}: {error}")))?;
        let sides = [
            (
                Side::Buyer,
                &terms.buyer,
                &terms.buyer_point,
                &terms.buyer_order,
                delivered,
            ),
            (
                Side::Seller,
                &terms.seller,
                &terms.seller_point,
                &terms.seller_order,
                terms.price,
            ),
        ];
        for (side, who, point, order, price) in sides {
            let found = self.orders.get_mut(&(who.clone(), point.clone()));
            let found = found.and_then(|orders| orders.get_mut(order));
            let ordered = found.filter(|ordered| ordered.side == side);
            let unknown = || {
                (
                    Invariant::FilledWithinOffered,
                    format!("contract {id} of no order {order} of {who}"),
                )
            };
            ordered.ok_or_else(unknown)?.fill(price, terms.energy_wh, &id)?;
        }
        require(
            self.contracts.insert(id.clone(), terms).is_none(),
            Invariant::Once,
            || format!("contract {id} is written twice"),
        )
    }

    /// The open orders of each place.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Place, impl Iterator<Item = &Ordered>)> {
        let some = self.orders.iter().filter(|(_, orders)| !orders.is_empty());
        some.map(|(place, orders)| (place, orders.values()))
    }
}

impl Ordered {
    fn fill(&mut self, price: Price, energy: Energy, contract: &ContractId) -> Result<(), Finding> {
        let keeps = match self.side {
            Side::Buyer => price <= self.price,
            Side::Seller => price >= self.price,
        };
        require(keeps, Invariant::Limits, || {
            format!("contract {contract} at {price}, the order's limit is {}", self.price)
        })?;
        self.contracted_wh = self.contracted_wh.saturating_add(energy.get());
        require(
            self.contracted_wh <= self.energy_wh.get(),
            Invariant::FilledWithinOffered,
            || {
                format!(
                    "with contract {contract} {} Wh of {} Wh",
                    self.contracted_wh, self.energy_wh
                )
            },
        )
    }
}
