//! An auction's book, whatever rows hold it.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_api::schema::WHOLE_MARKET;
use der_market::order::Order;
use der_market::penalty::Penalty;
use der_market::slot::Auction;

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::Entry;
use crate::schema;
use crate::view::LedgerView;

/// Every open order of an auction: one row each before schema 3, then one row for each participant and point. Orders of both kinds
/// are in a book that was open while the ledger migrated. In the order of the rows' keys.
pub(crate) async fn book<V: LedgerView>(cx: &Context<'_, V>, auction: Auction) -> Result<Vec<Order>, ContractError> {
    let mut book = cx.ledger.scan(&schema::book_of(&auction)).await?;
    if cx.schema >= WHOLE_MARKET {
        let entries = cx.ledger.scan(&schema::entries_of(&auction)).await?;
        book.extend(entries.iter().flat_map(Entry::open_orders));
    }
    Ok(book)
}

/// What it costs not to have revealed sealed orders in an auction, each owner's once. An order is revealed where its owner's entry has it.
pub(crate) async fn unrevealed<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    book: &[Order],
) -> Result<Vec<Penalty>, ContractError> {
    let mut revealed: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for order in book {
        revealed.entry(&order.participant).or_default().insert(&order.order);
    }
    let mut penalties = Vec::new();
    for sealed in cx.ledger.scan(&schema::sealed_in(&auction)).await? {
        let own = revealed.get(&sealed.participant);
        let left = sealed
            .standing()
            .filter(|order| own.is_none_or(|own| !own.contains(&order.order)))
            .count();
        if left > 0 {
            let left = u32::try_from(left).map_err(|_| ErrorCode::ArithmeticOverflow)?;
            penalties.push(Penalty::unrevealed(sealed.participant, auction, left));
        }
    }
    Ok(penalties)
}
