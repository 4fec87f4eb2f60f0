//! Payloads of ledger requests, written from borrowed keys.

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

/// `GetState`, `DelState`, `GetStateMetadata` and `PurgePrivateState`, which are the same on the wire.
pub(crate) fn key(collection: &str, key: &str) -> Bytes {
    let mut buffer = BytesMut::with_capacity(field(key.len()) + field(collection.len()));
    put(&mut buffer, 1, key.as_bytes());
    put(&mut buffer, 2, collection.as_bytes());
    buffer.freeze()
}

/// `GetStateMultiple`.
pub(crate) fn keys<K: AsRef<str>>(collection: &str, keys: &[K]) -> Bytes {
    let length: usize = keys.iter().map(|key| field(key.as_ref().len())).sum();
    let mut buffer = BytesMut::with_capacity(length + field(collection.len()));
    for key in keys {
        put_always(&mut buffer, 1, key.as_ref().as_bytes());
    }
    put(&mut buffer, 2, collection.as_bytes());
    buffer.freeze()
}

/// `PutState`.
pub(crate) fn put_state(collection: &str, key: &str, value: &[u8]) -> Bytes {
    let mut buffer = BytesMut::with_capacity(field(key.len()) + field(value.len()) + field(collection.len()));
    put(&mut buffer, 1, key.as_bytes());
    put(&mut buffer, 2, value);
    put(&mut buffer, 3, collection.as_bytes());
    buffer.freeze()
}

/// `GetStateByRange`.
pub(crate) fn range(collection: &str, start: &str, end: &str, metadata: &[u8]) -> Bytes {
    let mut buffer = BytesMut::new();
    put(&mut buffer, 1, start.as_bytes());
    put(&mut buffer, 2, end.as_bytes());
    put(&mut buffer, 3, collection.as_bytes());
    put(&mut buffer, 4, metadata);
    buffer.freeze()
}

fn field(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

fn put(buffer: &mut BytesMut, tag: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        put_always(buffer, tag, bytes);
    }
}

fn put_always(buffer: &mut BytesMut, tag: u32, bytes: &[u8]) {
    encode_key(tag, WireType::LengthDelimited, buffer);
    encode_varint(bytes.len() as u64, buffer);
    buffer.put_slice(bytes);
}

#[cfg(test)]
mod tests {
    use fabric_protos::protos;
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    proptest! {
        #[test]
        fn payloads_are_those_of_the_messages(
            collection: String, one: String, two: String, value: Vec<u8>, many: Vec<String>,
        ) {
            let message = protos::GetState { key: one.clone(), collection: collection.clone() };
            prop_assert_eq!(key(&collection, &one), message.encode_to_vec());
            let message = protos::GetStateMultiple { keys: many.clone(), collection: collection.clone() };
            prop_assert_eq!(keys(&collection, &many), message.encode_to_vec());
            let message = protos::PutState {
                key: one.clone(), value: value.clone().into(), collection: collection.clone(),
            };
            prop_assert_eq!(put_state(&collection, &one, &value), message.encode_to_vec());
            let message = protos::GetStateByRange {
                start_key: one.clone(), end_key: two.clone(), collection: collection.clone(),
                metadata: value.clone().into(),
            };
            prop_assert_eq!(range(&collection, &one, &two, &value), message.encode_to_vec());
        }
    }
}
