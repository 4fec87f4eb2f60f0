//! Slots from opening to settlement, with every signature and every fsync.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use der_cli::connection;
use der_e2e::{Neighbours, Pair, Sale, Usage, World, read_blocks};
use der_market::slot::Slot;
use fabric_gateway::{Network, Signer};
use futures_util::future::try_join_all;

const FIRST: u64 = 1_000_000;

pub(crate) struct Load {
    pub(crate) pairs: u32,
    pub(crate) slots: u32,
    /// Of all slots together.
    pub(crate) elapsed: Duration,
    /// Committed in that time.
    pub(crate) transactions: usize,
    /// Blocks that hold them.
    pub(crate) blocks: u64,
    /// Of one order, from building the proposal to the commit, while all pairs publish at once; sorted.
    pub(crate) busy: Vec<Duration>,
    /// Of one order when nobody else asks; sorted.
    pub(crate) alone: Vec<Duration>,
    /// CPU time by process over the measured slots.
    pub(crate) cpu: BTreeMap<String, Duration>,
    /// Resident memory by process afterwards, bytes.
    pub(crate) resident: BTreeMap<String, u64>,
}

pub(crate) async fn measure(world: &World, pairs: u32, slots: u32) -> Result<Load> {
    let first = Slot::new(FIRST)?;
    eprintln!("registering {pairs} sellers and {pairs} buyers");
    let neighbours = Neighbours::found(world, usize::try_from(pairs)?, first).await?;
    neighbours.play(first, Sale::KILOWATT_HOUR).await?;
    let reader = reader(world)?;
    let (before, cpu_before) = (read_blocks(&reader).await?, usage(world)?);
    let mut busy = Vec::new();
    let started = Instant::now();
    for number in 1..=u64::from(slots) {
        let slot = Slot::new(FIRST + number)?;
        neighbours.open(slot).await?;
        busy.extend(publish(&neighbours.pairs, slot).await?);
        let clearing = neighbours.clear(slot).await?;
        neighbours.confirm(slot, &clearing.contracts).await?;
        neighbours.deliver(slot, Sale::KILOWATT_HOUR).await?;
        let settlement = neighbours.settle(slot).await?;
        anyhow::ensure!(
            settlement.reply.trades.len() == usize::try_from(pairs)?,
            "a sale was not settled"
        );
        eprintln!("slot {number} of {slots} settled");
    }
    let elapsed = started.elapsed();
    let (after, cpu_after) = (read_blocks(&reader).await?, usage(world)?);
    let tip = |blocks: &[der_e2e::Committed]| blocks.last().map_or(0, |one| one.block);
    let alone = alone(&neighbours, Slot::new(FIRST + u64::from(slots) + 1)?).await?;
    busy.sort();
    Ok(Load {
        pairs,
        slots,
        elapsed,
        transactions: after.len() - before.len(),
        blocks: tip(&after) - tip(&before),
        busy,
        alone,
        cpu: cpu_after
            .iter()
            .map(|(name, usage)| (name.clone(), usage.cpu.saturating_sub(cpu_before[name].cpu)))
            .collect(),
        resident: cpu_after
            .into_iter()
            .map(|(name, usage)| (name, usage.resident))
            .collect(),
    })
}

/// Every pair publishes both orders, all at once; the time that each order took.
async fn publish(pairs: &[Pair], slot: Slot) -> Result<Vec<Duration>> {
    let orders = pairs.iter().map(|pair| async move {
        let (offer, bid) = (
            Pair::offer_of(slot, Sale::KILOWATT_HOUR)?,
            Pair::bid_of(slot, Sale::KILOWATT_HOUR)?,
        );
        let (offered, bidden) = tokio::join!(timed(pair.seller.post_offer(&offer)), timed(pair.buyer.post_bid(&bid)));
        anyhow::Ok([offered?, bidden?])
    });
    Ok(try_join_all(orders).await?.into_iter().flatten().collect())
}

async fn alone(neighbours: &Neighbours, slot: Slot) -> Result<Vec<Duration>> {
    neighbours.open(slot).await?;
    let mut times = Vec::with_capacity(neighbours.pairs.len());
    for pair in &neighbours.pairs {
        let offer = Pair::offer_of(slot, Sale::KILOWATT_HOUR)?;
        times.push(timed(pair.seller.post_offer(&offer)).await?);
    }
    times.sort();
    Ok(times)
}

async fn timed<T, E>(call: impl Future<Output = Result<T, E>>) -> Result<Duration, E> {
    let started = Instant::now();
    call.await?;
    Ok(started.elapsed())
}

fn usage(world: &World) -> Result<BTreeMap<String, Usage>> {
    let mut used = BTreeMap::new();
    for node in world.nodes() {
        used.insert(world.process_name(&node), Usage::of(world.pid(&node)?)?);
    }
    Ok(used)
}

fn reader(world: &World) -> Result<Network> {
    let profile = world.profile("regulator", "regulator")?;
    let identity = connection::identity(&profile).map_err(|failure| anyhow::anyhow!("{failure:?}"));
    let signer: Arc<dyn Signer> = Arc::new(identity.context("the regulator's identity")?);
    world.channel_as(signer, "regulator", "regulator")
}
