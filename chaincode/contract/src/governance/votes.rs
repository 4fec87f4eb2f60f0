//! How a proposal stands: the votes of the present members, and how many approvals it needs.

use der_api::ErrorCode;
use der_api::reply::{ProposalStatus, ProposalView, VoteView};
use der_market::id::{MspId, ProposalId};

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::Proposal;
use crate::schema;
use crate::view::LedgerView;

/// Votes on one proposal. Who has left the market has no vote.
pub(crate) struct Votes {
    votes: Vec<VoteView>,
    pub(crate) approvals: usize,
    pub(crate) members: usize,
    pub(crate) needed: usize,
}

/// Reads one key of each member, no range: only a vote on this very proposal can conflict with who reads it.
pub(crate) async fn votes_on<V: LedgerView>(cx: &Context<'_, V>, id: &ProposalId) -> Result<Votes, ContractError> {
    let organisations = &cx.market.organisations;
    let members: Vec<&MspId> = organisations.members().into_iter().map(|(_, msp)| msp).collect();
    let keys: Vec<_> = members.iter().map(|msp| schema::vote(msp, id)).collect();
    let rows = cx.ledger.all(&keys).await?;
    let given = members
        .iter()
        .zip(rows)
        .filter_map(|(msp, row)| row.map(|row| (*msp, row)));
    let votes: Vec<VoteView> = given
        .map(|(msp, row)| VoteView {
            msp: msp.clone(),
            by: row.by,
            approves: row.approves,
        })
        .collect();
    Ok(Votes {
        approvals: votes.iter().filter(|vote| vote.approves).count(),
        members: members.len(),
        needed: organisations.majority(),
        votes,
    })
}

impl Votes {
    fn status(&self) -> ProposalStatus {
        let rejections = self.votes.len().saturating_sub(self.approvals);
        if self.approvals >= self.needed {
            ProposalStatus::Approved
        } else if self.members.saturating_sub(rejections) < self.needed {
            ProposalStatus::Rejected
        } else {
            ProposalStatus::Open
        }
    }
}

/// What is told of a proposal.
pub(crate) async fn proposal_view<V: LedgerView>(
    cx: &Context<'_, V>,
    proposal: &Proposal,
) -> Result<ProposalView, ContractError> {
    let votes = votes_on(cx, &proposal.proposal).await?;
    let enacted = cx.ledger.get(&schema::enacted(&proposal.proposal)).await?;
    Ok(ProposalView {
        proposal: proposal.proposal.clone(),
        by: proposal.by.clone(),
        subject: proposal.content.subject(),
        digest: proposal.digest,
        from: proposal.from,
        status: enacted.as_ref().map_or(votes.status(), |_| ProposalStatus::Enacted),
        needed: u32::try_from(votes.needed).map_err(|_| ErrorCode::ArithmeticOverflow)?,
        votes: votes.votes,
        version: enacted.map(|enacted| enacted.version),
    })
}
