use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fabric_protos::protos::{self, ChaincodeAdditionalParams, ChaincodeId, chaincode_message::Type};
use futures_util::{Stream, StreamExt as _};
use prost::Message as _;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{
    MockLedger, MockProposal, MockWrite,
    simulation::{Pages, Simulation},
};
use crate::{
    Chaincode, KeyValue, Limits, Metrics, Response,
    frame::{Frame, TxKey},
    session::{Session, Shared},
};

const PACKAGE_ID: &str = "mock:0";
/// As `chaincode.executetimeout`.
const EXECUTE: Duration = Duration::from_secs(30);
const QUEUE: usize = 1024;

/// How the mock peer presents itself.
#[derive(Debug, Clone)]
pub struct MockSettings {
    /// The largest write batch it takes; `None` for none, as Fabric 2.5. 1000.
    pub write_batch: Option<u32>,
    /// The most keys it takes in a multiple get; `None` for none, as Fabric 2.5. 1000.
    pub get_multiple: Option<u32>,
    /// Results in one message of a query. 100.
    pub page: usize,
    /// Results after which a query ends without a word, as `ledger.state.totalQueryLimit`. 100 000.
    pub total_query_limit: usize,
    /// The chaincode's own limits.
    pub limits: Limits,
}

impl Default for MockSettings {
    fn default() -> Self {
        Self {
            write_batch: Some(1000),
            get_multiple: Some(1000),
            page: 100,
            total_query_limit: 100_000,
            limits: Limits::default(),
        }
    }
}

/// A peer that runs one chaincode in this process.
#[derive(Debug)]
pub struct MockPeer {
    ledger: MockLedger,
    pages: Pages,
    running: Arc<Mutex<HashMap<TxKey, Context>>>,
    outbound: mpsc::Sender<Frame>,
    metrics: Arc<Metrics>,
    reader: JoinHandle<()>,
    /// Dropping it lets the session drain.
    _drain: watch::Sender<bool>,
}

/// What a transaction came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MockOutcome {
    /// Under which id it ran.
    pub transaction_id: String,
    /// What the chaincode answered.
    pub response: Response,
    /// Its event: name and payload, as a [`KeyValue`].
    pub event: Option<KeyValue>,
    /// Its writes, in the order in which the peer took them.
    pub writes: Vec<MockWrite>,
    /// The names of its ledger requests, in order.
    pub requests: Vec<&'static str>,
}

/// Why a transaction came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MockError {
    /// The chaincode answered `ERROR`.
    #[error("transaction returned with failure: {0}")]
    Failed(String),
    /// A transaction of this id runs already.
    #[error("txid: {0} exists")]
    Exists(String),
    /// No answer came in time.
    #[error("timeout expired while executing transaction")]
    Timeout,
    /// The stream ended.
    #[error("the chaincode stream ended")]
    Ended,
}

struct Context {
    simulation: Simulation,
    requests: Vec<&'static str>,
    done: oneshot::Sender<Result<MockOutcome, MockError>>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Context")
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

impl MockPeer {
    /// Starts a chaincode and registers it, with the usual settings.
    ///
    /// # Errors
    /// If the chaincode does not register.
    pub async fn connect<C: Chaincode>(ledger: MockLedger, chaincode: C) -> Result<Self, MockError> {
        Self::connect_with(ledger, chaincode, MockSettings::default()).await
    }

    /// Starts a chaincode and registers it.
    ///
    /// # Errors
    /// If the chaincode does not register.
    pub async fn connect_with<C: Chaincode>(
        ledger: MockLedger,
        chaincode: C,
        settings: MockSettings,
    ) -> Result<Self, MockError> {
        let (drain, draining) = watch::channel(false);
        let metrics = Arc::new(Metrics::default());
        let limits = settings.limits.clone().usable();
        let shared = Shared {
            chaincode: Arc::new(chaincode),
            package_id: PACKAGE_ID.to_owned(),
            limits: Arc::new(limits.clone()),
            metrics: metrics.clone(),
            drain: draining,
        };
        let (to_chaincode, from_peer) = mpsc::channel(QUEUE);
        let (to_peer, from_chaincode) = mpsc::channel(limits.outbound);
        tokio::spawn(Session::new(shared, to_peer).run(ReceiverStream::new(from_peer).map(Ok)));
        let inbound = ReceiverStream::new(from_chaincode);
        Self::attach(ledger, &settings, inbound, to_chaincode, metrics, drain).await
    }

    /// Plays the peer on any transport.
    pub(crate) async fn attach(
        ledger: MockLedger,
        settings: &MockSettings,
        mut inbound: impl Stream<Item = Result<Frame, Status>> + Send + Unpin + 'static,
        outbound: mpsc::Sender<Frame>,
        metrics: Arc<Metrics>,
        drain: watch::Sender<bool>,
    ) -> Result<Self, MockError> {
        let registration = timeout(EXECUTE, inbound.next()).await.map_err(|_| MockError::Timeout)?;
        let Some(Ok(frame)) = registration else {
            return Err(MockError::Ended);
        };
        let named = ChaincodeId::decode(frame.payload.clone()).is_ok_and(|id| !id.name.is_empty());
        if frame.known() != Some(Type::Register) || !named {
            return Err(MockError::Failed(
                "the first message is not REGISTER with a package id".to_owned(),
            ));
        }
        for frame in [
            Frame::new(Type::Registered, Bytes::new()),
            Frame::new(Type::Ready, parameters(settings)),
        ] {
            outbound.send(frame).await.map_err(|_| MockError::Ended)?;
        }
        let running = Arc::default();
        let reader = tokio::spawn(read(inbound, Arc::clone(&running), outbound.clone()));
        Ok(Self {
            ledger,
            pages: Pages {
                size: settings.page.max(1),
                total: settings.total_query_limit,
            },
            running,
            outbound,
            metrics,
            reader,
            _drain: drain,
        })
    }

    /// The committed state.
    #[must_use]
    pub fn ledger(&self) -> &MockLedger {
        &self.ledger
    }

    /// The counters of the chaincode's session.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Runs a transaction without committing it.
    ///
    /// # Errors
    /// If the chaincode fails to answer; a response with a status of failure is an outcome.
    pub async fn evaluate(&self, proposal: MockProposal) -> Result<MockOutcome, MockError> {
        let key = proposal.key();
        let (done, outcome) = oneshot::channel();
        let simulation = Simulation::new(self.ledger.clone(), self.pages);
        {
            let mut running = lock(&self.running);
            if running.contains_key(&key) {
                return Err(MockError::Exists(String::from_utf8_lossy(&key.txid).into_owned()));
            }
            running.insert(
                key.clone(),
                Context {
                    simulation,
                    requests: vec![],
                    done,
                },
            );
        }
        self.outbound
            .send(proposal.frame())
            .await
            .map_err(|_| MockError::Ended)?;
        match timeout(EXECUTE, outcome).await {
            Ok(outcome) => outcome.unwrap_or(Err(MockError::Ended)),
            Err(_) => {
                lock(&self.running).remove(&key);
                Err(MockError::Timeout)
            }
        }
    }

    /// Runs a transaction, and commits its writes if it would be endorsed.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub async fn submit(&self, proposal: MockProposal) -> Result<MockOutcome, MockError> {
        let outcome = self.evaluate(proposal).await?;
        if outcome.response.is_endorsed() {
            self.ledger.commit(&outcome.transaction_id, &outcome.writes);
        }
        Ok(outcome)
    }
}

impl Drop for MockPeer {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

fn parameters(settings: &MockSettings) -> Vec<u8> {
    ChaincodeAdditionalParams {
        use_write_batch: settings.write_batch.is_some(),
        max_size_write_batch: settings.write_batch.unwrap_or_default(),
        use_get_multiple_keys: settings.get_multiple.is_some(),
        max_size_get_multiple_keys: settings.get_multiple.unwrap_or_default(),
    }
    .encode_to_vec()
}

fn lock(running: &Mutex<HashMap<TxKey, Context>>) -> MutexGuard<'_, HashMap<TxKey, Context>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(
    mut inbound: impl Stream<Item = Result<Frame, Status>> + Unpin,
    running: Arc<Mutex<HashMap<TxKey, Context>>>,
    outbound: mpsc::Sender<Frame>,
) {
    while let Some(Ok(frame)) = inbound.next().await {
        let answer = handle(&running, frame);
        if let Some(answer) = answer
            && outbound.send(answer).await.is_err()
        {
            break;
        }
    }
    lock(&running).clear();
}

fn handle(running: &Mutex<HashMap<TxKey, Context>>, frame: Frame) -> Option<Frame> {
    let key = frame.key();
    let mut running = lock(running);
    match frame.known()? {
        Type::Keepalive => None,
        Type::Completed | Type::Error => {
            let context = running.remove(&key)?;
            let outcome = outcome(&key, &frame, context.simulation.writes, context.requests);
            // The caller may have given up.
            let _ = context.done.send(outcome);
            None
        }
        kind => {
            let Some(context) = running.get_mut(&key) else {
                let text = format!("{} failed: no ledger context", kind.as_str_name());
                return Some(Frame::error(&key, text));
            };
            context.requests.push(kind.as_str_name());
            Some(match context.simulation.answer(kind, frame.payload) {
                Ok(payload) => Frame::of(&key, Type::Response, payload),
                Err(text) => {
                    let txid = String::from_utf8_lossy(&key.txid);
                    let text = format!("{} failed: transaction ID: {txid}: {text}", kind.as_str_name());
                    Frame::error(&key, text)
                }
            })
        }
    }
}

fn outcome(
    key: &TxKey,
    frame: &Frame,
    writes: Vec<MockWrite>,
    requests: Vec<&'static str>,
) -> Result<MockOutcome, MockError> {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    if frame.known() == Some(Type::Error) {
        return Err(MockError::Failed(text(&frame.payload)));
    }
    let response =
        protos::Response::decode(frame.payload.clone()).map_err(|error| MockError::Failed(error.to_string()))?;
    let event = frame.event.clone().map(|event| KeyValue {
        key: event.event_name,
        value: event.payload,
    });
    Ok(MockOutcome {
        transaction_id: text(&key.txid),
        response: response.into(),
        event,
        writes,
        requests,
    })
}
