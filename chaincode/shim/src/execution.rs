use std::{panic::AssertUnwindSafe, sync::Arc};

use fabric_protos::protos::{self, ChaincodeInput, chaincode_message::Type};
use futures_util::FutureExt as _;
use prost::Message as _;
use tokio::{
    sync::{Semaphore, mpsc},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    Chaincode, Response, Stub,
    features::Features,
    frame::{Frame, TxKey},
    metrics::Metrics,
    proposal::ProposalView,
    slot::Slot,
    table::Place,
    transaction::{Link, Outbound, Transaction},
};

const PANICKED: &str = "the chaincode panicked";

/// One transaction from its arrival to its answer.
pub(crate) struct Execution<C> {
    pub(crate) chaincode: Arc<C>,
    pub(crate) link: Arc<Link>,
    pub(crate) turns: Arc<Semaphore>,
    pub(crate) features: Features,
    pub(crate) request: Frame,
    pub(crate) slot: Arc<Slot>,
}

impl<C: Chaincode> Execution<C> {
    /// Runs the transaction and answers the peer: always, and once.
    pub(crate) async fn run(self, place: Place) {
        let link = self.link.clone();
        let key = self.request.key();
        let _in_flight = link.metrics.in_flight.hold();
        let limit = link.limits.transaction;
        let answer = match timeout_at(Instant::now() + limit, self.answer()).await {
            Ok(answer) => answer,
            Err(_) => {
                link.metrics.expired.increment();
                Frame::error(&key, format!("the transaction was given up after {limit:?}"))
            }
        };
        let Some(outbound) = link.outbound.upgrade() else {
            return;
        };
        send(&outbound, answer, place, &link).await;
    }

    async fn answer(self) -> Frame {
        let key = self.request.key();
        let Ok(_turn) = self.turns.clone().acquire_owned().await else {
            return Frame::error(&key, "the stream is ending");
        };
        let metrics = self.link.metrics.clone();
        match AssertUnwindSafe(self.execute()).catch_unwind().await {
            Ok(Ok(answer)) => answer,
            Ok(Err(text)) => Frame::error(&key, text),
            Err(_) => panicked(&metrics, &key),
        }
    }

    async fn execute(self) -> Result<Frame, String> {
        let Self {
            chaincode,
            link,
            features,
            request,
            slot,
            ..
        } = self;
        let key = request.key();
        let is_init = request.known() == Some(Type::Init);
        let input =
            ChaincodeInput::decode(request.payload).map_err(|error| format!("failed to unmarshal input: {error}"))?;
        let proposal = ProposalView::read(request.proposal)
            .map_err(|error| format!("failed to create new ChaincodeStub: {error}"))?;
        let transaction = Arc::new(Transaction::new(key, input, proposal, features, link, slot));
        let stub = Stub::new(transaction.clone());
        let response = if is_init {
            chaincode.init(stub).await
        } else {
            chaincode.invoke(stub).await
        };
        if is_init && response.status >= Response::ERROR {
            return Err(response.message);
        }
        if response.is_endorsed() {
            // From 400 on nothing is endorsed, so the writes would be thrown away at the peer.
            transaction.flush().await.map_err(|error| error.to_string())?;
        }
        let event = transaction.take_event();
        Ok(Frame {
            event,
            ..completed(&transaction.key, response)
        })
    }
}

fn panicked(metrics: &Metrics, key: &TxKey) -> Frame {
    metrics.panics.increment();
    tracing::error!(transaction = %String::from_utf8_lossy(&key.txid), "{PANICKED}");
    completed(key, Response::error(PANICKED))
}

fn completed(key: &TxKey, response: Response) -> Frame {
    Frame::of(key, Type::Completed, protos::Response::from(response).encode_to_vec())
}

/// The place is left before the answer goes, so that the peer may use the transaction id again at once.
async fn send(outbound: &mpsc::Sender<Outbound>, answer: Frame, place: Place, link: &Link) {
    if let Ok(Ok(permit)) = timeout(link.limits.request, outbound.reserve()).await {
        drop(place);
        permit.send(Ok(answer));
    }
}
