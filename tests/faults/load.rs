//! The running market under the faults, and what it was told is on the ledger.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use der_client::day::{DayError, Sale, Told};
use der_e2e::{Neighbours, World};
use der_market::slot::Slot;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

/// The market's first slot.
const FIRST: u64 = 3_000_000;

/// Transaction ids that somebody was told are committed, not yet looked for in the blocks.
#[derive(Clone, Default)]
pub(crate) struct Acknowledged(Arc<Mutex<Vec<String>>>);

impl Acknowledged {
    pub(crate) fn add(&self, transaction_id: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(transaction_id);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A market day that goes on and on.
pub(crate) struct Load {
    pub(crate) acknowledged: Acknowledged,
    /// Participants without whom the market went on.
    out: Arc<Mutex<BTreeSet<String>>>,
    settled: watch::Receiver<u64>,
    task: JoinHandle<Result<(), DayError>>,
}

impl Load {
    /// Founds the market and lets it run.
    pub(crate) async fn start(world: &World, pairs: usize) -> Result<Self> {
        let acknowledged = Acknowledged::default();
        let heard = acknowledged.clone();
        let out = Arc::new(Mutex::new(BTreeSet::new()));
        let shut_out = Arc::clone(&out);
        let first = Slot::new(FIRST)?;
        let listener = Arc::new(move |told| match told {
            // Found on the ledger by another trace than its own id: the slot's stage is the proof.
            Told::Committed { block: None, .. } => {}
            Told::Committed { transaction_id, .. } => heard.add(transaction_id),
            Told::Trouble { slot, what, .. } => eprintln!("  {}: {what}", slot.map_or(0, Slot::get)),
            Told::Out { participant, .. } => {
                let mut out = shut_out.lock().unwrap_or_else(PoisonError::into_inner);
                out.insert(participant.user.to_string());
            }
        });
        let market = Neighbours::found_telling(world, pairs, first, listener).await?;
        let (count, settled) = watch::channel(0);
        let task = tokio::spawn(async move {
            for number in FIRST.. {
                market.play(Slot::new(number)?, Sale::KILOWATT_HOUR).await?;
                count.send_modify(|count| *count += 1);
            }
            Ok(())
        });
        Ok(Self {
            acknowledged,
            out,
            settled,
            task,
        })
    }

    /// Slots settled so far.
    pub(crate) fn settled(&self) -> u64 {
        *self.settled.borrow()
    }

    /// Waits until more than `before` slots are settled.
    pub(crate) async fn settles_beyond(&mut self, before: u64, limit: Duration) -> Result<()> {
        let end = Instant::now() + limit;
        let waited = timeout_at(end, self.settled.wait_for(|count| *count > before)).await;
        let goes_on = waited
            .with_context(|| format!("no slot was settled for {limit:?}"))?
            .is_ok();
        if goes_on { Ok(()) } else { self.why_it_ended().await }
    }

    /// Whether the market went on without this user.
    pub(crate) fn is_out(&self, user: &str) -> bool {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).contains(user)
    }

    async fn why_it_ended(&mut self) -> Result<()> {
        (&mut self.task).await.context("the market's task")??;
        bail!("the market ended")
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.task.abort();
    }
}
