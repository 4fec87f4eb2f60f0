//! `Governance:Migrate`: from one schema of the ledger to a later one.

use der_api::ErrorCode;
use der_api::event::SchemaMigrated;
use der_api::request::Migrate;
use der_api::schema::WHOLE_MARKET;

use super::members_view;
use super::suspension::bear_suspension;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;

/// Schema 2 differs in the market's row alone, and schema 3 adds the row of the market's suspension, so that one transaction migrates. Every function reads that row: what is under way
/// at this moment conflicts and is built anew, under the new schema.
pub(crate) fn migrate<V>(cx: &Context<'_, V>, request: Migrate) -> Result<Decision, ContractError> {
    let (from, to) = (cx.schema, request.to);
    cx.release.require(to)?;
    if to < from {
        let detail = format!("the ledger has schema {from}, and a schema is never taken back");
        return Err(ContractError::new(ErrorCode::SchemaUnknown, detail));
    }
    let mut decision = Decision::replying(&members_view(to, &cx.market.organisations)?)?;
    if to > from {
        decision.put_market(to, &cx.market)?;
        if from < WHOLE_MARKET && to >= WHOLE_MARKET {
            bear_suspension(&mut decision, &cx.market.organisations)?;
        }
        decision.emit(SchemaMigrated { from, to })?;
    }
    Ok(decision)
}
