//! The reads of a range query: kept one by one, or as a Merkle summary once there are more than 50 of them.
//!
//! Source: `rwsetutil/query_results_helper.go`. Validation rebuilds the same summary from the committed state, by its own
//! code: a slip here shows as a phantom there.

use bytes::Bytes;
use fabric_msp::sha256;
use fabric_protos::kvrwset::{KvRead, QueryReads, QueryReadsMerkleSummary, range_query_info::ReadsInfo};
use prost::Message;

/// Fabric's `maxDegreeQueryReadsHashing`.
const MAX_DEGREE: u32 = 50;

/// Accumulates the reads of one range query; holds at most 51 of them, and the hashes of the others.
#[derive(Debug, Default)]
pub(super) struct ReadsDigest {
    pending: Vec<KvRead>,
    /// `levels[0]` is the leaf level, which Fabric numbers 1.
    levels: Vec<Vec<Bytes>>,
}

impl ReadsDigest {
    pub(super) fn add(&mut self, read: KvRead) {
        self.pending.push(read);
        if is_full(self.pending.len()) {
            self.hash_pending();
        }
    }

    /// The digest as it stands in a read set; `None` when nothing was read.
    pub(super) fn finish(mut self) -> Option<ReadsInfo> {
        if self.levels.is_empty() {
            let raw = QueryReads { kv_reads: self.pending };
            return (!raw.kv_reads.is_empty()).then_some(ReadsInfo::RawReads(raw));
        }
        if !self.pending.is_empty() {
            self.hash_pending();
        }
        Some(ReadsInfo::ReadsMerkleHashes(self.summary()))
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
        if is_full(nodes.len()) {
            let parent = hash(&std::mem::take(nodes).concat());
            self.push(level + 1, parent);
        }
    }

    /// Lifts what is left below to the top level; a lone node rises as it is.
    fn summary(self) -> QueryReadsMerkleSummary {
        let mut max_level = u32::try_from(self.levels.len()).unwrap_or(u32::MAX);
        let mut top: Vec<Bytes> = Vec::new();
        for mut nodes in self.levels {
            match top.as_slice() {
                [] => {}
                [only] => nodes.push(only.clone()),
                several => nodes.push(hash(&several.concat())),
            }
            top = nodes;
        }
        if is_full(top.len()) {
            top = vec![hash(&top.concat())];
            max_level += 1;
        }
        QueryReadsMerkleSummary {
            max_degree: MAX_DEGREE,
            max_level,
            max_level_hashes: top,
        }
    }
}

fn is_full(count: usize) -> bool {
    count > MAX_DEGREE as usize
}

fn hash(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&sha256(bytes))
}

#[cfg(test)]
mod tests {
    use fabric_protos::kvrwset::Version;

    use super::*;

    fn digest_of(count: u64) -> Option<ReadsInfo> {
        let mut digest = ReadsDigest::default();
        for i in 0..count {
            digest.add(KvRead {
                key: format!("k{i:05}"),
                version: Some(Version {
                    block_num: 1,
                    tx_num: i,
                }),
            });
        }
        digest.finish()
    }

    fn shape(count: u64) -> (u32, usize) {
        match digest_of(count) {
            Some(ReadsInfo::ReadsMerkleHashes(summary)) => (summary.max_level, summary.max_level_hashes.len()),
            other => panic!("{count} reads must be hashed, found {other:?}"),
        }
    }

    #[test]
    fn nothing_read_leaves_no_reads_info() {
        assert_eq!(digest_of(0), None);
    }

    #[test]
    fn fifty_reads_stay_raw_and_fifty_one_become_one_hash() {
        assert!(matches!(digest_of(50), Some(ReadsInfo::RawReads(reads)) if reads.kv_reads.len() == 50));
        assert_eq!(shape(51), (1, 1));
        assert_eq!(shape(52), (1, 2));
    }

    #[test]
    fn the_tree_grows_a_level_after_fifty_one_leaves() {
        assert_eq!(shape(51 * 50), (1, 50));
        assert_eq!(shape(51 * 51), (2, 1));
        assert_eq!(shape(51 * 51 + 1), (2, 2));
    }
}
