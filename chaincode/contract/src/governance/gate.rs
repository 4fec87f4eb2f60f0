//! `Market:OpenSlot`, `Market:CloseGate`, `TSSC:EndReveal`, `Market:SealBook`. A gate closes by ledger state, never by a timestamp.

use der_api::bytes::Digest;
use der_api::event::{BookSealed, GateClosed, RevealEnded, SlotOpened};
use der_api::guard::Guard;
use der_api::reply::{Seal, SlotView, Stage};
use der_api::request::{CloseGate, EndReveal, OpenSlot, SealBook};
use der_api::schema::WHOLE_MARKET;
use der_api::{ErrorCode, codec};
use der_market::order::Order;
use der_market::order_rules::Book;
use der_market::parameters::{Parameters, PriceMode};
use der_market::slot::Auction;

use super::call::require_operator;
use super::prices::price_book;
use super::versions::in_force;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::planning::{auctions_of, ended};
use crate::rows::{Auctions, Clearing, Gate, GateState};
use crate::schema;
use crate::settlement::pages_booked;
use crate::trading::{book, put_penalty, unrevealed, unwritten_pages};
use crate::view::LedgerView;

/// The gate of a slot that was opened.
pub(crate) async fn require_gate<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<Gate, ContractError> {
    let unopened = || ContractError::new(ErrorCode::SlotNotOpened, format!("slot {slot} was never opened"));
    cx.ledger.get(&schema::gate(&slot)).await?.ok_or_else(unopened)
}

pub(crate) async fn open_slot<V: LedgerView>(
    cx: &Context<'_, V>,
    request: OpenSlot,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    require_operator(cx, slot, Stage::Open).await?;
    if !slot.is_day_ahead() {
        cx.require_schema(WHOLE_MARKET, "an intraday auction")?;
    }
    if cx.ledger.get(&schema::gate(&slot)).await?.is_some() {
        return Err(ContractError::new(
            ErrorCode::WrongStage,
            format!("slot {slot} was opened before"),
        ));
    }
    if !slot.is_day_ahead() {
        require_turn(cx, slot).await?;
    }
    require_unsettled(cx, slot).await?;
    let gate = opened(cx, slot).await?;
    let mut decision = Decision::replying(&view(slot, Stage::Open, gate.clone()))?;
    decision.put_guarded(
        schema::gate(&slot),
        &gate,
        Guard::of_grid_and_regulator(&cx.market.organisations),
    )?;
    if !slot.is_day_ahead() {
        decision.put_guarded(
            schema::auctions(&slot.slot),
            &Auctions { latest: slot.round },
            Guard::of_grid_and_regulator(&cx.market.organisations),
        )?;
    }
    decision.emit(SlotOpened { slot })?;
    Ok(decision)
}

/// From schema 3 on a slot that was never cleared may be settled: then it is too late to trade in it.
pub(crate) async fn require_unsettled<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<(), ContractError> {
    if cx.schema < WHOLE_MARKET || cx.ledger.get(&schema::settlement(&slot.slot)).await?.is_none() {
        return Ok(());
    }
    let detail = format!("slot {} is settled", slot.slot);
    Err(ContractError::new(ErrorCode::AlreadySettled, detail))
}

/// A slot's auctions follow one another: what one frees, and who holds what after it, is known when its confirmation has ended.
async fn require_turn<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<(), ContractError> {
    let refused = |what: String| Err(ContractError::new(ErrorCode::AuctionOutOfTurn, what));
    let Some(&last) = auctions_of(cx, slot.slot).await?.last() else {
        return refused(format!("slot {} has no auction", slot.slot));
    };
    if last.round.checked_add(1) != Some(slot.round) {
        return refused(format!("the auction before slot {slot} would follow {last}"));
    }
    if cx.ledger.get(&schema::plan(&slot.slot)).await?.is_some() {
        return refused(format!("slot {} is planned", slot.slot));
    }
    match ended(cx, last).await? {
        Some(_) => Ok(()),
        None => refused(format!("confirmation of slot {last} has not ended")),
    }
}

/// An open gate with the versions that are in force in its slot.
async fn opened<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<Gate, ContractError> {
    let versions = in_force(cx, slot.slot).await?;
    let rules = match cx.schema {
        WHOLE_MARKET.. => Some(cx.parameters(versions.parameters).await?),
        _ => None,
    };
    let highest_retail = match &rules {
        Some(rules) if rules.credit.is_some() && versions.schedule.is_some() => {
            let book = price_book(cx, versions.pinned(), rules.prices).await?;
            Some(book.highest_retail(slot.slot))
        }
        _ => None,
    };
    Ok(Gate {
        state: GateState::Open,
        parameters: versions.parameters,
        distances: versions.distances,
        seal: None,
        pinned: versions.pinned(),
        bounds: rules.as_ref().and_then(|rules| rules.bounds),
        welfare: rules.as_ref().and_then(by_welfare),
        book: rules.as_ref().map(Parameters::book),
        credit: rules.as_ref().and_then(|rules| rules.credit),
        highest_retail,
    })
}

fn by_welfare(rules: &Parameters) -> Option<bool> {
    (rules.price_mode == PriceMode::Welfare).then_some(true)
}

/// Reads no order: orders that commit meanwhile must not be able to keep the gate open.
pub(crate) async fn close_gate<V: LedgerView>(
    cx: &Context<'_, V>,
    request: CloseGate,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    require_operator(cx, slot, Stage::Closed).await?;
    let mut gate = require_gate(cx, slot).await?;
    require_state(slot, &gate, GateState::Open)?;
    gate.state = GateState::Closed;
    let mut decision = Decision::replying(&view(slot, Stage::Closed, gate.clone()))?;
    decision.put(schema::gate(&slot), &gate)?;
    decision.emit(GateClosed { slot })?;
    Ok(decision)
}

/// Reads no sealed order either, for the same reason. What was not revealed is counted when the book is sealed.
pub(crate) async fn end_reveal<V: LedgerView>(
    cx: &Context<'_, V>,
    request: EndReveal,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    require_operator(cx, slot, Stage::Revealed).await?;
    let mut gate = require_gate(cx, slot).await?;
    if gate.book != Some(Book::Sealed) {
        let detail = format!("slot {slot} takes orders openly");
        return Err(ContractError::new(ErrorCode::OrdersAreOpen, detail));
    }
    require_state(slot, &gate, GateState::Closed)?;
    gate.state = GateState::Revealed;
    let mut decision = Decision::replying(&view(slot, Stage::Revealed, gate.clone()))?;
    decision.put(schema::gate(&slot), &gate)?;
    decision.emit(RevealEnded { slot })?;
    Ok(decision)
}

pub(crate) async fn seal_book<V: LedgerView>(
    cx: &Context<'_, V>,
    request: SealBook,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    require_operator(cx, slot, Stage::Sealed).await?;
    let mut gate = require_gate(cx, slot).await?;
    let before = match gate.book {
        Some(Book::Sealed) => GateState::Revealed,
        Some(Book::Open) | None => GateState::Closed,
    };
    require_state(slot, &gate, before)?;
    let book = book(cx, slot).await?;
    let penalties = match gate.book {
        Some(Book::Sealed) => unrevealed(cx, slot, &book).await?,
        Some(Book::Open) | None => Vec::new(),
    };
    let seal = seal_of(&book)?;
    gate.state = GateState::Sealed;
    gate.seal = Some(seal.clone());
    let mut decision = Decision::replying(&view(slot, Stage::Sealed, gate.clone()))?;
    decision.put(schema::gate(&slot), &gate)?;
    for penalty in &penalties {
        put_penalty(&mut decision, penalty)?;
    }
    decision.emit(BookSealed {
        slot,
        orders: seal.orders,
        digest: seal.digest,
    })?;
    Ok(decision)
}

/// Count and digest of a book, in key order.
pub(crate) fn seal_of(book: &[Order]) -> Result<Seal, ContractError> {
    let orders = u32::try_from(book.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    Ok(Seal {
        orders,
        digest: Digest::of(&codec::encode(&book)?),
    })
}

fn require_state(slot: Auction, gate: &Gate, wanted: GateState) -> Result<(), ContractError> {
    if gate.state == wanted {
        return Ok(());
    }
    let detail = format!("the gate of slot {slot} is {:?}, not {wanted:?}", gate.state);
    Err(ContractError::new(ErrorCode::WrongStage, detail))
}

/// A slot's stage follows from which of its rows exist.
pub(crate) async fn stage<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<SlotView, ContractError> {
    let gate = require_gate(cx, slot).await?;
    let (clearing, plan, settlement) = (
        schema::clearing(&slot),
        schema::plan(&slot.slot),
        schema::settlement(&slot.slot),
    );
    let rows = cx
        .ledger
        .many(&[clearing.key.clone(), plan.key.clone(), settlement.key.clone()])
        .await?;
    let settled = match rows.get(&settlement)? {
        Some(row) if cx.schema >= WHOLE_MARKET => pages_booked(cx, slot.slot, row.pages).await? == row.pages,
        other => other.is_some(),
    };
    let stage = if settled {
        Stage::Settled
    } else if rows.get(&plan)?.is_some() {
        Stage::Planned
    } else if is_matched(cx, rows.get(&clearing)?).await? {
        match ended(cx, slot).await? {
            Some(_) => Stage::Ended,
            None => Stage::Matched,
        }
    } else {
        match gate.state {
            GateState::Open => Stage::Open,
            GateState::Closed => Stage::Closed,
            GateState::Revealed => Stage::Revealed,
            GateState::Sealed => Stage::Sealed,
        }
    };
    Ok(view(slot, stage, gate))
}

/// A large clearing is matched once all of its contracts are written.
async fn is_matched<V: LedgerView>(cx: &Context<'_, V>, clearing: Option<Clearing>) -> Result<bool, ContractError> {
    match clearing {
        Some(clearing) => Ok(unwritten_pages(cx, &clearing).await? == 0),
        None => Ok(false),
    }
}

fn view(slot: Auction, stage: Stage, gate: Gate) -> SlotView {
    SlotView {
        slot,
        stage,
        parameters: gate.parameters,
        distances: gate.distances,
        seal: gate.seal,
        pinned: gate.pinned,
        bounds: gate.bounds,
        book: gate.book,
    }
}
