//! `DTSC:Confirm`, `DTSC:Refuse`. Each side has a row of its own and neither reads the other's.

use der_api::ErrorCode;
use der_api::bytes::{Digest, HexBytes};
use der_api::contract::ContractTerms;
use der_api::delegation::SignedDelegation;
use der_api::event::{ContractConfirmed, ContractRefused};
use der_api::reply::{AnswerAccepted, Confirmation, ContractStatus};
use der_api::request::{Confirm, Refuse};
use der_api::schema::WHOLE_MARKET;
use der_market::id::{ContractId, ParticipantId};
use der_market::participant::Side;
use der_market::penalty::{Offence, Penalty};
use der_market::slot::Auction;

use super::agency::Agency;
use super::answers::is_mandated;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::ledger::not_found;
use crate::planning::ended;
use crate::rows::StoredContract;
use crate::schema;
use crate::view::LedgerView;

/// A contract that the caller may answer, for itself or a principal.
struct Answerable {
    contract: StoredContract,
    who: ParticipantId,
    side: Side,
    /// Under which an agent answers.
    delegation: Option<SignedDelegation>,
}

/// A contract, the side of it that the caller answers for, and for whom.
async fn answerable<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
    id: &ContractId,
    principal: Option<ParticipantId>,
) -> Result<Answerable, ContractError> {
    if principal.is_some() {
        cx.require_schema(WHOLE_MARKET, "an answer for a principal")?;
    }
    let who = principal.unwrap_or_else(|| cx.caller.clone());
    let at = schema::contract(&slot, id);
    let contract = cx.ledger.get(&at).await?.ok_or_else(|| not_found(&at))?;
    let side = if contract.terms.buyer == who {
        Side::Buyer
    } else if contract.terms.seller == who {
        Side::Seller
    } else {
        return Err(ContractError::new(
            ErrorCode::NotParty,
            format!("{who} is no party of contract {id}"),
        ));
    };
    let delegation = delegated(cx, &who, side, &contract.terms).await?;
    let (answer, plan) = (schema::answer(&slot, id, &side), schema::plan(&slot.slot));
    let answers = cx.ledger.many(&[answer.key.clone(), plan.key.clone()]).await?;
    if answers.get(&answer)?.is_some() || is_mandated(cx, &contract, side).await? {
        return Err(ContractError::new(
            ErrorCode::AlreadyConfirmed,
            format!("{who} answered contract {id}"),
        ));
    }
    if answers.get(&plan)?.is_some() || ended(cx, slot).await?.is_some() {
        return Err(ContractError::new(
            ErrorCode::ContractClosed,
            format!("confirmation of slot {slot} has ended"),
        ));
    }
    Ok(Answerable {
        contract,
        who,
        side,
        delegation,
    })
}

/// The delegation under which the caller answers for somebody; none for itself.
async fn delegated<V: LedgerView>(
    cx: &Context<'_, V>,
    who: &ParticipantId,
    side: Side,
    terms: &ContractTerms,
) -> Result<Option<SignedDelegation>, ContractError> {
    let agency = Agency::read(cx, [who.clone()]).await?;
    let Some(granted) = agency.terms(who)? else {
        return Ok(None);
    };
    granted.require_contract(side, terms)?;
    Ok(agency.signed(who).cloned())
}

pub(crate) async fn confirm<V: LedgerView>(cx: &Context<'_, V>, request: Confirm) -> Result<Decision, ContractError> {
    let Answerable {
        contract,
        side,
        delegation,
        ..
    } = answerable(cx, request.slot, &request.contract, request.participant).await?;
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
        delegation,
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
    let Answerable {
        contract,
        who,
        side,
        delegation,
    } = answerable(cx, request.slot, &request.contract, request.participant).await?;
    let answer = Confirmation {
        side,
        accepted: false,
        public_key: None,
        signature: None,
        mandate: None,
        delegation,
    };
    let mut decision = recorded(&contract, answer)?;
    if cx.schema >= WHOLE_MARKET {
        let offence = Offence::Refused(request.contract.clone());
        put_penalty(&mut decision, &Penalty::of(who, request.slot, offence))?;
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
