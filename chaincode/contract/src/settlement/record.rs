//! `Meter:Record`: signed readings, all of them or none.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::bytes::Digest;
use der_api::codec;
use der_api::event::ReadingsRecorded;
use der_api::metering::{SignedReading, canonical_bytes};
use der_api::reply::{MeterView, ReadingsAccepted};
use der_api::request::RecordReadings;
use der_market::metering::Reading;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::ReadingRow;
use crate::schema;
use crate::view::LedgerView;

/// Readings that one batch may hold.
pub(crate) const READINGS_LIMIT: usize = 1_000;

pub(crate) async fn record_readings<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RecordReadings,
) -> Result<Decision, ContractError> {
    let count = request.readings.len();
    if count == 0 {
        return Err(ErrorCode::EmptyBatch.into());
    }
    if count > READINGS_LIMIT {
        return Err(ContractError::new(
            ErrorCode::TooManyItems,
            format!("{count} readings, {READINGS_LIMIT} are allowed"),
        ));
    }
    let digest = Digest::of(&codec::encode(&request.readings)?);
    let accepted = u32::try_from(count).map_err(|_| ErrorCode::TooManyItems)?;
    let mut decision = Decision::replying(&ReadingsAccepted { accepted, digest })?;
    let mut seen = BTreeSet::new();
    for signed in request.readings {
        let (meter, slot) = (signed.reading.meter.clone(), signed.reading.slot);
        if !seen.insert((meter.clone(), slot)) {
            return Err(refusal(
                ErrorCode::ReplayedReading,
                &signed.reading,
                "is twice in the batch",
            ));
        }
        let row = check(cx, signed).await?;
        decision.put(schema::reading(&slot, &row.participant, &row.point, &meter), &row)?;
    }
    decision.emit(ReadingsRecorded {
        meters: seen.into_iter().collect(),
        digest,
    })?;
    Ok(decision)
}

async fn check<V: LedgerView>(cx: &Context<'_, V>, signed: SignedReading) -> Result<ReadingRow, ContractError> {
    let reading = &signed.reading;
    let slot = reading.slot;
    if reading.market != cx.market.market {
        return Err(refusal(
            ErrorCode::ReadingOfOtherMarket,
            reading,
            "names another market",
        ));
    }
    let (meter, plan, settlement) = (
        schema::meter(&reading.meter),
        schema::plan(&slot),
        schema::settlement(&slot),
    );
    let answers = cx
        .ledger
        .many(&[meter.key.clone(), plan.key.clone(), settlement.key.clone()])
        .await?;
    let meter = answers
        .get(&meter)?
        .ok_or_else(|| refusal(ErrorCode::UnknownMeter, reading, "is not registered"))?;
    verify(cx, &meter, &signed)?;
    if answers.get(&plan)?.is_none() {
        return Err(refusal(
            ErrorCode::ReadingOfWrongSlot,
            reading,
            "reports a slot that is not planned",
        ));
    }
    if answers.get(&settlement)?.is_some() {
        return Err(refusal(
            ErrorCode::AlreadySettled,
            reading,
            "reports a slot that is settled",
        ));
    }
    let at = schema::reading(&slot, &meter.participant, &meter.point, &reading.meter);
    follows(cx.ledger.get(&at).await?.as_ref(), reading)?;
    Ok(ReadingRow {
        participant: meter.participant,
        point: meter.point,
        signed,
    })
}

fn verify<V: LedgerView>(cx: &Context<'_, V>, meter: &MeterView, signed: &SignedReading) -> Result<(), ContractError> {
    let reading = &signed.reading;
    let key = meter.keys.iter().rev().find(|key| key.valid_from <= reading.slot);
    let key = key.ok_or_else(|| refusal(ErrorCode::MeterKeyNotValid, reading, "has no key valid in the slot"))?;
    let bytes = canonical_bytes(reading)?;
    if !cx
        .verifier
        .verify(key.public_key.as_slice(), &bytes, signed.signature.as_slice())
    {
        return Err(refusal(
            ErrorCode::BadReadingSignature,
            reading,
            "did not sign this reading",
        ));
    }
    Ok(())
}

/// A first reading supersedes nothing; a later one has a higher sequence and names the one it corrects.
fn follows(present: Option<&ReadingRow>, reading: &Reading) -> Result<(), ContractError> {
    let before = present.map(|row| row.signed.reading.sequence);
    if before.is_some_and(|before| reading.sequence <= before) {
        return Err(refusal(
            ErrorCode::ReplayedReading,
            reading,
            "sent this sequence before",
        ));
    }
    if reading.supersedes != before {
        return Err(refusal(
            ErrorCode::BadCorrection,
            reading,
            "does not name the reading it corrects",
        ));
    }
    Ok(())
}

fn refusal(code: ErrorCode, reading: &Reading, what: &str) -> ContractError {
    ContractError::new(
        code,
        format!(
            "meter {} {what} (slot {}, sequence {})",
            reading.meter, reading.slot, reading.sequence
        ),
    )
}
