//! What a slot's settlement rests on: its contracts in sequence, its latest readings, its rules.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::contract::ContractTerms;
use der_api::reply::Pinned;
use der_market::metering::Quality;
use der_market::parameters::Parameters;
use der_market::settlement::{Metered, Place, Trade};
use der_market::slot::{Auction, Slot};

use super::term::require_open;
use crate::context::Context;
use crate::error::ContractError;
use crate::governance::in_force;
use crate::planning::sequence;
use crate::rows::{Gate, GateState, SettlementRow};
use crate::schema;
use crate::view::LedgerView;

/// A slot as it stands on the ledger.
pub(super) struct Inputs {
    pub(super) slot: Slot,
    /// What the slot was opened under, or what was in force in it.
    pub(super) rules: Rules,
    /// Confirmed contracts of all auctions in sequence.
    pub(super) trades: Vec<Trade>,
    /// Readings, and estimates where there is none.
    pub(super) metered: Vec<Metered>,
    /// What is settled already.
    pub(super) settled: Option<SettlementRow>,
}

/// The rules that every version of a slot's settlement keeps.
pub(super) struct Rules {
    pub(super) version: u32,
    pub(super) parameters: Parameters,
    /// Versions of schedule and calendar, if there are any.
    pub(super) pinned: Option<Pinned>,
}

impl Rules {
    /// What the first settlement kept; before it what the gate keeps; for a slot that was never opened what is in force in it.
    pub(super) async fn of<V: LedgerView>(
        cx: &Context<'_, V>,
        slot: Slot,
        settled: Option<&SettlementRow>,
        gate: Option<&Gate>,
    ) -> Result<Self, ContractError> {
        let course = settled.and_then(|row| row.course.as_ref());
        let (version, pinned) = if let Some(course) = course {
            (course.parameters, course.pinned)
        } else if let Some(gate) = gate {
            (gate.parameters, gate.pinned)
        } else {
            let versions = in_force(cx, slot).await?;
            (versions.parameters, versions.pinned())
        };
        let parameters = cx.parameters(version).await?;
        Ok(Self {
            version,
            parameters,
            pinned,
        })
    }
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
    let rules = Rules::of(cx, slot, settled.as_ref(), gate.as_ref()).await?;
    if settled.is_some() {
        require_open(cx, slot, &rules.parameters).await?;
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
        trades: trades(cx, contracts, &rules).await?,
        rules,
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
    rules: &Rules,
) -> Result<Vec<Trade>, ContractError> {
    let (version, parameters) = (rules.version, &rules.parameters);
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
