//! A slot's settlement: whole, by page, and what it rests on.

use der_api::reply::{ReadingsView, SettlementPageView};
use der_api::request::{QueryReadings, QuerySettlement, QuerySettlementPage};
use der_api::schema::WHOLE_MARKET;
use der_market::settlement::Place;
use der_market::slot::Slot;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::SettlementPage;
use crate::schema;
use crate::settlement::{booked, pages_booked, settlement_view};
use crate::view::LedgerView;

/// Pages whose lines one answer tells; those of a larger settlement are asked for one by one.
const PAGES_IN_ONE_ANSWER: u32 = 8;

pub(crate) async fn settlement<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QuerySettlement,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    let row = cx.ledger.require(&schema::settlement(&slot)).await?;
    if cx.schema < WHOLE_MARKET {
        let pages = cx.ledger.scan(&schema::pages_of(&slot)).await?;
        return Decision::replying(&settlement_view(slot, &row, pages, 1));
    }
    let done = pages_booked(cx, slot, row.pages).await?;
    let pages = match row.pages {
        ..=PAGES_IN_ONE_ANSWER => latest(cx, slot, row.pages).await?,
        _ => Vec::new(),
    };
    Decision::replying(&settlement_view(slot, &row, pages, done))
}

/// Booked pages without the lines that later ones take back. Postings stay, for they add up.
async fn latest<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    pages: u32,
) -> Result<Vec<SettlementPage>, ContractError> {
    let booked = booked(cx, slot).await?;
    let rows: Vec<_> = (0..pages).map(|page| schema::settlement_page(&slot, &page)).collect();
    let mut kept = Vec::new();
    for (number, page) in (0_u32..).zip(cx.ledger.all(&rows).await?) {
        let Some(mut page) = page else { continue };
        page.trades.retain(|line| booked.has_trade(number, &line.contract));
        page.points
            .retain(|line| booked.has_place(number, &Place::new(line.participant.clone(), line.point.clone())));
        kept.push(page);
    }
    Ok(kept)
}

pub(crate) async fn settlement_page<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QuerySettlementPage,
) -> Result<Decision, ContractError> {
    let QuerySettlementPage { slot, page } = request;
    let allotment = cx.ledger.require(&schema::allotment(&slot, &page)).await?;
    let row = cx.ledger.get(&schema::settlement_page(&slot, &page)).await?;
    let booked = row.is_some();
    let (trades, points, postings) = row.map_or_else(Default::default, |row| (row.trades, row.points, row.postings));
    Decision::replying(&SettlementPageView {
        slot,
        page,
        version: allotment.version,
        change: allotment.change,
        booked,
        trades,
        points,
        postings,
    })
}

pub(crate) async fn readings<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryReadings,
) -> Result<Decision, ContractError> {
    let QueryReadings {
        slot,
        participant,
        point,
    } = request;
    let rows = cx
        .ledger
        .scan(&schema::readings_at(&slot, &participant, &point))
        .await?;
    Decision::replying(&ReadingsView {
        slot,
        readings: rows.into_iter().map(|row| row.signed).collect(),
        estimate: cx.ledger.get(&schema::estimate(&slot, &participant, &point)).await?,
    })
}
