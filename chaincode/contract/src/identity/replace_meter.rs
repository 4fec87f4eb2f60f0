//! `Meter:Replace`: the old meter's last slot and the new meter's first follow each other without gap or overlap.

use der_api::ErrorCode;
use der_api::event::MeterReplaced;
use der_api::guard::Guard;
use der_api::reply::{MeterKey, MeterView, Replacement};
use der_api::request::ReplaceMeter;
use der_market::slot::Slot;

use super::meter::{put_plant_meter, require_in_use};
use super::user::checked_public_key;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::ledger::not_found;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn replace_meter<V: LedgerView>(
    cx: &Context<'_, V>,
    request: ReplaceMeter,
) -> Result<Decision, ContractError> {
    checked_public_key(request.public_key.as_slice())?;
    let (old, new) = (schema::meter(&request.meter), schema::meter(&request.by));
    let answers = cx.ledger.many(&[old.key.clone(), new.key.clone()]).await?;
    if answers.get(&new)?.is_some() || old.key == new.key {
        let detail = format!("{:?} is registered", new.key);
        return Err(ContractError::new(ErrorCode::RecordExists, detail));
    }
    let before = answers.get(&old)?.ok_or_else(|| not_found(&old))?;
    let (ended, begun) = succession(before, request)?;
    let mut decision = Decision::replying(&begun)?;
    decision.put(old, &ended)?;
    decision.put_guarded(new, &begun, Guard::of_grid(&cx.market.organisations))?;
    put_plant_meter(cx, &begun, &mut decision)?;
    let from = begun.keys.first().map_or(Slot::LEAST, |key| key.valid_from);
    decision.emit(MeterReplaced {
        meter: ended.meter,
        by: begun.meter,
        from,
    })?;
    Ok(decision)
}

/// The old meter as it ends, and the new one as it begins.
fn succession(before: MeterView, request: ReplaceMeter) -> Result<(MeterView, MeterView), ContractError> {
    require_in_use(&before)?;
    let from = request.from;
    let begun_before = before.keys.last().is_some_and(|key| key.valid_from < from);
    let same_key = before.keys.iter().any(|key| key.public_key == request.public_key);
    let last = from.get().checked_sub(1).and_then(|last| Slot::new(last).ok());
    let Some(last) = last.filter(|_| begun_before && !same_key) else {
        let detail = format!("meter {} cannot be replaced so in slot {from}", before.meter);
        return Err(ContractError::new(ErrorCode::BadReplacement, detail));
    };
    let key = MeterKey {
        valid_from: from,
        public_key: request.public_key,
    };
    let begun = MeterView {
        meter: request.by.clone(),
        keys: vec![key],
        follows: Some(before.meter.clone()),
        ..before.clone()
    };
    let by = request.by;
    let ended = MeterView {
        replaced: Some(Replacement { last, by }),
        ..before
    };
    Ok((ended, begun))
}
