//! A planned slot's contracts in the sequence in which settlement takes them.

use der_api::ErrorCode;
use der_api::contract::ContractTerms;
use der_market::id::ContractId;
use der_market::slot::{Auction, Slot};

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::PlanRow;
use crate::schema;
use crate::view::LedgerView;

impl PlanRow {
    /// Confirmed contracts by stage, gate and rank: the day-ahead auction's, then each later auction's.
    fn sequence(&self, slot: Slot) -> impl Iterator<Item = (Auction, &ContractId)> {
        let first = self.confirmed.iter().map(move |id| (slot.into(), id));
        first.chain(
            self.intraday
                .iter()
                .flat_map(move |one| one.confirmed.iter().map(move |id| (one.slot, id))),
        )
    }
}

/// The confirmed contracts of all of a slot's auctions, by stage, gate and rank; [`ContractTerms::slot`] tells each one's auction.
///
/// A contract covers where the contracts before it net its buyer to a sale of at least its energy; it sells back where they net its
/// seller to a purchase of at least its energy.
pub(crate) async fn sequence<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    plan: &PlanRow,
) -> Result<Vec<ContractTerms>, ContractError> {
    let rows: Vec<_> = plan
        .sequence(slot)
        .map(|(auction, id)| schema::contract(&auction, id))
        .collect();
    let contracts = cx.ledger.all(&rows).await?;
    let missing = |id: &ContractId| ContractError::new(ErrorCode::CorruptState, format!("contract {id} is missing"));
    plan.sequence(slot)
        .zip(contracts)
        .map(|((_, id), contract)| Ok(contract.ok_or_else(|| missing(id))?.terms))
        .collect()
}
