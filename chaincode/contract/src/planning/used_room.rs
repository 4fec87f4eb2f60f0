//! Room at connection points that confirmed contracts of a slot's earlier auctions use.

use der_market::grid::{UsedRoom, UsedRooms};
use der_market::slot::Auction;

use super::outcome::Contracts;
use crate::context::Context;
use crate::error::ContractError;
use crate::rows::UsedRoomRow;
use crate::schema;
use crate::view::LedgerView;

/// What the auctions before this one use together; nothing is read for the first.
pub(crate) async fn used_before<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
) -> Result<Vec<UsedRoom>, ContractError> {
    let Some(before) = auction.before() else {
        return Ok(Vec::new());
    };
    let row = cx.ledger.get(&schema::used_room(&before)).await?;
    Ok(row.map_or_else(Vec::new, |row| row.points))
}

/// What is used once these contracts are confirmed.
pub(super) fn used_with(before: &[UsedRoom], contracts: &Contracts) -> UsedRoomRow {
    let mut used = UsedRooms::after(before);
    for contract in &contracts.confirmed {
        let terms = &contract.terms;
        used.add_trade(&terms.seller_point, &terms.buyer_point, terms.energy_wh);
    }
    UsedRoomRow { points: used.list() }
}
