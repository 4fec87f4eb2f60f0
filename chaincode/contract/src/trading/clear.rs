//! `TSSC:Clear`: the trading strategy contract matches a sealed book and proposes contracts.

use std::collections::{BTreeMap, BTreeSet};

use der_api::bytes::Digest;
use der_api::contract::ContractTerms;
use der_api::event::SlotMatched;
use der_api::reply::{ClearingView, Stage};
use der_api::request::Clear;
use der_api::{ErrorCode, codec};
use der_market::eligibility::Rules;
use der_market::grid::{Distances, Point};
use der_market::id::{ContractId, MarketId, ParticipantId, PointId};
use der_market::matching::{Fill, match_book, sort_book};
use der_market::merit::Merits;
use der_market::order::Order;
use der_market::parameters::Parameters;
use der_market::participant::Side;
use der_market::settlement::Branch;
use der_market::slot::Auction;
use der_market::units::Energy;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{distances_among, require_gate, require_operator, require_unsettled, seal_of};
use crate::money::barred;
use crate::rows::{Clearing, Gate, GateState, StoredContract};
use crate::schema;
use crate::trading::book::book;
use crate::trading::merits::merits;
use crate::view::LedgerView;

/// Orders of one slot that are matched: there are hardly more fills than orders, and each writes a contract in this one transaction.
///
/// A larger book is cleared without contracts, and planning takes all of it: refusing it would hold the slot for ever.
/// Orders of suspended participants do not count.
const BOOK_LIMIT: usize = 4_000;

struct Inputs {
    market: MarketId,
    slot: Auction,
    gate: Gate,
    parameters: Parameters,
    distances: Distances,
    points: Vec<Point>,
    book: Vec<Order>,
    suspended: BTreeSet<ParticipantId>,
    merits: Merits,
}

pub(crate) async fn clear<V: LedgerView>(cx: &Context<'_, V>, request: Clear) -> Result<Decision, ContractError> {
    require_operator(cx, request.slot, Stage::Matched).await?;
    decide(&read(cx, request.slot).await?)
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<Inputs, ContractError> {
    let gate = require_gate(cx, slot).await?;
    if gate.state != GateState::Sealed {
        return Err(ContractError::new(
            ErrorCode::WrongStage,
            format!("the book of slot {slot} is not sealed"),
        ));
    }
    if cx.ledger.get(&schema::clearing(&slot)).await?.is_some() {
        return Err(ContractError::new(
            ErrorCode::WrongStage,
            format!("slot {slot} is matched already"),
        ));
    }
    require_unsettled(cx, slot).await?;
    let book = book(cx, slot).await?;
    if gate.seal != Some(seal_of(&book)?) {
        return Err(ContractError::new(
            ErrorCode::SealBroken,
            format!("the book of slot {slot} differs from its seal"),
        ));
    }
    let distances = distances_among(cx, gate.distances, book.iter().map(|order| &order.point)).await?;
    let parameters = cx.parameters(gate.parameters).await?;
    let merits = merits(cx, &book, &parameters).await?;
    let points = points(cx, &book).await?;
    let mut suspended = suspended(cx, &book).await?;
    suspended.extend(barred(cx, &book, &parameters).await?);
    Ok(Inputs {
        market: cx.market.market.clone(),
        slot,
        distances,
        merits,
        parameters,
        points,
        suspended,
        gate,
        book,
    })
}

/// The points of a book's orders.
pub(crate) async fn points<V: LedgerView>(cx: &Context<'_, V>, book: &[Order]) -> Result<Vec<Point>, ContractError> {
    let ids: BTreeSet<&PointId> = book.iter().map(|order| &order.point).collect();
    let rows: Vec<_> = ids.into_iter().map(schema::point).collect();
    Ok(cx.ledger.all(&rows).await?.into_iter().flatten().collect())
}

/// Who was suspended after publishing, or whose organisation has left: these orders are not matched.
async fn suspended<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
) -> Result<BTreeSet<ParticipantId>, ContractError> {
    let ids: BTreeSet<&ParticipantId> = book.iter().map(|order| &order.participant).collect();
    let rows: Vec<_> = ids.iter().map(|id| schema::suspension(id)).collect();
    let answers = cx.ledger.all(&rows).await?;
    let left = |id: &ParticipantId| cx.market.organisations.part_of(&id.msp).is_none();
    let stopped = ids
        .into_iter()
        .zip(answers)
        .filter(|(id, row)| left(id) || row.as_ref().is_none_or(|row| row.suspended));
    Ok(stopped.map(|(id, _)| id.clone()).collect())
}

fn decide(inputs: &Inputs) -> Result<Decision, ContractError> {
    let slot = inputs.slot;
    let active = |order: &&Order| !inputs.suspended.contains(&order.participant);
    let mut book: Vec<Order> = inputs.book.iter().filter(active).cloned().collect();
    sort_book(&mut book);
    let rules = Rules {
        slot: slot.slot,
        parameters: &inputs.parameters,
        distances: &inputs.distances,
        points: &inputs.points,
        merits: &inputs.merits,
        book_limit: BOOK_LIMIT,
    };
    let fills = match_book(&book, &rules);
    let contracts = contracts(inputs, &book, &fills)?;
    let view = view(inputs, &fills, &contracts)?;
    let mut decision = Decision::replying(&view)?;
    for contract in &contracts {
        decision.put(schema::contract(&slot, &contract.terms.contract), contract)?;
    }
    let count = u32::try_from(contracts.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    decision.emit(SlotMatched {
        slot,
        contracts: count,
        fills: view.fills,
    })?;
    decision.put(schema::clearing(&slot), &Clearing { view, fills })?;
    Ok(decision)
}

/// One contract per fill; its id is its slot and its rank.
fn contracts(inputs: &Inputs, book: &[Order], fills: &[Fill]) -> Result<Vec<StoredContract>, ContractError> {
    let order = |place: u32| {
        let found = usize::try_from(place).ok().and_then(|place| book.get(place));
        found.ok_or_else(|| ContractError::new(ErrorCode::Internal, "a fill names no order"))
    };
    let contract = |(rank, fill): (usize, &Fill)| {
        let (bid, offer) = (order(fill.bid)?, order(fill.offer)?);
        let id = format!("{}-{:05}", inputs.slot, rank.saturating_add(1));
        let terms = ContractTerms {
            market: inputs.market.clone(),
            contract: ContractId::new(id).map_err(|e| ContractError::new(ErrorCode::Internal, e.to_string()))?,
            slot: inputs.slot,
            buyer: bid.participant.clone(),
            buyer_order: bid.order.clone(),
            buyer_point: bid.point.clone(),
            seller: offer.participant.clone(),
            seller_order: offer.order.clone(),
            seller_point: offer.point.clone(),
            energy_wh: fill.energy_wh,
            price: fill.price,
            tariff: fill.tariff,
            parameters: inputs.gate.parameters,
            distances: inputs.gate.distances,
            profile: inputs.parameters.profile,
        };
        let hash = terms.hash()?;
        Ok(StoredContract { terms, hash })
    };
    fills.iter().enumerate().map(contract).collect()
}

fn view(inputs: &Inputs, fills: &[Fill], contracts: &[StoredContract]) -> Result<ClearingView, ContractError> {
    let side = |side: Side| inputs.book.iter().filter(move |order| order.side == side);
    let ordered = |wanted| total(side(wanted).map(|order| order.energy_wh));
    let matched = total(fills.iter().map(|fill| fill.energy_wh));
    let matched_wh = told(matched);
    let unmatched_supply_wh = told(ordered(Side::Seller).saturating_sub(matched));
    let unmatched_demand_wh = told(ordered(Side::Buyer).saturating_sub(matched));
    let branches = BTreeMap::from([
        (Branch::Direct, matched_wh),
        (Branch::FeedIn, unmatched_supply_wh),
        (Branch::GridSupply, unmatched_demand_wh),
    ]);
    Ok(ClearingView {
        slot: inputs.slot,
        orders: u32::try_from(inputs.book.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?,
        contracts: contracts
            .iter()
            .map(|contract| contract.terms.contract.clone())
            .collect(),
        fills: Digest::of(&codec::encode(&fills)?),
        matched_wh,
        unmatched_supply_wh,
        unmatched_demand_wh,
        branches: branches
            .into_iter()
            .filter(|(_, energy)| !energy.is_zero())
            .map(|(branch, _)| branch)
            .collect(),
    })
}

fn total(energies: impl Iterator<Item = Energy>) -> u128 {
    energies.fold(0, |sum, energy| sum.saturating_add(u128::from(energy.get())))
}

/// A total in its unit, at most the unit's bound: a few huge bids must not be able to stop a clearing.
fn told(wh: u128) -> Energy {
    let wh = u64::try_from(wh).ok().and_then(|wh| Energy::new(wh).ok());
    wh.unwrap_or(Energy::MOST)
}
