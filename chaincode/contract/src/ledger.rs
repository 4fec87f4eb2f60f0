//! Typed reading over a [`LedgerView`].

use std::collections::BTreeMap;

use der_api::ErrorCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::ContractError;
use crate::key::Key;
use crate::rows::SHAPE;
use crate::schema::{Row, Rows};
use crate::view::{LedgerView, ViewError};

/// How a value stands on the ledger.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stored<T> {
    pub(crate) v: u32,
    pub(crate) row: T,
}

/// Committed state, typed.
#[derive(Clone, Copy)]
pub(crate) struct Ledger<'a, V> {
    view: &'a V,
}

/// Answers of one read of several rows.
pub(crate) struct Answers(BTreeMap<Key, Vec<u8>>);

impl<'a, V: LedgerView> Ledger<'a, V> {
    pub(crate) fn new(view: &'a V) -> Self {
        Self { view }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, row: &Row<T>) -> Result<Option<T>, ContractError> {
        let bytes = self.view.get(&row.key).await?;
        bytes.map(|bytes| parse(&row.key, &bytes)).transpose()
    }

    /// A row that must be there.
    pub(crate) async fn require<T: DeserializeOwned>(&self, row: &Row<T>) -> Result<T, ContractError> {
        self.get(row).await?.ok_or_else(|| not_found(row))
    }

    pub(crate) async fn many(&self, keys: &[Key]) -> Result<Answers, ContractError> {
        let values = self.view.get_many(keys).await?;
        if values.len() != keys.len() {
            return Err(ContractError::new(
                ErrorCode::LedgerUnreadable,
                "the peer answered another number of keys",
            ));
        }
        let found = keys
            .iter()
            .zip(values)
            .filter_map(|(key, value)| value.map(|value| (key.clone(), value)));
        Ok(Answers(found.collect()))
    }

    pub(crate) async fn all<T: DeserializeOwned>(&self, rows: &[Row<T>]) -> Result<Vec<Option<T>>, ContractError> {
        let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
        let answers = self.many(&keys).await?;
        rows.iter().map(|row| answers.get(row)).collect()
    }

    pub(crate) async fn scan<T: DeserializeOwned>(&self, rows: &Rows<T>) -> Result<Vec<T>, ContractError> {
        let values = self.view.range(&rows.prefix).await?;
        values.iter().map(|bytes| parse(&rows.prefix, bytes)).collect()
    }
}

impl Answers {
    pub(crate) fn get<T: DeserializeOwned>(&self, row: &Row<T>) -> Result<Option<T>, ContractError> {
        self.0.get(&row.key).map(|bytes| parse(&row.key, bytes)).transpose()
    }
}

pub(crate) fn not_found<T>(row: &Row<T>) -> ContractError {
    ContractError::new(ErrorCode::RecordNotFound, format!("there is no {:?}", row.key))
}

fn parse<T: DeserializeOwned>(at: &dyn std::fmt::Debug, bytes: &[u8]) -> Result<T, ContractError> {
    let corrupt = |what: String| ContractError::new(ErrorCode::CorruptState, format!("{at:?}: {what}"));
    let stored: Stored<T> = serde_json::from_slice(bytes).map_err(|e| corrupt(e.to_string()))?;
    if stored.v != SHAPE {
        return Err(corrupt(format!("shape {}, this contract reads {SHAPE}", stored.v)));
    }
    Ok(stored.row)
}

impl From<ViewError> for ContractError {
    fn from(error: ViewError) -> Self {
        Self::new(ErrorCode::LedgerUnreadable, error.to_string())
    }
}
