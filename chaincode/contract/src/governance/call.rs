//! `Market:CallFor`: when the operator's clock is silent, a majority of the members brings a stage. Each member's call is a row of its
//! own, so that all may call in one block.

use der_api::ErrorCode;
use der_api::event::StageCalled;
use der_api::organisations::Part;
use der_api::reply::{CallsView, Stage};
use der_api::request::{CallFor, QueryCalls};
use der_market::id::MspId;
use der_market::slot::Auction;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::Call;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn call_for<V: LedgerView>(cx: &Context<'_, V>, request: CallFor) -> Result<Decision, ContractError> {
    let CallFor { slot, stage } = request;
    let own = cx.caller.msp.clone();
    let mut called = called(cx, slot, stage).await?;
    if called.contains(&own) {
        return Decision::replying(&view(cx, slot, stage, called)?);
    }
    called.push(own.clone());
    let mut decision = Decision::replying(&view(cx, slot, stage, called)?)?;
    let by = cx.caller.clone();
    decision.put(schema::call(&slot, &stage, &own), &Call { by })?;
    decision.emit(StageCalled { slot, stage, by: own })?;
    Ok(decision)
}

pub(crate) async fn calls<V: LedgerView>(cx: &Context<'_, V>, request: QueryCalls) -> Result<Decision, ContractError> {
    let QueryCalls { slot, stage } = request;
    Decision::replying(&view(cx, slot, stage, called(cx, slot, stage).await?)?)
}

/// Operators of grid company and regulator bring stages; another member's does once a majority has called for it.
pub(crate) async fn require_operator<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
    stage: Stage,
) -> Result<(), ContractError> {
    let organisations = &cx.market.organisations;
    if let Some(Part::Grid | Part::Regulator) = organisations.part_of(&cx.caller.msp) {
        return Ok(());
    }
    let (called, needed) = (called(cx, slot, stage).await?.len(), organisations.majority());
    if called >= needed {
        return Ok(());
    }
    let detail = format!("{called} members have called for slot {slot} to be {stage:?}, {needed} are needed");
    Err(ContractError::new(ErrorCode::TooFewCalls, detail))
}

async fn called<V: LedgerView>(cx: &Context<'_, V>, slot: Auction, stage: Stage) -> Result<Vec<MspId>, ContractError> {
    let members = cx.market.organisations.members();
    let rows: Vec<_> = members
        .iter()
        .map(|(_, msp)| schema::call(&slot, &stage, msp))
        .collect();
    let calls = cx.ledger.all(&rows).await?;
    let made = members.into_iter().zip(calls).filter(|(_, call)| call.is_some());
    Ok(made.map(|((_, msp), _)| msp.clone()).collect())
}

fn view<V>(cx: &Context<'_, V>, slot: Auction, stage: Stage, called: Vec<MspId>) -> Result<CallsView, ContractError> {
    Ok(CallsView {
        slot,
        stage,
        called,
        needed: u32::try_from(cx.market.organisations.majority()).map_err(|_| ErrorCode::ArithmeticOverflow)?,
    })
}
