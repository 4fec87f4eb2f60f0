//! A store's lots: what settlement said it took in and gave out, folded day by day.

use std::collections::BTreeMap;

use der_market::cleanliness::Cleanliness;
use der_market::id::ParticipantId;
use der_market::slot::Slot;
use der_market::storage::{Flow, Lots};
use der_market::units::Ppm;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::StoreFlow;
use crate::schema;
use crate::view::LedgerView;

/// A store with what no fold has taken up.
pub(super) struct Store {
    who: ParticipantId,
    lots: Lots,
    flows: Vec<StoreFlow>,
}

impl Store {
    /// What was moved before a slot; none where there is nothing to fold.
    pub(super) async fn to_fold<V: LedgerView>(
        cx: &Context<'_, V>,
        who: &ParticipantId,
        end: Slot,
    ) -> Result<Option<Self>, ContractError> {
        let flows: Vec<StoreFlow> = cx.ledger.span(&schema::store_flows_before(who, end)).await?;
        if flows.is_empty() {
            return Ok(None);
        }
        let lots = after(cx, who, &flows).await?;
        let who = who.clone();
        Ok(Some(Self { who, lots, flows }))
    }

    pub(super) fn put(&self, decision: &mut Decision) -> Result<(), ContractError> {
        for row in &self.flows {
            decision.delete(schema::store_flow(&self.who, &row.slot, &row.page))?;
        }
        decision.put(schema::store(&self.who), &self.lots)
    }
}

/// Lots after some flows, slot by slot: what was corrected before it is folded counts as if it had been right at once.
async fn after<V: LedgerView>(
    cx: &Context<'_, V>,
    who: &ParticipantId,
    flows: &[StoreFlow],
) -> Result<Lots, ContractError> {
    let mut lots = cx.ledger.get(&schema::store(who)).await?.unwrap_or_default();
    let mut slots: BTreeMap<Slot, Flow> = BTreeMap::new();
    for row in flows {
        slots.entry(row.slot).or_default().add(&row.flow);
    }
    let efficiency = efficiency(cx, who).await?;
    for flow in slots.values() {
        lots.apply(flow, efficiency);
    }
    Ok(lots)
}

/// η: the lowest of the participant's stores in service; one where none is registered.
async fn efficiency<V: LedgerView>(cx: &Context<'_, V>, who: &ParticipantId) -> Result<Ppm, ContractError> {
    let devices = cx.ledger.scan(&schema::devices_of(who)).await?.into_iter();
    let stores = devices
        .filter(|device| !device.retired)
        .filter_map(|device| device.efficiency);
    Ok(stores.min().unwrap_or(Ppm::ONE))
}

/// Q of a store by its lots at the last settled slot.
pub(crate) async fn store_cleanliness<V: LedgerView>(
    cx: &Context<'_, V>,
    who: &ParticipantId,
    table: &Cleanliness,
) -> Result<Ppm, ContractError> {
    let flows: Vec<StoreFlow> = cx.ledger.span(&schema::store_flows_before(who, Slot::MOST)).await?;
    Ok(after(cx, who, &flows).await?.cleanliness(table))
}
