//! Read/write sets as transactions carry them.
//!
//! Source: Fabric, core/ledger/kvledger/txmgmt/rwsetutil.

use bytes::Bytes;
use fabric_protos::{
    kvrwset::{HashedRwSet, KvMetadataWrite, KvWrite, KvrwSet},
    rwset::TxReadWriteSet,
};
use prost::{DecodeError, Message};

/// The metadata entry that holds a key's own endorsement policy.
pub const VALIDATION_PARAMETER: &str = "VALIDATION_PARAMETER";

/// What one transaction read and wrote, by namespace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TxRwSet {
    /// In the order of the transaction.
    pub namespaces: Vec<NsRwSet>,
}

/// One namespace of a [`TxRwSet`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NsRwSet {
    /// The chaincode's name.
    pub namespace: String,
    /// Public reads, ranges, writes and metadata writes.
    pub public: KvrwSet,
    /// Whether it writes into a private data collection, which the devnet does not offer.
    pub writes_collections: bool,
    /// Whether it claims to have read a value of such a collection, where there is none.
    pub reads_collections: bool,
}

impl TxRwSet {
    /// Decodes `ChaincodeAction.results`.
    ///
    /// # Errors
    ///
    /// When the outer set, a namespace's set or a collection's set does not decode (BAD_RWSET).
    pub fn decode(results: Bytes) -> Result<Self, DecodeError> {
        let outer = TxReadWriteSet::decode(results)?;
        let namespaces = outer
            .ns_rwset
            .into_iter()
            .map(|ns| {
                let collections = ns.collection_hashed_rwset.into_iter();
                let collections = collections.map(|collection| HashedRwSet::decode(collection.hashed_rwset));
                let collections: Vec<_> = collections.collect::<Result<_, DecodeError>>()?;
                let writes = |set: &HashedRwSet| !set.hashed_writes.is_empty() || !set.metadata_writes.is_empty();
                let mut reads = collections.iter().flat_map(|set| &set.hashed_reads);
                Ok(NsRwSet {
                    namespace: ns.namespace,
                    public: KvrwSet::decode(ns.rwset)?,
                    writes_collections: collections.iter().any(writes),
                    reads_collections: reads.any(|read| read.version.is_some()),
                })
            })
            .collect::<Result<_, DecodeError>>()?;
        Ok(Self { namespaces })
    }
}

impl NsRwSet {
    /// Whether the transaction writes here (values, metadata or collections).
    pub fn writes(&self) -> bool {
        !self.public.writes.is_empty() || !self.public.metadata_writes.is_empty() || self.writes_collections
    }
}

/// Fabric takes a write of an empty value as a delete.
pub fn is_delete(write: &KvWrite) -> bool {
    write.is_delete || write.value.is_empty()
}

/// The endorsement policy that a metadata write sets; `None` removes it.
pub fn validation_parameter(write: &KvMetadataWrite) -> Option<Bytes> {
    write
        .entries
        .iter()
        .rfind(|entry| entry.name == VALIDATION_PARAMETER)
        .map(|entry| entry.value.clone())
}
