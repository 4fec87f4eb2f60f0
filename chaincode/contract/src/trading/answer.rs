//! `DTSC:Confirm`, `DTSC:Refuse`. Each side has a row of its own and neither reads the other's.

use der_api::ErrorCode;
use der_api::bytes::{Digest, HexBytes};
use der_api::event::{ContractConfirmed, ContractRefused};
use der_api::reply::{AnswerAccepted, Confirmation, ContractStatus};
use der_api::request::{Confirm, Refuse};
use der_api::schema::WHOLE_MARKET;
use der_market::id::ContractId;
use der_market::participant::Side;
use der_market::penalty::{Offence, Penalty};
use der_market::slot::Auction;

use super::answers::is_mandated;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::ledger::not_found;
use crate::planning::ended;
use crate::rows::StoredContract;
use crate::schema;
use crate::view::LedgerView;

/// A contract that the caller may answer, and the caller's side of it.
async fn answerable<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
    id: &ContractId,
) -> Result<(StoredContract, Side), ContractError> {
    let at = schema::contract(&slot, id);
    let contract = cx.ledger.get(&at).await?.ok_or_else(|| not_found(&at))?;
    let side = if contract.terms.buyer == cx.caller {
        Side::Buyer
    } else if contract.terms.seller == cx.caller {
        Side::Seller
    } else {
        return Err(ContractError::new(
            ErrorCode::NotParty,
            format!("{} is no party of contract {id}", cx.caller),
        ));
    };
    let (answer, plan) = (schema::answer(&slot, id, &side), schema::plan(&slot.slot));
    let answers = cx.ledger.many(&[answer.key.clone(), plan.key.clone()]).await?;
    if answers.get(&answer)?.is_some() || is_mandated(cx, &contract, side).await? {
        return Err(ContractError::new(
            ErrorCode::AlreadyConfirmed,
            format!("{} answered contract {id}", cx.caller),
        ));
    }
    if answers.get(&plan)?.is_some() || ended(cx, slot).await?.is_some() {
        return Err(ContractError::new(
            ErrorCode::ContractClosed,
            format!("confirmation of slot {slot} has ended"),
        ));
    }
    Ok((contract, side))
}

pub(crate) async fn confirm<V: LedgerView>(cx: &Context<'_, V>, request: Confirm) -> Result<Decision, ContractError> {
    let (contract, side) = answerable(cx, request.slot, &request.contract).await?;
    let fingerprint = Digest::of(&cx.public_key);
    if cx
        .ledger
        .get(&schema::signing_key(&cx.caller, &fingerprint))
        .await?
        .is_none()
    {
        let detail = format!("the key {fingerprint} is not registered for {}", cx.caller);
        return Err(ContractError::new(ErrorCode::KeyNotRegistered, detail));
    }
    let bytes = contract.terms.canonical_bytes()?;
    if !cx.verifier.verify(&cx.public_key, &bytes, request.signature.as_slice()) {
        let detail = format!("the signature does not fit contract {}", request.contract);
        return Err(ContractError::new(ErrorCode::BadContractSignature, detail));
    }
    let public_key = HexBytes::new(cx.public_key.as_slice());
    let answer = Confirmation {
        side,
        accepted: true,
        public_key,
        signature: Some(request.signature),
        mandate: None,
    };
    let mut decision = recorded(&contract, answer)?;
    decision.emit(ContractConfirmed {
        slot: request.slot,
        contract: request.contract,
        side,
        hash: contract.hash,
    })?;
    Ok(decision)
}

pub(crate) async fn refuse<V: LedgerView>(cx: &Context<'_, V>, request: Refuse) -> Result<Decision, ContractError> {
    let (contract, side) = answerable(cx, request.slot, &request.contract).await?;
    let answer = Confirmation {
        side,
        accepted: false,
        public_key: None,
        signature: None,
        mandate: None,
    };
    let mut decision = recorded(&contract, answer)?;
    if cx.schema >= WHOLE_MARKET {
        let offence = Offence::Refused(request.contract.clone());
        put_penalty(&mut decision, &Penalty::of(cx.caller.clone(), request.slot, offence))?;
    }
    decision.emit(ContractRefused {
        slot: request.slot,
        contract: request.contract,
        side,
    })?;
    Ok(decision)
}

/// Puts what an offence costs, for the next roll of credit.
pub(crate) fn put_penalty(decision: &mut Decision, penalty: &Penalty) -> Result<(), ContractError> {
    let at = schema::penalty(&penalty.participant, &penalty.slot, &penalty.offence);
    decision.put(at, penalty)
}

fn recorded(contract: &StoredContract, answer: Confirmation) -> Result<Decision, ContractError> {
    let (slot, id) = (contract.terms.slot, &contract.terms.contract);
    let mut decision = Decision::replying(&AnswerAccepted {
        slot,
        contract: id.clone(),
        side: answer.side,
        accepted: answer.accepted,
        hash: contract.hash,
    })?;
    decision.put(schema::answer(&slot, id, &answer.side), &answer)?;
    Ok(decision)
}

/// How far a contract has come: both signatures confirm it, one refusal ends it, the plan expires what is left.
pub(crate) fn status(answers: &[Confirmation], planned: bool) -> ContractStatus {
    if answers.iter().any(|answer| !answer.accepted) {
        return ContractStatus::Refused;
    }
    match (answers.len(), planned) {
        (2, _) => ContractStatus::Confirmed,
        (_, true) => ContractStatus::Expired,
        (_, false) => ContractStatus::Proposed,
    }
}
