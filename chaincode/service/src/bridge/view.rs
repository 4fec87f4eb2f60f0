//! The contract's view of the ledger, over the shim.

use der_contract::{Key, KeyPrefix, LedgerView, ViewError};
use fabric_shim::{ShimError, Stub};

/// The lowest `ledger.state.totalQueryLimit` that a peer has without its owner's doing
/// (Fabric core/ledger/ledgerconfig): a peer ends a range there without saying so.
const CERTAIN_ROWS: usize = 10_000;

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

    async fn range(&self, prefix: &KeyPrefix) -> Result<Vec<Vec<u8>>, ViewError> {
        let mut iterator = self
            .0
            .partial_composite_key(prefix.table(), prefix.parts())
            .await
            .map_err(unreadable)?;
        let mut rows = Vec::new();
        while let Some(row) = iterator.next().await.map_err(unreadable)? {
            rows.push(row.value.to_vec());
            if rows.len() == CERTAIN_ROWS {
                let detail =
                    format!("{prefix:?} has {CERTAIN_ROWS} rows or more: a peer may cut such a range silently");
                return Err(ViewError(detail));
            }
        }
        Ok(rows)
    }
}

fn unreadable(error: ShimError) -> ViewError {
    ViewError(error.to_string())
}
