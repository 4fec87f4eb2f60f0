//! `protos.Endorser`.

use std::sync::Arc;

use fabric_protos::protos::{ProposalResponse, SignedProposal, endorser_server::Endorser};
use tonic::{Request, Response, Status};

use crate::endorse::Peer;

/// One organisation's endorser.
pub(crate) struct EndorserService {
    peer: Arc<Peer>,
}

impl EndorserService {
    pub(crate) fn new(peer: Arc<Peer>) -> Self {
        Self { peer }
    }
}

#[tonic::async_trait]
impl Endorser for EndorserService {
    /// A refused proposal is a plain error on Fabric, which gRPC sends as UNKNOWN.
    async fn process_proposal(&self, request: Request<SignedProposal>) -> Result<Response<ProposalResponse>, Status> {
        self.peer
            .process_proposal(request.get_ref())
            .await
            .map(Response::new)
            .map_err(Status::unknown)
    }
}
