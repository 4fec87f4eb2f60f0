//! Members, and where a member stands in guards.

use der_api::ErrorCode;
use der_api::reply::{GuardedKey, GuardsView};
use der_api::request::{KEYS_LIMIT, QueryGuardsOf, QueryMembers};

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{members_view, resolve};
use crate::key::{Key, KeyPrefix};
use crate::schema::{Guardian, TABLES, Table};
use crate::view::LedgerView;

pub(crate) fn members<V>(cx: &Context<'_, V>, _: QueryMembers) -> Result<Decision, ContractError> {
    Decision::replying(&members_view(cx.schema, &cx.market.organisations)?)
}

/// Goes through the guarded tables in the order of the schema, a page of keys at a time.
pub(crate) async fn guards_of<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryGuardsOf,
) -> Result<Decision, ContractError> {
    let most = usize::try_from(request.page).unwrap_or(usize::MAX);
    if !(1..=KEYS_LIMIT).contains(&most) {
        let detail = format!("a page has 1 to {KEYS_LIMIT} keys");
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    let after = request.after.map(resolve).transpose()?.map(|(key, _)| key);
    let examined = examine(cx, after, most).await?;
    let mut keys = Vec::new();
    for key in &examined {
        let named = cx.ledger.guard(key).await?.unwrap_or_default();
        if named.iter().any(|msp| msp == request.msp.as_str()) {
            keys.push(told(key));
        }
    }
    let next = examined.last().filter(|_| examined.len() == most).map(told);
    Decision::replying(&GuardsView {
        keys,
        examined: u32::try_from(examined.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?,
        next,
    })
}

async fn examine<V: LedgerView>(
    cx: &Context<'_, V>,
    after: Option<Key>,
    most: usize,
) -> Result<Vec<Key>, ContractError> {
    let guarded = |table: &&Table| table.guardian != Guardian::Nobody;
    let begun = |table: &&Table| after.as_ref().is_some_and(|key| key.table() != table.name);
    let mut examined: Vec<Key> = Vec::new();
    for table in TABLES.iter().filter(guarded).skip_while(begun) {
        let from = after.as_ref().filter(|key| key.table() == table.name);
        let left = most.saturating_sub(examined.len());
        examined.extend(cx.ledger.page(&KeyPrefix::new(table.name, &[]), from, left).await?);
        if examined.len() >= most {
            break;
        }
    }
    Ok(examined)
}

pub(super) fn told(key: &Key) -> GuardedKey {
    GuardedKey {
        table: key.table().to_owned(),
        parts: key.parts().to_vec(),
    }
}
