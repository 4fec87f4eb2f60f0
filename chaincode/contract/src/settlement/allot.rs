//! `Settlement:Settle` and `Settlement:Correct` from schema 3 on: what differs from the books is allotted in pages.
//!
//! A settlement differs from nothing, a correction from what is booked. One page is booked in the same transaction; several follow
//! by `Settlement:Page`.

use der_api::bytes::Digest;
use der_api::event::{SettlementAllotted, SettlementCorrected, SlotSettled};
use der_api::reply::VersionView;
use der_api::request::{CorrectSlot, Settle};
use der_api::{ErrorCode, codec};
use der_market::settlement::{Allocation, Booked, Change, PAGE_WEIGHT, allocate};
use der_market::slot::Slot;

use super::booking::{self, Page};
use super::inputs::{self, Inputs};
use super::settle::view;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Allotment, Course, SettlementPage, SettlementRow};
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn settle<V: LedgerView>(cx: &Context<'_, V>, request: &Settle) -> Result<Decision, ContractError> {
    let inputs = inputs::read(cx, request.slot).await?;
    if inputs.settled.is_some() {
        let detail = format!("slot {} is settled", request.slot);
        return Err(ContractError::new(ErrorCode::AlreadySettled, detail));
    }
    allot(cx, inputs, &Booked::default()).await
}

pub(crate) async fn correct<V: LedgerView>(
    cx: &Context<'_, V>,
    request: CorrectSlot,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    if cx.ledger.get(&schema::settlement(&slot)).await?.is_none() {
        let detail = format!("slot {slot} is not settled");
        return Err(ContractError::new(ErrorCode::WrongStage, detail));
    }
    let booked = booked(cx, slot).await?;
    allot(cx, inputs::read(cx, slot).await?, &booked).await
}

/// The latest line of each contract and place, booked or allotted to be booked.
pub(crate) async fn booked<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<Booked, ContractError> {
    let mut booked = Booked::default();
    let allotments = cx.ledger.scan(&schema::allotments_of(&slot)).await?;
    if allotments.first().is_none_or(|first| first.page > 0) {
        // The first schemas wrote one page and no allotment.
        let pages = cx.ledger.get(&schema::settlement_page(&slot, &0)).await?;
        booked.add(0, &pages.map(|page| page.change()).unwrap_or_default());
    }
    for allotment in &allotments {
        booked.add(allotment.page, &allotment.change);
    }
    Ok(booked)
}

async fn allot<V: LedgerView>(cx: &Context<'_, V>, inputs: Inputs, booked: &Booked) -> Result<Decision, ContractError> {
    let allocation = allocate(&inputs.trades, &inputs.metered);
    let change = booked.change_to(&inputs.trades, &allocation);
    if let Some(row) = inputs.settled.as_ref().filter(|_| change.is_empty()) {
        let done = pages_booked(cx, inputs.slot, row.pages).await?;
        return Decision::replying(&view(inputs.slot, row, Vec::new(), done));
    }
    let pages = change.pages(PAGE_WEIGHT);
    let row = row(cx, &inputs, &allocation, &pages)?;
    let first = row.pages.saturating_sub(u32::try_from(pages.len()).unwrap_or(u32::MAX));
    let now = match pages.as_slice() {
        [only] => booking::build(cx, inputs.slot, only, &inputs.trades, &inputs.rules).await?,
        _ => None,
    };
    let done = pages_booked(cx, inputs.slot, first).await?;
    decide(&inputs, &row, first, pages, (now, done))
}

/// How many of a slot's first pages are booked: each leaves its row of volumes.
pub(crate) async fn pages_booked<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    pages: u32,
) -> Result<u32, ContractError> {
    let rows: Vec<_> = (0..pages).map(|page| schema::volume(&slot, &page)).collect();
    let there = cx.ledger.all(&rows).await?.into_iter().flatten().count();
    Ok(u32::try_from(there).map_err(|_| ErrorCode::ArithmeticOverflow)?)
}

/// The settlement's head with one version more.
fn row<V>(
    cx: &Context<'_, V>,
    inputs: &Inputs,
    allocation: &Allocation,
    pages: &[Change],
) -> Result<SettlementRow, ContractError> {
    let before = inputs.settled.clone();
    let first_page = before.as_ref().map_or(0, |row| row.pages);
    let mut versions = before.map_or_else(Vec::new, |row| row.versions());
    let count = u32::try_from(pages.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let version = u32::try_from(versions.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let hash = Digest::of(&codec::encode(&pages)?);
    versions.push(VersionView {
        version: version.saturating_add(1),
        first_page,
        pages: count,
        hash,
    });
    let pending = inputs.trades.iter().zip(&allocation.trades);
    let pending = pending.filter(|(_, dealt)| dealt.is_none());
    let volume = allocation.volume();
    Ok(SettlementRow {
        settlement: Digest::of(format!("der.settlement.v1\n{}\n{}", cx.market.market, inputs.slot).as_bytes()),
        hash,
        pages: first_page.checked_add(count).ok_or(ErrorCode::ArithmeticOverflow)?,
        branches: volume.branches().into_iter().collect(),
        volume,
        course: Some(Course {
            parameters: inputs.rules.version,
            pinned: inputs.rules.pinned,
            versions,
            pending: pending.map(|(trade, _)| trade.contract.clone()).collect(),
            missing: allocation.missing.iter().cloned().collect(),
        }),
    })
}

fn decide(
    inputs: &Inputs,
    row: &SettlementRow,
    first: u32,
    pages: Vec<Change>,
    (now, done): (Option<Page>, u32),
) -> Result<Decision, ContractError> {
    let slot = inputs.slot;
    let version = row.version();
    let told: Vec<SettlementPage> = now.iter().map(|page| page.row.clone()).collect();
    let done = done.saturating_add(u32::from(now.is_some()));
    let mut decision = Decision::replying(&view(slot, row, told, done))?;
    let lines = now.as_ref().map(|page| page.row.postings.len());
    for (page, change) in (first..).zip(pages) {
        let allotment = Allotment { version, page, change };
        decision.put(schema::allotment(&slot, &page), &allotment)?;
    }
    if let Some(page) = now {
        booking::put(&mut decision, slot, first, version, &page)?;
    }
    decision.put(schema::settlement(&slot), row)?;
    tell(&mut decision, slot, row, lines)?;
    Ok(decision)
}

fn tell(decision: &mut Decision, slot: Slot, row: &SettlementRow, lines: Option<usize>) -> Result<(), ContractError> {
    let (settlement, hash, version) = (row.settlement, row.hash, row.version());
    match lines {
        _ if version > 1 => decision.emit(SettlementCorrected {
            slot,
            settlement,
            version,
            pages: row.versions().last().map_or(0, |version| version.pages),
            hash,
        }),
        Some(lines) => decision.emit(SlotSettled {
            slot,
            settlement,
            hash,
            lines: u32::try_from(lines).map_err(|_| ErrorCode::ArithmeticOverflow)?,
        }),
        None => decision.emit(SettlementAllotted {
            slot,
            settlement,
            pages: row.pages,
            hash,
        }),
    }
}
