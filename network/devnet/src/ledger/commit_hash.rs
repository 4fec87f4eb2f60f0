//! The running hash over verdicts and state changes.
//!
//! Source: Fabric, core/ledger/kvledger/kv_ledger.go `addBlockCommitHash`, txmgmt/txmgr/update_batch_bytes.go.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use prost::{Message, encoding::encode_varint};

use super::StateUpdates;

#[derive(Clone, PartialEq, Message)]
struct Updates {
    #[prost(message, repeated, tag = "1")]
    writes: Vec<Write>,
}

#[derive(Clone, PartialEq, Message)]
struct Write {
    #[prost(string, tag = "1")]
    namespace: String,
    #[prost(string, tag = "2")]
    collection: String,
    #[prost(bytes = "bytes", tag = "3")]
    key: Bytes,
    #[prost(bool, tag = "4")]
    is_delete: bool,
    #[prost(bytes = "bytes", tag = "5")]
    value: Bytes,
    #[prost(bytes = "bytes", tag = "6")]
    version: Bytes,
}

/// `SHA-256(varint(len(filter)) ‖ filter ‖ updates ‖ previous)`.
pub(super) fn next(previous: &[u8], filter: &[u8], updates: &StateUpdates) -> Bytes {
    let mut bytes = Vec::new();
    encode_varint(filter.len() as u64, &mut bytes);
    bytes.extend_from_slice(filter);
    bytes.extend(encode(updates));
    bytes.extend_from_slice(previous);
    Bytes::copy_from_slice(digest(&SHA256, &bytes).as_ref())
}

fn encode(updates: &StateUpdates) -> Vec<u8> {
    let mut namespace = "";
    let mut writes = Vec::with_capacity(updates.len());
    for (ns, key, version, value) in updates.iter() {
        let repeated = ns == namespace;
        namespace = ns;
        writes.push(Write {
            namespace: if repeated { String::new() } else { ns.to_owned() },
            collection: String::new(),
            key: Bytes::copy_from_slice(key.as_bytes()),
            is_delete: value.is_none(),
            value: value.map(|value| value.value.clone()).unwrap_or_default(),
            version: [ordered(version.block), ordered(version.tx)].concat().into(),
        });
    }
    Updates { writes }.encode_to_vec()
}

/// Length byte and big-endian digits without leading zeros (common/ledger/util).
fn ordered(number: u64) -> Vec<u8> {
    let mut digits: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    digits.insert(0, u8::try_from(digits.len()).unwrap_or(8));
    digits
}
