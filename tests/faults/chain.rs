//! What must hold of the ledger after every round.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use der_e2e::{ChainReader, Committed, ORGANISATIONS, World, eventually};
use fabric_msp::Identity;

/// For a peer to catch up.
const LIMIT: Duration = Duration::from_secs(90);

/// The chain at every peer, read once and checked as it grows.
pub(crate) struct Chain {
    peers: Vec<(&'static str, ChainReader)>,
    valid: HashSet<String>,
    settlements: BTreeMap<u64, u32>,
    found: usize,
    /// Users who may do nothing from a block on.
    revoked: Vec<(String, u64)>,
}

/// What held.
pub(crate) struct Held {
    pub(crate) acknowledged: usize,
    pub(crate) settled: usize,
    pub(crate) height: u64,
}

impl Chain {
    pub(crate) fn new(world: &World) -> Result<Self> {
        let peers = ORGANISATIONS
            .iter()
            .map(|of| Ok((*of, ChainReader::new(world.peer(of)?))));
        Ok(Self {
            peers: peers.collect::<Result<_>>()?,
            valid: HashSet::new(),
            settlements: BTreeMap::new(),
            found: 0,
            revoked: Vec::new(),
        })
    }

    /// From the next block on, whatever the newest peer has, this user may do nothing.
    pub(crate) async fn revoke(&mut self, user: &str) -> Result<()> {
        let height = self.highest().await?;
        self.revoked.push((user.to_owned(), height));
        Ok(())
    }

    /// Nothing acknowledged is lost, no transaction is valid twice, no slot is settled twice, and every peer has the same chain.
    pub(crate) async fn check(&mut self, acknowledged: Vec<String>) -> Result<Held> {
        let height = self.highest().await?;
        let mut tip = None;
        for number in 0..self.peers.len() {
            let (of, committed) = self.read(number, height).await?;
            let own = self.peers.get(number).and_then(|(_, reader)| reader.tip());
            ensure!(
                tip.is_none() || tip == own,
                "the peer of {of} has another block {}",
                height - 1
            );
            tip = own;
            if number == 0 {
                self.count(committed)?;
            }
        }
        for id in &acknowledged {
            ensure!(self.valid.contains(id), "the acknowledged transaction {id} is lost");
        }
        self.found += acknowledged.len();
        Ok(Held {
            acknowledged: self.found,
            settled: self.settlements.len(),
            height,
        })
    }

    /// The height of the peer that has most; every peer must answer.
    async fn highest(&self) -> Result<u64> {
        let mut highest = 0;
        for (of, reader) in &self.peers {
            let what = format!("the peer of {of} to answer");
            let height = eventually(LIMIT, &what, || async { reader.height().await.ok() }).await?;
            highest = highest.max(height);
        }
        Ok(highest)
    }

    async fn read(&mut self, number: usize, height: u64) -> Result<(&'static str, Vec<Committed>)> {
        let (of, reader) = self.peers.get_mut(number).context("a peer")?;
        eventually(LIMIT, &format!("the peer of {of} to have {height} blocks"), || async {
            reader.height().await.is_ok_and(|own| own >= height).then_some(())
        })
        .await?;
        Ok((of, reader.read_to(height).await?))
    }

    fn count(&mut self, committed: Vec<Committed>) -> Result<()> {
        for one in committed.into_iter().filter(|one| one.code == 0) {
            if let Some(slot) = one.settled_slot() {
                let times = self.settlements.entry(slot).or_default();
                *times += 1;
                ensure!(*times == 1, "slot {slot} is settled {times} times");
            }
            ensure!(
                !self.is_revoked(&one),
                "a revoked user's transaction {} is valid",
                one.transaction_id
            );
            // A configuration block's transactions have no id.
            let fresh = one.transaction_id.is_empty() || self.valid.insert(one.transaction_id.clone());
            ensure!(fresh, "transaction {} is valid twice", one.transaction_id);
        }
        Ok(())
    }

    fn is_revoked(&self, one: &Committed) -> bool {
        let acts = |user: &str| {
            let identity = Identity::from_bytes(one.creator.clone()).ok();
            identity
                .and_then(|identity| identity.enrollment_id().ok())
                .is_some_and(|id| id == user)
        };
        self.revoked.iter().any(|(user, from)| one.block >= *from && acts(user))
    }
}
