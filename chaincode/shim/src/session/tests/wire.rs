//! The peer's end of a session, message by message.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use fabric_protos::protos::{self, ChaincodeAdditionalParams, ChaincodeInput, chaincode_message::Type};
use prost::Message as _;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::{
    Chaincode, Limits, Response, ShimError, Snapshot, Stub,
    frame::{Frame, TxKey},
    metrics::Metrics,
    session::{Session, Shared},
    transaction::Outbound,
};

pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// A chaincode that is a function.
pub(super) struct Function<F>(pub(super) F);

impl<F, Fut> Chaincode for Function<F>
where
    F: Fn(Stub) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Bytes, ShimError>> + Send,
{
    async fn invoke(&self, stub: Stub) -> Response {
        (self.0)(stub)
            .await
            .map_or_else(|error| Response::error(error.to_string()), Response::success)
    }
}

/// Answers every transaction with its first argument.
pub(super) async fn echo(stub: Stub) -> Result<Bytes, ShimError> {
    Ok(stub.args().first().cloned().unwrap_or_default())
}

pub(super) struct Wire {
    to: mpsc::Sender<Result<Frame, Status>>,
    from: mpsc::Receiver<Outbound>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) drain: watch::Sender<bool>,
    pub(super) session: JoinHandle<()>,
}

impl Wire {
    /// A session that has just sent nothing yet.
    pub(super) fn created<C: Chaincode>(chaincode: C, limits: Limits) -> Self {
        let (to, inbound) = mpsc::channel(64);
        let (outbound, from) = mpsc::channel(limits.outbound);
        let (drain, draining) = watch::channel(false);
        let metrics = Arc::new(Metrics::default());
        let shared = Shared {
            chaincode: Arc::new(chaincode),
            package_id: "label:hash".to_owned(),
            limits: Arc::new(limits),
            metrics: metrics.clone(),
            drain: draining,
        };
        let session = tokio::spawn(Session::new(shared, outbound).run(ReceiverStream::new(inbound)));
        Self {
            to,
            from,
            metrics,
            drain,
            session,
        }
    }

    /// A session that is ready.
    pub(super) async fn ready_with<C: Chaincode>(
        chaincode: C,
        limits: Limits,
        parameters: Option<ChaincodeAdditionalParams>,
    ) -> Self {
        let mut wire = Self::created(chaincode, limits);
        assert_eq!(wire.next().await.known(), Some(Type::Register));
        wire.send(Frame::new(Type::Registered, Bytes::new())).await;
        let payload = parameters
            .map(|parameters| parameters.encode_to_vec())
            .unwrap_or_default();
        wire.send(Frame::new(Type::Ready, payload)).await;
        wire
    }

    pub(super) async fn ready<C: Chaincode>(chaincode: C) -> Self {
        Self::ready_with(chaincode, Limits::default(), Some(batches(1000))).await
    }

    pub(super) async fn send(&self, frame: Frame) {
        self.to.send(Ok(frame)).await.unwrap();
    }

    pub(super) async fn fail(&self, status: Status) {
        self.to.send(Err(status)).await.unwrap();
    }

    /// The session's next message.
    pub(super) async fn next(&mut self) -> Frame {
        timeout(LIMIT, self.from.recv())
            .await
            .unwrap()
            .expect("the stream ended")
            .unwrap()
    }

    /// Waits for the end of the stream: the status that ended it, if it was an error.
    pub(super) async fn end(&mut self) -> Option<Status> {
        match timeout(LIMIT, self.from.recv()).await.unwrap() {
            None => None,
            Some(Err(status)) => Some(status),
            Some(Ok(frame)) => panic!("unexpected {frame:?}"),
        }
    }

    pub(super) async fn start(&self, key: &TxKey, argument: &'static str) {
        let input = ChaincodeInput {
            args: vec![Bytes::from_static(argument.as_bytes())],
            ..ChaincodeInput::default()
        };
        self.send(Frame::of(key, Type::Transaction, input.encode_to_vec()))
            .await;
    }

    pub(super) async fn respond(&self, key: &TxKey, payload: impl Into<Bytes>) {
        self.send(Frame::of(key, Type::Response, payload)).await;
    }

    /// Expects the end of a transaction, and gives its response.
    pub(super) async fn completed(&mut self, key: &TxKey) -> Response {
        let frame = self.next().await;
        assert_eq!(
            (frame.known(), frame.key()),
            (Some(Type::Completed), key.clone()),
            "{frame:?}"
        );
        protos::Response::decode(frame.payload).unwrap().into()
    }

    /// Expects an `ERROR`, and gives its text.
    pub(super) async fn error(&mut self, key: &TxKey) -> String {
        let frame = self.next().await;
        assert_eq!(
            (frame.known(), frame.key()),
            (Some(Type::Error), key.clone()),
            "{frame:?}"
        );
        String::from_utf8(frame.payload.to_vec()).unwrap()
    }

    /// Expects a ledger request, and gives its payload.
    pub(super) async fn request(&mut self, key: &TxKey, kind: Type) -> Bytes {
        let frame = self.next().await;
        assert_eq!((frame.known(), frame.key()), (Some(kind), key.clone()), "{frame:?}");
        frame.payload
    }

    /// Checks that the session still works.
    pub(super) async fn alive(&mut self) {
        let beat = Frame::new(Type::Keepalive, "beat");
        self.send(beat.clone()).await;
        assert_eq!(self.next().await, beat);
    }

    pub(super) fn count(&self) -> Snapshot {
        self.metrics.snapshot()
    }
}

pub(super) fn key(txid: &'static str) -> TxKey {
    TxKey {
        channel: Bytes::from_static(b"ch"),
        txid: Bytes::from_static(txid.as_bytes()),
    }
}

pub(super) fn batches(size: u32) -> ChaincodeAdditionalParams {
    ChaincodeAdditionalParams {
        use_write_batch: true,
        max_size_write_batch: size,
        use_get_multiple_keys: true,
        max_size_get_multiple_keys: size,
    }
}
