//! A clearing, and what it takes to compute it again.

use der_api::ErrorCode;
use der_api::clearing::{CONTRACTS_PER_PAGE, contract_id};
use der_api::reply::{BookKey, BookPage, ClearingInputs, ContractsPage, FillsPage, ProposedContract};
use der_api::request::{QueryBook, QueryClearing, QueryClearingInputs, QueryContracts, QueryFills, QueryWelfare};
use der_market::order::Order;
use der_market::slot::Auction;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{distances_among, require_gate};
use crate::planning::statuses;
use crate::rows::{Clearing, ClearingRecord, StoredContract};
use crate::schema;
use crate::trading::{book as read_book, points, welfare_inputs, welfare_view, would_record};
use crate::view::LedgerView;

/// Orders of one page of a book.
const ORDERS_PER_PAGE: usize = 500;

pub(crate) async fn clearing<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryClearing,
) -> Result<Decision, ContractError> {
    Decision::replying(&cx.ledger.require(&schema::clearing(&request.slot)).await?.view)
}

pub(crate) async fn clearing_inputs<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryClearingInputs,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    let gate = require_gate(cx, slot).await?;
    let record = match cx.ledger.get(&schema::clearing(&slot)).await? {
        Some(clearing) => recorded(slot, clearing)?,
        None => would_record(cx, slot).await?,
    };
    let book = read_book(cx, slot).await?;
    Decision::replying(&ClearingInputs {
        market: cx.market.market.clone(),
        slot,
        seal: gate.seal.ok_or(ErrorCode::WrongStage)?,
        parameters_version: gate.parameters,
        parameters: cx.parameters(gate.parameters).await?,
        distances_version: gate.distances,
        distances: distances_among(cx, gate.distances, book.iter().map(|order| &order.point)).await?,
        points: points(cx, &book).await?,
        welfare: welfare_inputs(cx, slot, &book, &record).await?,
        excluded: record.excluded,
        merits: record.merits,
        used: record.used,
        book_limit: record.book_limit,
    })
}

pub(crate) async fn welfare<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryWelfare,
) -> Result<Decision, ContractError> {
    Decision::replying(&welfare_view(cx, request.slot).await?)
}

fn recorded(slot: Auction, clearing: Clearing) -> Result<ClearingRecord, ContractError> {
    clearing.record.ok_or_else(|| {
        let detail = format!("slot {slot} was cleared before clearings were recorded, at an earlier schema");
        ContractError::new(ErrorCode::RecordNotFound, detail)
    })
}

pub(crate) async fn book<V: LedgerView>(cx: &Context<'_, V>, request: QueryBook) -> Result<Decision, ContractError> {
    let slot = request.slot;
    if require_gate(cx, slot).await?.seal.is_none() {
        let detail = format!("the book of slot {slot} is not sealed");
        return Err(ContractError::new(ErrorCode::WrongStage, detail));
    }
    let orders = read_book(cx, slot).await?;
    let first = match &request.after {
        None => 0,
        Some(after) => place_after(&orders, after)?,
    };
    let rest = orders.get(first..).unwrap_or_default();
    let full = rest.len() > ORDERS_PER_PAGE;
    let orders: Vec<Order> = rest.iter().take(ORDERS_PER_PAGE).cloned().collect();
    let last = orders.last().filter(|_| full);
    let next = last.map(|order| BookKey {
        point: order.point.clone(),
        participant: order.participant.clone(),
        order: order.order.clone(),
    });
    Decision::replying(&BookPage { orders, next })
}

/// The place after an order of the book.
fn place_after(book: &[Order], key: &BookKey) -> Result<usize, ContractError> {
    let is_it = |one: &Order| one.point == key.point && one.participant == key.participant && one.order == key.order;
    let unknown = || ContractError::new(ErrorCode::RecordNotFound, "the book has no such order to go on from");
    Ok(book.iter().position(is_it).ok_or_else(unknown)?.saturating_add(1))
}

pub(crate) async fn fills<V: LedgerView>(cx: &Context<'_, V>, request: QueryFills) -> Result<Decision, ContractError> {
    let QueryFills { slot, page } = request;
    let clearing = cx.ledger.require(&schema::clearing(&slot)).await?;
    require_page(&clearing, page)?;
    let fills = if clearing.view.pages() == 0 {
        clearing.fills
    } else {
        cx.ledger.require(&schema::fills(&slot, &page)).await?.fills()
    };
    Decision::replying(&FillsPage { fills })
}

pub(crate) async fn contracts<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryContracts,
) -> Result<Decision, ContractError> {
    let QueryContracts { slot, page } = request;
    let clearing = cx.ledger.require(&schema::clearing(&slot)).await?;
    require_page(&clearing, page)?;
    let each = u32::try_from(CONTRACTS_PER_PAGE).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let total = clearing.view.proof.as_ref().map_or(0, |proof| proof.contracts);
    let first = page.saturating_mul(each);
    let ranks = first..first.saturating_add(each).min(total);
    let id = |rank| contract_id(slot, rank).map_err(|e| ContractError::new(ErrorCode::Internal, e.to_string()));
    let ids = ranks.map(id).collect::<Result<Vec<_>, _>>()?;
    let rows: Vec<_> = ids.iter().map(|id| schema::contract(&slot, id)).collect();
    let found: Vec<StoredContract> = cx.ledger.all(&rows).await?.into_iter().flatten().collect();
    let statuses = statuses(cx, slot, &found).await?;
    let told = |(row, status): (StoredContract, _)| ProposedContract {
        status,
        terms: row.terms,
        hash: row.hash,
    };
    Decision::replying(&ContractsPage {
        contracts: found.into_iter().zip(statuses).map(told).collect(),
    })
}

/// A clearing in one transaction has one page.
fn require_page(clearing: &Clearing, page: u32) -> Result<(), ContractError> {
    let pages = clearing.view.pages().max(1);
    if page < pages {
        return Ok(());
    }
    let detail = format!(
        "the clearing of slot {} has {pages} pages, counted from 0",
        clearing.view.slot
    );
    Err(ContractError::new(ErrorCode::NoSuchContractsPage, detail))
}
