//! The ledger's own time: it has come as far as the slots that are settled. No clock is asked.

use der_api::ErrorCode;
use der_market::slot::Slot;

use crate::context::Context;
use crate::error::ContractError;
use crate::governance::days_between;
use crate::schema;
use crate::view::LedgerView;

/// Slots of the longest local day.
const LONGEST_DAY: u64 = 100;

/// True when a slot, or one of a day's slots after it, is settled.
pub(crate) async fn reached<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<bool, ContractError> {
    let rows: Vec<_> = day_from(slot).iter().map(schema::settlement).collect();
    Ok(cx.ledger.all(&rows).await?.iter().any(Option::is_some))
}

/// Refuses unless a slot is settled.
pub(super) async fn require_settled<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<(), ContractError> {
    match cx.ledger.get(&schema::settlement(&slot)).await? {
        Some(_) => Ok(()),
        None => Err(ContractError::new(
            ErrorCode::NotThatFar,
            format!("slot {slot} is not settled"),
        )),
    }
}

/// Refuses unless a slot is the latest that is settled, as far as a day's slots after it tell.
pub(super) async fn require_latest<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<(), ContractError> {
    require_settled(cx, slot).await?;
    let next = Slot::new(slot.get().saturating_add(1))?;
    if reached(cx, next).await? {
        let detail = format!("slot {slot} is settled, and so are later ones; name the latest");
        return Err(ContractError::new(ErrorCode::NotThatFar, detail));
    }
    Ok(())
}

/// True when so many local days after a slot are over.
pub(super) async fn elapsed<V: LedgerView>(cx: &Context<'_, V>, since: Slot, days: u16) -> Result<bool, ContractError> {
    let ahead = LONGEST_DAY.saturating_mul(u64::from(days).saturating_add(1));
    let last = Slot::new(since.get().saturating_add(ahead)).unwrap_or(Slot::MOST);
    let first = Slot::new(since.get().saturating_sub(LONGEST_DAY)).unwrap_or(Slot::LEAST);
    reached(cx, days_between(cx, first, last).await?.later(since, days)).await
}

fn day_from(slot: Slot) -> Vec<Slot> {
    (0..LONGEST_DAY)
        .filter_map(|more| Slot::new(slot.get().saturating_add(more)).ok())
        .collect()
}
