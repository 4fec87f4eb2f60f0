//! `TSSC:EndConfirmation`: ends the confirmation of one auction, so that the slot's next one may open.

use der_api::ErrorCode;
use der_api::event::ConfirmationEnded;
use der_api::reply::{ConfirmationView, Stage};
use der_api::request::EndConfirmation;

use super::outcome::{Contracts, contracts_of, require_matched};
use super::positions::Positions;
use super::used_room::{used_before, used_with};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::require_operator;
use crate::rows::UsedRoomRow;
use crate::schema;
use crate::trading::put_penalty;
use crate::view::LedgerView;

pub(crate) async fn end_confirmation<V: LedgerView>(
    cx: &Context<'_, V>,
    request: EndConfirmation,
) -> Result<Decision, ContractError> {
    require_operator(cx, request.slot, Stage::Ended).await?;
    let contracts = read(cx, &request).await?;
    let positions = Positions::after(cx, &contracts).await?;
    let used = used_with(&used_before(cx, request.slot).await?, &contracts);
    decide(&contracts, &positions, &used)
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, request: &EndConfirmation) -> Result<Contracts, ContractError> {
    let auction = request.slot;
    let wrong = |what: &str| ContractError::new(ErrorCode::WrongStage, format!("slot {auction} is {what}"));
    require_matched(cx, auction).await?;
    if cx.ledger.get(&schema::plan(&auction.slot)).await?.is_some() {
        return Err(wrong("planned already"));
    }
    let contracts = contracts_of(cx, auction).await?;
    if contracts.ended {
        return Err(wrong("past its confirmation"));
    }
    Ok(contracts)
}

fn decide(contracts: &Contracts, positions: &Positions, used: &UsedRoomRow) -> Result<Decision, ContractError> {
    let outcome = contracts.outcome();
    let slot = outcome.slot;
    let count = |ids: &[_]| u32::try_from(ids.len()).map_err(|_| ErrorCode::ArithmeticOverflow);
    let mut decision = Decision::replying(&ConfirmationView {
        slot,
        confirmed: outcome.confirmed.clone(),
        lapsed: outcome.lapsed.clone(),
    })?;
    decision.emit(ConfirmationEnded {
        slot,
        confirmed: count(&outcome.confirmed)?,
        lapsed: count(&outcome.lapsed)?,
    })?;
    for penalty in &contracts.penalties {
        put_penalty(&mut decision, penalty)?;
    }
    decision.put(schema::confirmation_end(&slot), &outcome)?;
    decision.put(schema::used_room(&slot), used)?;
    positions.put(&mut decision)?;
    Ok(decision)
}
