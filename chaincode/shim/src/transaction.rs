use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fabric_protos::protos::{ChaincodeEvent, ChaincodeInput, chaincode_message::Type};
use tokio::{sync::mpsc, time::timeout};
use tonic::Status;

use crate::{
    Limits, ShimError,
    features::Features,
    frame::{Frame, TxKey},
    metrics::Metrics,
    proposal::ProposalView,
    slot::{Answer, Slot},
    write_batch::{Change, Write, WriteBatch, batch_request},
};

/// A message for the peer, or the status that ends the stream.
pub(crate) type Outbound = Result<Frame, Status>;

/// What the transactions of one stream share.
#[derive(Debug)]
pub(crate) struct Link {
    /// Weak, so that a stub kept by a chaincode does not keep the stream open.
    pub(crate) outbound: mpsc::WeakSender<Outbound>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Arc<Limits>,
}

/// One transaction in progress: what it was asked, what it has not written yet, and its way to the peer.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) key: TxKey,
    pub(crate) input: ChaincodeInput,
    pub(crate) proposal: ProposalView,
    pub(crate) features: Features,
    link: Arc<Link>,
    slot: Arc<Slot>,
    /// The peer silently drops a second request of a transaction (core/chaincode/handler.go `registerTxid`), so
    /// requests take turns.
    turn: tokio::sync::Mutex<()>,
    flushing: tokio::sync::Mutex<()>,
    pending: Mutex<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    writes: WriteBatch,
    event: Option<ChaincodeEvent>,
    abandoned_iterators: Vec<String>,
    /// Set while taken writes are on their way: if that is cut short, the transaction must not succeed.
    handing_over: bool,
    flush_failure: Option<ShimError>,
}

impl Transaction {
    pub(crate) fn new(
        key: TxKey,
        input: ChaincodeInput,
        proposal: ProposalView,
        features: Features,
        link: Arc<Link>,
        slot: Arc<Slot>,
    ) -> Self {
        let (turn, flushing) = Default::default();
        Self {
            key,
            input,
            proposal,
            features,
            link,
            slot,
            turn,
            flushing,
            pending: Mutex::default(),
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.link.metrics
    }

    /// Sends one request and waits for its answer, after every earlier request has had its own.
    pub(crate) async fn ask(&self, kind: Type, payload: Bytes) -> Result<Bytes, ShimError> {
        let _turn = self.turn.lock().await;
        let limit = self.link.limits.request;
        let answer = timeout(limit, self.exchange(kind, payload))
            .await
            .map_err(|_| timed_out(kind, limit))??;
        match Type::try_from(answer.kind) {
            Ok(Type::Response) => Ok(answer.payload),
            Ok(Type::Error) => Err(ShimError::Peer(String::from_utf8_lossy(&answer.payload).into_owned())),
            _ => Err(ShimError::Unexpected(answer.kind)),
        }
    }

    async fn exchange(&self, kind: Type, payload: Bytes) -> Result<Answer, ShimError> {
        let frame = Frame::of(&self.key, kind, payload);
        if !frame.fits() {
            let (name, length) = (kind.as_str_name(), frame.payload.len());
            return Err(ShimError::Argument(format!(
                "{name} of {length} bytes is more than a message can carry"
            )));
        }
        if self.slot.is_outstanding() {
            // An earlier caller gave up; its answer must not be taken for ours.
            let _stale = self.slot.answer().await;
        }
        let outbound = self.link.outbound.upgrade().ok_or(ShimError::Ended)?;
        let permit = outbound.reserve().await.map_err(|_| ShimError::Ended)?;
        if !self.slot.begin() {
            return Err(ShimError::Ended);
        }
        self.link.metrics.requests.increment();
        permit.send(Ok(frame));
        self.slot.answer().await.ok_or(ShimError::Ended)
    }

    pub(crate) fn write(&self, collection: String, key: String, change: Change) -> Result<(), ShimError> {
        self.pending()
            .writes
            .insert(collection, key, change, self.link.limits.buffered_bytes)
    }

    pub(crate) fn set_event(&self, event: ChaincodeEvent) {
        self.pending().event = Some(event);
    }

    pub(crate) fn take_event(&self) -> Option<ChaincodeEvent> {
        self.pending().event.take()
    }

    /// Remembers an iterator dropped before its end, to be closed before the next query.
    pub(crate) fn abandon(&self, iterator: String) {
        self.pending().abandoned_iterators.push(iterator);
    }

    pub(crate) fn take_abandoned(&self) -> Option<String> {
        self.pending().abandoned_iterators.pop()
    }

    /// Hands every buffered write to the peer. After one failure, every later flush fails alike.
    pub(crate) async fn flush(&self) -> Result<(), ShimError> {
        let _alone = self.flushing.lock().await;
        let groups = self.take_writes()?;
        if groups.is_empty() {
            return Ok(());
        }
        let result = self
            .send_groups(groups)
            .await
            .map_err(|error| ShimError::Flush(Box::new(error)));
        let mut pending = self.pending();
        pending.handing_over = false;
        pending.flush_failure = result.clone().err();
        result
    }

    fn take_writes(&self) -> Result<Vec<Vec<Write>>, ShimError> {
        let mut pending = self.pending();
        if let Some(failure) = &pending.flush_failure {
            return Err(failure.clone());
        }
        if pending.handing_over {
            return Err(ShimError::Flush(Box::new(ShimError::argument(
                "an earlier flush was given up",
            ))));
        }
        let count = self.features.write_batch.unwrap_or(usize::MAX);
        let groups = pending.writes.take(count, self.link.limits.batch_bytes);
        pending.handing_over = !groups.is_empty();
        Ok(groups)
    }

    async fn send_groups(&self, groups: Vec<Vec<Write>>) -> Result<(), ShimError> {
        for group in groups {
            self.link.metrics.flushes.increment();
            self.link.metrics.writes.add(group.len() as u64);
            if self.features.write_batch.is_some() {
                self.ask(Type::WriteBatchState, batch_request(group)).await?;
                continue;
            }
            for write in group {
                let (kind, payload) = write.request();
                self.ask(kind, payload).await?;
            }
        }
        Ok(())
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn timed_out(kind: Type, limit: Duration) -> ShimError {
    ShimError::Timeout {
        request: kind.as_str_name(),
        limit,
    }
}
