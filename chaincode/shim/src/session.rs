#[cfg(test)]
mod tests;

use std::{pin::pin, sync::Arc};

use bytes::Bytes;
use fabric_protos::protos::{ChaincodeId, chaincode_message::Type};
use futures_util::{Stream, StreamExt as _};
use prost::Message as _;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::{Instant, sleep, timeout},
};
use tonic::{Code, Status};

use crate::{
    Chaincode, Limits,
    execution::Execution,
    features::Features,
    frame::Frame,
    metrics::Metrics,
    slot::Answer,
    table::{Capacity, Refusal, Table},
    transaction::{Link, Outbound},
};

/// What every session of a server shares.
#[derive(Debug)]
pub(crate) struct Shared<C> {
    pub(crate) chaincode: Arc<C>,
    pub(crate) package_id: String,
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    /// Turns true when the server drains.
    pub(crate) drain: watch::Receiver<bool>,
}

impl<C> Clone for Shared<C> {
    fn clone(&self) -> Self {
        Self {
            chaincode: self.chaincode.clone(),
            package_id: self.package_id.clone(),
            limits: self.limits.clone(),
            metrics: self.metrics.clone(),
            drain: self.drain.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `REGISTER` sent.
    Created,
    /// `REGISTERED` received.
    Established,
    /// `READY` received: transactions may come.
    Ready(Features),
}

/// The chaincode's half of one stream (core/chaincode/handler.go is the peer's).
///
/// It ends when the peer ends it, when a frame does not decode, when the handshake or a write takes too long, and after
/// draining; nothing else that a peer sends ends it.
pub(crate) struct Session<C> {
    shared: Shared<C>,
    outbound: mpsc::Sender<Outbound>,
    link: Arc<Link>,
    table: Arc<Table>,
    turns: Arc<Semaphore>,
    state: State,
    draining: bool,
}

impl<C: Chaincode> Session<C> {
    pub(crate) fn new(shared: Shared<C>, outbound: mpsc::Sender<Outbound>) -> Self {
        let link = Link {
            outbound: outbound.downgrade(),
            metrics: shared.metrics.clone(),
            limits: shared.limits.clone(),
        };
        Self {
            outbound,
            link: Arc::new(link),
            table: Arc::default(),
            turns: Arc::new(Semaphore::new(shared.limits.running)),
            state: State::Created,
            draining: false,
            shared,
        }
    }

    /// Speaks with the peer until the stream ends, then gives up what still runs.
    pub(crate) async fn run(mut self, inbound: impl Stream<Item = Result<Frame, Status>> + Unpin) {
        let metrics = self.shared.metrics.clone();
        let _open = metrics.streams.hold();
        if let Err(status) = self.speak(inbound).await {
            tracing::warn!(%status, "chaincode stream ended");
            let _ = self.outbound.try_send(Err(status));
        }
        self.turns.close();
        self.table.clear();
    }

    async fn speak(&mut self, mut inbound: impl Stream<Item = Result<Frame, Status>> + Unpin) -> Result<(), Status> {
        let id = ChaincodeId {
            name: self.shared.package_id.clone(),
            ..ChaincodeId::default()
        };
        self.send(Frame::new(Type::Register, id.encode_to_vec())).await?;
        let outbound = self.outbound.clone();
        let mut drain_signal = self.shared.drain.clone();
        let mut closed = pin!(outbound.closed());
        let mut drain = pin!(async { drain_signal.wait_for(|drain| *drain).await.map(drop) });
        let mut limit = pin!(sleep(self.shared.limits.handshake));
        loop {
            tokio::select! {
                message = inbound.next() => match message {
                    None => return Ok(()),
                    Some(Ok(frame)) => {
                        if let Some(reply) = self.accept(frame) {
                            self.send(reply).await?;
                        }
                    }
                    Some(Err(status)) => return Err(self.broken(status)),
                },
                () = &mut closed => return Ok(()),
                _ = &mut drain, if !self.draining => {
                    self.draining = true;
                    limit.as_mut().reset(Instant::now() + self.shared.limits.drain);
                }
                () = &mut limit, if self.draining || !matches!(self.state, State::Ready(_)) => {
                    return if self.draining { Ok(()) } else { Err(unregistered()) };
                }
                () = self.table.emptied(), if self.draining => return Ok(()),
            }
        }
    }

    /// Takes one message; the answer, if it has one at once.
    fn accept(&mut self, frame: Frame) -> Option<Frame> {
        match (frame.known(), self.state) {
            (Some(Type::Keepalive), _) => Some(frame),
            (Some(Type::Response | Type::Error), State::Ready(_)) => {
                self.deliver(frame);
                None
            }
            (Some(Type::Transaction | Type::Init), State::Ready(features)) => self.start(frame, features),
            (Some(Type::Registered), State::Created) => {
                self.state = State::Established;
                None
            }
            (Some(Type::Ready), State::Established) => {
                self.state = State::Ready(Features::read(&frame.payload));
                None
            }
            (Some(Type::Transaction | Type::Init), _) => Some(self.refuse(&frame, "the chaincode is not ready")),
            _ => self.unexpected(&frame),
        }
    }

    fn deliver(&self, frame: Frame) {
        let key = frame.key();
        if !self.table.deliver(
            &key,
            Answer {
                kind: frame.kind,
                payload: frame.payload,
            },
        ) {
            self.shared.metrics.dropped_late.increment();
        }
    }

    fn start(&self, frame: Frame, features: Features) -> Option<Frame> {
        if !is_text(&frame.txid) || !is_text(&frame.channel) {
            // An answer would carry the same bytes, and the peer could not decode it.
            self.shared.metrics.dropped_unexpected.increment();
            return None;
        }
        if self.draining {
            return Some(self.refuse(&frame, "draining: the chaincode server is shutting down"));
        }
        let Limits {
            running,
            queued,
            accepted_bytes,
            ..
        } = *self.shared.limits;
        let capacity = Capacity {
            transactions: running.saturating_add(queued),
            bytes: accepted_bytes,
        };
        let key = frame.key();
        let started = self
            .table
            .start(key.clone(), frame.encoded_len(), capacity, |place, slot| {
                let execution = Execution {
                    chaincode: self.shared.chaincode.clone(),
                    link: self.link.clone(),
                    turns: self.turns.clone(),
                    features,
                    request: frame,
                    slot,
                };
                tokio::spawn(execution.run(place)).abort_handle()
            });
        let text = match started {
            Ok(()) => {
                self.shared.metrics.transactions.increment();
                return None;
            }
            Err(Refusal::Full) => "too many transactions in flight on this chaincode server",
            Err(Refusal::Duplicate) => "the transaction is already running; both are given up",
        };
        self.shared.metrics.refused.increment();
        Some(Frame::error(&key, text))
    }

    fn refuse(&self, frame: &Frame, text: &str) -> Frame {
        self.shared.metrics.refused.increment();
        Frame::error(&frame.key(), text)
    }

    /// An `ERROR` would fail a transaction that runs, and before `READY` it would end the stream at the peer.
    fn unexpected(&self, frame: &Frame) -> Option<Frame> {
        self.shared.metrics.dropped_unexpected.increment();
        let key = frame.key();
        let answerable = matches!(self.state, State::Ready(_))
            && !key.txid.is_empty()
            && is_text(&key.txid)
            && is_text(&key.channel)
            && !self.table.contains(&key);
        let name = frame.known().map_or("of unknown type", |kind| kind.as_str_name());
        answerable.then(|| Frame::error(&key, format!("the chaincode cannot handle a message {name}")))
    }

    fn broken(&self, status: Status) -> Status {
        let decoding = std::error::Error::source(&status).is_none();
        if decoding && matches!(status.code(), Code::Internal | Code::OutOfRange) {
            self.shared.metrics.undecodable.increment();
        }
        status
    }

    async fn send(&self, frame: Frame) -> Result<(), Status> {
        match timeout(self.shared.limits.request, self.outbound.send(Ok(frame))).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Status::deadline_exceeded("the peer does not read its messages")),
        }
    }
}

fn unregistered() -> Status {
    Status::deadline_exceeded("the peer did not finish registering the chaincode")
}

fn is_text(bytes: &Bytes) -> bool {
    std::str::from_utf8(bytes).is_ok()
}
