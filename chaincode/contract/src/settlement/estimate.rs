//! `Meter:Estimate`: values in place of readings that did not come in time. They are marked, and a reading that comes counts instead.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::event::ReadingsEstimated;
use der_api::reply::{EstimateView, EstimatesAccepted};
use der_api::request::Estimate;
use der_market::metering::{Basis, Net};
use der_market::participant::Side;
use der_market::settlement::Place;
use der_market::slot::Slot;

use super::record::READINGS_LIMIT;
use super::term::require_past_limit;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::days_between;
use crate::rows::PlanRow;
use crate::schema;
use crate::view::LedgerView;

/// Slots in seven days at most, with one of 25 hours.
const WEEK: u64 = 676;

pub(crate) async fn estimate<V: LedgerView>(cx: &Context<'_, V>, request: Estimate) -> Result<Decision, ContractError> {
    let Estimate { slot, seen, places } = request;
    check_count(places.len())?;
    let settled = cx.ledger.get(&schema::settlement(&slot)).await?;
    let unsettled = || ContractError::new(ErrorCode::WrongStage, format!("slot {slot} is not settled"));
    let course = settled.ok_or_else(unsettled)?.course;
    let version = course.map_or(cx.market.parameters, |course| course.parameters);
    require_past_limit(cx, slot, seen, &cx.parameters(version).await?).await?;
    let plan = cx.ledger.get(&schema::plan(&slot)).await?;
    let mut estimates = Vec::with_capacity(places.len());
    for place in unknown(cx, slot, &places).await? {
        estimates.push(value(cx, slot, place, plan.as_ref()).await?);
    }
    decide(slot, places, estimates)
}

fn check_count(count: usize) -> Result<(), ContractError> {
    if count == 0 {
        return Err(ErrorCode::EmptyBatch.into());
    }
    if count > READINGS_LIMIT {
        let detail = format!("{count} places, {READINGS_LIMIT} are allowed");
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    Ok(())
}

/// The places, each a registered participant's own point without a reading or an estimate, and each once.
async fn unknown<'a, V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    places: &'a [Place],
) -> Result<BTreeSet<&'a Place>, ContractError> {
    let users: Vec<_> = places.iter().map(|place| schema::user(&place.participant)).collect();
    let users = cx.ledger.all(&users).await?;
    let estimates: Vec<_> = places
        .iter()
        .map(|place| schema::estimate(&slot, &place.participant, &place.point))
        .collect();
    let estimates = cx.ledger.all(&estimates).await?;
    let mut unknown = BTreeSet::new();
    for ((place, user), estimate) in places.iter().zip(users).zip(estimates) {
        let what = if user.is_none_or(|user| user.point != place.point) {
            "is not registered there"
        } else if estimate.is_some() || !unknown.insert(place) {
            "is estimated"
        } else if !readings(cx, slot, place).await?.is_empty() {
            "is metered"
        } else {
            continue;
        };
        let detail = format!("{} at {} {what}", place.participant, place.point);
        return Err(ContractError::new(ErrorCode::NothingToEstimate, detail));
    }
    Ok(unknown)
}

async fn readings<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    place: &Place,
) -> Result<Vec<crate::rows::ReadingRow>, ContractError> {
    let rows = schema::readings_at(&slot, &place.participant, &place.point);
    cx.ledger.scan(&rows).await
}

/// The final plan's net, else the same slot seven days earlier, else nothing.
async fn value<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    place: &Place,
    plan: Option<&PlanRow>,
) -> Result<EstimateView, ContractError> {
    let (net, basis) = match planned(plan, place) {
        Some(net) => (net, Basis::Plan),
        None => week_before(cx, slot, place).await?,
    };
    Ok(EstimateView {
        participant: place.participant.clone(),
        point: place.point.clone(),
        consumed_wh: net.consumed_wh,
        injected_wh: net.injected_wh,
        basis,
    })
}

fn planned(plan: Option<&PlanRow>, place: &Place) -> Option<Net> {
    let lines = plan?.view.lines.iter();
    let mut lines = lines
        .filter(|line| line.participant == place.participant && line.point == place.point)
        .peekable();
    lines.peek()?;
    let energy = |line: &der_market::planning::PlanLine| line.direct_wh.capped(line.grid_wh);
    let gross = lines.fold(Net::default(), |net, line| match line.side {
        Side::Buyer => net.with(energy(line), der_market::units::Energy::ZERO),
        Side::Seller => net.with(der_market::units::Energy::ZERO, energy(line)),
    });
    Some(gross.one_sided())
}

async fn week_before<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    place: &Place,
) -> Result<(Net, Basis), ContractError> {
    let first = Slot::new(slot.get().saturating_sub(WEEK)).unwrap_or(Slot::LEAST);
    let before = days_between(cx, first, slot).await?.week_before(slot);
    let rows = match before {
        Some(before) => readings(cx, before, place).await?,
        None => Vec::new(),
    };
    if rows.is_empty() {
        return Ok((Net::default(), Basis::Nothing));
    }
    let sum = |net: Net, row: &crate::rows::ReadingRow| {
        let reading = &row.signed.reading;
        net.with(reading.consumed_wh, reading.injected_wh)
    };
    Ok((rows.iter().fold(Net::default(), sum), Basis::WeekBefore))
}

fn decide(slot: Slot, places: Vec<Place>, estimates: Vec<EstimateView>) -> Result<Decision, ContractError> {
    let mut decision = Decision::replying(&EstimatesAccepted {
        slot,
        estimates: estimates.clone(),
    })?;
    for row in &estimates {
        decision.put(schema::estimate(&slot, &row.participant, &row.point), row)?;
    }
    decision.emit(ReadingsEstimated { slot, places })?;
    Ok(decision)
}
