//! `gateway.Gateway`. Source: `internal/pkg/gateway`.

use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::{
    gateway::{
        CommitStatusResponse, EndorseRequest, EndorseResponse, EvaluateRequest, EvaluateResponse,
        SignedChaincodeEventsRequest, SignedCommitStatusRequest, SubmitRequest, SubmitResponse,
        gateway_server::Gateway,
    },
    protos::{ChaincodeAction, ChaincodeCall, ChaincodeInterest, ProposalResponse, ProposalResponsePayload, Response},
};
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response as Reply, Status};

use super::{
    Core,
    collect::{Collector, ask},
    deadline::Deadline,
    events,
    status::{detail, rpc_error},
};
use crate::{
    endorse::{Peer, PlanError, Proposal, prepare_transaction},
    simulate::guards::is_system_chaincode,
};

/// One organisation's gateway.
pub(crate) struct GatewayService {
    pub(super) core: Arc<Core>,
    pub(super) own: usize,
    permits: Arc<Semaphore>,
}

impl GatewayService {
    pub(crate) fn new(core: Arc<Core>, own: usize) -> Self {
        let permits = Arc::new(Semaphore::new(core.limits.gateway_concurrency));
        Self { core, own, permits }
    }

    /// Fabric's limiter answers a plain error, which gRPC sends as UNKNOWN (`grpc_limiters.go`).
    fn enter(&self) -> Result<OwnedSemaphorePermit, Status> {
        self.permits.clone().try_acquire_owned().map_err(|_| {
            let limit = self.core.limits.gateway_concurrency;
            Status::unknown(format!(
                "too many requests for /gateway.Gateway, exceeding concurrency limit ({limit})"
            ))
        })
    }

    fn own_msp(&self) -> &str {
        self.core.peers.get(self.own).map_or("", |peer| peer.msp_id())
    }

    async fn evaluate(&self, request: EvaluateRequest) -> Result<EvaluateResponse, Status> {
        let proposal = unpack(
            request.proposed_transaction.as_ref(),
            "failed to unpack transaction proposal: ",
        )?;
        let channel = &proposal.channel_header.channel_id;
        if channel != self.core.channel.id() {
            return Err(Status::unavailable(format!(
                "failed to get config for channel [{channel}]"
            )));
        }
        let peers = self.evaluators(&proposal, request.target_organizations)?;
        let mut details = Vec::new();
        let mut code = Code::Unavailable;
        for (index, peer) in peers {
            match ask(&self.core, peer, &proposal.signed, index == self.own).await {
                Ok(response) => {
                    return Ok(EvaluateResponse {
                        result: Some(result_of(response)),
                    });
                }
                Err(failure) => {
                    details.push(detail(peer, failure.message.clone()));
                    if !failure.retry {
                        let message = format!("evaluate call to endorser returned error: {}", failure.message);
                        return Err(rpc_error(failure.code, message, details));
                    }
                    code = failure.code;
                }
            }
        }
        Err(rpc_error(
            code,
            "failed to evaluate transaction, see attached details for more info",
            details,
        ))
    }

    /// Own peer first, then by height; with transient data no other, unless the client names them (`registry.evaluator`).
    fn evaluators(&self, proposal: &Proposal, mut targets: Vec<String>) -> Result<Vec<(usize, &Arc<Peer>)>, Status> {
        let protected = proposal.has_transient && targets.is_empty();
        if protected {
            targets.push(self.own_msp().to_owned());
        }
        let channel = self.core.channel.now();
        let wanted = |peer: &Peer| {
            channel.has_member(peer.msp_id())
                && (targets.is_empty() || targets.iter().any(|target| target == peer.msp_id()))
        };
        let mut peers: Vec<(usize, &Arc<Peer>)> = self
            .core
            .peers
            .iter()
            .enumerate()
            .filter(|(_, peer)| wanted(peer) && serves(peer, proposal))
            .collect();
        peers.sort_by_key(|(index, peer)| (*index != self.own, peer.lag()));
        if !peers.is_empty() {
            return Ok(peers);
        }
        let reason = format!(
            "no peers available to evaluate chaincode {} in channel {}",
            proposal.chaincode,
            self.core.channel.id()
        );
        Err(Status::failed_precondition(if protected {
            format!(
                "no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: {reason}"
            )
        } else {
            reason
        }))
    }

    async fn endorse(&self, request: EndorseRequest, deadline: Deadline) -> Result<EndorseResponse, Status> {
        let proposal = unpack(request.proposed_transaction.as_ref(), "")?;
        if proposal.channel_header.channel_id != self.core.channel.id() {
            let channel = &proposal.channel_header.channel_id;
            return Err(Status::failed_precondition(format!("channel {channel} not found")));
        }
        let mut collector = Collector::new(&self.core, self.own, &proposal);
        let layouts = if request.endorsing_organizations.is_empty() {
            let first = "endorsement timeout expired while collecting first endorsement";
            deadline.limit(first, self.plan(&proposal, &mut collector)).await?
        } else {
            vec![self.named(&proposal, &request.endorsing_organizations)?]
        };
        let timed_out = "endorsement timeout expired while collecting endorsements";
        let complete = async { Ok(collector.complete(&layouts).await) };
        let Some((payload, endorsements)) = deadline.limit(timed_out, complete).await? else {
            let message = "failed to collect enough transaction endorsements, see attached details for more info";
            return Err(rpc_error(Code::Aborted, message, collector.details));
        };
        Ok(EndorseResponse {
            prepared_transaction: Some(prepare_transaction(&proposal, payload, endorsements)),
        })
    }

    /// Asks the own peer first and plans from what the transaction wrote (`planFromFirstEndorser`).
    async fn plan(&self, proposal: &Proposal, collector: &mut Collector<'_>) -> Result<Vec<Vec<usize>>, Status> {
        let default = ChaincodeInterest {
            chaincodes: vec![ChaincodeCall {
                name: proposal.chaincode.clone(),
                ..Default::default()
            }],
        };
        let local = self.core.peers.get(self.own).is_some_and(|peer| serves(peer, proposal));
        if !local && proposal.has_transient {
            return Err(Status::failed_precondition(
                "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
            ));
        }
        let first = if local {
            self.own
        } else {
            self.first_elsewhere(&default)?
        };
        let Some(interest) = collector.ask_first(first).await else {
            let message = "failed to endorse transaction, see attached details for more info";
            return Err(rpc_error(
                Code::Aborted,
                message,
                std::mem::take(&mut collector.details),
            ));
        };
        if is_system_chaincode(&proposal.chaincode) {
            return Ok(vec![vec![first]]);
        }
        let interest = if interest.chaincodes.is_empty() {
            default
        } else {
            interest
        };
        let layouts = self
            .core
            .planner
            .layouts(&interest)
            .map_err(|error| plan_failure(&error))?;
        let mut layouts = layouts.as_ref().clone();
        layouts.sort_by_key(|layout| !layout.contains(&first));
        Ok(layouts)
    }

    fn first_elsewhere(&self, interest: &ChaincodeInterest) -> Result<usize, Status> {
        let layouts = self
            .core
            .planner
            .layouts(interest)
            .map_err(|error| plan_failure(&error))?;
        layouts
            .first()
            .and_then(|layout| layout.first())
            .copied()
            .ok_or_else(|| Status::failed_precondition("no peers"))
    }

    fn named(&self, proposal: &Proposal, organizations: &[String]) -> Result<Vec<usize>, Status> {
        let found = |msp_id: &String| {
            let index = self.core.peer_of(msp_id)?;
            self.core
                .peers
                .get(index)
                .filter(|peer| serves(peer, proposal))
                .map(|_| index)
        };
        let missing: Vec<&str> = organizations
            .iter()
            .filter(|msp_id| found(msp_id).is_none())
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            let message = format!("failed to find any endorsing peers for org(s): {}", missing.join(", "));
            return Err(Status::unavailable(message));
        }
        let mut layout: Vec<usize> = organizations.iter().filter_map(found).collect();
        layout.sort_unstable();
        layout.dedup();
        Ok(layout)
    }

    pub(super) fn check_reader(
        &self,
        resource: &str,
        channel: &str,
        (identity, message, signature): (&Bytes, &[u8], &[u8]),
    ) -> Result<(), Status> {
        if channel != self.core.channel.id() {
            return Err(Status::permission_denied(format!("failed to find channel {channel}")));
        }
        let checked = self.core.access().check(identity, message, signature, resource);
        checked
            .map(drop)
            .map_err(|error| Status::permission_denied(error.to_string()))
    }
}

#[tonic::async_trait]
impl Gateway for GatewayService {
    async fn endorse(&self, request: Request<EndorseRequest>) -> Result<Reply<EndorseResponse>, Status> {
        let _permit = self.enter()?;
        let deadline = Deadline::of(request.metadata());
        self.endorse(request.into_inner(), deadline).await.map(Reply::new)
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Reply<SubmitResponse>, Status> {
        let _permit = self.enter()?;
        let timed_out = "submit timeout expired while broadcasting to ordering service";
        let deadline = Deadline::of(request.metadata());
        let submitted = deadline.limit(timed_out, self.submit(request.into_inner()));
        submitted.await.map(Reply::new)
    }

    async fn commit_status(
        &self,
        request: Request<SignedCommitStatusRequest>,
    ) -> Result<Reply<CommitStatusResponse>, Status> {
        let _permit = self.enter()?;
        let deadline = Deadline::of(request.metadata());
        let status = deadline.limit("context deadline exceeded", self.commit_status(request.into_inner()));
        status.await.map(Reply::new)
    }

    async fn evaluate(&self, request: Request<EvaluateRequest>) -> Result<Reply<EvaluateResponse>, Status> {
        let _permit = self.enter()?;
        let deadline = Deadline::of(request.metadata());
        let evaluated = deadline.limit("evaluate timeout expired", self.evaluate(request.into_inner()));
        evaluated.await.map(Reply::new)
    }

    type ChaincodeEventsStream = ReceiverStream<Result<fabric_protos::gateway::ChaincodeEventsResponse, Status>>;

    async fn chaincode_events(
        &self,
        request: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Reply<Self::ChaincodeEventsStream>, Status> {
        let permit = self.enter()?;
        let signed = request.into_inner();
        let request = events::decode(&signed)?;
        let asked = (&request.identity, signed.request.as_ref(), signed.signature.as_ref());
        self.check_reader("gateway/ChaincodeEvents", &request.channel_id, asked)?;
        Ok(Reply::new(events::follow(&self.core, request, permit)?))
    }
}

fn unpack(signed: Option<&fabric_protos::protos::SignedProposal>, prefix: &str) -> Result<Proposal, Status> {
    let signed = signed.filter(|signed| !signed.proposal_bytes.is_empty());
    let signed = signed.ok_or_else(|| {
        let missing = if prefix.is_empty() {
            "the proposed transaction must contain a signed proposal"
        } else {
            "a signed proposal is required"
        };
        Status::invalid_argument(format!("{prefix}{missing}"))
    })?;
    Proposal::unpack(signed).map_err(|error| Status::invalid_argument(format!("{prefix}{error}")))
}

fn serves(peer: &Peer, proposal: &Proposal) -> bool {
    is_system_chaincode(&proposal.chaincode) || peer.installed(&proposal.chaincode).is_some()
}

fn plan_failure(error: &PlanError) -> Status {
    Status::failed_precondition(error.to_string())
}

/// The response as the chaincode gave it: its payload is taken from what was endorsed.
fn result_of(response: ProposalResponse) -> Response {
    let endorsed = ProposalResponsePayload::decode(response.payload)
        .and_then(|payload| ChaincodeAction::decode(payload.extension))
        .ok()
        .and_then(|action| action.response);
    let inner = response.response.unwrap_or_default();
    Response {
        payload: endorsed.map_or(inner.payload, |endorsed| endorsed.payload),
        ..inner
    }
}
