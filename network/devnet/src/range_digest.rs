//! The reads of a range query: kept one by one, or as a Merkle summary once there are more than its degree.
//!
//! Simulation builds it from what it reads, validation from what it finds: equal digests mean equal rows and versions.
//!
//! Source: Fabric, core/ledger/kvledger/txmgmt/rwsetutil/query_results_helper.go.

use bytes::Bytes;
use fabric_msp::sha256;
use fabric_protos::kvrwset::{KvRead, QueryReads, QueryReadsMerkleSummary, range_query_info::ReadsInfo};
use prost::Message;

/// Fabric's `maxDegreeQueryReadsHashing`.
const MAX_DEGREE: u32 = 50;

/// Accumulates the reads of one range query; holds at most one group of them, and the hashes of the others.
#[derive(Debug)]
pub(crate) struct RangeDigest {
    max_degree: u32,
    pending: Vec<KvRead>,
    /// `levels[0]` is the leaf level, which Fabric numbers 1.
    levels: Vec<Vec<Bytes>>,
}

impl Default for RangeDigest {
    /// Of the degree that Fabric's peers use.
    fn default() -> Self {
        Self {
            max_degree: MAX_DEGREE,
            pending: Vec::new(),
            levels: Vec::new(),
        }
    }
}

impl RangeDigest {
    /// A digest whose groups have `max_degree + 1` members; `None` below 2, where no tree can be built.
    pub(crate) fn of_degree(max_degree: u32) -> Option<Self> {
        (max_degree >= 2).then(|| Self {
            max_degree,
            ..Self::default()
        })
    }

    pub(crate) fn add(&mut self, read: KvRead) {
        self.pending.push(read);
        if self.is_full(self.pending.len()) {
            self.hash_pending();
        }
    }

    /// The digest as it stands in a read set; `None` when nothing was read.
    pub(crate) fn finish(mut self) -> Option<ReadsInfo> {
        if self.levels.is_empty() {
            let raw = QueryReads { kv_reads: self.pending };
            return (!raw.kv_reads.is_empty()).then_some(ReadsInfo::RawReads(raw));
        }
        if !self.pending.is_empty() {
            self.hash_pending();
        }
        Some(ReadsInfo::ReadsMerkleHashes(self.summary()))
    }

    fn is_full(&self, count: usize) -> bool {
        count as u64 > u64::from(self.max_degree)
    }

    fn hash_pending(&mut self) {
        let reads = QueryReads {
            kv_reads: std::mem::take(&mut self.pending),
        };
        self.push(0, hash(&reads.encode_to_vec()));
    }

    fn push(&mut self, level: usize, node: Bytes) {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        let Some(nodes) = self.levels.get_mut(level) else {
            return;
        };
        nodes.push(node);
        if nodes.len() as u64 > u64::from(self.max_degree) {
            let parent = hash(&std::mem::take(nodes).concat());
            self.push(level + 1, parent);
        }
    }

    /// Lifts what is left below to the top level; a lone node rises as it is.
    fn summary(mut self) -> QueryReadsMerkleSummary {
        let mut max_level = u32::try_from(self.levels.len()).unwrap_or(u32::MAX);
        let mut top: Vec<Bytes> = Vec::new();
        for mut nodes in std::mem::take(&mut self.levels) {
            match top.as_slice() {
                [] => {}
                [only] => nodes.push(only.clone()),
                several => nodes.push(hash(&several.concat())),
            }
            top = nodes;
        }
        if self.is_full(top.len()) {
            top = vec![hash(&top.concat())];
            max_level += 1;
        }
        QueryReadsMerkleSummary {
            max_degree: self.max_degree,
            max_level,
            max_level_hashes: top,
        }
    }
}

fn hash(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&sha256(bytes))
}

#[cfg(test)]
mod tests {
    use fabric_protos::kvrwset::Version;

    use super::*;

    fn reads(count: u64) -> Vec<KvRead> {
        let read = |n| KvRead {
            key: format!("key{n:05}"),
            version: Some(Version {
                block_num: n,
                tx_num: 0,
            }),
        };
        (0..count).map(read).collect()
    }

    fn digest(mut digest: RangeDigest, reads: &[KvRead]) -> Option<ReadsInfo> {
        reads.iter().cloned().for_each(|read| digest.add(read));
        digest.finish()
    }

    fn summary(digested: Option<ReadsInfo>) -> (u32, Vec<Bytes>) {
        match digested {
            Some(ReadsInfo::ReadsMerkleHashes(summary)) => (summary.max_level, summary.max_level_hashes),
            other => panic!("so many reads must be hashed, found {other:?}"),
        }
    }

    fn shape(count: u64) -> (u32, usize) {
        let (level, hashes) = summary(digest(RangeDigest::default(), &reads(count)));
        (level, hashes.len())
    }

    fn leaf(reads: &[KvRead]) -> Bytes {
        hash(
            &QueryReads {
                kv_reads: reads.to_vec(),
            }
            .encode_to_vec(),
        )
    }

    #[test]
    fn nothing_read_leaves_no_reads_info() {
        assert_eq!(RangeDigest::default().finish(), None);
    }

    #[test]
    fn no_tree_has_a_degree_below_two() {
        assert!(RangeDigest::of_degree(1).is_none());
        assert!(RangeDigest::of_degree(2).is_some());
    }

    #[test]
    fn fifty_reads_stay_raw_and_fifty_one_become_one_hash() {
        let fifty = digest(RangeDigest::default(), &reads(50));
        assert!(matches!(fifty, Some(ReadsInfo::RawReads(raw)) if raw.kv_reads == reads(50)));
        assert_eq!(shape(51), (1, 1));
        assert_eq!(shape(52), (1, 2));
    }

    #[test]
    fn the_tree_grows_a_level_after_fifty_one_leaves() {
        assert_eq!(shape(51 * 50), (1, 50));
        assert_eq!(shape(51 * 51), (2, 1));
        assert_eq!(shape(51 * 51 + 1), (2, 2));
    }

    /// The trees drawn in Fabric's query_results_helper_test.go for a degree of 3.
    #[test]
    fn levels_are_those_of_fabric() {
        let all = reads(20);
        let of = |count: usize| summary(digest(RangeDigest::of_degree(3).unwrap(), &all[..count]));
        assert_eq!(of(9), (1, vec![leaf(&all[..4]), leaf(&all[4..8]), leaf(&all[8..9])]));
        let full: Vec<_> = (0..4).map(|n| leaf(&all[n * 4..n * 4 + 4])).collect();
        assert_eq!(of(16), (2, vec![hash(&full.concat())]));
        assert_eq!(of(20), (2, vec![hash(&full.concat()), leaf(&all[16..])]));
    }
}
