//! What a slot's settlement rests on: its contracts in sequence, its latest readings, its rules.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::contract::ContractTerms;
use der_market::metering::Quality;
use der_market::parameters::Parameters;
use der_market::settlement::{Metered, Place, Trade};
use der_market::slot::{Auction, Slot};

use super::term::require_open;
use crate::context::Context;
use crate::error::ContractError;
use crate::planning::sequence;
use crate::rows::{GateState, SettlementRow};
use crate::schema;
use crate::view::LedgerView;

/// A slot as it stands on the ledger.
pub(super) struct Inputs {
    pub(super) slot: Slot,
    /// Version of the rules that the slot keeps.
    pub(super) version: u32,
    pub(super) parameters: Parameters,
    /// Confirmed contracts of all auctions in sequence.
    pub(super) trades: Vec<Trade>,
    /// Readings, and estimates where there is none.
    pub(super) metered: Vec<Metered>,
    /// What is settled already.
    pub(super) settled: Option<SettlementRow>,
}

pub(super) async fn read<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<Inputs, ContractError> {
    let auction = Auction::from(slot);
    let (gate, clearing) = (schema::gate(&auction), schema::clearing(&auction));
    let (plan, settlement) = (schema::plan(&slot), schema::settlement(&slot));
    let keys = [&gate.key, &clearing.key, &plan.key, &settlement.key].map(Clone::clone);
    let rows = cx.ledger.many(&keys).await?;
    let (gate, plan, settled) = (rows.get(&gate)?, rows.get(&plan)?, rows.get(&settlement)?);
    let open = gate.as_ref().is_some_and(|gate| gate.state == GateState::Open);
    if plan.is_none() && (open || rows.get(&clearing)?.is_some()) {
        let detail = format!("slot {slot} is not planned");
        return Err(ContractError::new(ErrorCode::WrongStage, detail));
    }
    let metered = metered(cx, slot).await?;
    let kept = settled.as_ref().and_then(|row: &SettlementRow| row.course.as_ref());
    let kept = kept.map(|course| course.parameters);
    let version = kept.or(gate.map(|gate| gate.parameters));
    let version = version.unwrap_or(cx.market.parameters);
    let parameters = cx.parameters(version).await?;
    if settled.is_some() {
        require_open(cx, slot, &parameters).await?;
    }
    let contracts = match &plan {
        Some(plan) => sequence(cx, slot, plan).await?,
        None => Vec::new(),
    };
    if metered.is_empty() && (plan.is_none() || !contracts.is_empty()) {
        let detail = format!("nothing was metered in slot {slot}");
        return Err(ContractError::new(ErrorCode::NothingMetered, detail));
    }
    Ok(Inputs {
        slot,
        version,
        trades: trades(cx, contracts, version, &parameters).await?,
        parameters,
        metered,
        settled,
    })
}

/// Readings count; an estimate counts where a place has none.
async fn metered<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<Vec<Metered>, ContractError> {
    let readings = cx.ledger.scan(&schema::readings_of(&slot)).await?;
    let mut metered: Vec<Metered> = readings
        .into_iter()
        .map(|row| Metered {
            participant: row.participant,
            point: row.point,
            consumed_wh: row.signed.reading.consumed_wh,
            injected_wh: row.signed.reading.injected_wh,
            estimated: row.signed.reading.quality == Quality::Estimated,
        })
        .collect();
    let place = |entry: &Metered| Place::new(entry.participant.clone(), entry.point.clone());
    let known: BTreeSet<Place> = metered.iter().map(place).collect();
    let estimates = cx.ledger.scan(&schema::estimates_of(&slot)).await?;
    let estimates = estimates.into_iter().map(|row| Metered {
        participant: row.participant,
        point: row.point,
        consumed_wh: row.consumed_wh,
        injected_wh: row.injected_wh,
        estimated: true,
    });
    metered.extend(estimates.filter(|entry| !known.contains(&place(entry))));
    Ok(metered)
}

/// Each contract with the band of the rules that it names.
pub(super) async fn trades<V: LedgerView>(
    cx: &Context<'_, V>,
    contracts: Vec<ContractTerms>,
    version: u32,
    parameters: &Parameters,
) -> Result<Vec<Trade>, ContractError> {
    let mut bands = std::collections::BTreeMap::from([(version, parameters.band)]);
    let named: BTreeSet<u32> = contracts.iter().map(|terms| terms.parameters).collect();
    for other in named.into_iter().filter(|other| *other != version) {
        bands.insert(other, cx.parameters(other).await?.band);
    }
    let band = |terms: &ContractTerms| bands.get(&terms.parameters).copied().unwrap_or(parameters.band);
    let trade = |terms: ContractTerms| {
        let band = band(&terms);
        super::trade(terms, band)
    };
    Ok(contracts.into_iter().map(trade).collect())
}
