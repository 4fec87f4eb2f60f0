//! What a plan gave a participant's orders.

use std::collections::BTreeMap;

use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;
use der_market::units::Energy;

use crate::context::Context;
use crate::error::ContractError;
use crate::schema;
use crate::view::LedgerView;

/// Energy in confirmed contracts, by the participant's order; none before the slot is planned.
pub(crate) async fn direct_energy<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    who: &ParticipantId,
) -> Result<Option<BTreeMap<OrderId, Energy>>, ContractError> {
    let plan = cx.ledger.get(&schema::plan(&auction.slot)).await?;
    let own = |plan: crate::rows::PlanRow| {
        let lines = plan.view.lines.into_iter().filter(|line| line.participant == *who);
        lines.map(|line| (line.order, line.direct_wh)).collect()
    };
    Ok(plan.map(own))
}
