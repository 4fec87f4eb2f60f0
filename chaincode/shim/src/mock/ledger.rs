use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use fabric_protos::queryresult::KeyModification;
use prost_types::Timestamp;

use super::MockWrite;
use crate::Response;

/// A collection's name, empty for public data, and a key.
pub(super) type Place = (String, String);
type Callee = Arc<dyn Fn(&[Bytes]) -> Response + Send + Sync>;

/// The committed state of a mock channel. Clones share it.
#[derive(Clone, Default)]
pub struct MockLedger(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    state: Arc<State>,
    callees: BTreeMap<String, Callee>,
    height: i64,
}

/// What a transaction sees: one height, unchanged while it runs.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) values: BTreeMap<Place, Bytes>,
    pub(super) policies: BTreeMap<Place, Bytes>,
    pub(super) history: BTreeMap<String, Vec<KeyModification>>,
}

impl MockLedger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The committed value of a public key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Bytes> {
        self.get_private("", key)
    }

    /// The committed value of a private key.
    #[must_use]
    pub fn get_private(&self, collection: &str, key: &str) -> Option<Bytes> {
        self.snapshot()
            .values
            .get(&(collection.to_owned(), key.to_owned()))
            .cloned()
    }

    /// The endorsement policy of a public key.
    #[must_use]
    pub fn validation_parameter(&self, key: &str) -> Option<Bytes> {
        self.snapshot().policies.get(&(String::new(), key.to_owned())).cloned()
    }

    /// Every public key and value, in the order of the keys.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, Bytes)> {
        let public =
            |((collection, key), value): (&Place, &Bytes)| collection.is_empty().then(|| (key.clone(), value.clone()));
        self.snapshot().values.iter().filter_map(public).collect()
    }

    /// Commits a public value, as an earlier transaction would have.
    pub fn put(&self, key: impl Into<String>, value: impl Into<Bytes>) {
        self.commit("genesis", &[MockWrite::put("", key.into(), value.into())]);
    }

    /// Answers calls to another chaincode, named `name` or `name/channel`.
    pub fn on_call(&self, name: impl Into<String>, callee: impl Fn(&[Bytes]) -> Response + Send + Sync + 'static) {
        self.lock().callees.insert(name.into(), Arc::new(callee));
    }

    /// Commits the writes of one transaction.
    pub fn commit(&self, transaction_id: &str, writes: &[MockWrite]) {
        let mut inner = self.lock();
        inner.height += 1;
        let height = inner.height;
        let state = Arc::make_mut(&mut inner.state);
        for write in writes {
            state.apply(transaction_id, height, write);
        }
    }

    pub(super) fn snapshot(&self) -> Arc<State> {
        self.lock().state.clone()
    }

    pub(super) fn call(&self, name: &str, args: &[Bytes]) -> Option<Response> {
        let callee = self.lock().callees.get(name).cloned();
        callee.map(|callee| callee(args))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(&mut self, transaction_id: &str, height: i64, write: &MockWrite) {
        let place = (write.collection.clone(), write.key.clone());
        if let Some(policy) = &write.validation_parameter {
            self.policies.insert(place, policy.clone());
            return;
        }
        if write.collection.is_empty() {
            self.history
                .entry(write.key.clone())
                .or_default()
                .push(KeyModification {
                    tx_id: transaction_id.to_owned(),
                    value: write.value.clone().unwrap_or_default(),
                    timestamp: Some(Timestamp {
                        seconds: height,
                        nanos: 0,
                    }),
                    is_delete: write.value.is_none(),
                });
        }
        match &write.value {
            Some(value) => {
                self.values.insert(place, value.clone());
            }
            None => {
                self.values.remove(&place);
                self.policies.remove(&place);
            }
        }
    }
}

impl fmt::Debug for MockLedger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MockLedger")
            .field("keys", &self.snapshot().values.len())
            .finish_non_exhaustive()
    }
}
