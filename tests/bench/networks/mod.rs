//! The same market and the same client on the devnet and on Fabric's own binaries, in turn.

mod bed;
mod orders;
mod sales;
mod tables;
mod usage;

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::Result;
use der_cli::network::Batch;
use der_e2e::{Consensus, NetworkKind};

use self::{
    bed::Bed,
    orders::Round,
    usage::{Kind, Snapshot},
};
use crate::rounds::Rounds;

const KINDS: [NetworkKind; 3] = [
    NetworkKind::Devnet,
    NetworkKind::Fabric(Consensus::Raft),
    NetworkKind::Fabric(Consensus::Bft),
];
/// One message a block: nothing waits for the batch to fill.
const ALONE: Batch = Batch {
    messages: 1,
    timeout: Duration::from_millis(200),
};
const SATURATED: Batch = Batch {
    messages: 100,
    timeout: Duration::from_millis(100),
};
const CLIENTS: usize = 128;
/// Users of the one client, halved: each may publish a hundred orders a slot.
const PAIRS_ALONE: usize = 16;
/// How long each round's clients publish.
const LENGTH: Duration = Duration::from_secs(5);
/// Slots of the sales measured.
const SLOTS: u32 = 2;

/// What one load showed of one network.
pub(crate) struct Figures {
    kind: NetworkKind,
    /// Orders per second.
    rate: Rounds,
    /// Latency, ms, at these percentiles.
    median: Rounds,
    p95: Rounds,
    p99: Rounds,
    /// CPU per order, ms.
    cpu: BTreeMap<Kind, Rounds>,
    cpu_of_all: Rounds,
    refused: usize,
    /// Settled sales per second; empty where not measured.
    sales: Rounds,
    /// Of each process at the end, bytes.
    resident: BTreeMap<Kind, Vec<u64>>,
    /// Cores that the whole network keeps busy when nobody asks.
    idle: Rounds,
}

/// What a load showed of all networks.
pub(crate) struct Comparison {
    load: Load,
    networks: Vec<Figures>,
}

/// What the clients do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// One client, one message a block.
    Alone,
    /// [`CLIENTS`] clients and batches, then slots from opening to settlement.
    Saturated,
}

/// Brings up all networks that can be had, and takes turns.
pub(crate) async fn compare(der: &Path, load: Load, rounds: u32) -> Result<Comparison> {
    let networks = match load {
        Load::Alone => turns(der, ALONE, PAIRS_ALONE, 1, rounds, 0).await?,
        Load::Saturated => turns(der, SATURATED, CLIENTS, CLIENTS, rounds, SLOTS).await?,
    };
    Ok(Comparison { load, networks })
}

async fn turns(
    der: &Path,
    batch: Batch,
    pairs: usize,
    clients: usize,
    rounds: u32,
    slots: u32,
) -> Result<Vec<Figures>> {
    let mut beds = Vec::new();
    for kind in KINDS {
        beds.extend(Bed::start(kind, der, batch, pairs).await?);
    }
    let mut figures: Vec<_> = beds.iter().map(|bed| Figures::new(bed.world.kind())).collect();
    for bed in &mut beds {
        // Warms up; not counted.
        orders::publish(bed, clients, LENGTH / 2).await?;
    }
    for round in 0..rounds as usize {
        for turn in 0..beds.len() {
            let index = (turn + round) % beds.len();
            figures[index].add(orders::publish(&mut beds[index], clients, LENGTH).await?);
        }
        eprintln!("{clients} clients: round {} of {rounds}", round + 1);
    }
    for slot in 0..slots as usize {
        for turn in 0..beds.len() {
            let index = (turn + slot) % beds.len();
            figures[index].sales.push(sales::per_second(&mut beds[index]).await?);
        }
    }
    for (bed, figures) in beds.iter().zip(&mut figures) {
        figures.resident = Snapshot::of(&bed.world)?.resident();
    }
    idle(&beds, &mut figures).await?;
    Ok(figures)
}

/// All networks at once: that is what each has beside it in the other's rounds.
async fn idle(beds: &[Bed], figures: &mut [Figures]) -> Result<()> {
    let snapshots = || {
        beds.iter()
            .map(|bed| Snapshot::of(&bed.world))
            .collect::<Result<Vec<_>>>()
    };
    let before = snapshots()?;
    tokio::time::sleep(LENGTH).await;
    for ((now, before), figures) in snapshots()?.iter().zip(&before).zip(figures) {
        let mut cpu = now.cpu_since(before);
        cpu.remove(&Kind::Client);
        figures
            .idle
            .push(cpu.values().sum::<Duration>().as_secs_f64() / LENGTH.as_secs_f64());
    }
    Ok(())
}

impl Figures {
    fn new(kind: NetworkKind) -> Self {
        Self {
            kind,
            rate: Rounds::default(),
            median: Rounds::default(),
            p95: Rounds::default(),
            p99: Rounds::default(),
            cpu: BTreeMap::new(),
            cpu_of_all: Rounds::default(),
            refused: 0,
            sales: Rounds::default(),
            resident: BTreeMap::new(),
            idle: Rounds::default(),
        }
    }

    fn add(&mut self, mut round: Round) {
        round.latencies.sort();
        self.rate.push(round.rate());
        self.median.push(round.percentile(50));
        self.p95.push(round.percentile(95));
        self.p99.push(round.percentile(99));
        let mut all = 0.0;
        for kind in round.cpu.keys() {
            let cpu = round.cpu_per_order(*kind);
            self.cpu.entry(*kind).or_default().push(cpu);
            all += if *kind == Kind::Client { 0.0 } else { cpu };
        }
        self.cpu_of_all.push(all);
        self.refused += round.refused;
    }
}
