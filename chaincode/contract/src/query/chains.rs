//! The three chains by page, by key and by history. For evaluation: none of it is decided upon.

use der_api::ErrorCode;
use der_api::reply::{ChainPage, ChainRow, Change, GuardState, GuardedKey, HistoryView, RowJson};
use der_api::request::{KEYS_LIMIT, QueryEnergyChain, QueryGridChain, QueryHistory, QueryRecord, QueryUserChain};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::members::told;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::modelled_guard;
use crate::key::{Key, KeyPrefix};
use crate::schema::{self, Guardian, Table};
use crate::view::LedgerView;

const USER: &[&str] = &["user", "signing-key", "accreditation", "suspension", "device", "meter"];
const GRID: &[&str] = &["point", "connection", "distances", "distances-head"];
const ENERGY: &[&str] = &[
    "plant",
    "plant-meter",
    "indices",
    "plan",
    "supplied",
    "accrual",
    "origin",
    "holding",
];

pub(crate) async fn user_chain<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryUserChain,
) -> Result<Decision, ContractError> {
    page(cx, USER, request.after, request.page).await
}

pub(crate) async fn grid_chain<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryGridChain,
) -> Result<Decision, ContractError> {
    page(cx, GRID, request.after, request.page).await
}

pub(crate) async fn energy_chain<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryEnergyChain,
) -> Result<Decision, ContractError> {
    page(cx, ENERGY, request.after, request.page).await
}

pub(crate) async fn record<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryRecord,
) -> Result<Decision, ContractError> {
    let (table, key) = resolve(request.key)?;
    let bytes = cx.ledger.raw([&key].into_iter()).await?.into_iter().flatten().next();
    let bytes = bytes.ok_or_else(|| ContractError::new(ErrorCode::RecordNotFound, format!("there is no {key:?}")))?;
    Decision::replying(&row(cx, table, &key, &bytes).await?)
}

pub(crate) async fn history<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryHistory,
) -> Result<Decision, ContractError> {
    let most = bounded(request.most)?;
    let (_, key) = resolve_anywhere(request.key)?;
    let mut changes = cx.ledger.history(&key, most.saturating_add(1)).await?;
    let more = changes.len() > most;
    changes.truncate(most);
    let change = |(transaction, value): (String, Option<Vec<u8>>)| {
        let row = value.map(|bytes| json(&key, &bytes)).transpose()?;
        Ok::<_, ContractError>(Change { transaction, row })
    };
    let changes = changes.into_iter().map(change).collect::<Result<_, _>>()?;
    Decision::replying(&HistoryView {
        key: told(&key),
        changes,
        more,
    })
}

async fn page<V: LedgerView>(
    cx: &Context<'_, V>,
    chain: &[&str],
    after: Option<GuardedKey>,
    page: u32,
) -> Result<Decision, ContractError> {
    let most = bounded(page)?;
    let after = after.map(resolve).transpose()?.map(|(_, key)| key);
    let keys = keys(cx, chain, after.as_ref(), most).await?;
    let values = cx.ledger.raw(keys.iter().map(|(_, key)| key)).await?;
    let mut rows = Vec::new();
    for ((table, key), bytes) in keys.iter().zip(values) {
        // Deleted between the two reads of this question.
        if let Some(bytes) = bytes {
            rows.push(row(cx, table, key, &bytes).await?);
        }
    }
    let next = keys.last().filter(|_| keys.len() == most).map(|(_, key)| told(key));
    Decision::replying(&ChainPage { rows, next })
}

/// The next keys of a chain, table by table.
async fn keys<V: LedgerView>(
    cx: &Context<'_, V>,
    chain: &[&str],
    after: Option<&Key>,
    most: usize,
) -> Result<Vec<(&'static Table, Key)>, ContractError> {
    let mut keys = Vec::new();
    let begun = |name: &&&str| after.is_some_and(|key| key.table() != **name);
    for table in chain.iter().skip_while(begun).filter_map(|name| schema::table(name)) {
        let from = after.filter(|key| key.table() == table.name);
        let left = most.saturating_sub(keys.len());
        let found = cx.ledger.page(&KeyPrefix::new(table.name, &[]), from, left).await?;
        keys.extend(found.into_iter().map(|key| (table, key)));
        if keys.len() >= most {
            break;
        }
    }
    Ok(keys)
}

async fn row<V: LedgerView>(
    cx: &Context<'_, V>,
    table: &Table,
    key: &Key,
    bytes: &[u8],
) -> Result<ChainRow, ContractError> {
    let guard = if table.guardian == Guardian::Nobody {
        match cx.ledger.guard(key).await? {
            None => GuardState::AsModelled,
            Some(_) => GuardState::Other,
        }
    } else {
        let guard = modelled_guard(key, table.guardian, bytes, &cx.market.organisations)?;
        match cx.ledger.guarded_by(key, &guard).await? {
            Some(true) => GuardState::AsModelled,
            Some(false) => GuardState::Other,
            None => GuardState::Missing,
        }
    };
    Ok(ChainRow {
        key: told(key),
        row: json(key, bytes)?,
        guard,
    })
}

/// A stored row without its shape.
#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    row: &'a RawValue,
}

fn json(key: &Key, bytes: &[u8]) -> Result<RowJson, ContractError> {
    let corrupt = || ContractError::new(ErrorCode::CorruptState, format!("{key:?} is no row"));
    let stored: Stored<'_> = serde_json::from_slice(bytes).map_err(|_| corrupt())?;
    RowJson::new(stored.row.get().as_bytes()).ok_or_else(corrupt)
}

fn bounded(most: u32) -> Result<usize, ContractError> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if (1..=KEYS_LIMIT).contains(&most) {
        return Ok(most);
    }
    let detail = format!("a page has 1 to {KEYS_LIMIT} rows");
    Err(ContractError::new(ErrorCode::TooManyItems, detail))
}

/// A key of one of the chains as it is named on the wire.
fn resolve(key: GuardedKey) -> Result<(&'static Table, Key), ContractError> {
    if [USER, GRID, ENERGY].concat().contains(&key.table.as_str()) {
        return resolve_anywhere(key);
    }
    let detail = format!("no chain has a table {:?}", key.table);
    Err(ContractError::new(ErrorCode::RecordNotFound, detail))
}

/// A key of any table as it is named on the wire.
fn resolve_anywhere(key: GuardedKey) -> Result<(&'static Table, Key), ContractError> {
    let table = schema::table(&key.table);
    let absent = || ContractError::new(ErrorCode::RecordNotFound, format!("there is no table {:?}", key.table));
    let table = table.ok_or_else(absent)?;
    let bad = |e: der_market::id::IdError| ContractError::new(ErrorCode::BadIdentifier, e.to_string());
    Ok((table, Key::of_texts(table.name, key.parts).map_err(bad)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chains_name_tables_that_exist_once() {
        let mut names = [USER, GRID, ENERGY].concat();
        assert!(names.iter().all(|name| schema::table(name).is_some()));
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
