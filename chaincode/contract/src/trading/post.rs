//! `DTSC:PostOffer`, `DTSC:PostBid`. No range is read and no shared row written, so that all users may publish at once.

use der_api::bytes::Digest;
use der_api::event::OrderPosted;
use der_api::reply::{OrderAccepted, OrderStatus};
use der_api::request::{PostBid, PostOffer};
use der_api::schema::WHOLE_MARKET;
use der_api::{ErrorCode, codec};
use der_market::order::{Order, OrderError};
use der_market::parameters::PriceMode;
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::Energy;

use super::enter;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::require_within;
use crate::identity::{Standing, StandingRows};
use crate::rows::{Exposure, Gate, GateState, StoredOrder};
use crate::schema;
use crate::view::LedgerView;

/// Orders that a participant may have at one point in one slot.
pub(crate) const ORDERS_PER_PARTICIPANT: u32 = 100;

pub(crate) async fn post_offer<V: LedgerView>(
    cx: &Context<'_, V>,
    request: PostOffer,
) -> Result<Decision, ContractError> {
    post(cx, Side::Seller, request).await
}

pub(crate) async fn post_bid<V: LedgerView>(cx: &Context<'_, V>, request: PostBid) -> Result<Decision, ContractError> {
    post(cx, Side::Buyer, request.into()).await
}

/// Everything that order entry reads.
struct Inputs {
    slot: Auction,
    order: Order,
    standing: Standing,
    gate: Option<Gate>,
    present: Option<StoredOrder>,
    exposure: Option<Exposure>,
    /// Whether the slot's contracts are priced by agreement; read where the order names a price.
    bilateral: bool,
}

async fn post<V: LedgerView>(cx: &Context<'_, V>, side: Side, request: PostOffer) -> Result<Decision, ContractError> {
    if request.filters.is_some() {
        cx.require_schema(WHOLE_MARKET, "an order with filters")?;
    }
    if in_entries(cx, request.slot).await? {
        return enter::post(cx, side, request).await;
    }
    decide(read(cx, side, request).await?)
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, side: Side, request: PostOffer) -> Result<Inputs, ContractError> {
    let (who, slot) = (&cx.caller, request.slot);
    let standing = StandingRows::of(who);
    let gate = schema::gate(&slot);
    let stored = schema::order(who, &request.order);
    let exposure = schema::exposure(&slot, &request.point, who);
    let mut keys = standing.keys().to_vec();
    keys.extend([gate.key.clone(), stored.key.clone(), exposure.key.clone()]);
    let answers = cx.ledger.many(&keys).await?;
    let standing = standing.read(&answers)?;
    let order = Order {
        participant: who.clone(),
        order: request.order,
        side,
        point: request.point,
        energy_wh: request.energy_wh,
        min_wh: request.min_wh,
        price: request.price,
        source: standing.user.source,
        filters: request.filters,
    };
    let gate: Option<Gate> = answers.get(&gate)?;
    Ok(Inputs {
        slot,
        bilateral: is_bilateral(cx, &order, gate.as_ref()).await?,
        order,
        standing,
        gate,
        present: answers.get(&stored)?,
        exposure: answers.get(&exposure)?,
    })
}

async fn is_bilateral<V: LedgerView>(
    cx: &Context<'_, V>,
    order: &Order,
    gate: Option<&Gate>,
) -> Result<bool, ContractError> {
    match gate {
        Some(gate) if order.agreed_price().is_some() => {
            Ok(cx.parameters(gate.parameters).await?.price_mode == PriceMode::Bilateral)
        }
        _ => Ok(false),
    }
}

fn decide(inputs: Inputs) -> Result<Decision, ContractError> {
    let Inputs {
        slot,
        order,
        standing,
        gate,
        present,
        exposure,
        bilateral,
    } = inputs;
    order.validate().map_err(refused)?;
    let digest = Digest::of(&codec::encode(&(slot, &order))?);
    let reply = OrderAccepted {
        participant: order.participant.clone(),
        order: order.order.clone(),
        side: order.side,
        slot,
        digest,
    };
    if let Some(present) = present {
        // A client that lost the first answer asks again; it must get that answer, whatever has happened since.
        if present.digest == digest {
            return Decision::replying(&reply);
        }
        let detail = format!("order {} stands for another content", order.order);
        return Err(ContractError::new(ErrorCode::OrderIdReused, detail));
    }
    standing.require_active()?;
    if order.point != standing.user.point {
        let detail = format!("{} is connected at {}", order.participant, standing.user.point);
        return Err(ContractError::new(ErrorCode::NotConnectedHere, detail));
    }
    require_open(slot, gate.as_ref())?;
    if order.agreed_price().is_some() && !bilateral {
        let detail = format!("slot {slot} does not price its contracts by agreement");
        return Err(ContractError::new(ErrorCode::NoAgreedPrices, detail));
    }
    require_within(gate.and_then(|gate| gate.bounds), order.price)?;
    let exposure = extend(exposure, &order, &standing)?;
    let mut decision = Decision::replying(&reply)?;
    let who = &order.participant;
    decision.put(schema::book(&slot, &order.point, who, &order.order), &order)?;
    decision.put(schema::exposure(&slot, &order.point, who), &exposure)?;
    let stored = StoredOrder {
        slot,
        content: order.clone(),
        digest,
        status: OrderStatus::Open,
    };
    decision.put(schema::order(who, &order.order), &stored)?;
    let OrderAccepted {
        participant,
        order,
        side,
        slot,
        digest,
    } = reply;
    decision.emit(OrderPosted {
        participant,
        order,
        side,
        slot,
        digest,
    })?;
    Ok(decision)
}

/// Refuses unless the slot takes orders.
pub(super) fn require_open(slot: Auction, gate: Option<&Gate>) -> Result<(), ContractError> {
    match gate.map(|gate| gate.state) {
        Some(GateState::Open) => Ok(()),
        Some(_) => Err(ContractError::new(
            ErrorCode::GateClosed,
            format!("the gate of slot {slot} is closed"),
        )),
        None => Err(ContractError::new(
            ErrorCode::SlotNotOpened,
            format!("slot {slot} was never opened"),
        )),
    }
}

fn extend(exposure: Option<Exposure>, order: &Order, standing: &Standing) -> Result<Exposure, ContractError> {
    let mut exposure = exposure.unwrap_or(Exposure {
        side: order.side,
        orders: 0,
        energy_wh: Energy::ZERO,
    });
    if exposure.side != order.side {
        return Err(ErrorCode::OppositeSide.into());
    }
    if exposure.orders >= ORDERS_PER_PARTICIPANT {
        let detail = format!("{ORDERS_PER_PARTICIPANT} orders a participant, point and slot are allowed");
        return Err(ContractError::new(ErrorCode::TooManyOrders, detail));
    }
    exposure.orders = exposure.orders.saturating_add(1);
    exposure.energy_wh = exposure.energy_wh.plus(order.energy_wh)?;
    let most = standing.user.capacity_w.per_slot();
    if order.side == Side::Seller && exposure.energy_wh > most {
        let detail = format!(
            "open offers of {} Wh, the capacity allows {most} Wh a slot",
            exposure.energy_wh
        );
        return Err(ContractError::new(ErrorCode::CapacityExceeded, detail));
    }
    Ok(exposure)
}

/// True for an auction whose orders lie in entries: one that was opened at schema 3. Below it nothing is read.
pub(super) async fn in_entries<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<bool, ContractError> {
    if cx.schema < WHOLE_MARKET {
        return Ok(false);
    }
    let gate = cx.ledger.get(&schema::gate(&slot)).await?;
    Ok(gate.is_none_or(|gate| gate.book.is_some()))
}

pub(super) fn refused(error: OrderError) -> ContractError {
    let code = match error {
        OrderError::ZeroEnergy => ErrorCode::ZeroQuantity,
        OrderError::MinimumAboveEnergy => ErrorCode::MinimumAboveQuantity,
        OrderError::Filters(_) => ErrorCode::FiltersInvalid,
    };
    ContractError::new(code, error.to_string())
}
