//! `TSSC:WriteContracts`: a page of a large clearing's contracts. It depends on no other page and is written once.

use der_api::bytes::Digest;
use der_api::clearing::{CONTRACTS_PER_PAGE, Proposal, active_book};
use der_api::event::ContractsWritten as Written;
use der_api::reply::ContractsWritten;
use der_api::request::WriteContracts;
use der_api::{ErrorCode, codec};
use der_market::id::MarketId;
use der_market::matching::Fill;
use der_market::order::Order;
use der_market::parameters::Profile;
use der_market::slot::Auction;

use super::book::book;
use super::clear::{contracts, count};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::require_gate;
use crate::rows::{Clearing, ContractsPageRow, Gate, StoredContract};
use crate::schema;
use crate::view::LedgerView;

struct Inputs {
    market: MarketId,
    slot: Auction,
    page: u32,
    gate: Gate,
    profile: Profile,
    book: Vec<Order>,
    excluded: Vec<u32>,
    fills: Vec<Fill>,
}

pub(crate) async fn write_contracts<V: LedgerView>(
    cx: &Context<'_, V>,
    request: WriteContracts,
) -> Result<Decision, ContractError> {
    let WriteContracts { slot, page } = request;
    let clearing = require_page(cx, slot, page).await?;
    if let Some(row) = cx.ledger.get(&schema::contracts_page(&slot, &page)).await? {
        return Decision::replying(&reply(slot, page, &row));
    }
    decide(&read(cx, slot, page, clearing).await?)
}

/// The clearing of a slot, which has this page.
async fn require_page<V: LedgerView>(cx: &Context<'_, V>, slot: Auction, page: u32) -> Result<Clearing, ContractError> {
    let unmatched = || ContractError::new(ErrorCode::WrongStage, format!("slot {slot} is not matched"));
    let clearing = cx.ledger.get(&schema::clearing(&slot)).await?.ok_or_else(unmatched)?;
    let pages = clearing.view.pages();
    if page < pages {
        return Ok(clearing);
    }
    let detail = format!("the clearing of slot {slot} has {pages} pages of contracts to write, counted from 0");
    Err(ContractError::new(ErrorCode::NoSuchContractsPage, detail))
}

async fn read<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
    page: u32,
    clearing: Clearing,
) -> Result<Inputs, ContractError> {
    let gate = require_gate(cx, slot).await?;
    Ok(Inputs {
        market: cx.market.market.clone(),
        slot,
        page,
        profile: cx.parameters(gate.parameters).await?.profile,
        gate,
        book: book(cx, slot).await?,
        excluded: clearing.record.map_or_else(Vec::new, |record| record.excluded),
        fills: cx.ledger.require(&schema::fills(&slot, &page)).await?.fills(),
    })
}

fn decide(inputs: &Inputs) -> Result<Decision, ContractError> {
    let (slot, page) = (inputs.slot, inputs.page);
    let book = active_book(inputs.book.clone(), &inputs.excluded);
    let proposal = Proposal {
        market: &inputs.market,
        slot,
        parameters: inputs.gate.parameters,
        distances: inputs.gate.distances,
        profile: inputs.profile,
        book: &book,
    };
    let first = page.checked_mul(count(CONTRACTS_PER_PAGE)?);
    let contracts = contracts(&proposal, &inputs.fills, first.ok_or(ErrorCode::ArithmeticOverflow)?)?;
    let row = ContractsPageRow {
        contracts: count(contracts.len())?,
        digest: digest(&contracts)?,
    };
    let mut decision = Decision::replying(&reply(slot, page, &row))?;
    for contract in &contracts {
        decision.put(schema::contract(&slot, &contract.terms.contract), contract)?;
    }
    decision.put(schema::contracts_page(&slot, &page), &row)?;
    decision.emit(Written {
        slot,
        page,
        contracts: row.contracts,
        digest: row.digest,
    })?;
    Ok(decision)
}

fn digest(contracts: &[StoredContract]) -> Result<Digest, ContractError> {
    let hashes: Vec<Digest> = contracts.iter().map(|contract| contract.hash).collect();
    Ok(Digest::of(&codec::encode(&hashes)?))
}

fn reply(slot: Auction, page: u32, row: &ContractsPageRow) -> ContractsWritten {
    ContractsWritten {
        slot,
        page,
        contracts: row.contracts,
        digest: row.digest,
    }
}

/// Pages of a clearing's contracts that are not written yet.
pub(crate) async fn unwritten_pages<V: LedgerView>(
    cx: &Context<'_, V>,
    clearing: &Clearing,
) -> Result<usize, ContractError> {
    let (slot, pages) = (clearing.view.slot, clearing.view.pages());
    if pages == 0 {
        return Ok(0);
    }
    let rows: Vec<_> = (0..pages).map(|page| schema::contracts_page(&slot, &page)).collect();
    let written = cx.ledger.all(&rows).await?;
    Ok(written.iter().filter(|row| row.is_none()).count())
}
