//! A slot with a large book, from the orders' batches to the last contract, and what its transactions weigh.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use der_api::request::{Clear, CloseGate, NewOrder, PostMany, SealBook};
use der_client::MarketClient;
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::{Energy, Price};
use futures_util::future::try_join_all;

use crate::{Neighbours, World, read_blocks};

/// Orders of one participant in a slot, at most.
const EACH: u64 = 100;

/// What clearing a large book took.
#[derive(Debug, Clone, Copy)]
pub struct LargeBook {
    /// Orders in the book.
    pub orders: u32,
    /// Contracts that were proposed.
    pub contracts: u32,
    /// From sending the first batch to the commit of the last.
    pub entered: Duration,
    /// `TSSC:Clear`, from building the proposal to the commit.
    pub cleared: Duration,
    /// The same, endorsed by one peer and not ordered.
    pub evaluated: Duration,
    /// The transaction of `TSSC:Clear` as it stands in its block, bytes.
    pub clearing_bytes: usize,
    /// Pages of contracts.
    pub pages: u32,
    /// All pages of contracts, from the first proposal to the last commit.
    pub written: Duration,
    /// The largest transaction of a page, bytes.
    pub page_bytes: usize,
}

impl LargeBook {
    /// Enters so many orders by batches in a slot that is not open yet, and clears it. Every participant has a hundred of them.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn clear(world: &World, orders: u64, slot: Slot) -> Result<Self> {
        let pairs = orders.div_ceil(2 * EACH);
        let neighbours = Neighbours::found(world, usize::try_from(pairs)?, slot).await?;
        neighbours.open(slot).await?;
        let started = Instant::now();
        enter(&neighbours, slot).await?;
        let entered = started.elapsed();
        let clock = world.client("grid", "clock")?;
        let auction = slot.into();
        clock.close_gate(&CloseGate { slot: auction }).await?;
        clock.seal_book(&SealBook { slot: auction }).await?;
        let clear = Clear { slot: auction };
        let evaluated = timed(clock.query(&clear)).await?.1;
        let (receipt, cleared) = timed(clock.clear(&clear)).await?;
        let (_, written) = timed(clock.write_pages(&receipt.reply)).await?;
        let proof = receipt.reply.proof.as_ref().context("a proof of priority")?;
        let reader = world.channel("regulator", "regulator")?;
        let committed = read_blocks(&reader).await?;
        let named = |name: &str| {
            let own = committed
                .iter()
                .filter(|one| one.code == 0 && one.event_name() == Some(name));
            own.map(|one| one.bytes).max().unwrap_or_default()
        };
        Ok(Self {
            orders: receipt.reply.orders,
            contracts: proof.contracts,
            entered,
            cleared,
            evaluated,
            clearing_bytes: named("SlotMatched"),
            pages: proof.pages,
            written,
            page_bytes: named("ContractsWritten"),
        })
    }
}

async fn timed<T, E>(call: impl Future<Output = Result<T, E>>) -> Result<(T, Duration), E> {
    let started = Instant::now();
    let done = call.await?;
    Ok((done, started.elapsed()))
}

/// Every participant posts its batch, all at once.
async fn enter(neighbours: &Neighbours, slot: Slot) -> Result<()> {
    let batches = neighbours.pairs.iter().zip(0..).flat_map(|(pair, number)| {
        [
            post(&pair.seller, slot, Side::Seller, number),
            post(&pair.buyer, slot, Side::Buyer, number),
        ]
    });
    try_join_all(batches).await?;
    Ok(())
}

async fn post(client: &MarketClient, slot: Slot, side: Side, number: u64) -> Result<()> {
    let orders = (0..EACH).map(|order| new_order(slot, side, number * EACH + order));
    let orders = orders.collect::<Result<Vec<_>>>()?;
    let accepted = client.post_many(&PostMany { orders }).await?.reply.accepted;
    ensure!(u64::from(accepted) == EACH, "{accepted} orders were accepted");
    Ok(())
}

/// Energies and prices that differ from order to order, the same in every run.
fn new_order(slot: Slot, side: Side, number: u64) -> Result<NewOrder> {
    let spread = number.wrapping_mul(7_919) % 10_007;
    let (name, base) = match side {
        Side::Seller => ("sale", 410_000),
        Side::Buyer => ("need", 520_000),
    };
    Ok(NewOrder {
        participant: None,
        order: format!("{name}-{number}").parse()?,
        side,
        slot: slot.into(),
        energy_wh: Energy::new(100 + spread % 101)?,
        min_wh: Energy::ZERO,
        price: Price::new(base + i64::try_from(spread)?)?,
        filters: None,
    })
}
