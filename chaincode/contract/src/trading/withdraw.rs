//! `DTSC:Withdraw`.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::event::OrderWithdrawn;
use der_api::reply::{OrderStatus, OrderView};
use der_api::request::Withdraw;
use der_api::schema::WHOLE_MARKET;
use der_market::slot::Auction;

use super::desk::Desk;
use super::post::require_open;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::ledger::not_found;
use crate::rows::{Exposure, Gate, StoredOrder};
use crate::schema;
use crate::view::LedgerView;

/// The order's row in the book goes; its row under its owner's id stays, so that the id is never used again.
pub(crate) async fn withdraw<V: LedgerView>(cx: &Context<'_, V>, request: Withdraw) -> Result<Decision, ContractError> {
    if request.participant != cx.caller {
        let detail = format!("{} may not withdraw an order of {}", cx.caller, request.participant);
        return Err(ContractError::new(ErrorCode::NotOwner, detail));
    }
    if let Some(slot) = request.slot {
        cx.require_schema(WHOLE_MARKET, "an order's slot")?;
        return from_entry(cx, slot, request).await;
    }
    let at = schema::order(&cx.caller, &request.order);
    let stored = cx.ledger.get(&at).await?.ok_or_else(|| not_found(&at))?;
    let exposure_at = schema::exposure(&stored.slot, &stored.content.point, &cx.caller);
    let gate_at = schema::gate(&stored.slot);
    let answers = cx.ledger.many(&[exposure_at.key.clone(), gate_at.key.clone()]).await?;
    decide(stored, answers.get(&exposure_at)?, answers.get(&gate_at)?)
}

/// At schema 3 the order stays in its entry as withdrawn.
async fn from_entry<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
    request: Withdraw,
) -> Result<Decision, ContractError> {
    let Withdraw { participant, order, .. } = request;
    let mut desk = Desk::open(cx, &BTreeSet::from([(slot, participant.clone())])).await?;
    if desk.is_sealed(slot) {
        let detail = format!("slot {slot} takes sealed orders");
        return Err(ContractError::new(ErrorCode::OrdersAreSealed, detail));
    }
    desk.withdraw(slot, &participant, &order)?;
    let mut decision = Decision::replying(&desk.view(slot, &participant, &order)?)?;
    desk.write(&mut decision)?;
    decision.emit(OrderWithdrawn {
        participant,
        order,
        slot,
    })?;
    Ok(decision)
}

fn decide(mut stored: StoredOrder, exposure: Option<Exposure>, gate: Option<Gate>) -> Result<Decision, ContractError> {
    let (slot, order) = (stored.slot, stored.content.clone());
    if stored.status != OrderStatus::Open {
        return Err(ContractError::new(
            ErrorCode::OrderNotOpen,
            format!("order {} was withdrawn", order.order),
        ));
    }
    require_open(slot, gate.as_ref())?;
    stored.status = OrderStatus::Withdrawn;
    let who = &order.participant;
    let mut decision = Decision::replying(&view(&stored))?;
    decision.delete(schema::book(&slot, &order.point, who, &order.order))?;
    decision.put(schema::order(who, &order.order), &stored)?;
    let at = schema::exposure(&slot, &order.point, who);
    let mut exposure = exposure.ok_or_else(|| not_found(&at))?;
    exposure.orders = exposure.orders.saturating_sub(1);
    exposure.energy_wh = exposure.energy_wh.less(order.energy_wh);
    if exposure.orders == 0 {
        decision.delete(at)?;
    } else {
        decision.put(at, &exposure)?;
    }
    decision.emit(OrderWithdrawn {
        participant: order.participant,
        order: order.order,
        slot,
    })?;
    Ok(decision)
}

/// What is told of an order.
pub(crate) fn view(stored: &StoredOrder) -> OrderView {
    let order = stored.content.clone();
    OrderView {
        participant: order.participant,
        order: order.order,
        side: order.side,
        slot: stored.slot,
        point: order.point,
        energy_wh: order.energy_wh,
        min_wh: order.min_wh,
        price: order.price,
        filters: order.filters,
        status: stored.status,
        digest: stored.digest,
        earlier: Vec::new(),
    }
}
