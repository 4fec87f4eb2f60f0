//! The contract's view of the ledger, over the shim.

use der_contract::{Key, KeyPrefix, LedgerView, ViewError};
use fabric_shim::{ShimError, StateIterator, Stub};

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
