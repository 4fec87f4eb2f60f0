//! Order entry at schema 3: `DTSC:PostOffer`, `DTSC:PostBid` and `DTSC:PostMany` over the [`Desk`].

use std::collections::BTreeSet;

use der_api::delegation::Verb;
use der_api::event::{OrderPosted, OrdersPosted};
use der_api::reply::{OrderAccepted, OrderStatus};
use der_api::request::{NewOrder, PostMany, PostOffer};
use der_market::filters::Filters;
use der_market::id::ParticipantId;
use der_market::participant::Side;

use super::batch::{Batch, named};
use super::desk::{Desk, Wanted};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Entered, digest_of};
use crate::view::LedgerView;

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
    let mut batch = Batch::open(cx, &request.orders).await?;
    for new in request.orders {
        let (slot, who, id) = (new.slot, batch.owner(&new), new.order.clone());
        let new = place(&mut batch, &who, new).map_err(|error| named(&error, slot, &who, &id))?;
        batch.count(new);
    }
    batch.decide(|by, orders, digest| OrdersPosted { by, orders, digest })
}

fn place(batch: &mut Batch, who: &ParticipantId, new: NewOrder) -> Result<bool, ContractError> {
    batch.agency.terms(who)?;
    let slot = new.slot;
    let placed = batch.desk.enter(wanted(who.clone(), new))?;
    batch.agency.require_order(Verb::Order, slot, &placed.order)?;
    Ok(placed.new)
}

fn names_price(filters: Option<&Filters>) -> bool {
    filters.is_some_and(|filters| filters.agreed_price.is_some())
}

/// An order of a batch as the desk takes it.
pub(super) fn wanted(participant: ParticipantId, new: NewOrder) -> Wanted {
    Wanted {
        slot: new.slot,
        participant,
        side: new.side,
        point: None,
        content: new.into(),
    }
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
            earlier: Vec::new(),
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
            earlier: Vec::new(),
        }
    }
}
