//! The summary that stands for a long range's reads.
//!
//! Source: Fabric, core/ledger/kvledger/txmgmt/rwsetutil/query_results_helper.go.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use fabric_protos::kvrwset::{KvRead, QueryReads, QueryReadsMerkleSummary};
use prost::Message;

/// Hashes reads in groups of `max_degree + 1` into leaves, and full groups of hashes upwards. `None` when there are
/// too few reads for a single group (raw reads stand for them then), or for a degree below 2.
pub(super) fn summary(reads: &[KvRead], max_degree: u32) -> Option<QueryReadsMerkleSummary> {
    let degree = usize::try_from(max_degree).ok().filter(|degree| *degree >= 2)?;
    if reads.len() <= degree {
        return None;
    }
    let mut levels: Vec<Vec<Bytes>> = vec![Vec::new()];
    for group in reads.chunks(degree + 1) {
        let leaf = QueryReads {
            kv_reads: group.to_vec(),
        }
        .encode_to_vec();
        push(&mut levels, 0, hash(&leaf), degree);
    }
    let top = close(levels, degree);
    Some(QueryReadsMerkleSummary {
        max_degree,
        max_level: u32::try_from(top.0).ok()?,
        max_level_hashes: top.1,
    })
}

fn push(levels: &mut Vec<Vec<Bytes>>, level: usize, node: Bytes, degree: usize) {
    if levels.len() == level {
        levels.push(Vec::new());
    }
    let Some(nodes) = levels.get_mut(level) else { return };
    nodes.push(node);
    if nodes.len() > degree {
        let parent = hash(&std::mem::take(nodes).concat());
        push(levels, level + 1, parent, degree);
    }
}

/// Lifts what is left below to the top level. A lone node rises as it is. Levels count from 1.
fn close(levels: Vec<Vec<Bytes>>, degree: usize) -> (usize, Vec<Bytes>) {
    let height = levels.len();
    let mut carried: Option<Bytes> = None;
    let mut top = Vec::new();
    for (level, mut nodes) in (1..).zip(levels) {
        nodes.extend(carried.take());
        if level == height {
            top = nodes;
        } else if nodes.len() > 1 {
            carried = Some(hash(&nodes.concat()));
        } else {
            carried = nodes.pop();
        }
    }
    if top.len() > degree {
        (height + 1, vec![hash(&top.concat())])
    } else {
        (height, top)
    }
}

fn hash(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(digest(&SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use fabric_protos::kvrwset::Version;

    use super::*;

    fn reads(count: u64) -> Vec<KvRead> {
        let read = |n| KvRead {
            key: format!("key{n}"),
            version: Some(Version {
                block_num: n,
                tx_num: 0,
            }),
        };
        (0..count).map(read).collect()
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
    fn few_reads_have_no_summary() {
        assert_eq!(summary(&reads(3), 3), None);
        assert_eq!(summary(&reads(9), 1), None);
    }

    /// The trees drawn in Fabric's query_results_helper_test.go for a degree of 3.
    #[test]
    fn levels_are_those_of_fabric() {
        let all = reads(20);
        let one = summary(&all[..9], 3).unwrap();
        assert_eq!(
            (one.max_level, one.max_level_hashes),
            (1, vec![leaf(&all[..4]), leaf(&all[4..8]), leaf(&all[8..9])])
        );
        let full: Vec<_> = (0..4).map(|n| leaf(&all[n * 4..n * 4 + 4])).collect();
        let two = summary(&all[..16], 3).unwrap();
        assert_eq!((two.max_level, two.max_level_hashes), (2, vec![hash(&full.concat())]));
        let rest = summary(&all[..20], 3).unwrap();
        assert_eq!(
            (rest.max_level, rest.max_level_hashes),
            (2, vec![hash(&full.concat()), leaf(&all[16..])])
        );
    }
}
