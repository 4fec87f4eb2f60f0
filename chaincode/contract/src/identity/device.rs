//! `User:RegisterDevice`, `User:ChangeDevice`, `User:RetireDevice`, `User:SetState`: the caller's devices.

use der_api::event::{DeviceChanged, DeviceRegistered, DeviceRetired, StateSet};
use der_api::reply::DeviceView;
use der_api::request::{ChangeDevice, RegisterDevice, RetireDevice, SetState};
use der_api::{ErrorCode, Event};
use der_market::id::DeviceId;
use der_market::participant::StoreState;
use der_market::units::Ppm;

use super::plant::plant_of;
use super::standing::Standing;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::ledger::not_found;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn register_device<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RegisterDevice,
) -> Result<Decision, ContractError> {
    let standing = Standing::of(cx, &cx.caller).await?;
    standing.require_resident()?;
    let at = schema::device(&cx.caller, &request.device);
    if cx.ledger.get(&at).await?.is_some() {
        let detail = format!("{:?} is registered", at.key);
        return Err(ContractError::new(ErrorCode::RecordExists, detail));
    }
    if let Some(plant) = &request.plant {
        plant_of(cx, plant, &cx.caller, &standing.user.point).await?;
    }
    let row = new_device(cx, request)?;
    let mut decision = Decision::replying(&row)?;
    decision.put_guarded(at, &row, cx.own_guard())?;
    let (participant, device) = (row.participant, row.device);
    decision.emit(DeviceRegistered { participant, device })?;
    Ok(decision)
}

fn new_device<V>(cx: &Context<'_, V>, request: RegisterDevice) -> Result<DeviceView, ContractError> {
    let stores = request.kind.stores();
    if !stores && request.efficiency.is_some() {
        return Err(ErrorCode::NotAStore.into());
    }
    Ok(DeviceView {
        participant: cx.caller.clone(),
        device: request.device,
        kind: request.kind,
        capacity_w: request.capacity_w,
        plant: request.plant,
        efficiency: stores.then(|| request.efficiency.unwrap_or(Ppm::ONE)),
        state: stores.then_some(StoreState::Idle),
        retired: false,
    })
}

pub(crate) async fn change_device<V: LedgerView>(
    cx: &Context<'_, V>,
    request: ChangeDevice,
) -> Result<Decision, ContractError> {
    let mut row = in_service(cx, &request.device).await?;
    row.capacity_w = request.capacity_w;
    if request.efficiency.is_some() {
        if !row.kind.stores() {
            return Err(ErrorCode::NotAStore.into());
        }
        row.efficiency = request.efficiency;
    }
    let (participant, device) = (row.participant.clone(), row.device.clone());
    written(&row, DeviceChanged { participant, device }.into())
}

pub(crate) async fn retire_device<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RetireDevice,
) -> Result<Decision, ContractError> {
    let mut row = in_service(cx, &request.device).await?;
    row.retired = true;
    row.state = row.state.map(|_| StoreState::Idle);
    let (participant, device) = (row.participant.clone(), row.device.clone());
    written(&row, DeviceRetired { participant, device }.into())
}

pub(crate) async fn set_state<V: LedgerView>(
    cx: &Context<'_, V>,
    request: SetState,
) -> Result<Decision, ContractError> {
    let mut row = in_service(cx, &request.device).await?;
    if !row.kind.stores() {
        return Err(ErrorCode::NotAStore.into());
    }
    let state = request.state;
    row.state = Some(state);
    let (participant, device) = (row.participant.clone(), row.device.clone());
    let event = StateSet {
        participant,
        device,
        state,
    };
    written(&row, event.into())
}

/// A device of the caller that is not retired.
async fn in_service<V: LedgerView>(cx: &Context<'_, V>, device: &DeviceId) -> Result<DeviceView, ContractError> {
    let at = schema::device(&cx.caller, device);
    let row = cx.ledger.get(&at).await?.ok_or_else(|| not_found(&at))?;
    if row.retired {
        return Err(ContractError::new(
            ErrorCode::DeviceRetired,
            format!("device {device} is retired"),
        ));
    }
    Ok(row)
}

fn written(row: &DeviceView, event: Event) -> Result<Decision, ContractError> {
    let mut decision = Decision::replying(row)?;
    decision.put(schema::device(&row.participant, &row.device), row)?;
    decision.emit(event)?;
    Ok(decision)
}
