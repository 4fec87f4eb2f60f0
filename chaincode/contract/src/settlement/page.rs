//! `Settlement:Page`: one page of what a settlement or a correction allotted. It reads its own part, so that pages commute.

use der_api::ErrorCode;
use der_api::event::SettlementPageBooked;
use der_api::reply::PageBooked;
use der_api::request::SettlePage;
use der_market::settlement::{Change, Trade};
use der_market::slot::{Auction, Slot};

use super::booking;
use super::inputs::{Rules, trades};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::Allotment;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn settle_page<V: LedgerView>(
    cx: &Context<'_, V>,
    request: SettlePage,
) -> Result<Decision, ContractError> {
    let SettlePage { slot, page } = request;
    let at = schema::allotment(&slot, &page);
    let none = || ContractError::new(ErrorCode::NoSuchPage, format!("slot {slot} has no page {page}"));
    let allotment = cx.ledger.get(&at).await?.ok_or_else(none)?;
    let mut decision = Decision::replying(&reply(slot, &allotment)?)?;
    if cx.ledger.get(&schema::volume(&slot, &page)).await?.is_some() {
        return Ok(decision);
    }
    let row = cx.ledger.require(&schema::settlement(&slot)).await?;
    let rules = Rules::of(cx, slot, Some(&row), None).await?;
    let contracts = contracts(cx, &allotment.change).await?;
    let trades: Vec<Trade> = trades(cx, contracts, &rules).await?;
    let built = booking::build(cx, slot, &allotment.change, &trades, &rules).await?;
    let built = built.ok_or_else(|| {
        let first: Vec<String> = allotment.change.taken_back().map(|page| page.to_string()).collect();
        let detail = format!("page {page} takes back lines of pages {}", first.join(", "));
        ContractError::new(ErrorCode::PageNotBooked, detail)
    })?;
    booking::put(&mut decision, slot, page, allotment.version, &built)?;
    decision.emit(SettlementPageBooked { slot, page })?;
    Ok(decision)
}

/// The contracts that a page names, by their ids: an id is its auction and its rank.
async fn contracts<V: LedgerView>(
    cx: &Context<'_, V>,
    change: &Change,
) -> Result<Vec<der_api::contract::ContractTerms>, ContractError> {
    let missing =
        |id: &dyn std::fmt::Display| ContractError::new(ErrorCode::CorruptState, format!("contract {id} is missing"));
    let mut rows = Vec::new();
    for shift in &change.trades {
        let id = &shift.contract;
        let auction = id
            .as_str()
            .rsplit_once('-')
            .and_then(|(auction, _)| auction.parse::<Auction>().ok());
        rows.push(schema::contract(&auction.ok_or_else(|| missing(id))?, id));
    }
    let found = cx.ledger.all(&rows).await?;
    let contracts = change.trades.iter().zip(found);
    contracts
        .map(|(shift, contract)| Ok(contract.ok_or_else(|| missing(&shift.contract))?.terms))
        .collect()
}

fn reply(slot: Slot, allotment: &Allotment) -> Result<PageBooked, ContractError> {
    let count = |number: usize| u32::try_from(number).map_err(|_| ErrorCode::ArithmeticOverflow);
    Ok(PageBooked {
        slot,
        page: allotment.page,
        version: allotment.version,
        trades: count(allotment.change.trades.len())?,
        places: count(allotment.change.places.len())?,
    })
}
