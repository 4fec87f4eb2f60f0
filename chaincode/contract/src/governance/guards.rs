//! `Governance:RewriteGuards`: keys get the guards of the present membership. The guard that they have decides at commit.

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::event::GuardsRewritten;
use der_api::guard::Guard;
use der_api::organisations::Organisations;
use der_api::reply::{GuardedKey, GuardsRewrittenView, PlantView};
use der_api::request::{KEYS_LIMIT, RewriteGuards};
use der_market::id::MspId;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::key::Key;
use crate::ledger::parse;
use crate::schema::{self, Guardian};
use crate::view::LedgerView;

pub(crate) async fn rewrite_guards<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RewriteGuards,
) -> Result<Decision, ContractError> {
    let count = request.keys.len();
    if count == 0 {
        return Err(ErrorCode::EmptyBatch.into());
    }
    if count > KEYS_LIMIT {
        let detail = format!("{count} keys, {KEYS_LIMIT} are allowed");
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    let mut keys = BTreeMap::new();
    for key in request.keys {
        let (key, guardian) = resolve(key)?;
        keys.insert(key, guardian);
    }
    let rows = cx.ledger.raw(keys.keys()).await?;
    let rewritten = u32::try_from(keys.len()).map_err(|_| ErrorCode::TooManyItems)?;
    let mut decision = Decision::replying(&GuardsRewrittenView { rewritten })?;
    for ((key, guardian), row) in keys.into_iter().zip(rows) {
        let absent = || ContractError::new(ErrorCode::RecordNotFound, format!("there is no {key:?}"));
        let guard = modelled_guard(&key, guardian, &row.ok_or_else(absent)?, &cx.market.organisations)?;
        decision.guard(key, guard);
    }
    decision.emit(GuardsRewritten { guards: rewritten })?;
    Ok(decision)
}

/// A key as it is named on the wire, and who guards its table.
pub(crate) fn resolve(key: GuardedKey) -> Result<(Key, Guardian), ContractError> {
    let unguarded = || {
        let detail = format!("no key of table {:?} is guarded", key.table);
        ContractError::new(ErrorCode::RecordNotFound, detail)
    };
    let table = schema::table(&key.table).filter(|table| table.guardian != Guardian::Nobody);
    let table = table.ok_or_else(unguarded)?;
    let bad = |e: der_market::id::IdError| ContractError::new(ErrorCode::BadIdentifier, e.to_string());
    Ok((Key::of_texts(table.name, key.parts).map_err(bad)?, table.guardian))
}

/// The guard that the model gives a key under this membership.
pub(crate) fn modelled_guard(
    key: &Key,
    guardian: Guardian,
    row: &[u8],
    all: &Organisations,
) -> Result<Guard, ContractError> {
    let corrupt = || ContractError::new(ErrorCode::CorruptState, format!("{key:?} names no organisation"));
    Ok(match guardian {
        Guardian::Nobody => return Err(corrupt()),
        Guardian::Grid => Guard::of_grid(all),
        Guardian::Regulator => Guard::of_regulator(all),
        Guardian::GridAndRegulator => Guard::of_grid_and_regulator(all),
        Guardian::User => {
            let msp = key.parts().first().and_then(|part| MspId::new(part.as_str()).ok());
            Guard::of_organisation(msp.ok_or_else(corrupt)?, all)
        }
        Guardian::Owner => Guard::of_organisation(parse::<PlantView>(key, row)?.owner.msp, all),
    })
}
