//! `Settlement:Settle`: postings of a planned slot, once. Below schema 3 it is one page, with every reading there.

use der_api::bytes::Digest;
use der_api::contract::ContractTerms;
use der_api::event::SlotSettled;
use der_api::reply::{CourseView, SettlementView, Stage};
use der_api::request::Settle;
use der_api::schema::WHOLE_MARKET;
use der_api::{ErrorCode, codec};
use der_market::id::MarketId;
use der_market::journal::{Posting, sum};
use der_market::parameters::Prices;
use der_market::settlement::{Metered, Settled, SettlementError, Trade, settle};
use der_market::slot::Slot;
use der_market::units::{Money, Ppm};

use super::allot;
use super::booking::by_account;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{require_gate, require_operator};
use crate::planning::sequence;
use crate::rows::{Postings, SettlementPage, SettlementRow, SlotVolume, Supplied};
use crate::schema;
use crate::view::LedgerView;

const PAGE: u32 = 0;

struct Inputs {
    market: MarketId,
    slot: Slot,
    prices: Prices,
    trades: Vec<Trade>,
    metered: Vec<Metered>,
}

pub(crate) async fn settle_slot<V: LedgerView>(
    cx: &Context<'_, V>,
    request: Settle,
) -> Result<Decision, ContractError> {
    require_operator(cx, request.slot.into(), Stage::Settled).await?;
    if cx.schema >= WHOLE_MARKET {
        return allot::settle(cx, &request).await;
    }
    decide(&read(cx, request.slot).await?)
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<Inputs, ContractError> {
    let gate = require_gate(cx, slot.into()).await?;
    if cx.ledger.get(&schema::settlement(&slot)).await?.is_some() {
        return Err(ContractError::new(
            ErrorCode::AlreadySettled,
            format!("slot {slot} is settled"),
        ));
    }
    let unplanned = || ContractError::new(ErrorCode::WrongStage, format!("slot {slot} is not planned"));
    let plan = cx.ledger.get(&schema::plan(&slot)).await?.ok_or_else(unplanned)?;
    let contracts = sequence(cx, slot, &plan).await?;
    let readings = cx.ledger.scan(&schema::readings_of(&slot)).await?;
    let parameters = cx.parameters(gate.parameters).await?;
    Ok(Inputs {
        market: cx.market.market.clone(),
        slot,
        prices: parameters.prices,
        trades: contracts
            .into_iter()
            .map(|terms| trade(terms, parameters.band))
            .collect(),
        metered: readings
            .into_iter()
            .map(|row| Metered {
                participant: row.participant,
                point: row.point,
                consumed_wh: row.signed.reading.consumed_wh,
                injected_wh: row.signed.reading.injected_wh,
                estimated: false,
            })
            .collect(),
    })
}

/// A contract as settlement sees it.
pub(super) fn trade(terms: ContractTerms, band: Ppm) -> Trade {
    Trade {
        contract: terms.contract,
        buyer: terms.buyer,
        buyer_point: terms.buyer_point,
        seller: terms.seller,
        seller_point: terms.seller_point,
        energy_wh: terms.energy_wh,
        price: terms.price,
        tariff: terms.tariff,
        profile: terms.profile,
        band,
    }
}

fn decide(inputs: &Inputs) -> Result<Decision, ContractError> {
    let settled = settle(&inputs.trades, &inputs.metered, inputs.prices).map_err(refused)?;
    let postings = settled.journal.postings().to_vec();
    if sum(&postings)? != Money::ZERO {
        return Err(ContractError::new(
            ErrorCode::Internal,
            "the postings do not sum to zero",
        ));
    }
    write(inputs, settled, postings)
}

fn write(inputs: &Inputs, settled: Settled, postings: Vec<Posting>) -> Result<Decision, ContractError> {
    let slot = inputs.slot;
    let lines = u32::try_from(postings.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let page = SettlementPage {
        trades: settled.trades,
        points: settled.points,
        postings,
    };
    let row = SettlementRow {
        settlement: Digest::of(format!("der.settlement.v1\n{}\n{slot}", inputs.market).as_bytes()),
        hash: Digest::of(&codec::encode(&page)?),
        pages: 1,
        branches: settled.volume.branches().into_iter().collect(),
        volume: settled.volume,
        course: None,
    };
    let mut decision = Decision::replying(&view(slot, &row, vec![page.clone()], 1))?;
    for (account, postings) in by_account(&page.postings) {
        decision.put(schema::posting(account, &slot, &PAGE), &Postings { postings })?;
    }
    for line in &page.points {
        let delta_wh = i64::try_from(line.injected_wh.get()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
        decision.put(
            schema::supplied(&slot, &line.participant, &line.point),
            &Supplied { delta_wh },
        )?;
    }
    decision.put(
        schema::volume(&slot, &PAGE),
        &SlotVolume {
            slot,
            volume: settled.volume,
            reversed: None,
        },
    )?;
    decision.emit(SlotSettled {
        slot,
        settlement: row.settlement,
        hash: row.hash,
        lines,
    })?;
    decision.put(schema::settlement_page(&slot, &PAGE), &page)?;
    decision.put(schema::settlement(&slot), &row)?;
    Ok(decision)
}

/// What is told of a settlement.
pub(crate) fn view(slot: Slot, row: &SettlementRow, pages: Vec<SettlementPage>, booked: u32) -> SettlementView {
    let mut view = SettlementView {
        slot,
        settlement: row.settlement,
        pages: row.pages,
        branches: row.branches.iter().copied().collect(),
        trades: Vec::new(),
        points: Vec::new(),
        postings: Vec::new(),
        volume: row.volume,
        course: row.course.as_ref().map(|course| CourseView {
            versions: course.versions.clone(),
            booked,
            pending: course.pending.clone(),
            missing: course.missing.clone(),
        }),
    };
    for page in pages {
        view.trades.extend(page.trades);
        view.points.extend(page.points);
        view.postings.extend(page.postings);
    }
    view
}

fn refused(error: SettlementError) -> ContractError {
    match error {
        SettlementError::ReadingMissing(..) => ContractError::new(ErrorCode::ReadingMissing, error.to_string()),
        SettlementError::Unit(error) => error.into(),
    }
}
