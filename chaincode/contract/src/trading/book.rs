//! An auction's book, whatever rows hold it.

use der_api::schema::WHOLE_MARKET;
use der_market::order::Order;
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
