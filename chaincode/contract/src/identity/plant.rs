//! `Energy:RegisterPlant`, `Energy:ChangePlant`, `Energy:RetirePlant`.

use der_api::event::{PlantChanged, PlantRegistered, PlantRetired};
use der_api::reply::PlantView;
use der_api::request::{ChangePlant, RegisterPlant, RetirePlant};
use der_api::{ErrorCode, Event};
use der_market::id::{ParticipantId, PlantId, PointId};

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
        last: None,
    };
    let mut decision = Decision::replying(&row)?;
    decision.put_guarded(at, &row, cx.own_guard())?;
    decision.emit(PlantRegistered {
        plant,
        owner: cx.caller.clone(),
    })?;
    Ok(decision)
}

pub(crate) async fn change_plant<V: LedgerView>(
    cx: &Context<'_, V>,
    request: ChangePlant,
) -> Result<Decision, ContractError> {
    let mut row = own_plant(cx, &request.plant).await?;
    row.capacity_w = request.capacity_w;
    let plant = request.plant;
    written(&row, PlantChanged { plant }.into())
}

pub(crate) async fn retire_plant<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RetirePlant,
) -> Result<Decision, ContractError> {
    let mut row = own_plant(cx, &request.plant).await?;
    let RetirePlant { plant, last } = request;
    row.last = Some(last);
    written(&row, PlantRetired { plant, last }.into())
}

/// A plant of the caller that is not retired.
async fn own_plant<V: LedgerView>(cx: &Context<'_, V>, plant: &PlantId) -> Result<PlantView, ContractError> {
    let row = cx.ledger.require(&schema::plant(plant)).await?;
    if row.owner != cx.caller {
        let detail = format!("plant {plant} is not of {}", cx.caller);
        return Err(ContractError::new(ErrorCode::NotOwner, detail));
    }
    in_service(row)
}

/// A plant that measures or belongs to a participant's things at a point.
pub(super) async fn plant_of<V: LedgerView>(
    cx: &Context<'_, V>,
    plant: &PlantId,
    owner: &ParticipantId,
    point: &PointId,
) -> Result<PlantView, ContractError> {
    let row = cx.ledger.require(&schema::plant(plant)).await?;
    if row.owner != *owner || row.point != *point {
        let detail = format!("plant {plant} is not of {owner} at {point}");
        return Err(ContractError::new(ErrorCode::PlantElsewhere, detail));
    }
    in_service(row)
}

fn in_service(row: PlantView) -> Result<PlantView, ContractError> {
    match row.last {
        None => Ok(row),
        Some(last) => {
            let detail = format!("plant {} is retired since slot {last}", row.plant);
            Err(ContractError::new(ErrorCode::PlantRetired, detail))
        }
    }
}

fn written(row: &PlantView, event: Event) -> Result<Decision, ContractError> {
    let mut decision = Decision::replying(row)?;
    decision.put(schema::plant(&row.plant), row)?;
    decision.emit(event)?;
    Ok(decision)
}
