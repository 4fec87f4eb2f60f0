//! A slot's plan from its books and confirmed contracts: the same for the contract that writes it and for whoever checks it.

use der_market::grid::{Point, Rooms};
use der_market::order::Order;
use der_market::planning::{Direct, PlanLine, Sellers, left_to_plan, plan};
use der_market::slot::{Auction, Slot};
use der_market::units::UnitError;

use crate::contract::ContractTerms;

/// The lines of a plan: what no confirmed contract took goes to OGSC and PPSC within the room that the contracts left.
///
/// # Errors
/// [`UnitError`] beyond the bound of energy.
pub fn plan_lines(
    slot: Slot,
    points: &[Point],
    books: Vec<(Auction, Vec<Order>)>,
    confirmed: &[ContractTerms],
    sellers: &Sellers<'_>,
) -> Result<Vec<PlanLine>, UnitError> {
    let mut rooms = Rooms::whole(points);
    let mut direct = Direct::default();
    for terms in confirmed {
        rooms.take_trade(&terms.seller_point, &terms.buyer_point, terms.energy_wh);
        direct.add(terms.slot, &terms.buyer, &terms.buyer_order, terms.energy_wh)?;
        direct.add(terms.slot, &terms.seller, &terms.seller_order, terms.energy_wh)?;
    }
    Ok(plan(slot, &left_to_plan(books, &direct, sellers), rooms))
}
