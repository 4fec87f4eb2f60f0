//! Slots from opening to settlement.

use std::time::Instant;

use anyhow::{Result, ensure};
use der_e2e::Sale;

use super::bed::Bed;

/// Plays one slot in which every pair makes one sale.
pub(super) async fn per_second(bed: &mut Bed) -> Result<f64> {
    let slot = bed.next_slot()?;
    let started = Instant::now();
    let market = &bed.neighbours;
    market.open(slot).await?;
    market.publish(slot, Sale::KILOWATT_HOUR).await?;
    let clearing = market.clear(slot).await?;
    market.confirm(slot, &clearing.contracts).await?;
    market.deliver(slot, Sale::KILOWATT_HOUR).await?;
    let settlement = market.settle(slot).await?;
    let pairs = market.pairs.len();
    ensure!(settlement.reply.trades.len() == pairs, "a sale was not settled");
    Ok(pairs as f64 / started.elapsed().as_secs_f64())
}
