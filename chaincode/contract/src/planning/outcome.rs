//! What becomes of an auction's proposed contracts.

use der_api::ErrorCode;
use der_api::reply::ContractStatus;
use der_api::schema::WHOLE_MARKET;
use der_market::penalty::Penalty;
use der_market::slot::{Auction, Slot};

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::{Auctions, Outcome, StoredContract};
use crate::schema;
use crate::trading::{answers_to, expiry, status};
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
    let (confirmed, lapsed) = contracts
        .into_iter()
        .partition(|contract| outcome.confirmed.contains(&contract.terms.contract));
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

/// Refuses an auction that is not matched.
pub(super) async fn require_matched<V: LedgerView>(cx: &Context<'_, V>, auction: Auction) -> Result<(), ContractError> {
    let clearing = cx.ledger.get(&schema::clearing(&auction)).await?;
    clearing.map(drop).ok_or_else(|| not_matched(auction))
}

pub(super) fn not_matched(auction: Auction) -> ContractError {
    ContractError::new(ErrorCode::WrongStage, format!("slot {auction} is not matched"))
}
