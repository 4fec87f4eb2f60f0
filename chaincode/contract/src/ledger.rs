//! Typed reading over a [`LedgerView`].

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::guard::Guard;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::ContractError;
use crate::key::{Key, KeyPrefix};
use crate::release::Release;
use crate::rows::{Market, SHAPE};
use crate::schema::{self, Row, Rows, Span};
use crate::view::{Changed, LedgerView, ViewError};

/// How a value stands on the ledger.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stored<T> {
    pub(crate) v: u32,
    pub(crate) row: T,
}

/// A value's shape alone, whatever else it holds.
#[derive(Deserialize)]
struct Shape {
    v: u32,
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

    /// The market and the ledger's schema, which is the shape of the market's row.
    ///
    /// # Errors
    /// [`ErrorCode::SchemaUnknown`] for a schema that the build does not know: it must not guess.
    pub(crate) async fn market(&self, release: Release) -> Result<Option<(u32, Market)>, ContractError> {
        let at = schema::market();
        let Some(bytes) = self.view.get(&at.key).await? else {
            return Ok(None);
        };
        let shape: Shape = serde_json::from_slice(&bytes).map_err(|e| corrupt(&at.key, &e.to_string()))?;
        release.require(shape.v)?;
        Ok(Some((shape.v, parse_shape(&at.key, &bytes, shape.v)?)))
    }

    /// Some keys under a prefix, in order, from the one after `after` on; fewer than asked for at the end only. For questions: what
    /// it reads is not guarded against change as a whole.
    pub(crate) async fn page(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        most: usize,
    ) -> Result<Vec<Key>, ContractError> {
        Ok(self.view.page(prefix, after, most).await?)
    }

    /// The organisations that a key's guard names.
    pub(crate) async fn guard(&self, key: &Key) -> Result<Option<Vec<String>>, ContractError> {
        Ok(self.view.guard(key).await?)
    }

    /// Whether a key's guard is this one; none for a key without a guard.
    pub(crate) async fn guarded_by(&self, key: &Key, guard: &Guard) -> Result<Option<bool>, ContractError> {
        Ok(self.view.guarded_by(key, guard).await?)
    }

    /// The latest changes of a key, newest first: the transaction, and the value where it was not deleted. For questions.
    pub(crate) async fn history(&self, key: &Key, most: usize) -> Result<Vec<Changed>, ContractError> {
        Ok(self.view.history(key, most).await?)
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

    /// Rows as they stand, in the order of their keys.
    pub(crate) async fn raw(&self, keys: impl Iterator<Item = &Key>) -> Result<Vec<Option<Vec<u8>>>, ContractError> {
        let keys: Vec<Key> = keys.cloned().collect();
        let answers = self.many(&keys).await?;
        Ok(keys.iter().map(|key| answers.0.get(key).cloned()).collect())
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

    /// A part of a range.
    pub(crate) async fn span<T: DeserializeOwned>(&self, span: &Span<T>) -> Result<Vec<T>, ContractError> {
        let prefix = &span.rows.prefix;
        let values = self.view.span(prefix, &span.from, &span.to).await?;
        values.iter().map(|bytes| parse(prefix, bytes)).collect()
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

pub(crate) fn parse<T: DeserializeOwned>(at: &dyn std::fmt::Debug, bytes: &[u8]) -> Result<T, ContractError> {
    parse_shape(at, bytes, SHAPE)
}

fn parse_shape<T: DeserializeOwned>(at: &dyn std::fmt::Debug, bytes: &[u8], shape: u32) -> Result<T, ContractError> {
    let stored: Stored<T> = serde_json::from_slice(bytes).map_err(|e| corrupt(at, &e.to_string()))?;
    if stored.v != shape {
        return Err(corrupt(at, &format!("shape {}, this contract reads {shape}", stored.v)));
    }
    Ok(stored.row)
}

fn corrupt(at: &dyn std::fmt::Debug, what: &str) -> ContractError {
    ContractError::new(ErrorCode::CorruptState, format!("{at:?}: {what}"))
}

impl From<ViewError> for ContractError {
    fn from(error: ViewError) -> Self {
        Self::new(ErrorCode::LedgerUnreadable, error.to_string())
    }
}
