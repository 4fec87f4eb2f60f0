//! `Energy:RegisterPlant`.

use der_api::ErrorCode;
use der_api::event::PlantRegistered;
use der_api::reply::PlantView;
use der_api::request::RegisterPlant;

use super::standing::Standing;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn register_plant<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RegisterPlant,
) -> Result<Decision, ContractError> {
    Standing::of(cx, &cx.caller).await?;
    let (at, point) = (schema::plant(&request.plant), schema::point(&request.point));
    let answers = cx.ledger.many(&[at.key.clone(), point.key.clone()]).await?;
    if answers.get(&at)?.is_some() {
        return Err(ContractError::new(
            ErrorCode::RecordExists,
            format!("{:?} is registered", at.key),
        ));
    }
    if answers.get(&point)?.is_none() {
        return Err(ContractError::new(
            ErrorCode::UnknownPoint,
            format!("there is no {:?}", point.key),
        ));
    }
    let RegisterPlant {
        plant,
        capacity_w,
        point,
        source,
    } = request;
    let row = PlantView {
        plant: plant.clone(),
        owner: cx.caller.clone(),
        capacity_w,
        point,
        source,
    };
    let mut decision = Decision::replying(&row)?;
    decision.put_guarded(at, &row, cx.own_guard())?;
    decision.emit(PlantRegistered {
        plant,
        owner: cx.caller.clone(),
    })?;
    Ok(decision)
}
