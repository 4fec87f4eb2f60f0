//! Withdraws several orders of the caller at once, for whoever ends its trading.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_api::reply::OrderStatus;
use der_market::id::{OrderId, PointId};
use der_market::slot::Auction;
use der_market::units::Energy;

use super::desk::Desk;
use super::post::ORDERS_PER_PARTICIPANT;
use super::post::require_open;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::ledger::not_found;
use crate::rows::StoredOrder;
use crate::schema;
use crate::view::LedgerView;

/// What leaves the exposure at one point in one auction.
type Leaving = BTreeMap<(Auction, PointId), (u32, Energy)>;

/// Puts every order's withdrawal into the decision: all of them or none.
///
/// # Errors
/// [`ErrorCode::TooManyItems`], [`ErrorCode::RecordNotFound`], [`ErrorCode::OrderNotOpen`], or a gate that is not open.
pub(crate) async fn withdraw_all<V: LedgerView>(
    cx: &Context<'_, V>,
    orders: &[OrderId],
    decision: &mut Decision,
) -> Result<(), ContractError> {
    if usize::try_from(ORDERS_PER_PARTICIPANT).is_ok_and(|most| orders.len() > most) {
        let detail = format!("{} orders, {ORDERS_PER_PARTICIPANT} are allowed", orders.len());
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    let orders: BTreeSet<&OrderId> = orders.iter().collect();
    let rows: Vec<_> = orders
        .into_iter()
        .map(|order| schema::order(&cx.caller, order))
        .collect();
    let mut leaving = Leaving::new();
    for (row, stored) in rows.iter().zip(cx.ledger.all(&rows).await?) {
        let stored = stored.ok_or_else(|| not_found(row))?;
        withdraw_one(stored, &mut leaving, decision)?;
    }
    lower_exposure(cx, leaving, decision).await
}

/// Puts the withdrawal of all of the caller's open orders in auctions that were opened at schema 3: of all auctions or none.
///
/// # Errors
/// [`ErrorCode::TooManyItems`], or a gate that is not open.
pub(crate) async fn withdraw_from<V: LedgerView>(
    cx: &Context<'_, V>,
    auctions: &[Auction],
    decision: &mut Decision,
) -> Result<(), ContractError> {
    if usize::try_from(ORDERS_PER_PARTICIPANT).is_ok_and(|most| auctions.len() > most) {
        let detail = format!("{} slots, {ORDERS_PER_PARTICIPANT} are allowed", auctions.len());
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    let visits = auctions.iter().map(|slot| (*slot, cx.caller.clone())).collect();
    let mut desk = Desk::open(cx, &visits).await?;
    for (slot, who) in &visits {
        for order in desk.open_orders(*slot, who)? {
            desk.withdraw(*slot, who, &order)?;
        }
    }
    desk.write(decision)
}

fn withdraw_one(mut stored: StoredOrder, leaving: &mut Leaving, decision: &mut Decision) -> Result<(), ContractError> {
    let order = stored.content.clone();
    if stored.status != OrderStatus::Open {
        let detail = format!("order {} was withdrawn", order.order);
        return Err(ContractError::new(ErrorCode::OrderNotOpen, detail));
    }
    stored.status = OrderStatus::Withdrawn;
    let who = &order.participant;
    decision.delete(schema::book(&stored.slot, &order.point, who, &order.order))?;
    decision.put(schema::order(who, &order.order), &stored)?;
    let sum = leaving.entry((stored.slot, order.point)).or_insert((0, Energy::ZERO));
    *sum = (sum.0.saturating_add(1), sum.1.plus(order.energy_wh)?);
    Ok(())
}

async fn lower_exposure<V: LedgerView>(
    cx: &Context<'_, V>,
    leaving: Leaving,
    decision: &mut Decision,
) -> Result<(), ContractError> {
    for ((auction, point), (orders, energy_wh)) in leaving {
        let (at, gate) = (schema::exposure(&auction, &point, &cx.caller), schema::gate(&auction));
        let answers = cx.ledger.many(&[at.key.clone(), gate.key.clone()]).await?;
        require_open(auction, answers.get(&gate)?.as_ref())?;
        let mut exposure = answers.get(&at)?.ok_or_else(|| not_found(&at))?;
        exposure.orders = exposure.orders.saturating_sub(orders);
        exposure.energy_wh = exposure.energy_wh.less(energy_wh);
        if exposure.orders == 0 {
            decision.delete(at)?;
        } else {
            decision.put(at, &exposure)?;
        }
    }
    Ok(())
}
