//! One open stream: registration, the table of running transactions, and the reading of requests.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fabric_protos::protos::{
    ChaincodeId, ChaincodeMessage, chaincode_client::ChaincodeClient, chaincode_message::Type,
};
use prost::Message;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Channel};

use super::{
    Invocation, LinkSettings, dial::describe, link::SessionError, read_requests, transaction::Transaction,
    write_requests,
};

/// Fabric's limit for one message on the chaincode stream.
const MAX_MESSAGE: usize = 100 << 20;
/// Messages waiting to be written; a transaction has at most one.
const OUTBOUND: usize = 1024;

type TxKey = (String, String);

pub(super) struct Session {
    outbound: mpsc::Sender<ChaincodeMessage>,
    ended: watch::Sender<Option<String>>,
    transactions: Mutex<HashMap<TxKey, Arc<Transaction>>>,
    active: Mutex<HashSet<TxKey>>,
    next_cursor: AtomicU64,
    pub(super) total_query_limit: usize,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("ended", &*self.ended.borrow())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens the stream and registers the chaincode: REGISTER, REGISTERED, READY.
    pub(super) async fn open(channel: Channel, package: &str, settings: &LinkSettings) -> Result<Arc<Self>, String> {
        let (outbound, queue) = mpsc::channel(OUTBOUND);
        let mut client = ChaincodeClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        let response = client
            .connect(ReceiverStream::new(queue))
            .await
            .map_err(|status| describe(&status))?;
        let mut inbound = response.into_inner();
        expect_register(&mut inbound, package).await?;
        let ready = settings.offers.encode_to_vec().into();
        let session = Arc::new(Self {
            outbound,
            ended: watch::Sender::new(None),
            transactions: Mutex::default(),
            active: Mutex::default(),
            next_cursor: AtomicU64::new(1),
            total_query_limit: settings.total_query_limit,
        });
        session
            .send(plain(Type::Registered))
            .await
            .map_err(|_| "the stream ended while registering")?;
        let ready = ChaincodeMessage {
            payload: ready,
            ..plain(Type::Ready)
        };
        session
            .send(ready)
            .await
            .map_err(|_| "the stream ended while registering")?;
        tokio::spawn(read(Arc::downgrade(&session), session.ended.subscribe(), inbound));
        Ok(session)
    }

    pub(super) fn is_open(&self) -> bool {
        self.ended.borrow().is_none()
    }

    pub(super) async fn execute(
        self: &Arc<Self>,
        invocation: Invocation,
        limit: Duration,
    ) -> Result<ChaincodeMessage, SessionError> {
        let message = start_message(&invocation);
        let mut ended = self.ended.subscribe();
        let (running, answer) = Running::enter(self.clone(), invocation)?;
        let exchange = async {
            if self.send(message).await.is_err() {
                return Err(SessionError::Ended(self.end_cause()));
            }
            tokio::select! {
                biased;
                answered = answer => answered.map_err(|_| SessionError::Ended(self.end_cause())),
                _ = ended.wait_for(Option::is_some) => Err(SessionError::Ended(self.end_cause())),
            }
        };
        let result = tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or(Err(SessionError::Timeout));
        drop(running);
        result
    }

    pub(super) fn new_cursor_id(&self) -> String {
        format!("{:016x}", self.next_cursor.fetch_add(1, Ordering::Relaxed))
    }

    /// One message in state ready (`handleMessageReadyState`). An error ends the stream.
    fn handle(self: &Arc<Self>, message: ChaincodeMessage) -> Result<(), String> {
        match message.r#type() {
            Type::Keepalive => Ok(()),
            Type::Completed | Type::Error => {
                match self.transaction(&key_of(&message)) {
                    Some(transaction) => transaction.complete(message),
                    None => tracing::debug!(txid = message.txid, "an answer to a transaction that is over"),
                }
                Ok(())
            }
            kind if is_request(kind) => {
                self.start_request(message);
                Ok(())
            }
            kind => Err(format!(
                "[{}] Fabric side handler cannot handle message ({}) while in ready state",
                message.txid,
                kind.as_str_name()
            )),
        }
    }

    /// Fabric drops a request that overtakes another of the same transaction (`registerTxid`).
    fn start_request(self: &Arc<Self>, message: ChaincodeMessage) {
        let key = key_of(&message);
        if !lock(&self.active).insert(key.clone()) {
            tracing::error!(
                txid = message.txid,
                "another request is pending for this transaction: cannot process"
            );
            return;
        }
        let session = self.clone();
        tokio::spawn(async move {
            let response = session.respond(&key, message).await;
            lock(&session.active).remove(&key);
            if session.send(response).await.is_err() {
                tracing::debug!(txid = key.1, "the stream ended before the answer left");
            }
        });
    }

    async fn respond(&self, key: &TxKey, message: ChaincodeMessage) -> ChaincodeMessage {
        let kind = message.r#type();
        let result = match self.transaction(key) {
            Some(transaction) => self.dispatch(kind, message, &transaction).await,
            None if kind == Type::InvokeChaincode => Err("could not get valid transaction".to_owned()),
            None => Err("no ledger context".to_owned()),
        };
        let (kind, payload) = match result {
            Ok(payload) => (Type::Response, payload),
            Err(cause) => {
                let text = format!("{} failed: transaction ID: {}: {cause}", kind.as_str_name(), key.1);
                tracing::warn!(error = text, "a chaincode's request failed");
                (Type::Error, text.into())
            }
        };
        ChaincodeMessage {
            channel_id: key.0.clone(),
            txid: key.1.clone(),
            payload,
            ..plain(kind)
        }
    }

    async fn dispatch(
        &self,
        kind: Type,
        message: ChaincodeMessage,
        transaction: &Transaction,
    ) -> Result<bytes::Bytes, String> {
        let payload = message.payload;
        match kind {
            Type::GetState => read_requests::get_state(transaction, payload),
            Type::GetStateMultiple => read_requests::get_states(transaction, payload),
            Type::GetStateMetadata => read_requests::get_metadata(transaction, payload),
            Type::GetStateByRange => read_requests::get_range(self, transaction, payload),
            Type::GetHistoryForKey => read_requests::get_history(self, transaction, payload),
            Type::QueryStateNext => read_requests::next_page(transaction, payload),
            Type::QueryStateClose => read_requests::close(transaction, payload),
            Type::GetQueryResult => Err("ExecuteQuery not supported for leveldb".to_owned()),
            Type::PutState => write_requests::put_state(transaction, payload),
            Type::DelState => write_requests::delete_state(transaction, payload),
            Type::PutStateMetadata => write_requests::put_metadata(transaction, payload),
            Type::WriteBatchState => write_requests::write_batch(transaction, payload),
            Type::InvokeChaincode => write_requests::invoke(transaction, payload).await,
            _ => Err(write_requests::no_collections(kind.as_str_name())),
        }
    }

    async fn send(&self, message: ChaincodeMessage) -> Result<(), mpsc::error::SendError<ChaincodeMessage>> {
        self.outbound.send(message).await
    }

    fn transaction(&self, key: &TxKey) -> Option<Arc<Transaction>> {
        lock(&self.transactions).get(key).cloned()
    }

    fn end_cause(&self) -> String {
        self.ended
            .borrow()
            .clone()
            .unwrap_or_else(|| "the stream is closing".to_owned())
    }
}

/// Reads until the stream ends, or nobody holds the session any more.
async fn read(
    session: Weak<Session>,
    mut dropped: watch::Receiver<Option<String>>,
    mut inbound: Streaming<ChaincodeMessage>,
) {
    let cause = loop {
        let received = tokio::select! {
            received = inbound.message() => received,
            // Only the session's end closes the channel before a cause is set: nobody else sets one.
            _ = dropped.changed() => return,
        };
        let Some(session) = session.upgrade() else { return };
        match received {
            Ok(Some(message)) => {
                if let Err(cause) = session.handle(message) {
                    break cause;
                }
            }
            Ok(None) => break "the service closed the stream".to_owned(),
            Err(status) => break describe(&status),
        }
    };
    tracing::warn!(cause, "chaincode stream terminated");
    if let Some(session) = session.upgrade() {
        session.ended.send_replace(Some(cause));
    }
}

/// A transaction's place in the table; leaving it frees the place, also when the caller gave up.
struct Running {
    session: Arc<Session>,
    key: TxKey,
}

impl Running {
    fn enter(
        session: Arc<Session>,
        invocation: Invocation,
    ) -> Result<(Self, oneshot::Receiver<ChaincodeMessage>), SessionError> {
        let key = (invocation.channel_id.clone(), invocation.txid.clone());
        let (sender, receiver) = oneshot::channel();
        let transaction = Arc::new(Transaction::new(invocation, sender));
        {
            let mut transactions = lock(&session.transactions);
            if transactions.contains_key(&key) {
                return Err(SessionError::Reentered {
                    channel: key.0,
                    txid: key.1,
                });
            }
            transactions.insert(key.clone(), transaction);
        }
        Ok((Self { session, key }, receiver))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.session.transactions).remove(&self.key);
    }
}

async fn expect_register(inbound: &mut Streaming<ChaincodeMessage>, package: &str) -> Result<(), String> {
    loop {
        let message = inbound.message().await.map_err(|status| describe(&status))?;
        let message = message.ok_or("the service closed the stream before it registered")?;
        match message.r#type() {
            Type::Keepalive => {}
            Type::Register => {
                let name = ChaincodeId::decode(message.payload)
                    .map_err(|error| error.to_string())?
                    .name;
                if name == package {
                    return Ok(());
                }
                return Err(format!(
                    "the service registers as {name:?}: start it with chaincode id {package:?}"
                ));
            }
            kind => {
                return Err(format!(
                    "the service begins with {} instead of REGISTER",
                    kind.as_str_name()
                ));
            }
        }
    }
}

fn start_message(invocation: &Invocation) -> ChaincodeMessage {
    let kind = if invocation.input.is_init {
        Type::Init
    } else {
        Type::Transaction
    };
    ChaincodeMessage {
        payload: invocation.input.encode_to_vec().into(),
        txid: invocation.txid.clone(),
        channel_id: invocation.channel_id.clone(),
        proposal: Some(invocation.proposal.clone()),
        ..plain(kind)
    }
}

fn plain(kind: Type) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type: kind.into(),
        ..ChaincodeMessage::default()
    }
}

fn key_of(message: &ChaincodeMessage) -> TxKey {
    (message.channel_id.clone(), message.txid.clone())
}

fn is_request(kind: Type) -> bool {
    use Type::*;
    matches!(
        kind,
        GetState
            | GetStateMultiple
            | GetStateMetadata
            | GetStateByRange
            | GetHistoryForKey
            | GetQueryResult
            | QueryStateNext
            | QueryStateClose
            | PutState
            | DelState
            | PutStateMetadata
            | WriteBatchState
            | InvokeChaincode
            | GetPrivateDataHash
            | PurgePrivateData
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
