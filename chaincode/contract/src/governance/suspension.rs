//! `Governance:SuspendMarket`, `Governance:ResumeMarket`: the regulator stops trading, never metering or settlement.

use der_api::event::{MarketResumed, MarketSuspended};
use der_api::guard::Guard;
use der_api::reply::SuspensionView;
use der_api::request::{ResumeMarket, SuspendMarket};
use der_api::schema::WHOLE_MARKET;
use der_api::{ErrorCode, Event, Function, Organisations};

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::MarketSuspension;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn suspend_market<V: LedgerView>(
    cx: &Context<'_, V>,
    _: SuspendMarket,
) -> Result<Decision, ContractError> {
    set(cx, true, MarketSuspended {}.into()).await
}

pub(crate) async fn resume_market<V: LedgerView>(
    cx: &Context<'_, V>,
    _: ResumeMarket,
) -> Result<Decision, ContractError> {
    set(cx, false, MarketResumed {}.into()).await
}

async fn set<V: LedgerView>(cx: &Context<'_, V>, suspended: bool, event: Event) -> Result<Decision, ContractError> {
    let before = cx.ledger.get(&schema::market_suspension()).await?;
    let mut decision = Decision::replying(&SuspensionView { suspended })?;
    if before.as_ref().is_some_and(|row| row.suspended) == suspended {
        return Ok(decision);
    }
    let row = MarketSuspension { suspended };
    match before {
        None => decision.put_guarded(
            schema::market_suspension(),
            &row,
            Guard::of_regulator(&cx.market.organisations),
        )?,
        Some(_) => decision.put(schema::market_suspension(), &row)?,
    }
    decision.emit(event)?;
    Ok(decision)
}

/// The row is born with the market, or with its migration, so that its guard is there before its first use.
pub(super) fn bear_suspension(decision: &mut Decision, organisations: &Organisations) -> Result<(), ContractError> {
    let row = MarketSuspension { suspended: false };
    decision.put_guarded(schema::market_suspension(), &row, Guard::of_regulator(organisations))
}

pub(crate) async fn is_suspended<V: LedgerView>(cx: &Context<'_, V>) -> Result<bool, ContractError> {
    let row = cx.ledger.get(&schema::market_suspension()).await?;
    Ok(row.is_some_and(|row| row.suspended))
}

/// Refuses what the regulator has stopped. Whoever reads this conflicts with the stop, so that what was endorsed before it and ordered
/// after it is invalid.
///
/// # Errors
/// [`ErrorCode::MarketSuspended`].
pub(crate) async fn require_running<V: LedgerView>(
    cx: &Context<'_, V>,
    function: Function,
) -> Result<(), ContractError> {
    if cx.schema < WHOLE_MARKET || !function.is_trading() || !is_suspended(cx).await? {
        return Ok(());
    }
    let detail = format!(
        "the regulator has suspended the market; {} waits until it resumes",
        function.name()
    );
    Err(ContractError::new(ErrorCode::MarketSuspended, detail))
}
