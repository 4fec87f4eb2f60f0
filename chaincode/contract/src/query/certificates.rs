//! Certificates of origin: accounts, holdings, accruals.

use der_api::reply::{AccrualView, OriginView};
use der_api::request::{QueryAccrual, QueryHolding, QueryOrigin};

use crate::certificates::holding_view;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn origin<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryOrigin,
) -> Result<Decision, ContractError> {
    let plant = request.plant;
    let origin = cx.ledger.require(&schema::origin(&plant)).await?;
    Decision::replying(&OriginView {
        plant,
        accrued_wh: origin.accrued_wh,
        issued: origin.issued,
        deficit_wh: origin.deficit_wh(),
    })
}

pub(crate) async fn holding<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryHolding,
) -> Result<Decision, ContractError> {
    let QueryHolding { plant, holder } = request;
    let row = cx.ledger.require(&schema::holding(&plant, &holder)).await?;
    Decision::replying(&holding_view(plant, holder, row))
}

pub(crate) async fn accrual<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryAccrual,
) -> Result<Decision, ContractError> {
    let QueryAccrual { plant, month } = request;
    let days = cx.ledger.require(&schema::accrual(&plant, &month)).await?.days;
    let total_wh = days.values().fold(0_u64, |sum, wh| sum.saturating_add(*wh));
    Decision::replying(&AccrualView {
        plant,
        month,
        days,
        total_wh,
    })
}
