//! Records by their ids.

use der_api::reply::{MarketView, PointView};
use der_api::request::{QueryDevice, QueryMarket, QueryMeter, QueryOrder, QueryParticipant, QueryPlant, QueryPoint};

use der_api::schema::WHOLE_MARKET;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::is_suspended;
use crate::identity::{Standing, fingerprints};
use crate::schema;
use crate::trading::{entered_order, order_view};
use crate::view::LedgerView;

pub(crate) async fn market<V: LedgerView>(cx: &Context<'_, V>, _: QueryMarket) -> Result<Decision, ContractError> {
    let version = cx.market.parameters;
    Decision::replying(&MarketView {
        market: cx.market.market.clone(),
        organisations: cx.market.organisations.clone(),
        version,
        parameters: cx.parameters(version).await?,
        suspended: cx.schema >= WHOLE_MARKET && is_suspended(cx).await?,
    })
}

pub(crate) async fn participant<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryParticipant,
) -> Result<Decision, ContractError> {
    let standing = Standing::of(cx, &request.participant).await?;
    Decision::replying(&standing.view(fingerprints(cx, &request.participant).await?))
}

pub(crate) async fn point<V: LedgerView>(cx: &Context<'_, V>, request: QueryPoint) -> Result<Decision, ContractError> {
    let row = cx.ledger.require(&schema::point(&request.point)).await?;
    Decision::replying(&PointView {
        point: row.point,
        capacity_w: row.capacity_w,
        area: row.area,
        level: row.level,
    })
}

pub(crate) async fn plant<V: LedgerView>(cx: &Context<'_, V>, request: QueryPlant) -> Result<Decision, ContractError> {
    Decision::replying(&cx.ledger.require(&schema::plant(&request.plant)).await?)
}

pub(crate) async fn device<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryDevice,
) -> Result<Decision, ContractError> {
    let at = schema::device(&request.participant, &request.device);
    Decision::replying(&cx.ledger.require(&at).await?)
}

pub(crate) async fn meter<V: LedgerView>(cx: &Context<'_, V>, request: QueryMeter) -> Result<Decision, ContractError> {
    Decision::replying(&cx.ledger.require(&schema::meter(&request.meter)).await?)
}

pub(crate) async fn order<V: LedgerView>(cx: &Context<'_, V>, request: QueryOrder) -> Result<Decision, ContractError> {
    if let Some(slot) = request.slot {
        cx.require_schema(WHOLE_MARKET, "an order's slot")?;
        return Decision::replying(&entered_order(cx, slot, &request.participant, &request.order).await?);
    }
    let stored = cx
        .ledger
        .require(&schema::order(&request.participant, &request.order))
        .await?;
    Decision::replying(&order_view(&stored))
}
