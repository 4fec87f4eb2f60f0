//! `DTSC:Mandate`, `DTSC:RevokeMandate`: a participant's word for contracts to come.
//!
//! An entry keeps the mandate under which its orders were entered. So clearing reads no mandate that its owner could change
//! meanwhile, and nobody takes its word back after the gate has closed, when it may know the others' orders.

use std::collections::BTreeSet;

use der_api::bytes::{Digest, HexBytes};
use der_api::event::{MandateGranted, MandateRevoked};
use der_api::mandate::SignedMandate;
use der_api::reply::MandateView;
use der_api::request::{GrantMandate, QueryMandate, RevokeMandate};
use der_api::{ErrorCode, codec};
use der_market::id::ParticipantId;

use super::desk::Desk;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::StandingMandate;
use crate::schema;
use crate::view::LedgerView;

/// Auctions that one revocation may name.
const SLOTS_PER_REVOCATION: usize = 1_000;

pub(crate) async fn grant_mandate<V: LedgerView>(
    cx: &Context<'_, V>,
    request: GrantMandate,
) -> Result<Decision, ContractError> {
    let GrantMandate { terms, signature } = request;
    terms.validate()?;
    if terms.market != cx.market.market || terms.participant != cx.caller {
        let detail = "a mandate names this market and the caller";
        return Err(ContractError::new(ErrorCode::MandateInvalid, detail));
    }
    let public_key = signed_by_caller(
        cx,
        &terms.canonical_bytes()?,
        &signature,
        ErrorCode::BadMandateSignature,
    )
    .await?;
    let hash = terms.hash()?;
    let mandate = SignedMandate {
        terms,
        public_key,
        signature,
    };
    let mut decision = Decision::replying(&MandateView {
        participant: cx.caller.clone(),
        hash: Some(hash),
        mandate: Some(mandate.clone()),
    })?;
    decision.put(schema::standing_mandate(&cx.caller), &StandingMandate { hash })?;
    decision.put(schema::mandate(&cx.caller, &hash), &mandate)?;
    decision.emit(MandateGranted {
        participant: cx.caller.clone(),
        mandate: hash,
    })?;
    Ok(decision)
}

/// The caller's key, if it is registered and the signature is its own.
pub(super) async fn signed_by_caller<V: LedgerView>(
    cx: &Context<'_, V>,
    bytes: &[u8],
    signature: &HexBytes,
    code: ErrorCode,
) -> Result<HexBytes, ContractError> {
    let fingerprint = Digest::of(&cx.public_key);
    let registered = cx.ledger.get(&schema::signing_key(&cx.caller, &fingerprint)).await?;
    let unregistered = || {
        let detail = format!("the key {fingerprint} is not registered for {}", cx.caller);
        ContractError::new(ErrorCode::KeyNotRegistered, detail)
    };
    let key = registered.ok_or_else(unregistered)?.public_key;
    if cx.verifier.verify(key.as_slice(), bytes, signature.as_slice()) {
        return Ok(key);
    }
    Err(ContractError::new(
        code,
        format!("the signature is not by the key {fingerprint}"),
    ))
}

pub(crate) async fn revoke_mandate<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RevokeMandate,
) -> Result<Decision, ContractError> {
    if request.slots.len() > SLOTS_PER_REVOCATION {
        let detail = format!("{SLOTS_PER_REVOCATION} slots are allowed in one revocation");
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    let at = schema::standing_mandate(&cx.caller);
    let standing = cx.ledger.get(&at).await?;
    let visits: BTreeSet<_> = request.slots.iter().map(|slot| (*slot, cx.caller.clone())).collect();
    let mut desk = Desk::open(cx, &visits).await?;
    for (slot, who) in &visits {
        desk.revoke(*slot, who)?;
    }
    if standing.is_none() && visits.is_empty() {
        let detail = format!("{} has no mandate", cx.caller);
        return Err(ContractError::new(ErrorCode::NoMandate, detail));
    }
    let mut decision = Decision::replying(&MandateView {
        participant: cx.caller.clone(),
        hash: None,
        mandate: None,
    })?;
    if standing.is_some() {
        decision.delete(at)?;
    }
    desk.write(&mut decision)?;
    decision.emit(MandateRevoked {
        participant: cx.caller.clone(),
        slots: Digest::of(&codec::encode(&request.slots)?),
    })?;
    Ok(decision)
}

/// The mandate under which a participant's next orders are entered.
pub(crate) async fn mandate_view<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryMandate,
) -> Result<Decision, ContractError> {
    let who: ParticipantId = request.participant;
    let hash = cx
        .ledger
        .get(&schema::standing_mandate(&who))
        .await?
        .map(|row| row.hash);
    let mandate = match &hash {
        Some(hash) => cx.ledger.get(&schema::mandate(&who, hash)).await?,
        None => None,
    };
    Decision::replying(&MandateView {
        participant: who,
        hash,
        mandate,
    })
}
