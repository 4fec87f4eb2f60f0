//! The local days of the market, by the calendars that are governed.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::version::Subject;
use der_market::billing::BillingDay;
use der_market::calendar::Calendar;
use der_market::days::Days;
use der_market::slot::Slot;

use super::versions::{at, head_of};
use crate::context::Context;
use crate::error::ContractError;
use crate::rows::VersionsHead;
use crate::schema;
use crate::view::LedgerView;

/// Days between two slots. Of the calendars only those are read that are in force there.
pub(crate) async fn days_between<V: LedgerView>(
    cx: &Context<'_, V>,
    first: Slot,
    last: Slot,
) -> Result<Days, ContractError> {
    let head = head_of(cx, Subject::Calendar).await?;
    let fixed = cx.parameters(cx.market.parameters).await?.billing();
    let versions: BTreeSet<(Slot, u32)> = in_force_between(&head, first, last).collect();
    let rows: Vec<_> = versions.iter().map(|(_, version)| schema::calendar(version)).collect();
    let found = cx.ledger.all(&rows).await?;
    let governed = versions.into_iter().zip(found);
    let governed = governed.map(|((from, version), calendar)| {
        let missing = || ContractError::new(ErrorCode::CorruptState, format!("calendar {version} is missing"));
        Ok((from, calendar.ok_or_else(missing)?))
    });
    Ok(Days::new(fixed, governed.collect::<Result<_, ContractError>>()?))
}

/// Days with those around one of them.
pub(crate) async fn days_around<V: LedgerView>(cx: &Context<'_, V>, day: BillingDay) -> Result<Days, ContractError> {
    let fixed = cx.parameters(cx.market.parameters).await?.billing();
    let (first, last) = Days::around(&fixed, day);
    days_between(cx, first, last).await
}

/// Versions in force at the first slot, or from one on that is not after the last.
fn in_force_between(head: &VersionsHead, first: Slot, last: Slot) -> impl Iterator<Item = (Slot, u32)> {
    let standing = at(head, first);
    head.versions
        .iter()
        .filter(move |line| {
            let comes = line.from > first && line.from <= last && at(head, line.from) == Some(line.version);
            comes || standing == Some(line.version)
        })
        .map(|line| (line.from, line.version))
}

/// Refuses a calendar that would tear days apart: it begins with one of its days, dates do not go back, and nothing that it would count
/// anew is settled.
pub(super) async fn require_fitting<V: LedgerView>(
    cx: &Context<'_, V>,
    calendar: &Calendar,
    from: Slot,
) -> Result<(), ContractError> {
    let invalid = |detail: String| Err(ContractError::new(ErrorCode::CalendarInvalid, detail));
    let Some(first) = calendar.day_of(from).filter(|day| day.first == from) else {
        return invalid(format!(
            "slot {from}, from which it would be in force, begins no day of it"
        ));
    };
    let Some(before) = from.get().checked_sub(1).and_then(|slot| Slot::new(slot).ok()) else {
        return Ok(());
    };
    let before = days_between(cx, before, before).await?.day_of(before);
    if first.date.days() < before.get() {
        return invalid(format!("{} has begun before slot {from}", first.date));
    }
    if crate::money::reached(cx, from).await? {
        let detail = format!("slot {from}, from which it would be in force, or one of the day after it, is settled");
        return Err(ContractError::new(ErrorCode::VersionTooLate, detail));
    }
    Ok(())
}
