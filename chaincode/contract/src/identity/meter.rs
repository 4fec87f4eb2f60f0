//! `Meter:Register`.

use der_api::ErrorCode;
use der_api::event::MeterRegistered;
use der_api::guard::Guard;
use der_api::reply::{MeterKey, MeterView};
use der_api::request::RegisterMeter;
use der_api::schema::WHOLE_MARKET;
use der_market::id::PointId;

use super::plant::plant_of;
use super::standing::Standing;
use super::user::checked_public_key;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::PlantMeter;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn register_meter<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RegisterMeter,
) -> Result<Decision, ContractError> {
    checked_public_key(request.public_key.as_slice())?;
    let point = Standing::of(cx, &request.participant).await?.user.point;
    if let Some(plant) = &request.plant {
        cx.require_schema(WHOLE_MARKET, "a meter of one plant")?;
        plant_of(cx, plant, &request.participant, &point).await?;
    }
    let at = schema::meter(&request.meter);
    let known = cx.ledger.get(&at).await?;
    let born = known.is_none();
    let row = with_key(known, &request, point)?;
    let mut decision = Decision::replying(&row)?;
    if born {
        decision.put_guarded(at, &row, Guard::of_grid(&cx.market.organisations))?;
        put_plant_meter(cx, &row, &mut decision)?;
    } else {
        decision.put(at, &row)?;
    }
    decision.emit(MeterRegistered {
        meter: request.meter,
        valid_from: request.valid_from,
    })?;
    Ok(decision)
}

/// A new meter, or a known one with its next key: a key never begins before the one it follows.
fn with_key(known: Option<MeterView>, request: &RegisterMeter, point: PointId) -> Result<MeterView, ContractError> {
    let key = MeterKey {
        valid_from: request.valid_from,
        public_key: request.public_key.clone(),
    };
    let (meter, participant) = (request.meter.clone(), request.participant.clone());
    let Some(mut row) = known else {
        return Ok(MeterView {
            meter,
            participant,
            point,
            keys: vec![key],
            plant: request.plant.clone(),
            follows: None,
            replaced: None,
        });
    };
    if row.participant != participant {
        let detail = format!("meter {meter} measures another participant");
        return Err(ContractError::new(ErrorCode::RecordExists, detail));
    }
    require_in_use(&row)?;
    if request.plant.is_some() && request.plant != row.plant {
        let detail = format!("meter {meter} was registered for another plant or for none");
        return Err(ContractError::new(ErrorCode::PlantElsewhere, detail));
    }
    if row
        .keys
        .last()
        .is_some_and(|last| last.valid_from >= key.valid_from || last.public_key == key.public_key)
    {
        let detail = format!("meter {meter} needs another key, from a later slot");
        return Err(ContractError::new(ErrorCode::KeyExists, detail));
    }
    row.keys.push(key);
    Ok(row)
}

/// Refuses a meter that has a successor.
pub(super) fn require_in_use(meter: &MeterView) -> Result<(), ContractError> {
    let Some(replaced) = &meter.replaced else {
        return Ok(());
    };
    let detail = format!("meter {} was replaced by {}", meter.meter, replaced.by);
    Err(ContractError::new(ErrorCode::MeterReplaced, detail))
}

/// Tells by the plant which meters measure it alone.
pub(super) fn put_plant_meter<V>(
    cx: &Context<'_, V>,
    meter: &MeterView,
    decision: &mut Decision,
) -> Result<(), ContractError> {
    let Some(plant) = &meter.plant else {
        return Ok(());
    };
    let (at, meter) = (schema::plant_meter(plant, &meter.meter), meter.meter.clone());
    decision.put_guarded(at, &PlantMeter { meter }, Guard::of_grid(&cx.market.organisations))
}
