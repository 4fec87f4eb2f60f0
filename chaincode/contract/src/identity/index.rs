//! `Energy:SetIndex`: a plant's energy-consumption index L, set by the regulator.

use der_api::ErrorCode;
use der_api::event::IndexSet;
use der_api::guard::Guard;
use der_api::reply::IndexView;
use der_api::request::SetIndex;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::PlantIndex;
use crate::schema;
use crate::view::LedgerView;

/// One row for each connection point, so that planning reads no more rows than the book has points. Only the regulator writes it.
pub(crate) async fn set_index<V: LedgerView>(
    cx: &Context<'_, V>,
    request: SetIndex,
) -> Result<Decision, ContractError> {
    let SetIndex { plant, index } = request;
    if index == 0 {
        return Err(ErrorCode::ZeroQuantity.into());
    }
    let record = cx.ledger.require(&schema::plant(&plant)).await?;
    let at = schema::indices(&record.point);
    let known = cx.ledger.get(&at).await?;
    let born = known.is_none();
    let mut row = known.unwrap_or_default();
    let owner = record.owner;
    row.plants.insert(plant.clone(), PlantIndex { owner, index });
    let mut decision = Decision::replying(&IndexView {
        plant: plant.clone(),
        index,
    })?;
    if born {
        decision.put_guarded(at, &row, Guard::of_regulator(&cx.market.organisations))?;
    } else {
        decision.put(at, &row)?;
    }
    decision.emit(IndexSet { plant })?;
    Ok(decision)
}
