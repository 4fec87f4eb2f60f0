//! How long readings and corrections are taken, and from when on a missing one is estimated. There is no clock on the ledger: a later
//! slot that is settled shows that time has passed.

use der_api::ErrorCode;
use der_market::parameters::Parameters;
use der_market::slot::Slot;

use crate::context::Context;
use crate::error::ContractError;
use crate::schema;
use crate::view::LedgerView;

/// So many slots later.
fn later(slot: Slot, slots: u32) -> Option<Slot> {
    Slot::new(slot.get().checked_add(u64::from(slots))?).ok()
}

/// Refuses a reading or a correction once the slot at the end of the term is settled.
pub(super) async fn require_open<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    parameters: &Parameters,
) -> Result<(), ContractError> {
    let Some(end) = last_of(slot, parameters) else {
        return Ok(());
    };
    if cx.ledger.get(&schema::settlement(&end)).await?.is_none() {
        return Ok(());
    }
    Err(closed(slot, end))
}

/// The slot whose settlement ends the term.
pub(super) fn last_of(slot: Slot, parameters: &Parameters) -> Option<Slot> {
    later(slot, parameters.settlement().correction_slots)
}

pub(super) fn closed(slot: Slot, end: Slot) -> ContractError {
    let detail = format!("slot {slot} took corrections until slot {end} was settled");
    ContractError::new(ErrorCode::CorrectionsClosed, detail)
}

/// Refuses an estimate unless a slot beyond the limit is settled.
pub(super) async fn require_past_limit<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    seen: Slot,
    parameters: &Parameters,
) -> Result<(), ContractError> {
    let limit = later(slot, parameters.settlement().estimate_after_slots);
    let past = limit.is_some_and(|limit| seen >= limit);
    if past && cx.ledger.get(&schema::settlement(&seen)).await?.is_some() {
        return Ok(());
    }
    let limit = limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
    let detail = format!("slot {seen} is not settled, or lies before the limit of slot {slot}: slot {limit}");
    Err(ContractError::new(ErrorCode::EstimateTooEarly, detail))
}
