//! Read/write sets made by hand, with versions counted from the first block of the comparison.

use bytes::Bytes;
use fabric_protos::{
    kvrwset::{
        HashedRwSet, KvMetadataEntry, KvMetadataWrite, KvRead, KvReadHash, KvWrite, KvrwSet, QueryReads,
        RangeQueryInfo, Version, range_query_info::ReadsInfo,
    },
    rwset::{CollectionHashedReadWriteSet, NsReadWriteSet, TxReadWriteSet},
};
use prost::Message as _;

use super::call::CHAINCODE;

/// A place in the chain, counted from the first block of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) block: u64,
    pub(crate) tx: u64,
}

/// A range query and what it saw.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) exhausted: bool,
    pub(crate) saw: Vec<(String, Place)>,
}

/// What a transaction does in one namespace.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) namespace: String,
    pub(crate) reads: Vec<(String, Option<Place>)>,
    pub(crate) ranges: Vec<Range>,
    /// `None` deletes.
    pub(crate) writes: Vec<(String, Option<Vec<u8>>)>,
    /// Policies of keys; `None` takes the policy away.
    pub(crate) guards: Vec<(String, Option<Bytes>)>,
    /// A read of a private collection that no definition knows, and whether it found something.
    pub(crate) secret: Option<bool>,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            namespace: CHAINCODE.to_owned(),
            reads: Vec::new(),
            ranges: Vec::new(),
            writes: Vec::new(),
            guards: Vec::new(),
            secret: None,
        }
    }
}

impl Rows {
    pub(crate) fn read(mut self, key: &str, place: Option<Place>) -> Self {
        self.reads.push((key.to_owned(), place));
        self
    }

    pub(crate) fn write(mut self, key: &str, value: &str) -> Self {
        self.writes.push((key.to_owned(), Some(value.as_bytes().to_vec())));
        self
    }

    pub(crate) fn delete(mut self, key: &str) -> Self {
        self.writes.push((key.to_owned(), None));
        self
    }

    pub(crate) fn guard(mut self, key: &str, policy: Option<Bytes>) -> Self {
        self.guards.push((key.to_owned(), policy));
        self
    }

    pub(crate) fn range(mut self, range: Range) -> Self {
        self.ranges.push(range);
        self
    }

    pub(crate) fn within(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        self
    }

    fn encode(&self, first: u64) -> NsReadWriteSet {
        let version = |place: &Place| Version {
            block_num: first + place.block,
            tx_num: place.tx,
        };
        let read = |key: &String, place: Option<&Place>| KvRead {
            key: key.clone(),
            version: place.map(version),
        };
        let ranges = self.ranges.iter().map(|range| {
            let kv_reads: Vec<_> = range.saw.iter().map(|(key, place)| read(key, Some(place))).collect();
            RangeQueryInfo {
                start_key: range.start.clone(),
                end_key: range.end.clone(),
                itr_exhausted: range.exhausted,
                reads_info: (!kv_reads.is_empty()).then_some(ReadsInfo::RawReads(QueryReads { kv_reads })),
            }
        });
        let writes = self.writes.iter().map(|(key, value)| KvWrite {
            key: key.clone(),
            is_delete: value.is_none(),
            value: value.clone().unwrap_or_default().into(),
        });
        let guards = self.guards.iter().map(|(key, policy)| KvMetadataWrite {
            key: key.clone(),
            entries: policy.iter().map(entry).collect(),
        });
        let public = KvrwSet {
            reads: self
                .reads
                .iter()
                .map(|(key, place)| read(key, place.as_ref()))
                .collect(),
            range_queries_info: ranges.collect(),
            writes: writes.collect(),
            metadata_writes: guards.collect(),
        };
        NsReadWriteSet {
            namespace: self.namespace.clone(),
            rwset: public.encode_to_vec().into(),
            collection_hashed_rwset: self.secret.iter().map(collection).collect(),
        }
    }
}

/// The bytes of a whole set on a network whose comparison begins at block `first`.
pub(crate) fn results(rows: &[Rows], first: u64) -> Bytes {
    let set = TxReadWriteSet {
        ns_rwset: rows.iter().map(|rows| rows.encode(first)).collect(),
        ..TxReadWriteSet::default()
    };
    set.encode_to_vec().into()
}

fn entry(policy: &Bytes) -> KvMetadataEntry {
    KvMetadataEntry {
        name: "VALIDATION_PARAMETER".to_owned(),
        value: policy.clone(),
    }
}

fn collection(found: &bool) -> CollectionHashedReadWriteSet {
    let read = KvReadHash {
        key_hash: Bytes::from_static(&[7; 32]),
        version: found.then_some(Version {
            block_num: 1,
            tx_num: 0,
        }),
    };
    let hashed = HashedRwSet {
        hashed_reads: vec![read],
        ..HashedRwSet::default()
    };
    CollectionHashedReadWriteSet {
        collection_name: "secrets".to_owned(),
        hashed_rwset: hashed.encode_to_vec().into(),
        pvt_rwset_hash: Bytes::new(),
    }
}
