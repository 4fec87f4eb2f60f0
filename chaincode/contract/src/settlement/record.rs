//! `Meter:Record`: signed readings, all of them or none.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::bytes::Digest;
use der_api::codec;
use der_api::event::ReadingsRecorded;
use der_api::metering::{SignedReading, canonical_bytes};
use der_api::reply::{MeterView, ReadingsAccepted, Replacement};
use der_api::request::RecordReadings;
use der_api::schema::WHOLE_MARKET;
use der_market::metering::Reading;
use der_market::parameters::Parameters;
use der_market::slot::Slot;

use super::term::{closed, last_of};
use crate::caller::Verifier;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::key::Key;
use crate::ledger::Answers;
use crate::rows::{GateState, ReadingRow};
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
    let inputs = read(cx, &request.readings).await?;
    decide(cx, request.readings, &inputs)
}

/// What the batch is checked against: two reads, however long it is.
struct Inputs {
    slots: Answers,
    present: Answers,
    /// How long readings are taken, from schema 3 on.
    rules: Option<Parameters>,
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, readings: &[SignedReading]) -> Result<Inputs, ContractError> {
    let mut keys = BTreeSet::new();
    let rules = match cx.schema {
        WHOLE_MARKET.. => Some(cx.parameters(cx.market.parameters).await?),
        _ => None,
    };
    for SignedReading { reading, .. } in readings {
        keys.insert(schema::meter(&reading.meter).key);
        keys.extend(slot_keys(reading.slot, rules.as_ref()));
    }
    let slots = cx.ledger.many(&keys.into_iter().collect::<Vec<_>>()).await?;
    let mut keys = BTreeSet::new();
    for SignedReading { reading, .. } in readings {
        if let Some(meter) = slots.get(&schema::meter(&reading.meter))? {
            keys.insert(schema::reading(&reading.slot, &meter.participant, &meter.point, &reading.meter).key);
        }
    }
    let present = cx.ledger.many(&keys.into_iter().collect::<Vec<_>>()).await?;
    Ok(Inputs { slots, present, rules })
}

/// The rows that say whether a slot takes readings.
fn slot_keys(slot: Slot, rules: Option<&Parameters>) -> Vec<Key> {
    let Some(rules) = rules else {
        return vec![schema::plan(&slot).key, schema::settlement(&slot).key];
    };
    let end = last_of(slot, rules).map(|end| schema::settlement(&end).key);
    [schema::gate(&slot.into()).key].into_iter().chain(end).collect()
}

fn decide<V>(cx: &Context<'_, V>, readings: Vec<SignedReading>, inputs: &Inputs) -> Result<Decision, ContractError> {
    let digest = Digest::of(&codec::encode(&readings)?);
    let accepted = u32::try_from(readings.len()).map_err(|_| ErrorCode::TooManyItems)?;
    let mut decision = Decision::replying(&ReadingsAccepted { accepted, digest })?;
    let mut seen = BTreeSet::new();
    for signed in readings {
        let (meter, slot) = (signed.reading.meter.clone(), signed.reading.slot);
        if !seen.insert((meter.clone(), slot)) {
            return Err(refusal(
                ErrorCode::ReplayedReading,
                &signed.reading,
                "is twice in the batch",
            ));
        }
        let row = check(cx, signed, inputs)?;
        decision.put(schema::reading(&slot, &row.participant, &row.point, &meter), &row)?;
    }
    decision.emit(ReadingsRecorded {
        meters: seen.into_iter().collect(),
        digest,
    })?;
    Ok(decision)
}

fn check<V>(cx: &Context<'_, V>, signed: SignedReading, inputs: &Inputs) -> Result<ReadingRow, ContractError> {
    let reading = &signed.reading;
    let slot = reading.slot;
    if reading.market != cx.market.market {
        return Err(refusal(
            ErrorCode::ReadingOfOtherMarket,
            reading,
            "names another market",
        ));
    }
    let meter = inputs.slots.get(&schema::meter(&reading.meter))?;
    let meter = meter.ok_or_else(|| refusal(ErrorCode::UnknownMeter, reading, "is not registered"))?;
    verify(cx.verifier, &meter, &signed)?;
    match &inputs.rules {
        Some(rules) => takes_readings(inputs, reading, rules)?,
        None => is_planned_and_unsettled(inputs, reading)?,
    }
    let at = schema::reading(&slot, &meter.participant, &meter.point, &reading.meter);
    follows(inputs.present.get(&at)?.as_ref(), reading)?;
    Ok(ReadingRow {
        participant: meter.participant,
        point: meter.point,
        signed,
    })
}

/// From schema 3 on a slot takes readings and corrections, whether it was cleared or not, until the term for them has passed; while
/// it takes orders it has not been delivered.
fn takes_readings(inputs: &Inputs, reading: &Reading, rules: &Parameters) -> Result<(), ContractError> {
    let slot = reading.slot;
    let gate = inputs.slots.get(&schema::gate(&slot.into()))?;
    if gate.is_some_and(|gate| gate.state == GateState::Open) {
        return Err(refusal(
            ErrorCode::ReadingOfWrongSlot,
            reading,
            "reports a slot that takes orders",
        ));
    }
    match last_of(slot, rules) {
        Some(end) if inputs.slots.get(&schema::settlement(&end))?.is_some() => Err(closed(slot, end)),
        _ => Ok(()),
    }
}

fn is_planned_and_unsettled(inputs: &Inputs, reading: &Reading) -> Result<(), ContractError> {
    let slot = reading.slot;
    if inputs.slots.get(&schema::plan(&slot))?.is_none() {
        return Err(refusal(
            ErrorCode::ReadingOfWrongSlot,
            reading,
            "reports a slot that is not planned",
        ));
    }
    if inputs.slots.get(&schema::settlement(&slot))?.is_some() {
        return Err(refusal(
            ErrorCode::AlreadySettled,
            reading,
            "reports a slot that is settled",
        ));
    }
    Ok(())
}

fn verify(verifier: &dyn Verifier, meter: &MeterView, signed: &SignedReading) -> Result<(), ContractError> {
    let reading = &signed.reading;
    let key = meter.keys.iter().rev().find(|key| key.valid_from <= reading.slot);
    let ended = |replaced: &Replacement| replaced.last < reading.slot;
    if meter.replaced.as_ref().is_some_and(ended) {
        return Err(refusal(
            ErrorCode::MeterReplaced,
            reading,
            "has a successor in the slot",
        ));
    }
    let key = key.ok_or_else(|| refusal(ErrorCode::MeterKeyNotValid, reading, "has no key valid in the slot"))?;
    let bytes = canonical_bytes(reading)?;
    if !verifier.verify(key.public_key.as_slice(), &bytes, signed.signature.as_slice()) {
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
