//! `Certificate:Transfer`, `Certificate:Claim`: what a holder does with certificates of a plant.

use der_api::ErrorCode;
use der_api::event::{CertificatesClaimed, CertificatesTransferred};
use der_api::reply::HoldingView;
use der_api::request::{ClaimCertificates, TransferCertificates};
use der_market::id::{ParticipantId, PlantId};
use der_market::origin::Holding;

use super::accrue::refused;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::identity::Standing;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn transfer<V: LedgerView>(
    cx: &Context<'_, V>,
    request: TransferCertificates,
) -> Result<Decision, ContractError> {
    let TransferCertificates {
        plant,
        to,
        certificates,
    } = request;
    if certificates == 0 {
        return Err(ErrorCode::ZeroQuantity.into());
    }
    if to == cx.caller {
        return Err(ErrorCode::TransferToOneself.into());
    }
    Standing::of(cx, &to).await?;
    let (from_at, to_at) = (schema::holding(&plant, &cx.caller), schema::holding(&plant, &to));
    let answers = cx.ledger.many(&[from_at.key.clone(), to_at.key.clone()]).await?;
    let mut giver = answers.get(&from_at)?.unwrap_or_default();
    let mut taker = answers.get(&to_at)?.unwrap_or_default();
    giver.transfer(&mut taker, certificates).map_err(refused)?;
    let mut decision = Decision::replying(&view(plant.clone(), cx.caller.clone(), giver))?;
    decision.put(from_at, &giver)?;
    decision.put(to_at, &taker)?;
    let from = cx.caller.clone();
    decision.emit(CertificatesTransferred { plant, from, to })?;
    Ok(decision)
}

pub(crate) async fn claim<V: LedgerView>(
    cx: &Context<'_, V>,
    request: ClaimCertificates,
) -> Result<Decision, ContractError> {
    let ClaimCertificates { plant, energy_wh } = request;
    if energy_wh.is_zero() {
        return Err(ErrorCode::ZeroQuantity.into());
    }
    let at = schema::holding(&plant, &cx.caller);
    let mut holding = cx.ledger.get(&at).await?.unwrap_or_default();
    holding.claim(energy_wh.get()).map_err(refused)?;
    let holder = cx.caller.clone();
    let mut decision = Decision::replying(&view(plant.clone(), holder.clone(), holding))?;
    decision.put(at, &holding)?;
    decision.emit(CertificatesClaimed { plant, holder })?;
    Ok(decision)
}

/// What is told of a holding.
pub(crate) fn view(plant: PlantId, holder: ParticipantId, holding: Holding) -> HoldingView {
    HoldingView {
        plant,
        holder,
        certificates: holding.certificates,
        claimed_wh: holding.claimed_wh,
    }
}
