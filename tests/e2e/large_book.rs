//! A slot with a large book is cleared in one transaction of at most 2 MB, and its contracts follow in pages of at most 1 MB.

use anyhow::{Result, ensure};
use der_e2e::{LargeBook, World};
use der_market::slot::Slot;

/// Without optimisation three endorsers on two cores would need longer for the whole book than an endorsement may take.
const ORDERS: u32 = if cfg!(debug_assertions) { 2_000 } else { 10_000 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_book_is_cleared_in_one_transaction() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let book = LargeBook::clear(&world, ORDERS.into(), Slot::new(1_000_000)?).await?;
    println!("on {}: {book:?}", world.kind());
    ensure!(book.orders == ORDERS, "{} orders in the book", book.orders);
    ensure!(book.contracts >= ORDERS / 2, "{} contracts", book.contracts);
    ensure!(
        book.clearing_bytes > 0 && book.clearing_bytes <= 2_000_000,
        "{} bytes",
        book.clearing_bytes
    );
    ensure!(
        book.page_bytes > 0 && book.page_bytes <= 1_000_000,
        "{} bytes",
        book.page_bytes
    );
    Ok(())
}
