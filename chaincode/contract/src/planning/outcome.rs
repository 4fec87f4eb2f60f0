//! What becomes of an auction's proposed contracts.

use der_api::ErrorCode;
use der_api::reply::{Confirmation, ContractStatus};
use der_api::schema::WHOLE_MARKET;
use der_market::id::ContractId;
use der_market::participant::Side;
use der_market::slot::{Auction, Slot};

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::{Auctions, Outcome, StoredContract};
use crate::schema::{self, Row};
use crate::trading::status;
use crate::view::LedgerView;

/// Contracts of an auction, apart by what became of them, each in rank order.
pub(super) struct Contracts {
    pub(super) auction: Auction,
    pub(super) confirmed: Vec<StoredContract>,
    pub(super) lapsed: Vec<StoredContract>,
    /// True where `TSSC:EndConfirmation` has said so already.
    pub(super) ended: bool,
}

impl Contracts {
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
    let (confirmed, lapsed) = match &ended {
        Some(outcome) => contracts
            .into_iter()
            .partition(|contract| outcome.confirmed.contains(&contract.terms.contract)),
        None => by_answers(cx, auction, contracts).await?,
    };
    Ok(Contracts {
        auction,
        confirmed,
        lapsed,
        ended: ended.is_some(),
    })
}

async fn by_answers<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    contracts: Vec<StoredContract>,
) -> Result<(Vec<StoredContract>, Vec<StoredContract>), ContractError> {
    let sides = |contract: &StoredContract| answer_rows(auction, &contract.terms.contract);
    let rows: Vec<_> = contracts.iter().flat_map(sides).collect();
    let mut given = cx.ledger.all(&rows).await?.into_iter();
    Ok(contracts.into_iter().partition(|_| {
        let answers: Vec<Confirmation> = given.by_ref().take(2).flatten().collect();
        status(&answers, true) == ContractStatus::Confirmed
    }))
}

/// Both sides' answers, the buyer's first.
pub(crate) async fn answers_to<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    id: &ContractId,
) -> Result<Vec<Confirmation>, ContractError> {
    Ok(cx
        .ledger
        .all(&answer_rows(auction, id))
        .await?
        .into_iter()
        .flatten()
        .collect())
}

fn answer_rows(auction: Auction, id: &ContractId) -> [Row<Confirmation>; 2] {
    [
        schema::answer(&auction, id, &Side::Buyer),
        schema::answer(&auction, id, &Side::Seller),
    ]
}

/// Refuses an auction that is not matched.
pub(super) async fn require_matched<V: LedgerView>(cx: &Context<'_, V>, auction: Auction) -> Result<(), ContractError> {
    let clearing = cx.ledger.get(&schema::clearing(&auction)).await?;
    clearing.map(drop).ok_or_else(|| not_matched(auction))
}

pub(super) fn not_matched(auction: Auction) -> ContractError {
    ContractError::new(ErrorCode::WrongStage, format!("slot {auction} is not matched"))
}
