use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_protos::protos::chaincode_message::Type;
use fabric_protos::protos::{
    MetaDataKeys, PutStateMetadata, StateMetadata, WriteBatchState, WriteRecord, write_record,
};
use prost::Message as _;

use crate::{ShimError, request};

/// What a write does to its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Put(Bytes),
    Delete,
    Purge,
    ValidationParameter(Bytes),
}

impl Change {
    fn len(&self) -> usize {
        match self {
            Self::Put(value) | Self::ValidationParameter(value) => value.len(),
            Self::Delete | Self::Purge => 0,
        }
    }
}

/// A key's data and its metadata are written apart, as in Fabric's write set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    collection: String,
    key: String,
    metadata: bool,
}

impl Target {
    fn len(&self) -> usize {
        self.collection.len() + self.key.len()
    }
}

/// One transaction's unwritten changes: the last one to a key wins, and they leave in the order of their keys.
///
/// Fabric sorts the write set by key, so the order changes no result; it makes every run send the same messages.
#[derive(Debug, Default)]
pub(crate) struct WriteBatch {
    writes: BTreeMap<Target, Change>,
    bytes: usize,
}

/// A change on its way to the peer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Write {
    target: Target,
    change: Change,
}

impl WriteBatch {
    /// Takes a change, replacing an earlier one of the same key.
    pub(crate) fn insert(
        &mut self,
        collection: String,
        key: String,
        change: Change,
        limit: usize,
    ) -> Result<(), ShimError> {
        let metadata = matches!(change, Change::ValidationParameter(_));
        let target = Target {
            collection,
            key,
            metadata,
        };
        let replaced = self
            .writes
            .get(&target)
            .map_or(0, |earlier| target.len() + earlier.len());
        let bytes = self.bytes - replaced + target.len() + change.len();
        if bytes > limit {
            return Err(ShimError::Argument(format!(
                "the transaction holds {bytes} bytes of unwritten changes, more than {limit}: flush earlier or write less"
            )));
        }
        self.bytes = bytes;
        self.writes.insert(target, change);
        Ok(())
    }

    /// Empties the batch into groups of at most `count` writes and `bytes` bytes; a larger write goes alone.
    pub(crate) fn take(&mut self, count: usize, bytes: usize) -> Vec<Vec<Write>> {
        self.bytes = 0;
        let mut groups: Vec<Vec<Write>> = Vec::new();
        let mut size = 0;
        for (target, change) in std::mem::take(&mut self.writes) {
            let length = target.len() + change.len();
            let write = Write { target, change };
            match groups.last_mut() {
                Some(group) if group.len() < count && size + length <= bytes => {
                    size += length;
                    group.push(write);
                }
                _ => {
                    size = length;
                    groups.push(vec![write]);
                }
            }
        }
        groups
    }
}

impl Write {
    /// The request that makes this one change.
    pub(crate) fn request(self) -> (Type, Bytes) {
        let Target { collection, key, .. } = self.target;
        match self.change {
            Change::Put(value) => (Type::PutState, request::put_state(&collection, &key, &value)),
            Change::Delete => (Type::DelState, request::key(&collection, &key)),
            Change::Purge => (Type::PurgePrivateData, request::key(&collection, &key)),
            Change::ValidationParameter(value) => {
                let message = PutStateMetadata {
                    key,
                    collection,
                    metadata: Some(validation_parameter(value)),
                };
                (Type::PutStateMetadata, message.encode_to_vec().into())
            }
        }
    }
}

impl From<Write> for WriteRecord {
    fn from(write: Write) -> Self {
        use write_record::Type as Record;
        let Target { collection, key, .. } = write.target;
        let (kind, value, metadata) = match write.change {
            Change::Put(value) => (Record::PutState, value, None),
            Change::Delete => (Record::DelState, Bytes::new(), None),
            Change::Purge => (Record::PurgePrivateData, Bytes::new(), None),
            Change::ValidationParameter(value) => (
                Record::PutStateMetadata,
                Bytes::new(),
                Some(validation_parameter(value)),
            ),
        };
        Self {
            key,
            value,
            collection,
            metadata,
            r#type: kind as i32,
        }
    }
}

/// The request that makes a group of changes at once.
pub(crate) fn batch_request(writes: Vec<Write>) -> Bytes {
    let rec = writes.into_iter().map(WriteRecord::from).collect();
    WriteBatchState { rec }.encode_to_vec().into()
}

fn validation_parameter(value: Bytes) -> StateMetadata {
    StateMetadata {
        metakey: MetaDataKeys::ValidationParameter.as_str_name().to_owned(),
        value,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANY: usize = usize::MAX;

    fn put(batch: &mut WriteBatch, key: &str, value: &'static str) {
        batch
            .insert(
                String::new(),
                key.to_owned(),
                Change::Put(Bytes::from_static(value.as_bytes())),
                ANY,
            )
            .unwrap();
    }

    fn flat(batch: &mut WriteBatch) -> Vec<(String, bool, Change)> {
        batch
            .take(ANY, ANY)
            .into_iter()
            .flatten()
            .map(|w| (w.target.key, w.target.metadata, w.change))
            .collect()
    }

    #[test]
    fn last_write_of_a_key_wins_and_metadata_is_apart() {
        let mut batch = WriteBatch::default();
        put(&mut batch, "b", "1");
        put(&mut batch, "a", "1");
        put(&mut batch, "b", "2");
        batch
            .insert(String::new(), "a".to_owned(), Change::Delete, ANY)
            .unwrap();
        let policy = Change::ValidationParameter(Bytes::from_static(b"p"));
        batch
            .insert(String::new(), "b".to_owned(), policy.clone(), ANY)
            .unwrap();
        let expected = vec![
            ("a".to_owned(), false, Change::Delete),
            ("b".to_owned(), false, Change::Put(Bytes::from_static(b"2"))),
            ("b".to_owned(), true, policy),
        ];
        assert_eq!(flat(&mut batch), expected);
        assert_eq!(flat(&mut batch), vec![]);
    }

    #[test]
    fn unwritten_bytes_are_bounded_by_what_is_held_now() {
        let mut batch = WriteBatch::default();
        let change = |length| Change::Put(vec![0; length].into());
        for length in [9, 5, 9] {
            batch.insert(String::new(), "k".to_owned(), change(length), 10).unwrap();
        }
        assert!(batch.insert(String::new(), "l".to_owned(), change(0), 10).is_err());
        batch.take(ANY, ANY);
        batch.insert(String::new(), "l".to_owned(), change(9), 10).unwrap();
    }

    proptest! {
        #[test]
        fn groups_keep_order_and_bounds(
            writes in prop::collection::vec((0u8..20, 0usize..50), 0..60), count in 1usize..7, bytes in 1usize..120,
        ) {
            let mut batch = WriteBatch::default();
            for (key, length) in writes {
                let change = Change::Put(vec![key; length].into());
                batch.insert(String::new(), format!("{key:02}"), change, ANY).unwrap();
            }
            let groups = batch.take(count, bytes);
            for group in &groups {
                let size: usize = group.iter().map(|write| write.target.len() + write.change.len()).sum();
                prop_assert!(!group.is_empty() && group.len() <= count && (size <= bytes || group.len() == 1));
            }
            prop_assert!(groups.iter().flatten().is_sorted_by(|a, b| a.target < b.target));
        }
    }
}
