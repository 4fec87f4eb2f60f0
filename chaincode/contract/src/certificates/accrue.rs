//! `Certificate:Accrue`: what a plant's own meters measured on a local day, as far as its slots are settled. It may be repeated: the
//! account follows the latest readings, whatever order they came in.

use der_api::ErrorCode;
use der_api::event::CertificatesAccrued;
use der_api::reply::{MeterView, OriginView, PlantView};
use der_api::request::AccrueCertificates;
use der_market::billing::BillingDay;
use der_market::calendar::Date;
use der_market::metering::Quality;
use der_market::origin::{Holding, Origin, OriginError, OriginMonth};
use der_market::participant::Source;
use der_market::slot::Slot;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::days_around;
use crate::rows::{Accrual, ReadingRow};
use crate::schema::{self, Row};
use crate::view::LedgerView;

struct Inputs {
    plant: PlantView,
    date: Date,
    /// Injected, measured Wh of the settled slots; none where no slot is settled.
    measured_wh: Option<u64>,
    accrual: Option<Accrual>,
    origin: Origin,
    held: Holding,
}

pub(crate) async fn accrue<V: LedgerView>(
    cx: &Context<'_, V>,
    request: AccrueCertificates,
) -> Result<Decision, ContractError> {
    decide(read(cx, request).await?)
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, request: AccrueCertificates) -> Result<Inputs, ContractError> {
    let AccrueCertificates { plant, date } = request;
    let plant = cx.ledger.require(&schema::plant(&plant)).await?;
    if plant.source == Source::Storage {
        let detail = format!("plant {} is a store", plant.plant);
        return Err(ContractError::new(ErrorCode::NoCertificateForStorage, detail));
    }
    let measured_wh = measured(cx, &plant, date).await?;
    let (accrual, origin, held) = (
        schema::accrual(&plant.plant, &OriginMonth::of(date)),
        schema::origin(&plant.plant),
        schema::holding(&plant.plant, &plant.owner),
    );
    let keys = [accrual.key.clone(), origin.key.clone(), held.key.clone()];
    let answers = cx.ledger.many(&keys).await?;
    Ok(Inputs {
        measured_wh,
        accrual: answers.get(&accrual)?,
        origin: answers.get(&origin)?.unwrap_or_default(),
        held: answers.get(&held)?.unwrap_or_default(),
        plant,
        date,
    })
}

/// Wh that the plant's own meters measured in the settled slots of a day.
async fn measured<V: LedgerView>(
    cx: &Context<'_, V>,
    plant: &PlantView,
    date: Date,
) -> Result<Option<u64>, ContractError> {
    let links = cx.ledger.scan(&schema::meters_of(&plant.plant)).await?;
    let meters: Vec<_> = links.iter().map(|link| schema::meter(&link.meter)).collect();
    let meters: Vec<MeterView> = cx.ledger.all(&meters).await?.into_iter().flatten().collect();
    if meters.is_empty() {
        let detail = format!("no meter measures plant {} alone", plant.plant);
        return Err(ContractError::new(ErrorCode::UnknownMeter, detail));
    }
    let slots = slots_of(cx, date).await?;
    let settled: Vec<_> = slots.iter().map(schema::settlement).collect();
    let settled = cx.ledger.all(&settled).await?;
    let settled: Vec<Slot> = slots
        .into_iter()
        .zip(settled)
        .filter_map(|(slot, row)| row.map(|_| slot))
        .collect();
    let reading =
        |slot: &Slot, meter: &MeterView| schema::reading(slot, &meter.participant, &meter.point, &meter.meter);
    let rows: Vec<Row<ReadingRow>> = settled
        .iter()
        .filter(|slot| plant.last.is_none_or(|last| **slot <= last))
        .flat_map(|slot| meters.iter().map(|meter| reading(slot, meter)))
        .collect();
    let readings = cx.ledger.all(&rows).await?;
    let injected = readings.into_iter().flatten().map(|row| row.signed.reading);
    let measured = injected.filter(|reading| reading.quality == Quality::Measured);
    let sum = measured.fold(0_u64, |sum, reading| sum.saturating_add(reading.injected_wh.get()));
    Ok((!settled.is_empty()).then_some(sum))
}

/// The slots of a local day.
async fn slots_of<V: LedgerView>(cx: &Context<'_, V>, date: Date) -> Result<Vec<Slot>, ContractError> {
    let day = BillingDay::new(date.days())?;
    let (first, end) = days_around(cx, day).await?.slots_of(day);
    Ok((first.get()..end.get())
        .filter_map(|slot| Slot::new(slot).ok())
        .collect())
}

fn decide(inputs: Inputs) -> Result<Decision, ContractError> {
    let Inputs {
        plant,
        date,
        measured_wh,
        accrual,
        mut origin,
        mut held,
    } = inputs;
    let month = OriginMonth::of(date);
    let unsettled = || ContractError::new(ErrorCode::NothingSettled, format!("no slot of {date} is settled"));
    let now = measured_wh.ok_or_else(unsettled)?;
    let mut accrual = accrual.unwrap_or_default();
    let before = accrual.days.insert(date, now).unwrap_or(0);
    origin.correct(before, now, &mut held).map_err(refused)?;
    let mut decision = Decision::replying(&OriginView {
        plant: plant.plant.clone(),
        accrued_wh: origin.accrued_wh,
        issued: origin.issued,
        deficit_wh: origin.deficit_wh(),
    })?;
    decision.put(schema::accrual(&plant.plant, &month), &accrual)?;
    decision.put(schema::origin(&plant.plant), &origin)?;
    decision.put(schema::holding(&plant.plant, &plant.owner), &held)?;
    decision.emit(CertificatesAccrued {
        plant: plant.plant,
        date,
    })?;
    Ok(decision)
}

/// Why an account refuses, as a code.
pub(super) fn refused(error: OriginError) -> ContractError {
    let code = match error {
        OriginError::TooFew => ErrorCode::TooFewCertificates,
        OriginError::ClaimTooLarge => ErrorCode::ClaimTooLarge,
        OriginError::Overflow => ErrorCode::ArithmeticOverflow,
    };
    ContractError::new(code, error.to_string())
}
