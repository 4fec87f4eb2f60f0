//! Clearing a book of ten thousand orders as one transaction.

use std::time::Duration;

use der_e2e::{LargeBook, NetworkKind};
use serde_json::{Value, json};

use crate::table::Table;

/// Orders of the book.
pub(crate) const ORDERS: u64 = 10_000;

pub(crate) fn record(kind: NetworkKind, book: &LargeBook) -> Value {
    json!({
        "network": kind.to_string(),
        "orders": book.orders,
        "contracts": book.contracts,
        "orders entered by batches of 100, s": seconds(book.entered),
        "TSSC:Clear endorsed by one peer, s": seconds(book.evaluated),
        "TSSC:Clear until its commit, s": seconds(book.cleared),
        "transaction of TSSC:Clear, bytes": book.clearing_bytes,
        "pages of contracts": book.pages,
        "all pages until their commit, s": seconds(book.written),
        "largest transaction of a page, bytes": book.page_bytes,
    })
}

/// One row a figure.
pub(crate) fn table(record: &Value) -> Table {
    let mut table = Table::new("Clearing 10 000 orders in one transaction", ["figure", "value"]);
    for (name, value) in record.as_object().into_iter().flatten() {
        table.row([name.clone(), value.to_string()]);
    }
    table
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}
