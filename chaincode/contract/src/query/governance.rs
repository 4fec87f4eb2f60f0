//! Proposals, versions and the regulator's audit.

use der_api::reply::ProposalView;
use der_api::reply::{
    MarketAuditView, PricesView, ProposalDetail, ProposalsView, SuspensionView, VersionDetail, VersionsView,
};
use der_api::request::{
    QueryDistances, QueryMarketAudit, QueryPrices, QueryProposal, QueryProposals, QueryVersion, QueryVersions,
};
use der_api::version::{Content, MatrixHead, Subject};

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{distances_among, head_of, is_suspended, members_view, prices_in_force, proposal_view};
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn proposal<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryProposal,
) -> Result<Decision, ContractError> {
    let row = cx.ledger.require(&schema::proposal(&request.proposal)).await?;
    Decision::replying(&ProposalDetail {
        proposal: proposal_view(cx, &row).await?,
        content: row.content,
    })
}

async fn views<V: LedgerView>(cx: &Context<'_, V>) -> Result<Vec<ProposalView>, ContractError> {
    let mut views = Vec::new();
    for row in cx.ledger.scan(&schema::proposals()).await? {
        views.push(proposal_view(cx, &row).await?);
    }
    Ok(views)
}

pub(crate) async fn proposals<V: LedgerView>(
    cx: &Context<'_, V>,
    _: QueryProposals,
) -> Result<Decision, ContractError> {
    Decision::replying(&ProposalsView {
        proposals: views(cx).await?,
    })
}

pub(crate) async fn versions<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryVersions,
) -> Result<Decision, ContractError> {
    Decision::replying(&versions_view(cx, request.subject).await?)
}

async fn versions_view<V: LedgerView>(cx: &Context<'_, V>, subject: Subject) -> Result<VersionsView, ContractError> {
    Ok(VersionsView {
        subject,
        versions: head_of(cx, subject).await?.versions,
    })
}

pub(crate) async fn version<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryVersion,
) -> Result<Decision, ContractError> {
    let QueryVersion { subject, version } = request;
    let mut reference_mohm = None;
    let content = match subject {
        Subject::Parameters => Content::Parameters(cx.ledger.require(&schema::parameters(&version)).await?),
        Subject::Schedule => Content::Schedule(cx.ledger.require(&schema::schedule(&version)).await?),
        Subject::Calendar => Content::Calendar(cx.ledger.require(&schema::calendar(&version)).await?),
        Subject::Distances => match cx.ledger.get(&schema::distances(&version)).await? {
            Some(whole) => {
                reference_mohm = Some(whole.reference());
                Content::Distances(MatrixHead::of(&whole)?)
            }
            None => {
                let row = cx.ledger.require(&schema::matrix(&version)).await?;
                reference_mohm = Some(row.reference_mohm);
                Content::Distances(row.head)
            }
        },
    };
    Decision::replying(&VersionDetail {
        subject,
        version,
        content,
        reference_mohm,
    })
}

pub(crate) async fn distances<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryDistances,
) -> Result<Decision, ContractError> {
    Decision::replying(&distances_among(cx, request.version, &request.points).await?)
}

pub(crate) async fn prices<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryPrices,
) -> Result<Decision, ContractError> {
    let QueryPrices { slot, class, source } = request;
    let prices = prices_in_force(cx, slot).await?.prices(class, source, slot);
    Decision::replying(&PricesView {
        slot,
        retail: prices.retail,
        feed_in: prices.feed_in,
    })
}

pub(crate) async fn market_audit<V: LedgerView>(
    cx: &Context<'_, V>,
    _: QueryMarketAudit,
) -> Result<Decision, ContractError> {
    let mut versions = Vec::new();
    for subject in Subject::ALL {
        versions.push(versions_view(cx, subject).await?);
    }
    Decision::replying(&MarketAuditView {
        members: members_view(cx.schema, &cx.market.organisations)?,
        suspension: SuspensionView {
            suspended: is_suspended(cx).await?,
        },
        versions,
        proposals: views(cx).await?,
    })
}
