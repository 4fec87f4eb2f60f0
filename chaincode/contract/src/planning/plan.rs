//! `TSSC:Plan`: ends confirmation; what no confirmed contract takes goes to OGSC and PPSC.

use std::collections::{BTreeMap, BTreeSet};

use der_api::bytes::Digest;
use der_api::contract::ContractTerms;
use der_api::event::SlotPlanned;
use der_api::planning::plan_lines;
use der_api::reply::{PlanView, Stage};
use der_api::request::Plan;
use der_api::schema::WHOLE_MARKET;
use der_api::{ErrorCode, codec};
use der_market::cleanliness::Cleanliness;
use der_market::grid::Point;
use der_market::id::{ParticipantId, PointId};
use der_market::merit::Merits;
use der_market::order::Order;
use der_market::participant::Side;
use der_market::penalty::Penalty;
use der_market::planning::{ConsumptionIndex, Sellers};
use der_market::slot::{Auction, Slot};

use super::outcome::{Contracts, contracts_of, require_matched, require_written};
use super::positions::Positions;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{require_gate, require_operator};
use crate::rows::{Auctions, Indices, Outcome, PlanRow};
use crate::schema;
use crate::trading::{book, of_sellers, points, put_penalty};
use crate::view::LedgerView;

/// An auction with its book.
struct Played {
    book: Vec<Order>,
    contracts: Contracts,
}

struct Inputs {
    slot: Slot,
    points: Vec<Point>,
    indices: BTreeMap<PointId, Indices>,
    table: Cleanliness,
    merits: Merits,
    auctions: Vec<Played>,
    positions: Option<Positions>,
}

pub(crate) async fn plan_slot<V: LedgerView>(cx: &Context<'_, V>, request: Plan) -> Result<Decision, ContractError> {
    require_operator(cx, request.slot.into(), Stage::Planned).await?;
    decide(read(cx, request.slot).await?)
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<Inputs, ContractError> {
    let auctions = require_plannable(cx, slot).await?;
    let mut books = Vec::with_capacity(auctions.len());
    for auction in &auctions {
        books.push(book(cx, *auction).await?);
    }
    let points = points(cx, &books.concat()).await?;
    let mut played = Vec::with_capacity(auctions.len());
    for (auction, book) in auctions.into_iter().zip(books) {
        if !auction.is_day_ahead() {
            require_matched(cx, auction).await?;
        }
        let contracts = contracts_of(cx, auction).await?;
        played.push(Played { book, contracts });
    }
    let (table, merits) = merits(cx, slot, &books_of(&played)).await?;
    Ok(Inputs {
        slot,
        indices: indices(cx, &points).await?,
        table,
        merits,
        points,
        positions: positions(cx, &played).await?,
        auctions: played,
    })
}

/// Where there were later auctions, positions are on the energy chain, and the last auction's contracts are booked there too.
async fn positions<V: LedgerView>(cx: &Context<'_, V>, played: &[Played]) -> Result<Option<Positions>, ContractError> {
    match played {
        [_, .., Played { contracts, .. }] if !contracts.ended => Ok(Some(Positions::after(cx, contracts).await?)),
        _ => Ok(None),
    }
}

/// The slot's auctions, where the first is matched and the slot is not planned.
async fn require_plannable<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<Vec<Auction>, ContractError> {
    let (clearing, plan, later) = (
        schema::clearing(&slot.into()),
        schema::plan(&slot),
        schema::auctions(&slot),
    );
    let mut keys = vec![clearing.key.clone(), plan.key.clone()];
    if cx.schema >= WHOLE_MARKET {
        keys.push(later.key.clone());
    }
    let answers = cx.ledger.many(&keys).await?;
    require_written(cx, slot.into(), answers.get(&clearing)?).await?;
    if answers.get(&plan)?.is_some() {
        let detail = format!("slot {slot} is planned already");
        return Err(ContractError::new(ErrorCode::WrongStage, detail));
    }
    let latest = answers.get(&later)?.map_or(0, |row| row.latest);
    Ok(Auctions::of(slot, latest).collect())
}

/// The energy-consumption indices at the book's points; none before the third schema.
async fn indices<V: LedgerView>(
    cx: &Context<'_, V>,
    points: &[Point],
) -> Result<BTreeMap<PointId, Indices>, ContractError> {
    if cx.schema < WHOLE_MARKET {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<_> = points.iter().map(|point| schema::indices(&point.point)).collect();
    let found = cx.ledger.all(&rows).await?;
    let of_point = points.iter().map(|point| point.point.clone()).zip(found);
    Ok(of_point.filter_map(|(point, row)| Some((point, row?))).collect())
}

fn books_of(played: &[Played]) -> Vec<Order> {
    played.iter().flat_map(|auction| auction.book.clone()).collect()
}

/// The cleanliness table that the slot was opened under, with S of its sellers and Q of its stores. The first schemas know the paper's
/// table only, and nothing is read for it.
async fn merits<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    book: &[Order],
) -> Result<(Cleanliness, Merits), ContractError> {
    if cx.schema < WHOLE_MARKET {
        return Ok((Cleanliness::default(), Merits::new()));
    }
    let gate = require_gate(cx, slot.into()).await?;
    let parameters = cx.parameters(gate.parameters).await?;
    Ok((parameters.cleanliness(), of_sellers(cx, book, &parameters).await?))
}

fn decide(inputs: Inputs) -> Result<Decision, ContractError> {
    let Inputs {
        slot,
        points,
        auctions,
        indices,
        table,
        merits,
        positions,
    } = inputs;
    let confirmed = auctions.iter().flat_map(|auction| &auction.contracts.confirmed);
    let terms: Vec<ContractTerms> = confirmed.map(|contract| contract.terms.clone()).collect();
    let penalties: Vec<Penalty> = auctions
        .iter()
        .flat_map(|auction| auction.contracts.penalties.clone())
        .collect();
    let outcomes = auctions.iter().map(|auction| auction.contracts.outcome()).collect();
    let consumption = consumption(&auctions, &indices);
    let books = auctions
        .into_iter()
        .map(|auction| (auction.contracts.auction, auction.book));
    let sellers = Sellers {
        table,
        merits: &merits,
        consumption: &consumption,
    };
    let lines = plan_lines(slot, &points, books.collect(), &terms, &sellers)?;
    let digest = Digest::of(&codec::encode(&lines)?);
    let view = PlanView {
        slot,
        lines,
        digest,
        consumption,
        merits,
    };
    let mut decision = write(view, outcomes)?;
    for penalty in &penalties {
        put_penalty(&mut decision, penalty)?;
    }
    if let Some(positions) = positions {
        positions.put(&mut decision)?;
    }
    Ok(decision)
}

/// L of the sellers at the books' points, where it is not 1.
fn consumption(auctions: &[Played], indices: &BTreeMap<PointId, Indices>) -> Vec<ConsumptionIndex> {
    let orders = auctions.iter().flat_map(|auction| &auction.book);
    let sellers: BTreeSet<(&ParticipantId, &PointId)> = orders
        .filter(|order| order.side == Side::Seller)
        .map(|order| (&order.participant, &order.point))
        .collect();
    let index = |(who, point): (&ParticipantId, &PointId)| {
        let index = indices.get(point)?.of(who);
        (index != 1).then(|| ConsumptionIndex {
            participant: who.clone(),
            point: point.clone(),
            index,
        })
    };
    sellers.into_iter().filter_map(index).collect()
}

fn write(view: PlanView, outcomes: Vec<Outcome>) -> Result<Decision, ContractError> {
    let slot = view.slot;
    let total = |ids: fn(&Outcome) -> usize| {
        let sum = outcomes.iter().map(ids).fold(0, usize::saturating_add);
        u32::try_from(sum).map_err(|_| ErrorCode::ArithmeticOverflow)
    };
    let (confirmed, lapsed) = (total(|one| one.confirmed.len())?, total(|one| one.lapsed.len())?);
    let plan = view.digest;
    let mut intraday = outcomes;
    let first = if intraday.is_empty() {
        return Err(ContractError::new(ErrorCode::Internal, "a slot without an auction"));
    } else {
        intraday.remove(0)
    };
    let row = PlanRow {
        view,
        confirmed: first.confirmed,
        lapsed: first.lapsed,
        intraday,
    };
    let mut decision = Decision::replying(&row.view)?;
    decision.put(schema::plan(&slot), &row)?;
    decision.emit(SlotPlanned {
        slot,
        confirmed,
        lapsed,
        plan,
    })?;
    Ok(decision)
}
