//! What becomes of an auction's proposed contracts.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::reply::ContractStatus;
use der_api::schema::WHOLE_MARKET;
use der_market::id::ContractId;
use der_market::penalty::Penalty;
use der_market::slot::{Auction, Slot};

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::{Auctions, Clearing, Outcome, StoredContract};
use crate::schema;
use crate::trading::{answers_to, expiry, status, unwritten_pages};
use crate::view::LedgerView;

/// Contracts of an auction, apart by what became of them, each in rank order.
pub(super) struct Contracts {
    pub(super) auction: Auction,
    pub(super) confirmed: Vec<StoredContract>,
    pub(super) lapsed: Vec<StoredContract>,
    /// True where `TSSC:EndConfirmation` has said so already.
    pub(super) ended: bool,
    /// What the silence of those who did not answer costs; none where confirmation has ended before.
    pub(super) penalties: Vec<Penalty>,
}

impl Contracts {
    const fn none(auction: Auction) -> Self {
        Self {
            auction,
            confirmed: Vec::new(),
            lapsed: Vec::new(),
            ended: false,
            penalties: Vec::new(),
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        let ids = |list: &[StoredContract]| list.iter().map(|contract| contract.terms.contract.clone()).collect();
        Outcome {
            slot: self.auction,
            confirmed: ids(&self.confirmed),
            lapsed: ids(&self.lapsed),
        }
    }
}

/// Every auction of a slot, the day-ahead one first. Below schema 3 nothing is read: a slot has one.
pub(crate) async fn auctions_of<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<Vec<Auction>, ContractError> {
    let latest = match cx.schema {
        WHOLE_MARKET.. => cx.ledger.get(&schema::auctions(&slot)).await?,
        _ => None,
    };
    Ok(Auctions::of(slot, latest.map_or(0, |row| row.latest)).collect())
}

/// What `TSSC:EndConfirmation` said of an auction. Below schema 3 nothing is read.
pub(crate) async fn ended<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
) -> Result<Option<Outcome>, ContractError> {
    match cx.schema {
        WHOLE_MARKET.. => cx.ledger.get(&schema::confirmation_end(&auction)).await,
        _ => Ok(None),
    }
}

/// The contracts of a matched auction; those that both sides have not signed lapse now, unless confirmation has ended before.
pub(super) async fn contracts_of<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
) -> Result<Contracts, ContractError> {
    let ended = ended(cx, auction).await?;
    let contracts = cx.ledger.scan(&schema::contracts_of(&auction)).await?;
    let Some(outcome) = ended else {
        return by_answers(cx, auction, contracts).await;
    };
    let kept: BTreeSet<ContractId> = outcome.confirmed.into_iter().collect();
    let (confirmed, lapsed) = contracts
        .into_iter()
        .partition(|contract| kept.contains(&contract.terms.contract));
    Ok(Contracts {
        confirmed,
        lapsed,
        ended: true,
        ..Contracts::none(auction)
    })
}

/// Contracts apart by their answers, with what each side's silence costs.
async fn by_answers<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    contracts: Vec<StoredContract>,
) -> Result<Contracts, ContractError> {
    let answers = answers_to(cx, auction, &contracts).await?;
    let mut apart = Contracts::none(auction);
    for (contract, answers) in contracts.into_iter().zip(answers) {
        if status(&answers, true) == ContractStatus::Confirmed {
            apart.confirmed.push(contract);
            continue;
        }
        if cx.schema >= WHOLE_MARKET {
            apart.penalties.extend(expiry(&contract, &answers));
        }
        apart.lapsed.push(contract);
    }
    Ok(apart)
}

/// How far these contracts of an auction have come, in their order.
pub(crate) async fn statuses<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    contracts: &[StoredContract],
) -> Result<Vec<ContractStatus>, ContractError> {
    let planned = cx.ledger.get(&schema::plan(&auction.slot)).await?.is_some();
    let over = planned || ended(cx, auction).await?.is_some();
    let answers = answers_to(cx, auction, contracts).await?;
    Ok(answers.iter().map(|answers| status(answers, over)).collect())
}

/// Refuses an auction that is not matched: a large one is, once all of its contracts are written.
pub(super) async fn require_matched<V: LedgerView>(cx: &Context<'_, V>, auction: Auction) -> Result<(), ContractError> {
    let clearing = cx.ledger.get(&schema::clearing(&auction)).await?;
    require_written(cx, auction, clearing).await
}

/// Refuses a clearing that is not there, or some of whose contracts are still to be written.
pub(super) async fn require_written<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    clearing: Option<Clearing>,
) -> Result<(), ContractError> {
    let clearing = clearing.ok_or_else(|| not_matched(auction))?;
    let left = unwritten_pages(cx, &clearing).await?;
    if left == 0 {
        return Ok(());
    }
    let detail = format!("{left} pages of slot {auction}'s contracts are still to be written");
    Err(ContractError::new(ErrorCode::WrongStage, detail))
}

fn not_matched(auction: Auction) -> ContractError {
    ContractError::new(ErrorCode::WrongStage, format!("slot {auction} is not matched"))
}
