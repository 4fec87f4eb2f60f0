//! A member that trusts nobody: it reads every block from its own peer and checks what must hold of a market, block after block.
//!
//! It knows what the ledger says and nothing else: the write sets of valid transactions, row by row. No function of the contract is
//! asked, so that a fault in the contract cannot hide itself.

mod books;
mod invariant;
mod ledger;
mod link;
mod orders;
mod row;
mod settling;
mod tally;
mod transaction;

use std::sync::{Arc, Mutex, PoisonError};

use der_market::forecast::Position;
use der_market::slot::Slot;
use fabric_gateway::Network;
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

pub use invariant::{Broken, Invariant};
pub use ledger::Ledger;
pub use link::{LinkError, check_link, header_hash};
pub use orders::Place;
pub use tally::{Energies, Tally};

use crate::MarketClient;

/// Why watching ended.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WatchError {
    /// An invariant does not hold.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The blocks do not arrive.
    #[error("the blocks do not arrive: {0}")]
    Stream(String),
}

impl From<fabric_gateway::Error> for WatchError {
    fn from(error: fabric_gateway::Error) -> Self {
        Self::Stream(error.to_string())
    }
}

/// How far a watch has come.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// Blocks that were checked.
    height: u64,
    ended: Option<WatchError>,
}

/// Reads the blocks of a channel from the first on and checks each, in a task of its own. Dropping it ends the task.
#[derive(Debug)]
pub struct Watch {
    ledger: Arc<Mutex<Ledger>>,
    seen: Receiver<Seen>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins with the genesis block.
    ///
    /// # Errors
    /// When no peer opens the stream.
    pub async fn start(network: &Network, chaincode: &str) -> Result<Self, WatchError> {
        let mut blocks = network.block_events().start_block(0).open().await?;
        let ledger = Arc::new(Mutex::new(Ledger::new(chaincode)));
        let (tell, seen) = channel(Seen::default());
        let shared = Arc::clone(&ledger);
        let task = tokio::spawn(async move {
            while let Some(height) = next(blocks.next().await, &shared, &tell) {
                tell.send_modify(|seen| seen.height = height);
            }
        });
        Ok(Self { ledger, seen, task })
    }

    /// Waits until a block is checked, and all before it.
    ///
    /// # Errors
    /// [`WatchError::Broken`] names the block and the invariant that ended the watch.
    pub async fn reach(&self, block: u64) -> Result<(), WatchError> {
        let mut seen = self.seen.clone();
        let reached = seen.wait_for(|seen| seen.height > block || seen.ended.is_some()).await;
        match reached {
            Ok(seen) => seen.ended.clone().map_or(Ok(()), Err),
            Err(_) => Err(WatchError::Stream("the watch was stopped".to_owned())),
        }
    }

    /// Waits until an invariant does not hold, or the blocks end; for ever where neither happens.
    pub async fn ended(&self) -> WatchError {
        match self.reach(u64::MAX).await {
            Err(error) => error,
            Ok(()) => std::future::pending().await,
        }
    }

    /// What was seen so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.lock().tally().clone()
    }

    /// The positions of a slot's participants, as the ledger has them.
    #[must_use]
    pub fn positions(&self, slot: Slot) -> std::collections::BTreeMap<Place, Position> {
        self.lock().positions(slot)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MarketClient {
    /// Watches the market's channel from the first block on.
    ///
    /// # Errors
    /// When no peer opens the stream.
    pub async fn watch(&self) -> Result<Watch, WatchError> {
        Watch::start(&self.network, self.contract().chaincode()).await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Checks the next block; the height with it, or nothing where watching ends.
fn next(
    block: Result<fabric_protos::common::Block, fabric_gateway::Error>,
    ledger: &Mutex<Ledger>,
    tell: &Sender<Seen>,
) -> Option<u64> {
    let checked = block.map_err(WatchError::from).and_then(|block| {
        let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(ledger.take(&block)?)
    });
    match checked {
        Ok(number) => Some(number.saturating_add(1)),
        Err(error) => {
            tell.send_modify(|seen| seen.ended = Some(error));
            None
        }
    }
}
