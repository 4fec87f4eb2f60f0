//! Blocks as Fabric builds, hashes and reads them.
//!
//! Source: Fabric, protoutil/blockutils.go and internal/pkg/txflags.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use fabric_protos::{
    common::{
        Block, BlockData, BlockHeader, BlockMetadata, ChannelHeader, ConfigEnvelope, Envelope, HeaderType, LastConfig,
        Metadata, Payload,
    },
    protos::{ChaincodeAction, ChaincodeActionPayload, ProposalResponsePayload, Transaction, TxValidationCode},
};
use prost::Message;

/// Index of the orderers' signatures in a block's metadata.
pub const SIGNATURES: usize = 0;
/// Index of the last configuration block's number.
pub const LAST_CONFIG: usize = 1;
/// Index of the verdicts, one byte a transaction.
pub const TRANSACTIONS_FILTER: usize = 2;
/// Index of the running hash over verdicts and state changes.
pub const COMMIT_HASH: usize = 4;
const METADATA_ENTRIES: usize = 5;

/// A block with header and data and five empty metadata entries.
pub fn new_block(number: u64, previous_hash: Bytes, data: Vec<Bytes>) -> Block {
    let data = BlockData { data };
    let header = BlockHeader {
        number,
        previous_hash,
        data_hash: data_hash(&data),
    };
    let metadata = BlockMetadata {
        metadata: vec![Bytes::new(); METADATA_ENTRIES],
    };
    Block {
        header: Some(header),
        data: Some(data),
        metadata: Some(metadata),
    }
}

/// SHA-256 over the concatenated envelopes.
pub fn data_hash(data: &BlockData) -> Bytes {
    let mut context = aws_lc_rs::digest::Context::new(&SHA256);
    data.data.iter().for_each(|envelope| context.update(envelope));
    Bytes::copy_from_slice(context.finish().as_ref())
}

/// The DER form of `SEQUENCE { INTEGER number, OCTET STRING previous, OCTET STRING data }`: what orderers sign.
pub fn header_bytes(header: &BlockHeader) -> Vec<u8> {
    let digits = header.number.to_be_bytes();
    let first = digits.iter().position(|byte| *byte != 0).unwrap_or(digits.len() - 1);
    let mut integer = digits.get(first..).unwrap_or_default().to_vec();
    if integer.first().is_some_and(|byte| byte & 0x80 != 0) {
        integer.insert(0, 0);
    }
    let body = [
        der(0x02, &integer),
        der(0x04, &header.previous_hash),
        der(0x04, &header.data_hash),
    ]
    .concat();
    der(0x30, &body)
}

/// SHA-256 of [`header_bytes`]: the next block's `previous_hash`.
pub fn header_hash(header: &BlockHeader) -> Bytes {
    Bytes::copy_from_slice(digest(&SHA256, &header_bytes(header)).as_ref())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len().to_be_bytes();
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            bytes.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            bytes.extend(significant);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// The block's number; 0 for a block without a header.
pub fn number(block: &Block) -> u64 {
    block.header.as_ref().map_or(0, |header| header.number)
}

/// The encoded envelopes of a block.
pub fn envelopes(block: &Block) -> &[Bytes] {
    block.data.as_ref().map_or(&[], |data| &data.data)
}

/// One metadata entry, empty when absent.
pub fn metadata(block: &Block, index: usize) -> Bytes {
    block
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.metadata.get(index))
        .cloned()
        .unwrap_or_default()
}

/// Replaces one metadata entry.
pub fn set_metadata(block: &mut Block, index: usize, value: Bytes) {
    let entries = &mut block.metadata.get_or_insert_default().metadata;
    entries.resize(entries.len().max(index + 1), Bytes::new());
    if let Some(entry) = entries.get_mut(index) {
        *entry = value;
    }
}

/// The verdicts of a committed block; a transaction without one is [`TxValidationCode::NotValidated`].
pub fn codes(block: &Block) -> Vec<TxValidationCode> {
    let filter = metadata(block, TRANSACTIONS_FILTER);
    (0..envelopes(block).len())
        .map(|index| {
            filter
                .get(index)
                .map_or(TxValidationCode::NotValidated, |byte| code_of(*byte))
        })
        .collect()
}

pub(crate) fn code_of(byte: u8) -> TxValidationCode {
    TxValidationCode::try_from(i32::from(byte)).unwrap_or(TxValidationCode::InvalidOtherReason)
}

pub(crate) fn code_byte(code: TxValidationCode) -> u8 {
    u8::try_from(i32::from(code)).unwrap_or(u8::MAX)
}

/// The commit hash recorded in a block, empty for a genesis block.
pub fn commit_hash(block: &Block) -> Bytes {
    Metadata::decode(metadata(block, COMMIT_HASH))
        .map(|metadata| metadata.value)
        .unwrap_or_default()
}

/// The number of the configuration block in force, from a block's metadata; 0 where there is none.
pub fn last_config(block: &Block) -> u64 {
    Metadata::decode(metadata(block, LAST_CONFIG))
        .and_then(|metadata| LastConfig::decode(metadata.value))
        .map_or(0, |last| last.index)
}

/// Whether an envelope holds a configuration.
pub fn is_configuration(envelope: &Bytes) -> bool {
    open_envelope(envelope).is_some_and(|(_, header)| header.r#type == i32::from(HeaderType::Config))
}

/// The content of a configuration block: its only envelope is a configuration.
pub fn configuration(block: &Block) -> Option<ConfigEnvelope> {
    let [envelope] = envelopes(block) else { return None };
    let (payload, _) = open_envelope(envelope).filter(|_| is_configuration(envelope))?;
    ConfigEnvelope::decode(payload.data).ok()
}

/// Envelope bytes → payload and channel header, where they decode.
pub fn open_envelope(envelope: &Bytes) -> Option<(Payload, ChannelHeader)> {
    let envelope = Envelope::decode(envelope.clone()).ok()?;
    let payload = Payload::decode(envelope.payload).ok()?;
    let header = ChannelHeader::decode(payload.header.as_ref()?.channel_header.clone()).ok()?;
    Some((payload, header))
}

/// What the chaincode did, from the payload of an endorser transaction, where it decodes.
pub fn chaincode_action(payload: &Payload) -> Option<ChaincodeAction> {
    let transaction = Transaction::decode(payload.data.clone()).ok()?;
    let action = ChaincodeActionPayload::decode(transaction.actions.first()?.payload.clone())
        .ok()?
        .action?;
    let response = ProposalResponsePayload::decode(action.proposal_response_payload).ok()?;
    ChaincodeAction::decode(response.extension).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of Fabric's protoutil/blockutils_test.go: 2^64-1 needs a leading zero in DER.
    #[test]
    fn header_of_the_largest_number_is_positive_der() {
        let header = BlockHeader {
            number: u64::MAX,
            previous_hash: Bytes::from_static(b"foo"),
            data_hash: Bytes::from_static(b"bar"),
        };
        let mut expected = vec![0x30, 0x15, 0x02, 0x09, 0x00];
        expected.extend([0xff; 8]);
        expected.extend(b"\x04\x03foo\x04\x03bar");
        assert_eq!(header_bytes(&header), expected);
    }

    #[test]
    fn header_hash_is_pinned() {
        let header = BlockHeader {
            number: 0,
            previous_hash: Bytes::new(),
            data_hash: Bytes::from(vec![7; 200]),
        };
        let mut expected = vec![0x30, 0x81, 0xd0, 0x02, 0x01, 0x00, 0x04, 0x00, 0x04, 0x81, 0xc8];
        expected.extend([7; 200]);
        assert_eq!(header_bytes(&header), expected);
        assert_eq!(
            header_hash(&header),
            Bytes::copy_from_slice(digest(&SHA256, &expected).as_ref())
        );
    }

    #[test]
    fn data_hash_is_over_the_concatenation() {
        let split = BlockData {
            data: vec![Bytes::from_static(b"ab"), Bytes::from_static(b"c")],
        };
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(data_hash(&split)), expected);
    }
}
