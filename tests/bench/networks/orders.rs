//! Clients that publish one order after the other.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use der_api::request::{PostBid, PostOffer};
use der_e2e::{Pair, Sale};
use der_market::slot::Slot;
use futures_util::future::join_all;

use super::{
    bed::Bed,
    usage::{Kind, Snapshot},
};

/// So small that a participant may have a hundred in a slot.
const ORDER: Sale = Sale {
    energy_wh: 100,
    ..Sale::KILOWATT_HOUR
};
/// Refused orders per order published, at most; more would be another load than the one meant.
const REFUSED: f64 = 0.02;

/// What one round showed.
pub(super) struct Round {
    /// From building the proposal to the commit, each order's.
    pub(super) latencies: Vec<Duration>,
    pub(super) elapsed: Duration,
    pub(super) cpu: BTreeMap<Kind, Duration>,
    /// Orders that were refused, conflicts of lagging peers among them.
    pub(super) refused: usize,
}

impl Round {
    pub(super) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Milliseconds; the latencies are sorted.
    pub(super) fn percentile(&self, percentile: usize) -> f64 {
        let index = self.latencies.len().saturating_sub(1) * percentile / 100;
        self.latencies
            .get(index)
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }

    /// Milliseconds per order.
    pub(super) fn cpu_per_order(&self, kind: Kind) -> f64 {
        let cpu = self.cpu.get(&kind).copied().unwrap_or_default();
        cpu.as_secs_f64() * 1e3 / self.latencies.len() as f64
    }
}

/// So many clients, each with an order under way all the time until the time is over. The users of a client take turns, so that no
/// user's order has to wait until every peer has its last one.
pub(super) async fn publish(bed: &mut Bed, clients: usize, length: Duration) -> Result<Round> {
    let slot = bed.next_slot()?;
    bed.neighbours.open(slot).await?;
    let share = bed.neighbours.pairs.len() / clients;
    ensure!(share > 0, "more clients than pairs");
    let before = Snapshot::of(&bed.world)?;
    let started = Instant::now();
    let shares = bed.neighbours.pairs.chunks_exact(share).take(clients);
    let done = join_all(shares.map(|pairs| client(pairs, slot, started + length))).await;
    let elapsed = started.elapsed();
    let cpu = Snapshot::of(&bed.world)?.cpu_since(&before);
    let (latencies, refused): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    let (latencies, refused) = (latencies.concat(), refused.concat());
    if let Some(error) = refused.first() {
        let (kind, all) = (bed.world.kind(), refused.len() + latencies.len());
        eprintln!(
            "{kind}: {} of {all} orders were refused, the first: {error}",
            refused.len()
        );
    }
    ensure!(
        refused.len() as f64 <= REFUSED * latencies.len() as f64,
        "too many orders were refused"
    );
    Ok(Round {
        refused: refused.len(),
        latencies,
        elapsed,
        cpu,
    })
}

async fn client(pairs: &[Pair], slot: Slot, end: Instant) -> (Vec<Duration>, Vec<String>) {
    let (mut latencies, mut refused) = (Vec::new(), Vec::new());
    for number in 0_usize.. {
        let started = Instant::now();
        if started >= end {
            break;
        }
        let pair = &pairs[number / 2 % pairs.len()];
        match post(pair, slot, number).await {
            Ok(()) => latencies.push(started.elapsed()),
            Err(error) => refused.push(format!("{error:#}")),
        }
    }
    (latencies, refused)
}

/// An offer and a bid in turn.
async fn post(pair: &Pair, slot: Slot, number: usize) -> Result<()> {
    let order = format!("order-{slot}-{number}").parse()?;
    if number.is_multiple_of(2) {
        let offer = Pair::offer_of(slot, ORDER)?;
        pair.seller.post_offer(&PostOffer { order, ..offer }).await?;
    } else {
        let bid = Pair::bid_of(slot, ORDER)?;
        pair.buyer.post_bid(&PostBid { order, ..bid }).await?;
    }
    Ok(())
}
