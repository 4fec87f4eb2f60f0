//! `Governance:Propose`, `Governance:Approve`, `Governance:Reject`: organisations agree on a version, each by a key of its own.

use der_api::ErrorCode;
use der_api::bytes::Digest;
use der_api::event::{ProposalMade, VoteGiven};
use der_api::reply::VoteAccepted;
use der_api::request::{Approve, Propose, Reject};
use der_api::version::Content;
use der_market::id::ProposalId;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Proposal, Vote};
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn propose<V: LedgerView>(cx: &Context<'_, V>, request: Propose) -> Result<Decision, ContractError> {
    check(&request.content)?;
    let at = schema::proposal(&request.proposal);
    let present = cx.ledger.get(&at).await?;
    require_points(cx, &request.content).await?;
    require_offset(cx, &request.content).await?;
    let row = Proposal {
        digest: request.content.digest()?,
        proposal: request.proposal,
        by: cx.caller.clone(),
        from: request.from,
        content: request.content,
    };
    let reply = accepted(cx, &row.proposal, row.digest, true);
    if let Some(present) = present {
        // A proposer that lost the first answer asks again.
        if present == row {
            return Decision::replying(&reply);
        }
        let detail = format!("proposal {} stands for another content, slot or proposer", row.proposal);
        return Err(ContractError::new(ErrorCode::ProposalIdReused, detail));
    }
    let mut decision = Decision::replying(&reply)?;
    let vote = Vote {
        by: cx.caller.clone(),
        approves: true,
    };
    decision.put_guarded(schema::vote(&cx.caller.msp, &row.proposal), &vote, cx.own_guard())?;
    decision.put(at, &row)?;
    decision.emit(ProposalMade {
        proposal: row.proposal,
        subject: row.content.subject(),
        digest: row.digest,
        from: row.from,
    })?;
    Ok(decision)
}

/// What a content must hold to by itself.
fn check(content: &Content) -> Result<(), ContractError> {
    let invalid = |code, text: String| Err(ContractError::new(code, text));
    match content {
        Content::Parameters(rules) => match rules.validate() {
            Ok(()) => Ok(()),
            Err(error) => invalid(ErrorCode::ParametersInvalid, error.to_string()),
        },
        Content::Schedule(schedule) => match schedule.validate() {
            Ok(()) => Ok(()),
            Err(error) => invalid(ErrorCode::ScheduleInvalid, error.to_string()),
        },
        Content::Calendar(calendar) => match calendar.validate() {
            Ok(()) => Ok(()),
            Err(error) => invalid(ErrorCode::CalendarInvalid, error.to_string()),
        },
        Content::Distances(head) => {
            let limit = der_market::grid::GOVERNED_MATRIX_LIMIT;
            if (1..=limit).contains(&head.points.len()) {
                return Ok(());
            }
            invalid(ErrorCode::DistancesInvalid, format!("a matrix has 1 to {limit} points"))
        }
    }
}

async fn require_points<V: LedgerView>(cx: &Context<'_, V>, content: &Content) -> Result<(), ContractError> {
    let Content::Distances(head) = content else {
        return Ok(());
    };
    let points: Vec<_> = head.points.iter().map(schema::point).collect();
    let found = cx.ledger.all(&points).await?;
    match head.points.iter().zip(found).find(|(_, row)| row.is_none()) {
        None => Ok(()),
        Some((point, _)) => {
            let detail = format!("the matrix holds {point}, which is not published");
            Err(ContractError::new(ErrorCode::UnknownPoint, detail))
        }
    }
}

/// Accounts are folded by days: without a calendar their offset stays what it was founded with.
async fn require_offset<V: LedgerView>(cx: &Context<'_, V>, content: &Content) -> Result<(), ContractError> {
    let Content::Parameters(rules) = content else {
        return Ok(());
    };
    let founded = cx.parameters(cx.market.parameters).await?.billing().day_offset;
    if rules.billing().day_offset == founded {
        return Ok(());
    }
    let detail = format!("day_offset stays {founded}; propose a calendar for other days");
    Err(ContractError::new(ErrorCode::ParametersInvalid, detail))
}

pub(crate) async fn approve<V: LedgerView>(cx: &Context<'_, V>, request: Approve) -> Result<Decision, ContractError> {
    vote(cx, request.proposal, request.digest, true).await
}

pub(crate) async fn reject<V: LedgerView>(cx: &Context<'_, V>, request: Reject) -> Result<Decision, ContractError> {
    vote(cx, request.proposal, request.digest, false).await
}

/// Reads and writes the organisation's own key only, beside what no vote changes: votes of one block do not conflict.
async fn vote<V: LedgerView>(
    cx: &Context<'_, V>,
    id: ProposalId,
    digest: Digest,
    approves: bool,
) -> Result<Decision, ContractError> {
    let proposal = cx.ledger.require(&schema::proposal(&id)).await?;
    if proposal.digest != digest {
        let detail = format!("proposal {id} has the digest {}", proposal.digest);
        return Err(ContractError::new(ErrorCode::OtherContent, detail));
    }
    let (own, enacted) = (schema::vote(&cx.caller.msp, &id), schema::enacted(&id));
    let answers = cx.ledger.many(&[own.key.clone(), enacted.key.clone()]).await?;
    if let Some(enacted) = answers.get(&enacted)? {
        let detail = format!("proposal {id} is version {}", enacted.version);
        return Err(ContractError::new(ErrorCode::ProposalEnacted, detail));
    }
    let before = answers.get(&own)?;
    let mut decision = Decision::replying(&accepted(cx, &id, digest, approves))?;
    if before.as_ref().is_some_and(|vote| vote.approves == approves) {
        return Ok(decision);
    }
    let vote = Vote {
        by: cx.caller.clone(),
        approves,
    };
    match before {
        None => decision.put_guarded(own, &vote, cx.own_guard())?,
        Some(_) => decision.put(own, &vote)?,
    }
    decision.emit(VoteGiven {
        proposal: id,
        msp: cx.caller.msp.clone(),
        approves,
    })?;
    Ok(decision)
}

fn accepted<V>(cx: &Context<'_, V>, proposal: &ProposalId, digest: Digest, approves: bool) -> VoteAccepted {
    VoteAccepted {
        proposal: proposal.clone(),
        digest,
        msp: cx.caller.msp.clone(),
        approves,
    }
}
