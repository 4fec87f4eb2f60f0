//! In what two endorsers' results differ: keys, versions, values, event, response.
//!
//! Fabric logs this on the gateway's peer (`internal/pkg/gateway/diff.go`); the devnet tells the client.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_protos::{
    kvrwset::{KvrwSet, Version, range_query_info::ReadsInfo},
    protos::{ChaincodeAction, ProposalResponsePayload},
    rwset::TxReadWriteSet,
};
use prost::{DecodeError, Message};

/// At most this many differences are named.
const MOST: usize = 20;

/// What `other` has different from `first`, both encoded `ProposalResponsePayload`s, in words.
///
/// # Errors
/// One of them does not decode.
pub fn differences(first: &Bytes, other: &Bytes) -> Result<Vec<String>, DecodeError> {
    let (first, other) = (Facts::of(first)?, Facts::of(other)?);
    let mut found = Vec::new();
    for (name, value) in &first.0 {
        match other.0.get(name) {
            Some(same) if same == value => {}
            Some(changed) => found.push(format!("{name}: {value} against {changed}")),
            None => found.push(format!("{name}: {value} against nothing")),
        }
    }
    let added = other.0.iter().filter(|(name, _)| !first.0.contains_key(*name));
    found.extend(added.map(|(name, value)| format!("{name}: nothing against {value}")));
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    Ok(found)
}

/// Everything that endorsers must agree on, by name.
struct Facts(BTreeMap<String, String>);

impl Facts {
    fn of(payload: &Bytes) -> Result<Self, DecodeError> {
        let payload = ProposalResponsePayload::decode(payload.clone())?;
        let action = ChaincodeAction::decode(payload.extension)?;
        let mut facts = BTreeMap::new();
        facts.insert("proposal hash".to_owned(), hex::encode(&payload.proposal_hash));
        facts.insert("event".to_owned(), shown(&action.events));
        let response = action.response.unwrap_or_default();
        facts.insert(
            "response".to_owned(),
            format!(
                "{} {:?} {}",
                response.status,
                response.message,
                shown(&response.payload)
            ),
        );
        let version = action.chaincode_id.unwrap_or_default().version;
        facts.insert("chaincode version".to_owned(), version);
        for namespace in TxReadWriteSet::decode(action.results)?.ns_rwset {
            let set = KvrwSet::decode(namespace.rwset)?;
            add_set(&mut facts, &namespace.namespace, &set);
        }
        Ok(Self(facts))
    }
}

fn add_set(facts: &mut BTreeMap<String, String>, namespace: &str, set: &KvrwSet) {
    for read in &set.reads {
        facts.insert(
            format!("read of {namespace}/{}", read.key.escape_debug()),
            version(read.version),
        );
    }
    for write in &set.writes {
        let value = if write.is_delete {
            "delete".to_owned()
        } else {
            shown(&write.value)
        };
        facts.insert(format!("write of {namespace}/{}", write.key.escape_debug()), value);
    }
    for write in &set.metadata_writes {
        let entries: Vec<_> = write
            .entries
            .iter()
            .map(|entry| format!("{}={}", entry.name, shown(&entry.value)))
            .collect();
        facts.insert(
            format!("metadata of {namespace}/{}", write.key.escape_debug()),
            entries.join(" "),
        );
    }
    for range in &set.range_queries_info {
        let name = format!("range of {namespace} from {:?}", range.start_key);
        let reads = match &range.reads_info {
            None => "no rows".to_owned(),
            Some(ReadsInfo::ReadsMerkleHashes(summary)) => {
                format!("hash {}", hex::encode(summary.max_level_hashes.concat()))
            }
            Some(ReadsInfo::RawReads(reads)) => {
                let rows = reads.kv_reads.iter();
                rows.map(|read| format!("{} {}", read.key.escape_debug(), version(read.version)))
                    .collect::<Vec<_>>()
                    .join(", ")
            }
        };
        facts.insert(name, format!("{reads} to {:?}", range.end_key));
    }
}

fn version(version: Option<Version>) -> String {
    version.map_or("absent".to_owned(), |version| {
        format!("version {}:{}", version.block_num, version.tx_num)
    })
}

/// Short values as text or hex, long ones by size and hash.
fn shown(value: &Bytes) -> String {
    match std::str::from_utf8(value) {
        _ if value.len() > 64 => {
            let hash = hex::encode(fabric_msp::sha256(value));
            format!("{} bytes, SHA-256 {}", value.len(), hash.get(..16).unwrap_or_default())
        }
        Ok(text) if !text.chars().any(char::is_control) => format!("{text:?}"),
        _ => format!("0x{}", hex::encode(value)),
    }
}

#[cfg(test)]
mod tests {
    use fabric_protos::{
        kvrwset::{KvRead, KvWrite},
        protos::Response,
        rwset::NsReadWriteSet,
    };

    use super::*;

    fn payload(block_num: u64, value: &'static [u8]) -> Bytes {
        let set = KvrwSet {
            reads: vec![KvRead {
                key: "k".into(),
                version: Some(Version { block_num, tx_num: 0 }),
            }],
            writes: vec![KvWrite {
                key: "k".into(),
                is_delete: false,
                value: Bytes::from_static(value),
            }],
            ..Default::default()
        };
        let namespace = NsReadWriteSet {
            namespace: "cc".into(),
            rwset: set.encode_to_vec().into(),
            ..Default::default()
        };
        let results = TxReadWriteSet {
            data_model: 0,
            ns_rwset: vec![namespace],
        }
        .encode_to_vec()
        .into();
        let response = Some(Response {
            status: 200,
            ..Default::default()
        });
        let action = ChaincodeAction {
            results,
            response,
            ..Default::default()
        };
        ProposalResponsePayload {
            extension: action.encode_to_vec().into(),
            ..Default::default()
        }
        .encode_to_vec()
        .into()
    }

    #[test]
    fn equal_results_have_no_difference() {
        assert!(differences(&payload(3, b"1"), &payload(3, b"1")).unwrap().is_empty());
    }

    #[test]
    fn a_stale_read_and_its_write_are_named_with_both_sides() {
        let found = differences(&payload(3, b"1"), &payload(2, b"0")).unwrap();
        assert_eq!(
            found,
            [
                "read of cc/k: version 3:0 against version 2:0",
                "write of cc/k: \"1\" against \"0\""
            ]
        );
    }
}
