//! `Governance:Enact`: a proposal that k of n organisations approve becomes the next version of its subject.

use der_api::ErrorCode;
use der_api::event::VersionEnacted;
use der_api::guard::Guard;
use der_api::reply::VersionLine;
use der_api::request::Enact;
use der_api::version::{Content, MatrixHead};
use der_market::units::Distance;

use super::days::require_fitting;
use super::matrix::rows_of;
use super::versions::head_of;
use super::votes::votes_on;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Enacted, Market, MatrixVersion, Proposal, VersionsHead};
use crate::schema;
use crate::view::LedgerView;

/// Versions that one subject may have.
const VERSIONS_LIMIT: usize = 2_000;

/// What the ledger says about a proposal that is to be enacted.
struct Inputs {
    proposal: Proposal,
    head: VersionsHead,
    /// Whether the head stands on the ledger: its guard is set at its birth only.
    born: bool,
    /// D_ref, for a matrix whose rows are there.
    reference: Option<Distance>,
}

pub(crate) async fn enact<V: LedgerView>(cx: &Context<'_, V>, request: Enact) -> Result<Decision, ContractError> {
    let id = request.proposal;
    let proposal = cx.ledger.require(&schema::proposal(&id)).await?;
    if let Some(enacted) = cx.ledger.get(&schema::enacted(&id)).await? {
        let head = cx
            .ledger
            .require(&schema::versions(&proposal.content.subject()))
            .await?;
        let line = head.versions.into_iter().find(|line| line.version == enacted.version);
        return Decision::replying(&line.ok_or(ErrorCode::CorruptState)?);
    }
    let votes = votes_on(cx, &id).await?;
    if votes.approvals < votes.needed {
        let detail = format!(
            "{} of {} members approve, {} must",
            votes.approvals, votes.members, votes.needed
        );
        return Err(ContractError::new(ErrorCode::TooFewApprovals, detail));
    }
    let reference = match &proposal.content {
        Content::Distances(head) => Some(reference(cx, &proposal, head).await?),
        Content::Calendar(calendar) => {
            require_fitting(cx, calendar, proposal.from).await?;
            None
        }
        Content::Parameters(_) | Content::Schedule(_) => None,
    };
    let subject = proposal.content.subject();
    let born = cx.ledger.get(&schema::versions(&subject)).await?.is_some();
    let head = head_of(cx, subject).await?;
    decide(
        cx,
        Inputs {
            proposal,
            head,
            born,
            reference,
        },
    )
}

async fn reference<V: LedgerView>(
    cx: &Context<'_, V>,
    proposal: &Proposal,
    head: &MatrixHead,
) -> Result<Distance, ContractError> {
    let rows = rows_of(cx, &proposal.proposal, 0..head.points.len()).await?;
    Ok(head.assemble(rows)?.reference())
}

fn decide<V>(cx: &Context<'_, V>, inputs: Inputs) -> Result<Decision, ContractError> {
    let Inputs {
        proposal,
        mut head,
        born,
        reference,
    } = inputs;
    let subject = proposal.content.subject();
    if head.versions.len() >= VERSIONS_LIMIT {
        return Err(ErrorCode::TooManyVersions.into());
    }
    let last = head.versions.last().map_or(0, |line| line.version);
    let version = last.checked_add(1).ok_or(ErrorCode::ArithmeticOverflow)?;
    let line = VersionLine {
        version,
        from: proposal.from,
        proposal: Some(proposal.proposal.clone()),
    };
    head.versions.push(line.clone());
    let guard = Guard::of_grid_and_regulator(&cx.market.organisations);
    let mut decision = Decision::replying(&line)?;
    decision.put(schema::versions(&subject), &head)?;
    if !born {
        decision.guard(schema::versions(&subject).key, guard.clone());
    }
    decision.put_guarded(schema::enacted(&proposal.proposal), &Enacted { version }, guard.clone())?;
    decision.emit(VersionEnacted {
        proposal: proposal.proposal.clone(),
        subject,
        version,
        from: proposal.from,
    })?;
    match proposal.content {
        Content::Parameters(rules) => {
            decision.put_guarded(schema::parameters(&version), &rules, guard)?;
            let market = Market {
                parameters: version,
                ..cx.market.clone()
            };
            decision.put_market(cx.schema, &market)?;
        }
        Content::Schedule(schedule) => decision.put_guarded(schema::schedule(&version), &schedule, guard)?,
        Content::Calendar(calendar) => decision.put_guarded(schema::calendar(&version), &calendar, guard)?,
        Content::Distances(head) => {
            let row = MatrixVersion {
                proposal: proposal.proposal,
                head,
                reference_mohm: reference.ok_or(ErrorCode::Internal)?,
            };
            decision.put_guarded(schema::matrix(&version), &row, guard)?;
        }
    }
    Ok(decision)
}
