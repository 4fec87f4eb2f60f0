//! In which order contracts take energy, and which of them undo an earlier position.

use std::collections::BTreeMap;

use super::place::Place;
use super::trade::Trade;
use crate::units::Energy;

/// A contract in its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    /// Its place in the list.
    pub(super) place: usize,
    /// The contract.
    pub(super) trade: &'a Trade,
    /// For a cover: what the buyer's earlier sales owe.
    pub(super) covers: Option<Energy>,
    /// For a sell-back: what the seller's earlier purchases owe.
    pub(super) returns: Option<Energy>,
}

/// A place's contracts so far.
#[derive(Clone, Copy, Debug, Default)]
struct Book {
    /// Purchases less sales.
    net: i128,
    /// Sales that are delivered from what is injected: no sell-backs.
    sales: Energy,
    /// Purchases that are consumed: no covers.
    purchases: Energy,
}

/// Covers and sell-backs, the latest first; then the others as they come. A contract is a cover when its buyer's earlier contracts
/// net to a sale of at least q, a sell-back when its seller's net to a purchase of at least q.
pub(super) fn sequence(trades: &[Trade]) -> Vec<Step<'_>> {
    let mut books: BTreeMap<Place, Book> = BTreeMap::new();
    let (mut undoing, mut others) = (Vec::new(), Vec::new());
    for (place, trade) in trades.iter().enumerate() {
        let quantity = i128::from(trade.energy_wh.get());
        let buyer = books.entry(trade.taken_at()).or_default();
        let covers = (quantity > 0 && buyer.net.saturating_add(quantity) <= 0).then_some(buyer.sales);
        buyer.net = buyer.net.saturating_add(quantity);
        if covers.is_none() {
            buyer.purchases = buyer.purchases.capped(trade.energy_wh);
        }
        let seller = books.entry(trade.given_at()).or_default();
        let returns = (quantity > 0 && seller.net >= quantity).then_some(seller.purchases);
        seller.net = seller.net.saturating_sub(quantity);
        if returns.is_none() {
            seller.sales = seller.sales.capped(trade.energy_wh);
        }
        let step = Step {
            place,
            trade,
            covers,
            returns,
        };
        if covers.is_some() || returns.is_some() {
            undoing.push(step);
        } else {
            others.push(step);
        }
    }
    undoing.into_iter().rev().chain(others).collect()
}
