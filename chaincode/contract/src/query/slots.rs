//! A slot's stages.

use der_api::reply::{AuctionsView, ContractView};
use der_api::request::{QueryAuctions, QueryContract, QueryPlan, QuerySlot};

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::stage;
use crate::planning::{auctions_of, ended};
use crate::schema;
use crate::trading::{answers_to, status};
use crate::view::LedgerView;

pub(crate) async fn slot<V: LedgerView>(cx: &Context<'_, V>, request: QuerySlot) -> Result<Decision, ContractError> {
    Decision::replying(&stage(cx, request.slot).await?)
}

pub(crate) async fn auctions<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryAuctions,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    let mut auctions = Vec::new();
    for auction in auctions_of(cx, slot).await? {
        auctions.push(stage(cx, auction).await?);
    }
    Decision::replying(&AuctionsView { slot, auctions })
}

pub(crate) async fn contract<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryContract,
) -> Result<Decision, ContractError> {
    let row = cx
        .ledger
        .require(&schema::contract(&request.slot, &request.contract))
        .await?;
    let answers = answers_to(cx, request.slot, std::slice::from_ref(&row)).await?;
    let confirmations: Vec<_> = answers.into_iter().flatten().collect();
    let planned = cx.ledger.get(&schema::plan(&request.slot.slot)).await?.is_some();
    let closed = planned || ended(cx, request.slot).await?.is_some();
    let status = status(&confirmations, closed);
    Decision::replying(&ContractView {
        terms: row.terms,
        hash: row.hash,
        status,
        confirmations,
    })
}

pub(crate) async fn plan<V: LedgerView>(cx: &Context<'_, V>, request: QueryPlan) -> Result<Decision, ContractError> {
    Decision::replying(&cx.ledger.require(&schema::plan(&request.slot)).await?.view)
}
