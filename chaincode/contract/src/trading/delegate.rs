//! `DTSC:Delegate`, `DTSC:RevokeDelegation`: a participant lets an agent act for it, and ends it.

use der_api::ErrorCode;
use der_api::delegation::SignedDelegation;
use der_api::event::{DelegationGranted, DelegationRevoked};
use der_api::reply::{DelegationView, DelegationsView};
use der_api::request::{DELEGATIONS_LIMIT, GrantDelegation, QueryDelegations, RevokeDelegation};
use der_market::id::ParticipantId;

use super::mandate::signed_by_caller;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::key::Key;
use crate::rows::Agency;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn grant_delegation<V: LedgerView>(
    cx: &Context<'_, V>,
    request: GrantDelegation,
) -> Result<Decision, ContractError> {
    let GrantDelegation { terms, signature } = request;
    terms.validate()?;
    if terms.market != cx.market.market || terms.principal != cx.caller {
        let detail = "a delegation names this market, and the caller as principal";
        return Err(ContractError::new(ErrorCode::DelegationInvalid, detail));
    }
    if cx.market.organisations.part_of(&terms.agent.msp).is_none() {
        let detail = format!("{} is of no member's organisation", terms.agent);
        return Err(ContractError::new(ErrorCode::DelegationInvalid, detail));
    }
    let bytes = terms.canonical_bytes()?;
    let public_key = signed_by_caller(cx, &bytes, &signature, ErrorCode::BadDelegationSignature).await?;
    let (principal, agent, hash) = (terms.principal.clone(), terms.agent.clone(), terms.hash()?);
    let signed = SignedDelegation {
        terms,
        public_key,
        signature,
    };
    let mut decision = Decision::replying(&DelegationView {
        principal: principal.clone(),
        agent: agent.clone(),
        hash: Some(hash),
        delegation: Some(signed.clone()),
    })?;
    decision.put(schema::delegation(&principal, &agent), &signed)?;
    decision.put(schema::agency(&agent, &principal), &Agency { delegation: hash })?;
    decision.emit(DelegationGranted {
        principal,
        agent,
        delegation: hash,
    })?;
    Ok(decision)
}

pub(crate) async fn revoke_delegation<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RevokeDelegation,
) -> Result<Decision, ContractError> {
    let (principal, agent) = (cx.caller.clone(), request.agent);
    let at = schema::delegation(&principal, &agent);
    if cx.ledger.get(&at).await?.is_none() {
        let detail = format!("{principal} delegated nothing to {agent}");
        return Err(ContractError::new(ErrorCode::NoDelegation, detail));
    }
    let mut decision = Decision::replying(&DelegationView {
        principal: principal.clone(),
        agent: agent.clone(),
        hash: None,
        delegation: None,
    })?;
    decision.delete(at)?;
    decision.delete(schema::agency(&agent, &principal))?;
    decision.emit(DelegationRevoked { principal, agent })?;
    Ok(decision)
}

/// What a participant delegated, by agent; or what was delegated to it, by principal.
pub(crate) async fn delegations<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryDelegations,
) -> Result<Decision, ContractError> {
    let QueryDelegations {
        participant: own,
        as_agent,
        after,
        page,
    } = request;
    if page == 0 || page > DELEGATIONS_LIMIT {
        let detail = format!("a page has 1 to {DELEGATIONS_LIMIT} delegations");
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    let most = usize::try_from(page).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let (prefix, at): (_, fn(&ParticipantId, &ParticipantId) -> Key) = match as_agent {
        true => (schema::agencies_of(&own).prefix, |own, other| {
            schema::agency(own, other).key
        }),
        false => (schema::delegations_of(&own).prefix, |own, other| {
            schema::delegation(own, other).key
        }),
    };
    let after = after.map(|other| at(&own, &other));
    let keys = cx.ledger.page(&prefix, after.as_ref(), most).await?;
    let others: Vec<ParticipantId> = keys.iter().map(other).collect::<Result<_, _>>()?;
    let rows: Vec<_> = others
        .iter()
        .map(|other| match as_agent {
            true => schema::delegation(other, &own),
            false => schema::delegation(&own, other),
        })
        .collect();
    let delegations = cx.ledger.all(&rows).await?.into_iter().flatten().collect();
    Decision::replying(&DelegationsView {
        delegations,
        next: others.last().filter(|_| others.len() >= most).cloned(),
    })
}

/// The second participant of a key.
fn other(key: &Key) -> Result<ParticipantId, ContractError> {
    let text = key.parts().get(2..).unwrap_or_default().join(":");
    text.parse()
        .map_err(|_| ContractError::new(ErrorCode::CorruptState, format!("{key:?} names no participant")))
}
