//! Order entry at schema 3: `DTSC:PostOffer`, `DTSC:PostBid` and `DTSC:PostMany` over the [`Desk`].

use std::collections::BTreeSet;

use der_api::bytes::Digest;
use der_api::event::{OrderPosted, OrdersPosted};
use der_api::reply::{OrderAccepted, OrderStatus, OrdersAccepted};
use der_api::request::{NewOrder, PostMany, PostOffer};
use der_api::{ErrorCode, codec};
use der_market::filters::Filters;
use der_market::id::{OrderId, ParticipantId};
use der_market::participant::Side;
use der_market::slot::Auction;

use super::desk::{Desk, Wanted};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Entered, digest_of};
use crate::view::LedgerView;

/// Orders in one transaction.
const ORDERS_PER_BATCH: usize = 5_000;

/// Enters one order of the caller.
pub(super) async fn post<V: LedgerView>(
    cx: &Context<'_, V>,
    side: Side,
    request: PostOffer,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    let mut desk = Desk::open(cx, &BTreeSet::from([(slot, cx.caller.clone())])).await?;
    if names_price(request.filters.as_ref()) {
        desk.learn_price_mode(cx, slot).await?;
    }
    let placed = desk.enter(Wanted {
        slot,
        participant: cx.caller.clone(),
        side,
        point: Some(request.point.clone()),
        content: request.into(),
    })?;
    let digest = digest_of(slot, &placed.order)?;
    let (participant, order) = (placed.order.participant, placed.order.order);
    let mut decision = Decision::replying(&OrderAccepted {
        participant: participant.clone(),
        order: order.clone(),
        side,
        slot,
        digest,
    })?;
    desk.write(&mut decision)?;
    if placed.new {
        decision.emit(OrderPosted {
            participant,
            order,
            side,
            slot,
            digest,
        })?;
    }
    Ok(decision)
}

/// Enters all orders or none; a refusal names the first order that is refused.
pub(crate) async fn post_many<V: LedgerView>(
    cx: &Context<'_, V>,
    request: PostMany,
) -> Result<Decision, ContractError> {
    require_batch(request.orders.len())?;
    let owner = |order: &NewOrder| order.participant.clone().unwrap_or_else(|| cx.caller.clone());
    let visits = request.orders.iter().map(|order| (order.slot, owner(order))).collect();
    let mut desk = Desk::open(cx, &visits).await?;
    for order in request
        .orders
        .iter()
        .filter(|order| names_price(order.filters.as_ref()))
    {
        desk.learn_price_mode(cx, order.slot).await?;
    }
    let digest = Digest::of(&codec::encode(&request.orders)?);
    let (mut accepted, mut known) = (0_u32, 0_u32);
    for new in request.orders {
        let (slot, who, id) = (new.slot, owner(&new), new.order.clone());
        let placed = own(cx, &who)
            .and_then(|()| desk.enter(wanted(who.clone(), new)))
            .map_err(|error| named(&error, slot, &who, &id))?;
        let count = if placed.new { &mut accepted } else { &mut known };
        *count = count.saturating_add(1);
    }
    let mut decision = Decision::replying(&OrdersAccepted {
        accepted,
        known,
        digest,
    })?;
    desk.write(&mut decision)?;
    if accepted > 0 {
        decision.emit(OrdersPosted {
            by: cx.caller.clone(),
            orders: accepted,
            digest,
        })?;
    }
    Ok(decision)
}

fn names_price(filters: Option<&Filters>) -> bool {
    filters.is_some_and(|filters| filters.agreed_price.is_some())
}

fn wanted(participant: ParticipantId, new: NewOrder) -> Wanted {
    Wanted {
        slot: new.slot,
        participant,
        side: new.side,
        point: None,
        content: new.into(),
    }
}

fn own<V>(cx: &Context<'_, V>, who: &ParticipantId) -> Result<(), ContractError> {
    if *who == cx.caller {
        return Ok(());
    }
    let detail = format!("{} may not act for {who}", cx.caller);
    Err(ContractError::new(ErrorCode::NotOwner, detail))
}

/// Refuses a batch without items or with too many.
pub(super) fn require_batch(items: usize) -> Result<(), ContractError> {
    match items {
        0 => Err(ErrorCode::EmptyBatch.into()),
        1..=ORDERS_PER_BATCH => Ok(()),
        _ => {
            let detail = format!("{items} orders, {ORDERS_PER_BATCH} are allowed in one transaction");
            Err(ContractError::new(ErrorCode::TooManyItems, detail))
        }
    }
}

/// A refusal that names its order.
pub(super) fn named(error: &ContractError, slot: Auction, who: &ParticipantId, order: &OrderId) -> ContractError {
    let detail = format!("order {order} of {who} in slot {slot}: {}", error.detail());
    ContractError::new(error.code(), detail)
}

impl From<PostOffer> for Entered {
    fn from(request: PostOffer) -> Self {
        Self {
            order: request.order,
            energy_wh: request.energy_wh,
            min_wh: request.min_wh,
            price: request.price,
            filters: request.filters,
            status: OrderStatus::Open,
        }
    }
}

impl From<NewOrder> for Entered {
    fn from(new: NewOrder) -> Self {
        Self {
            order: new.order,
            energy_wh: new.energy_wh,
            min_wh: new.min_wh,
            price: new.price,
            filters: new.filters,
            status: OrderStatus::Open,
        }
    }
}
