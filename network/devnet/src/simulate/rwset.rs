//! Collects reads and writes and lays them out as Fabric does: namespaces and keys in byte order.
//!
//! Source: `rwsetutil/rwset_builder.go`. The last write of a key wins; range queries stay in the order of their opening.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_protos::{
    kvrwset::{KvMetadataEntry, KvMetadataWrite, KvRead, KvWrite, KvrwSet, RangeQueryInfo, Version},
    rwset::{NsReadWriteSet, TxReadWriteSet},
};
use prost::Message;

#[derive(Debug, Default)]
pub(super) struct RwSet {
    namespaces: BTreeMap<String, Namespace>,
}

#[derive(Debug, Default)]
struct Namespace {
    reads: BTreeMap<String, Option<Version>>,
    ranges: Vec<RangeQueryInfo>,
    writes: BTreeMap<String, Bytes>,
    metadata: BTreeMap<String, Vec<KvMetadataEntry>>,
}

impl RwSet {
    pub(super) fn read(&mut self, namespace: &str, key: &str, version: Option<Version>) {
        self.namespace(namespace).reads.insert(key.to_owned(), version);
    }

    /// An empty value is a delete (`newKVWrite`).
    pub(super) fn write(&mut self, namespace: &str, key: &str, value: Bytes) {
        self.namespace(namespace).writes.insert(key.to_owned(), value);
    }

    pub(super) fn write_metadata(&mut self, namespace: &str, key: &str, entries: Vec<KvMetadataEntry>) {
        self.namespace(namespace).metadata.insert(key.to_owned(), entries);
    }

    /// Only the first of several equal ranges is kept (`AddToRangeQuerySet`).
    pub(super) fn range(&mut self, namespace: &str, range: RangeQueryInfo) {
        let ranges = &mut self.namespace(namespace).ranges;
        let same = |known: &RangeQueryInfo| {
            known.start_key == range.start_key
                && known.end_key == range.end_key
                && known.itr_exhausted == range.itr_exhausted
        };
        if !ranges.iter().any(same) {
            ranges.push(range);
        }
    }

    pub(super) fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.keys().map(String::as_str)
    }

    pub(super) fn encode(self) -> Bytes {
        let ns_rwset = self
            .namespaces
            .into_iter()
            .map(|(namespace, set)| set.build(namespace))
            .collect();
        TxReadWriteSet {
            data_model: 0,
            ns_rwset,
        }
        .encode_to_vec()
        .into()
    }

    fn namespace(&mut self, namespace: &str) -> &mut Namespace {
        if !self.namespaces.contains_key(namespace) {
            self.namespaces.insert(namespace.to_owned(), Namespace::default());
        }
        self.namespaces.entry(namespace.to_owned()).or_default()
    }
}

impl Namespace {
    fn build(self, namespace: String) -> NsReadWriteSet {
        let set = KvrwSet {
            reads: self
                .reads
                .into_iter()
                .map(|(key, version)| KvRead { key, version })
                .collect(),
            range_queries_info: self.ranges,
            writes: self
                .writes
                .into_iter()
                .map(|(key, value)| KvWrite {
                    key,
                    is_delete: value.is_empty(),
                    value,
                })
                .collect(),
            metadata_writes: self
                .metadata
                .into_iter()
                .map(|(key, entries)| KvMetadataWrite { key, entries })
                .collect(),
        };
        NsReadWriteSet {
            namespace,
            rwset: set.encode_to_vec().into(),
            collection_hashed_rwset: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_and_keys_are_sorted_and_the_last_write_wins() {
        let mut set = RwSet::default();
        set.write("market", "b", Bytes::from_static(b"1"));
        set.write("market", "a", Bytes::from_static(b"2"));
        set.write("market", "b", Bytes::new());
        set.read(
            "_lifecycle",
            "namespaces/fields/market/Sequence",
            Some(Version {
                block_num: 1,
                tx_num: 0,
            }),
        );
        let decoded = TxReadWriteSet::decode(set.encode()).unwrap();
        let names: Vec<_> = decoded.ns_rwset.iter().map(|ns| ns.namespace.as_str()).collect();
        assert_eq!(names, ["_lifecycle", "market"]);
        let market = KvrwSet::decode(decoded.ns_rwset[1].rwset.clone()).unwrap();
        let writes: Vec<_> = market.writes.iter().map(|w| (w.key.as_str(), w.is_delete)).collect();
        assert_eq!(writes, [("a", false), ("b", true)]);
    }

    #[test]
    fn the_bytes_are_those_of_fabrics_encoder() {
        let mut set = RwSet::default();
        set.read("cc", "k", None);
        set.read(
            "cc",
            "v",
            Some(Version {
                block_num: 2,
                tx_num: 1,
            }),
        );
        set.write("cc", "k", Bytes::from_static(b"x"));
        let expected = "121e0a0263631218" /* one namespace, cc */
            .to_owned()
            + "0a030a016b" /* k read, absent */
            + "0a090a0176120408021001" /* v read at (2, 1) */
            + "1a060a016b1a0178"; /* k written */
        assert_eq!(hex::encode(set.encode()), expected);
    }

    #[test]
    fn equal_ranges_are_recorded_once() {
        let mut set = RwSet::default();
        let range = RangeQueryInfo {
            start_key: "a".into(),
            itr_exhausted: true,
            ..Default::default()
        };
        set.range("cc", range.clone());
        set.range("cc", range);
        let decoded = TxReadWriteSet::decode(set.encode()).unwrap();
        let market = KvrwSet::decode(decoded.ns_rwset[0].rwset.clone()).unwrap();
        assert_eq!(market.range_queries_info.len(), 1);
    }
}
