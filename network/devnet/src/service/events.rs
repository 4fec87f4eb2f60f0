//! `Gateway.ChaincodeEvents`. Source: `internal/pkg/gateway/chaincodeevents.go`.

use std::sync::Arc;

use fabric_protos::{
    gateway::{ChaincodeEventsRequest, ChaincodeEventsResponse, SignedChaincodeEventsRequest},
    orderer::seek_position,
    protos::ChaincodeEvent,
};
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{Core, STREAM_BUFFER};
use crate::{
    ledger::Ledger,
    notify::{BlockFollower, CommittedBlock},
};

pub(super) fn decode(signed: &SignedChaincodeEventsRequest) -> Result<ChaincodeEventsRequest, Status> {
    if signed.request.is_empty() {
        return Err(Status::invalid_argument("a chaincode events request is required"));
    }
    ChaincodeEventsRequest::decode(signed.request.clone())
        .map_err(|error| Status::invalid_argument(format!("invalid chaincode events request: {error}")))
}

/// Streams the chaincode's events of valid transactions, block by block.
pub(super) fn follow(
    core: &Arc<Core>,
    request: ChaincodeEventsRequest,
    permit: OwnedSemaphorePermit,
) -> Result<ReceiverStream<Result<ChaincodeEventsResponse, Status>>, Status> {
    let start = start_block(&core.ledger, &request)?;
    let stopping = core.stopping.clone();
    let mut matcher = Matcher::new(request);
    let mut blocks = BlockFollower::new(core.ledger.clone(), start);
    let (sender, receiver) = mpsc::channel(STREAM_BUFFER);
    tokio::spawn(async move {
        let _permit = permit;
        loop {
            let block = tokio::select! {
                block = blocks.next() => block,
                () = sender.closed() => return,
                () = Core::stopped(stopping.clone()) => return,
            };
            let response = match block {
                Ok(block) => match matcher.response(&block) {
                    Some(response) => Ok(response),
                    None => continue,
                },
                Err(error) => Err(Status::aborted(error.to_string())),
            };
            let ended = response.is_err();
            if sender.send(response).await.is_err() || ended {
                return;
            }
        }
    });
    Ok(ReceiverStream::new(receiver))
}

/// The block of the transaction to resume after, if it is known; else where the client asks to start.
fn start_block(ledger: &Ledger, request: &ChaincodeEventsRequest) -> Result<u64, Status> {
    if !request.after_transaction_id.is_empty() {
        let found = ledger.transaction(&request.after_transaction_id);
        if let Some(place) = found.map_err(|error| Status::aborted(error.to_string()))? {
            return Ok(place.block);
        }
    }
    match request
        .start_position
        .as_ref()
        .and_then(|position| position.r#type.as_ref())
    {
        None | Some(seek_position::Type::NextCommit(_)) => Ok(ledger.height()),
        Some(seek_position::Type::Specified(specified)) => Ok(specified.number),
        Some(other) => Err(Status::invalid_argument(format!(
            "invalid start position type: {other:?}"
        ))),
    }
}

/// Drops everything up to and with the event of `after_transaction_id`. When no such event ever comes, nothing passes:
/// Fabric's gateway does the same.
struct Matcher {
    chaincode: String,
    awaited: Option<String>,
}

impl Matcher {
    fn new(request: ChaincodeEventsRequest) -> Self {
        let awaited = Some(request.after_transaction_id).filter(|id| !id.is_empty());
        Self {
            chaincode: request.chaincode_id,
            awaited,
        }
    }

    fn response(&mut self, block: &CommittedBlock) -> Option<ChaincodeEventsResponse> {
        let events = block.transactions().filter_map(|transaction| transaction.event);
        let events: Vec<ChaincodeEvent> = events.filter(|event| self.passes(event)).collect();
        (!events.is_empty()).then(|| ChaincodeEventsResponse {
            events,
            block_number: block.number(),
        })
    }

    fn passes(&mut self, event: &ChaincodeEvent) -> bool {
        if let Some(awaited) = &self.awaited {
            if event.tx_id == *awaited {
                self.awaited = None;
            }
            return false;
        }
        event.chaincode_id == self.chaincode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(tx_id: &str, chaincode: &str) -> ChaincodeEvent {
        ChaincodeEvent {
            tx_id: tx_id.into(),
            chaincode_id: chaincode.into(),
            ..Default::default()
        }
    }

    fn matcher(after: &str) -> Matcher {
        let request = ChaincodeEventsRequest {
            chaincode_id: "cc".into(),
            after_transaction_id: after.into(),
            ..Default::default()
        };
        Matcher::new(request)
    }

    #[test]
    fn without_a_transaction_to_resume_after_only_the_chaincode_counts() {
        let mut matcher = matcher("");
        assert!(matcher.passes(&event("1", "cc")));
        assert!(!matcher.passes(&event("2", "other")));
    }

    #[test]
    fn events_pass_only_after_the_awaited_one_even_of_another_chaincode() {
        let mut matcher = matcher("2");
        assert!(!matcher.passes(&event("1", "cc")));
        assert!(!matcher.passes(&event("2", "other")));
        assert!(matcher.passes(&event("3", "cc")));
    }

    #[test]
    fn an_awaited_event_that_never_comes_holds_everything_back() {
        let mut matcher = matcher("absent");
        assert!((0..100).all(|n| !matcher.passes(&event(&n.to_string(), "cc"))));
    }
}
