//! The contract's view of the ledger, over the shim.

use super::guard::{encode_policy, named_organisations};
use der_contract::{Changed, Guard, Key, KeyPrefix, LedgerView, ViewError};
use fabric_shim::{KeyModification, ShimError, StateIterator, Stub};

/// Rows of one range that are held in memory; the largest book that is matched has a tenth of it.
const ROW_LIMIT: usize = 100_000;

/// Reads of one transaction.
pub(super) struct StubView<'a>(pub(super) &'a Stub);

impl LedgerView for StubView<'_> {
    async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ViewError> {
        let value = self.0.get_state(&key.composite()).await.map_err(unreadable)?;
        Ok(value.map(|bytes| bytes.to_vec()))
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, ViewError> {
        let keys: Vec<String> = keys.iter().map(Key::composite).collect();
        let values = self.0.get_states(&keys).await.map_err(unreadable)?;
        Ok(values
            .into_iter()
            .map(|value| value.map(|bytes| bytes.to_vec()))
            .collect())
    }

    /// A peer ends a range at its own limit without saying so; only an empty answer is the end.
    async fn range(&self, prefix: &KeyPrefix) -> Result<Vec<Vec<u8>>, ViewError> {
        let first = self.0.partial_composite_key(prefix.table(), prefix.parts()).await;
        let mut rows = Vec::new();
        let mut last = collect(first.map_err(unreadable)?, prefix, &mut rows).await?;
        while let Some(key) = last {
            let rest = self.0.partial_composite_key_after(prefix.table(), prefix.parts(), &key);
            last = collect(rest.await.map_err(unreadable)?, prefix, &mut rows).await?;
        }
        Ok(rows)
    }

    async fn span(&self, prefix: &KeyPrefix, from: &str, to: &str) -> Result<Vec<Vec<u8>>, ViewError> {
        let mut rows = Vec::new();
        let mut from = from.to_owned();
        loop {
            let answer = self.0.composite_key_span(prefix.table(), prefix.parts(), &from, to);
            let Some(last) = collect(answer.await.map_err(unreadable)?, prefix, &mut rows).await? else {
                return Ok(rows);
            };
            let foreign = || ViewError(format!("a key of {prefix:?} that does not begin so"));
            let rest = last.strip_prefix(&prefix.composite()).ok_or_else(foreign)?;
            from = format!("{rest}\0");
        }
    }

    async fn page(&self, prefix: &KeyPrefix, after: Option<&Key>, most: usize) -> Result<Vec<Key>, ViewError> {
        self.keys(prefix, after, most).await
    }

    async fn guarded_by(&self, key: &Key, guard: &Guard) -> Result<Option<bool>, ViewError> {
        let policy = self.0.get_validation_parameter(&key.composite()).await;
        let Some(policy) = policy.map_err(unreadable)? else {
            return Ok(None);
        };
        let modelled = encode_policy(&guard.rule()).map_err(|e| ViewError(e.to_string()))?;
        Ok(Some(policy[..] == modelled[..]))
    }

    async fn history(&self, key: &Key, most: usize) -> Result<Vec<Changed>, ViewError> {
        let changes = self.0.history(&key.composite()).await.map_err(unreadable)?;
        let changes = changes.take(most).await.map_err(unreadable)?;
        let change = |change: KeyModification| {
            let value = (!change.is_delete).then(|| change.value.to_vec());
            (change.transaction_id, value)
        };
        Ok(changes.into_iter().map(change).collect())
    }

    async fn guard(&self, key: &Key) -> Result<Option<Vec<String>>, ViewError> {
        let policy = self.0.get_validation_parameter(&key.composite()).await;
        let Some(policy) = policy.map_err(unreadable)? else {
            return Ok(None);
        };
        let named = named_organisations(&policy);
        named
            .map(Some)
            .map_err(|e| ViewError(format!("the guard of {key:?}: {e}")))
    }
}

/// Reads of questions: no read set guards them.
impl StubView<'_> {
    /// A peer may end a range early without saying so; only an empty answer is the end.
    async fn keys(&self, prefix: &KeyPrefix, after: Option<&Key>, most: usize) -> Result<Vec<Key>, ViewError> {
        let mut keys: Vec<Key> = Vec::new();
        while keys.len() < most {
            let (table, parts) = (prefix.table(), prefix.parts());
            let mut answer = match keys.last().or(after).map(Key::composite) {
                Some(last) => self.0.partial_composite_key_after(table, parts, &last).await,
                None => self.0.partial_composite_key(table, parts).await,
            }
            .map_err(unreadable)?;
            let before = keys.len();
            while keys.len() < most
                && let Some(row) = answer.next().await.map_err(unreadable)?
            {
                let foreign = || ViewError(format!("a key of {prefix:?} that does not begin so"));
                keys.push(prefix.key_of(&row.key).ok_or_else(foreign)?);
            }
            if keys.len() == before {
                break;
            }
        }
        Ok(keys)
    }
}

/// Adds an answer to the rows, and tells its last key; none if it was empty.
async fn collect(
    mut answer: StateIterator,
    prefix: &KeyPrefix,
    rows: &mut Vec<Vec<u8>>,
) -> Result<Option<String>, ViewError> {
    let mut last = None;
    while let Some(row) = answer.next().await.map_err(unreadable)? {
        if rows.len() == ROW_LIMIT {
            let detail = format!("{prefix:?} has more than {ROW_LIMIT} rows, which is too much for one transaction");
            return Err(ViewError(detail));
        }
        rows.push(row.value.to_vec());
        last = Some(row.key);
    }
    Ok(last)
}

fn unreadable(error: ShimError) -> ViewError {
    ViewError(error.to_string())
}
