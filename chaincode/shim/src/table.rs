use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, task::AbortHandle};

use crate::{
    frame::TxKey,
    slot::{Answer, Slot},
};

/// The transactions of one stream.
#[derive(Debug, Default)]
pub(crate) struct Table {
    running: Mutex<HashMap<TxKey, Running>>,
    emptied: Notify,
}

#[derive(Debug)]
struct Running {
    slot: Arc<Slot>,
    abort: AbortHandle,
}

/// Why a transaction was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Full,
    /// The peer holds one context per transaction, so it has forgotten the earlier one: both are given up, lest the
    /// earlier one's requests and result be taken for the later one's.
    Duplicate,
}

/// A transaction's place in the table; leaves it when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    table: Arc<Table>,
    key: TxKey,
    slot: Arc<Slot>,
}

impl Table {
    /// Takes a transaction and starts it with its place and slot, unless `capacity` are there.
    pub(crate) fn start(
        self: &Arc<Self>,
        key: TxKey,
        capacity: usize,
        spawn: impl FnOnce(Place, Arc<Slot>) -> AbortHandle,
    ) -> Result<(), Refusal> {
        let mut running = self.lock();
        let full = running.len() >= capacity;
        match running.entry(key) {
            Entry::Occupied(entry) => {
                let earlier = entry.remove();
                drop(running);
                earlier.give_up();
                Err(Refusal::Duplicate)
            }
            Entry::Vacant(_) if full => Err(Refusal::Full),
            Entry::Vacant(entry) => {
                let slot = Arc::new(Slot::new());
                let place = Place {
                    table: self.clone(),
                    key: entry.key().clone(),
                    slot: slot.clone(),
                };
                // Under the lock, so that a transaction that ends at once finds its entry.
                let abort = spawn(place, slot.clone());
                entry.insert(Running { slot, abort });
                Ok(())
            }
        }
    }

    /// Hands an answer to its transaction. False if none waits for it.
    pub(crate) fn deliver(&self, key: &TxKey, answer: Answer) -> bool {
        self.lock().get(key).is_some_and(|running| running.slot.deliver(answer))
    }

    pub(crate) fn contains(&self, key: &TxKey) -> bool {
        self.lock().contains_key(key)
    }

    /// Gives up every transaction.
    pub(crate) fn clear(&self) {
        let running = std::mem::take(&mut *self.lock());
        running.into_values().for_each(Running::give_up);
        self.emptied.notify_waiters();
    }

    /// Waits until no transaction is left.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TxKey, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn give_up(self) {
        self.slot.close();
        self.abort.abort();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.slot.close();
        let mut running = self.table.lock();
        // A later transaction may have the key by now.
        if running
            .get(&self.key)
            .is_some_and(|entry| Arc::ptr_eq(&entry.slot, &self.slot))
        {
            running.remove(&self.key);
        }
        if running.is_empty() {
            drop(running);
            self.table.emptied.notify_waiters();
        }
    }
}
