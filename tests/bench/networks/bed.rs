//! A network with a founded market, ready to be measured.

use std::path::Path;

use anyhow::Result;
use der_cli::network::Batch;
use der_e2e::{Neighbours, NetworkKind, World};
use der_market::slot::Slot;

const FIRST: u64 = 1_000_000;

pub(super) struct Bed {
    pub(super) world: World,
    pub(super) neighbours: Neighbours,
    slot: u64,
}

impl Bed {
    /// Starts a network of this kind and brings so many pairs to where they may trade. `None`, said aloud, where Fabric's binaries
    /// are missing.
    pub(super) async fn start(kind: NetworkKind, der: &Path, batch: Batch, pairs: usize) -> Result<Option<Self>> {
        eprintln!("starting {kind}: blocks of {} or {:?}", batch.messages, batch.timeout);
        let Some(world) = World::start_with(kind, der, batch)? else {
            return Ok(None);
        };
        eprintln!("{kind}: registering {pairs} sellers and {pairs} buyers");
        let neighbours = Neighbours::found(&world, pairs, Slot::new(FIRST)?).await?;
        Ok(Some(Self {
            world,
            neighbours,
            slot: FIRST,
        }))
    }

    /// A slot that nobody has traded in.
    pub(super) fn next_slot(&mut self) -> Result<Slot> {
        self.slot += 1;
        Ok(Slot::new(self.slot)?)
    }
}
