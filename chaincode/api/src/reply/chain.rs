//! Rows of the three chains as they stand on the ledger.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::GuardedKey;

/// A row's JSON, byte for byte as it stands on the ledger.
#[derive(Clone, Debug)]
pub struct RowJson(Box<RawValue>);

impl RowJson {
    /// Wraps a row; none where the bytes are no JSON.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }

    /// The JSON.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for RowJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RowJson {}

impl Serialize for RowJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RowJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}

/// How a key's guard stands to the one that the market's model gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardState {
    /// The model guards it and so does the ledger; or neither does.
    AsModelled,
    /// The model guards it, the ledger does not.
    Missing,
    /// It has another guard than the model gives it: that of an earlier membership, or one that nobody should have set.
    Other,
}

reply! {
    /// One row of a chain.
    ChainRow {
        /// Its key.
        key: GuardedKey,
        /// Its value.
        row: RowJson,
        /// Its guard.
        guard: GuardState,
    }
}
reply! {
    /// A page of a chain, in the order of its tables and keys.
    ChainPage {
        /// The rows.
        rows: Vec<ChainRow>,
        /// Where the next page begins; none after the last row.
        next: Option<GuardedKey>,
    }
}
reply! {
    /// One change of a key.
    Change {
        /// By which transaction.
        transaction: String,
        /// The value from then on; none for a deletion.
        row: Option<RowJson>,
    }
}
reply! {
    /// What became of a key, newest first.
    HistoryView {
        /// Which key.
        key: GuardedKey,
        /// Its changes.
        changes: Vec<Change>,
        /// True where there are older ones.
        more: bool,
    }
}
