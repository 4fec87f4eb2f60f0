//! Collects endorsements until one layout is complete. Source: `internal/pkg/gateway/endorse.go`, `endorsement.go`.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use fabric_protos::{
    gateway::ErrorDetail,
    protos::{ChaincodeInterest, Endorsement, ProposalResponse},
};
use futures_util::future::join_all;
use tonic::Code;

use super::{
    Core,
    status::{PeerFailure, detail, judge},
};
use crate::endorse::{Proposal, differences};

/// One transaction's endorsements so far.
pub(super) struct Collector<'a> {
    core: &'a Core,
    own: usize,
    proposal: &'a Proposal,
    first: Option<(usize, Bytes)>,
    endorsements: BTreeMap<usize, Endorsement>,
    failed: BTreeSet<usize>,
    pub(super) details: Vec<ErrorDetail>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(core: &'a Core, own: usize, proposal: &'a Proposal) -> Self {
        Self {
            core,
            own,
            proposal,
            first: None,
            endorsements: BTreeMap::new(),
            failed: BTreeSet::new(),
            details: Vec::new(),
        }
    }

    /// Asks one peer, whose answer all others are compared with; gives what the transaction touched.
    pub(super) async fn ask_first(&mut self, peer: usize) -> Option<ChaincodeInterest> {
        let answer = self.ask(peer).await;
        let interest = answer.as_ref().ok().and_then(|response| response.interest.clone());
        self.take(peer, answer).then(|| interest.unwrap_or_default())
    }

    /// Tries layouts in turn; gives the payload and the endorsements of the first complete one.
    pub(super) async fn complete(&mut self, layouts: &[Vec<usize>]) -> Option<(Bytes, Vec<Endorsement>)> {
        for layout in layouts {
            if layout.iter().any(|peer| self.failed.contains(peer)) {
                continue;
            }
            let missing: Vec<usize> = layout
                .iter()
                .copied()
                .filter(|peer| !self.endorsements.contains_key(peer))
                .collect();
            let answers = join_all(missing.iter().map(|peer| self.ask(*peer))).await;
            for (peer, answer) in missing.into_iter().zip(answers) {
                self.take(peer, answer);
            }
            let chosen: Option<Vec<Endorsement>> =
                layout.iter().map(|peer| self.endorsements.get(peer).cloned()).collect();
            if let (Some(endorsements), Some((_, payload))) = (chosen, &self.first) {
                return Some((payload.clone(), endorsements));
            }
        }
        None
    }

    async fn ask(&self, index: usize) -> Result<ProposalResponse, PeerFailure> {
        let Some(peer) = self.core.peers.get(index) else {
            return Err(PeerFailure {
                code: Code::Internal,
                message: "no such peer".to_owned(),
                retry: false,
            });
        };
        ask(self.core, peer, &self.proposal.signed, index == self.own).await
    }

    /// Keeps an answer that agrees with the first one.
    fn take(&mut self, index: usize, answer: Result<ProposalResponse, PeerFailure>) -> bool {
        let Some(peer) = self.core.peers.get(index) else {
            return false;
        };
        let response = match answer {
            Ok(response) => response,
            Err(failure) => {
                self.failed.insert(index);
                self.details.push(detail(peer, failure.message));
                return false;
            }
        };
        match &self.first {
            None => self.first = Some((index, response.payload)),
            Some((first, payload)) if *payload != response.payload => {
                let against = self.core.peers.get(*first).map_or("", |peer| peer.msp_id());
                let named = differences(payload, &response.payload).unwrap_or_else(|error| vec![error.to_string()]);
                let named = format!("compared with {against}: {}", named.join("; "));
                tracing::warn!(endorser = peer.msp_id(), named, "endorsers disagree");
                self.details.push(detail(peer, "ProposalResponsePayloads do not match"));
                self.details.push(detail(peer, named));
                self.failed.insert(index);
                return false;
            }
            Some(_) => {}
        }
        if let Some(endorsement) = response.endorsement {
            self.endorsements.insert(index, endorsement);
        }
        true
    }
}

/// Asks one peer within the endorsement time-out.
pub(super) async fn ask(
    core: &Core,
    peer: &std::sync::Arc<crate::endorse::Peer>,
    signed: &fabric_protos::protos::SignedProposal,
    local: bool,
) -> Result<ProposalResponse, PeerFailure> {
    let limit = core.limits.endorsement_timeout;
    match tokio::time::timeout(limit, peer.process_proposal(signed)).await {
        Ok(answer) => judge(answer, local),
        Err(_) => {
            let message = format!(
                "the peer of {} gave no endorsement within {} ms",
                peer.msp_id(),
                limit.as_millis()
            );
            Err(PeerFailure {
                code: Code::Unavailable,
                message,
                retry: true,
            })
        }
    }
}
