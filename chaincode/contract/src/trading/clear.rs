//! `TSSC:Clear`: the trading strategy contract matches a sealed book and proposes contracts.

use std::collections::{BTreeMap, BTreeSet};

use der_api::bytes::Digest;
use der_api::clearing::{CONTRACTS_PER_PAGE, PriorityProof, Proposal, active_book};
use der_api::event::SlotMatched;
use der_api::reply::{ClearingView, Proof, Stage};
use der_api::request::Clear;
use der_api::schema::WHOLE_MARKET;
use der_api::{ErrorCode, codec};
use der_market::eligibility::Rules;
use der_market::grid::{Distances, Point, UsedRoom};
use der_market::id::{MarketId, ParticipantId, PointId};
use der_market::matching::{Fill, match_book};
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
use crate::planning::used_before;
use crate::rows::{Clearing, ClearingRecord, FillsRow, Gate, GateState, StoredContract};
use crate::schema;
use crate::trading::book::book;
use crate::trading::merits::merits;
use crate::trading::welfare::Welfare;
use crate::view::LedgerView;

/// Orders of one slot that are matched: the clearing stays below 2 MB, and the hardest book known takes seconds.
///
/// A larger book is cleared without contracts, and planning takes all of it: refusing it would hold the slot for ever.
/// Orders of suspended participants do not count.
const BOOK_LIMIT: u32 = 20_000;
/// The limit of the first two schemas, where every fill writes its contract in the one transaction.
const FIRST_BOOK_LIMIT: u32 = 4_000;

pub(super) struct Inputs {
    market: MarketId,
    pub(super) slot: Auction,
    gate: Gate,
    parameters: Parameters,
    distances: Distances,
    points: Vec<Point>,
    book: Vec<Order>,
    suspended: BTreeSet<ParticipantId>,
    merits: Merits,
    /// Room that the slot's earlier auctions use.
    used: Vec<UsedRoom>,
    /// Of a slot that clears by welfare.
    pub(super) welfare: Option<Welfare>,
    /// From schema 3 on a clearing is recorded for those who compute it again, and a large one is written in pages.
    recorded: bool,
}

pub(crate) async fn clear<V: LedgerView>(cx: &Context<'_, V>, request: Clear) -> Result<Decision, ContractError> {
    require_operator(cx, request.slot, Stage::Matched).await?;
    decide(&read(cx, request.slot).await?)
}

pub(super) async fn read<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<Inputs, ContractError> {
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
        points,
        suspended,
        used: used_before(cx, slot).await?,
        welfare: Welfare::read(cx, slot, &gate, &parameters, &book).await?,
        recorded: cx.schema >= WHOLE_MARKET,
        parameters,
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
    let book = inputs.active()?;
    let rules = inputs.rules();
    let best = inputs
        .welfare
        .as_ref()
        .and_then(|welfare| welfare.best(inputs.slot, &book, &rules));
    let (winner, fills) = match best {
        Some((member, proved)) => (Some(member), proved.fills),
        None => (None, match_book(&book, &rules)),
    };
    let mut record = inputs.recorded.then(|| inputs.record()).transpose()?;
    if let Some(record) = &mut record {
        record.welfare = winner;
    }
    write(inputs, &book, fills, record)
}

/// What the clearing of a sealed book would stand on now.
pub(crate) async fn would_record<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
) -> Result<ClearingRecord, ContractError> {
    read(cx, slot).await?.record()
}

/// Places of the orders that are not matched, in the book by owner and order id.
fn excluded(inputs: &Inputs) -> Result<Vec<u32>, ContractError> {
    let mut book: Vec<&Order> = inputs.book.iter().collect();
    book.sort_by_key(|order| (&order.participant, &order.order));
    let stopped = |(_, order): &(usize, &Order)| inputs.suspended.contains(&order.participant);
    let place = |(place, _)| u32::try_from(place).map_err(|_| ErrorCode::ArithmeticOverflow.into());
    book.into_iter().enumerate().filter(stopped).map(place).collect()
}

fn write(
    inputs: &Inputs,
    book: &[Order],
    fills: Vec<Fill>,
    record: Option<ClearingRecord>,
) -> Result<Decision, ContractError> {
    let slot = inputs.slot;
    let paged = record.is_some() && fills.len() > CONTRACTS_PER_PAGE;
    let contracts = if paged {
        Vec::new()
    } else {
        contracts(&inputs.proposal(book), &fills, 0)?
    };
    let view = view(inputs, &fills, &contracts, record.as_ref())?;
    let mut decision = Decision::replying(&view)?;
    for contract in &contracts {
        decision.put(schema::contract(&slot, &contract.terms.contract), contract)?;
    }
    decision.emit(SlotMatched {
        slot,
        contracts: count(fills.len())?,
        fills: view.fills,
    })?;
    if paged {
        for (page, fills) in (0_u32..).zip(fills.chunks(CONTRACTS_PER_PAGE)) {
            decision.put(schema::fills(&slot, &page), &FillsRow::of(fills))?;
        }
    }
    let fills = if paged { Vec::new() } else { fills };
    decision.put(schema::clearing(&slot), &Clearing { view, fills, record })?;
    Ok(decision)
}

impl Inputs {
    /// The orders that are matched, by owner and order id.
    pub(super) fn active(&self) -> Result<Vec<Order>, ContractError> {
        Ok(active_book(self.book.clone(), &excluded(self)?))
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        Rules {
            slot: self.slot.slot,
            parameters: &self.parameters,
            distances: &self.distances,
            points: &self.points,
            merits: &self.merits,
            used: &self.used,
            book_limit: usize::try_from(self.book_limit()).unwrap_or(usize::MAX),
        }
    }

    const fn book_limit(&self) -> u32 {
        if self.recorded { BOOK_LIMIT } else { FIRST_BOOK_LIMIT }
    }

    fn record(&self) -> Result<ClearingRecord, ContractError> {
        Ok(ClearingRecord {
            excluded: excluded(self)?,
            merits: self.merits.clone(),
            used: self.used.clone(),
            book_limit: self.book_limit(),
            welfare: None,
        })
    }

    fn proposal<'a>(&'a self, book: &'a [Order]) -> Proposal<'a> {
        Proposal {
            market: &self.market,
            slot: self.slot,
            parameters: self.gate.parameters,
            distances: self.gate.distances,
            profile: self.parameters.profile,
            book,
        }
    }

    fn proof(&self, fills: &[Fill], digest: Digest, record: &ClearingRecord) -> Result<Proof, ContractError> {
        let seal = self.gate.seal.as_ref().ok_or(ErrorCode::Internal)?;
        let proof = PriorityProof {
            slot: self.slot,
            seal,
            parameters: &self.parameters,
            distances: &self.distances,
            points: &self.points,
            excluded: &record.excluded,
            merits: &record.merits,
            used: &record.used,
            book_limit: record.book_limit,
            welfare: record
                .welfare
                .as_ref()
                .and_then(|member| self.welfare.as_ref()?.digest_of(member)),
            fills: digest,
        };
        let contracts = fills.len();
        let pages = if contracts > CONTRACTS_PER_PAGE {
            contracts.div_ceil(CONTRACTS_PER_PAGE)
        } else {
            0
        };
        Ok(Proof {
            digest: proof.digest()?,
            contracts: count(contracts)?,
            pages: count(pages)?,
        })
    }
}

/// One contract per fill, from this rank on.
pub(super) fn contracts(
    proposal: &Proposal<'_>,
    fills: &[Fill],
    first: u32,
) -> Result<Vec<StoredContract>, ContractError> {
    let contract = |(rank, fill): (u32, &Fill)| {
        let terms = proposal.terms(rank, fill)?;
        let hash = terms.hash()?;
        Ok(StoredContract { terms, hash })
    };
    (first..).zip(fills).map(contract).collect()
}

pub(super) fn count(items: usize) -> Result<u32, ContractError> {
    u32::try_from(items).map_err(|_| ErrorCode::ArithmeticOverflow.into())
}

fn view(
    inputs: &Inputs,
    fills: &[Fill],
    contracts: &[StoredContract],
    record: Option<&ClearingRecord>,
) -> Result<ClearingView, ContractError> {
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
    let digest = Digest::of(&codec::encode(&fills)?);
    Ok(ClearingView {
        slot: inputs.slot,
        orders: count(inputs.book.len())?,
        contracts: contracts
            .iter()
            .map(|contract| contract.terms.contract.clone())
            .collect(),
        fills: digest,
        matched_wh,
        unmatched_supply_wh,
        unmatched_demand_wh,
        branches: branches
            .into_iter()
            .filter(|(_, energy)| !energy.is_zero())
            .map(|(branch, _)| branch)
            .collect(),
        proof: record.map(|record| inputs.proof(fills, digest, record)).transpose()?,
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
