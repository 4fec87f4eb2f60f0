//! A batch becomes a block: header, orderer's signature, last configuration.
//!
//! Source: Fabric, orderer/common/multichannel/blockwriter.go.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use bytes::Bytes;
use fabric_msp::Signer;
use fabric_protos::common::{Block, LastConfig, Metadata, MetadataSignature, OrdererBlockMetadata, SignatureHeader};
use prost::Message;

use crate::ledger::block;

const NONCE_BYTES: usize = 24;

/// Builds and signs the next block. `last_config` is the number of the block whose configuration is in force, which
/// for a configuration block is its own.
pub(super) fn assemble(
    number: u64,
    previous_hash: Bytes,
    envelopes: Vec<Bytes>,
    last_config: u64,
    signer: &dyn Signer,
) -> Result<Block, String> {
    let last_config = LastConfig { index: last_config };
    let mut next = block::new_block(number, previous_hash, envelopes);
    let header = next.header.as_ref().map(block::header_bytes).unwrap_or_default();
    let entry = Metadata {
        value: last_config.encode_to_vec().into(),
        signatures: Vec::new(),
    };
    let signatures = sign(&header, last_config, signer)?;
    block::set_metadata(&mut next, block::LAST_CONFIG, entry.encode_to_vec().into());
    block::set_metadata(&mut next, block::SIGNATURES, signatures.encode_to_vec().into());
    Ok(next)
}

/// Signs `metadata ‖ signature header ‖ block header`.
fn sign(header: &[u8], last_config: LastConfig, signer: &dyn Signer) -> Result<Metadata, String> {
    let signature_header = signature_header(signer)?.encode_to_vec();
    let consenter_metadata = Metadata::default().encode_to_vec().into();
    let value = OrdererBlockMetadata {
        last_config: Some(last_config),
        consenter_metadata,
    }
    .encode_to_vec();
    let message = [value.as_slice(), &signature_header, header].concat();
    let signature = signer
        .sign(&message)
        .map_err(|error| format!("the orderer cannot sign: {error}"))?;
    let signature = MetadataSignature {
        signature_header: signature_header.into(),
        signature: signature.into(),
        identifier_header: Bytes::new(),
    };
    Ok(Metadata {
        value: value.into(),
        signatures: vec![signature],
    })
}

/// The orderer's identity with a fresh nonce.
pub(super) fn signature_header(signer: &dyn Signer) -> Result<SignatureHeader, String> {
    let mut nonce = [0; NONCE_BYTES];
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(|_| "no random bytes for the orderer's nonce".to_owned())?;
    Ok(SignatureHeader {
        creator: signer.serialized_identity(),
        nonce: Bytes::copy_from_slice(&nonce),
    })
}
