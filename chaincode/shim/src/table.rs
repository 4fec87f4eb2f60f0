use std::{
    collections::HashMap,
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
    inner: Mutex<Inner>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    running: HashMap<TxKey, Running>,
    bytes: usize,
}

#[derive(Debug)]
struct Running {
    bytes: usize,
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

/// How much a table takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    pub(crate) transactions: usize,
    pub(crate) bytes: usize,
}

impl Table {
    /// Takes a transaction of so many bytes and starts it with its place and slot, unless the table is full.
    pub(crate) fn start(
        self: &Arc<Self>,
        key: TxKey,
        bytes: usize,
        capacity: Capacity,
        spawn: impl FnOnce(Place, Arc<Slot>) -> AbortHandle,
    ) -> Result<(), Refusal> {
        let mut inner = self.lock();
        if let Some(earlier) = inner.remove(&key) {
            drop(inner);
            earlier.give_up();
            return Err(Refusal::Duplicate);
        }
        if inner.running.len() >= capacity.transactions || inner.bytes.saturating_add(bytes) > capacity.bytes {
            return Err(Refusal::Full);
        }
        let slot = Arc::new(Slot::new());
        let place = Place {
            table: self.clone(),
            key: key.clone(),
            slot: slot.clone(),
        };
        // Under the lock, so that a transaction that ends at once finds its entry.
        let abort = spawn(place, slot.clone());
        inner.bytes += bytes;
        inner.running.insert(key, Running { bytes, slot, abort });
        Ok(())
    }

    /// Hands an answer to its transaction. False if none waits for it.
    pub(crate) fn deliver(&self, key: &TxKey, answer: Answer) -> bool {
        self.lock()
            .running
            .get(key)
            .is_some_and(|running| running.slot.deliver(answer))
    }

    pub(crate) fn contains(&self, key: &TxKey) -> bool {
        self.lock().running.contains_key(key)
    }

    /// Gives up every transaction.
    pub(crate) fn clear(&self) {
        let inner = std::mem::take(&mut *self.lock());
        inner.running.into_values().for_each(Running::give_up);
        self.emptied.notify_waiters();
    }

    /// Waits until no transaction is left.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().running.is_empty() {
                return;
            }
            emptied.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn remove(&mut self, key: &TxKey) -> Option<Running> {
        let removed = self.running.remove(key)?;
        self.bytes -= removed.bytes;
        Some(removed)
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
        let mut inner = self.table.lock();
        // A later transaction may have the key by now.
        if inner
            .running
            .get(&self.key)
            .is_some_and(|running| Arc::ptr_eq(&running.slot, &self.slot))
        {
            inner.remove(&self.key);
        }
        if inner.running.is_empty() {
            drop(inner);
            self.table.emptied.notify_waiters();
        }
    }
}
