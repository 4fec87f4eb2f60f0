//! `Gateway.Submit` and `Gateway.CommitStatus`. Source: `internal/pkg/gateway/submit.go`, `commitstatus.go`.

use fabric_protos::gateway::{
    CommitStatusRequest, CommitStatusResponse, SignedCommitStatusRequest, SubmitRequest, SubmitResponse,
};
use prost::Message;
use tonic::{Code, Status};

use super::{
    Core, GatewayService,
    broadcast::order,
    status::{detail, rpc_error},
};
use crate::order::OrderError;

impl GatewayService {
    /// Orders a signed transaction; the orderer answers on this organisation's own endpoint.
    pub(super) async fn submit(&self, request: SubmitRequest) -> Result<SubmitResponse, Status> {
        let envelope = request
            .prepared_transaction
            .ok_or_else(|| Status::invalid_argument("a prepared transaction is required"))?;
        if envelope.signature.is_empty() {
            return Err(Status::invalid_argument("prepared transaction must be signed"));
        }
        let limit = self.core.limits.broadcast_timeout;
        let answer = tokio::time::timeout(limit, order(&self.core, &envelope)).await;
        match answer {
            Ok(Ok(())) => Ok(SubmitResponse {}),
            Ok(Err(OrderError { status, info })) if (400..500).contains(&i32::from(status)) => {
                let status = status.as_str_name();
                let text = format!("received unsuccessful response from orderer: status={status}, info={info}");
                Err(Status::aborted(text))
            }
            failed => {
                let message = match failed {
                    Ok(Err(OrderError { info, .. })) => info,
                    _ => format!("no answer within {} ms", limit.as_millis()),
                };
                let details = self
                    .core
                    .peers
                    .get(self.own)
                    .map(|peer| detail(peer, message))
                    .into_iter()
                    .collect();
                Err(rpc_error(
                    Code::Unavailable,
                    "no orderers could successfully process transaction",
                    details,
                ))
            }
        }
    }

    /// Waits until the transaction is on the ledger, or the caller's deadline.
    pub(super) async fn commit_status(
        &self,
        signed: SignedCommitStatusRequest,
    ) -> Result<CommitStatusResponse, Status> {
        if signed.request.is_empty() {
            return Err(Status::invalid_argument("a commit status request is required"));
        }
        let request = CommitStatusRequest::decode(signed.request.clone())
            .map_err(|error| Status::invalid_argument(format!("invalid status request: {error}")))?;
        check_complete(&request)?;
        let signed = (&request.identity, signed.request.as_ref(), signed.signature.as_ref());
        self.check_reader("gateway/CommitStatus", &request.channel_id, signed)?;
        let mut height = self.core.ledger.watch();
        loop {
            height.borrow_and_update();
            let found = self.core.ledger.transaction(&request.transaction_id);
            if let Some(place) = found.map_err(|error| Status::aborted(error.to_string()))? {
                return Ok(CommitStatusResponse {
                    result: place.code.into(),
                    block_number: place.block,
                });
            }
            let changed = tokio::select! {
                changed = height.changed() => changed.is_ok(),
                () = Core::stopped(self.core.stopping.clone()) => false,
            };
            if !changed {
                return Err(Status::unavailable("the network is stopping"));
            }
        }
    }
}

fn check_complete(request: &CommitStatusRequest) -> Result<(), Status> {
    let missing = [
        (request.identity.is_empty(), "no identity provided"),
        (request.channel_id.is_empty(), "no channel ID provided"),
        (request.transaction_id.is_empty(), "transaction ID should not be empty"),
    ];
    match missing.into_iter().find(|(failed, _)| *failed) {
        Some((_, text)) => Err(Status::invalid_argument(text)),
        None => Ok(()),
    }
}
