//! A configuration value as a list of facts, one sentence each, so that two values are compared fact by fact.

use bytes::Bytes;
use fabric_msp::{Certificate, Identity, sha256};
use fabric_protos::{
    common::{BlockDataHashingStructure, Capabilities, Consenter, HashingAlgorithm, OrdererAddresses, Orderers},
    etcdraft,
    msp::MspConfig,
    orderer::{BatchSize, BatchTimeout, ChannelRestrictions, ConsensusType},
    protos::{AcLs, AnchorPeers},
};
use prost::Message;
use time::OffsetDateTime;

use super::msp;

/// The facts of a value; of an unknown one, or one with more in it than is understood, the hash of its bytes.
pub(super) fn of(name: &str, bytes: Option<&Bytes>) -> Vec<String> {
    let Some(bytes) = bytes else {
        return Vec::new();
    };
    known(name, bytes).unwrap_or_else(|| vec![format!("bytes that are not understood here: {}", raw(bytes))])
}

fn known(name: &str, bytes: &Bytes) -> Option<Vec<String>> {
    match name {
        "MSP" => read(bytes, |value: MspConfig| msp::facts(&value))?,
        "AnchorPeers" => read(bytes, |value: AnchorPeers| {
            let peers = value.anchor_peers.iter();
            Some(
                peers
                    .map(|peer| format!("anchor peer {}:{}", peer.host, peer.port))
                    .collect(),
            )
        })?,
        "Endpoints" | "OrdererAddresses" => read(bytes, |value: OrdererAddresses| {
            let addresses = value.addresses.iter();
            Some(addresses.map(|address| format!("orderer endpoint {address}")).collect())
        })?,
        "Orderers" => read(bytes, |value: Orderers| {
            Some(value.consenter_mapping.iter().map(consenter).collect())
        })?,
        "Capabilities" => read(bytes, |value: Capabilities| {
            Some(
                value
                    .capabilities
                    .keys()
                    .map(|name| format!("capability {name}"))
                    .collect(),
            )
        })?,
        "BatchSize" => read(bytes, |value: BatchSize| {
            Some(vec![
                format!("at most {} transactions in a block", value.max_message_count),
                format!("envelopes of at most {} bytes", value.absolute_max_bytes),
                format!("blocks cut above {} bytes", value.preferred_max_bytes),
            ])
        })?,
        "BatchTimeout" => read(bytes, |value: BatchTimeout| {
            Some(vec![format!("a block at least every {}", value.timeout)])
        })?,
        "ChannelRestrictions" => read(bytes, |value: ChannelRestrictions| {
            Some(vec![format!("at most {} channels", value.max_count)])
        })?,
        "HashingAlgorithm" => read(bytes, |value: HashingAlgorithm| {
            Some(vec![format!("hashing by {}", value.name)])
        })?,
        "BlockDataHashingStructure" => read(bytes, |value: BlockDataHashingStructure| {
            Some(vec![format!("a hash tree of width {}", value.width)])
        })?,
        "ACLs" => read(bytes, |value: AcLs| {
            let entries = value.acls.iter();
            Some(
                entries
                    .map(|(name, acl)| format!("{name} by {}", acl.policy_ref))
                    .collect(),
            )
        })?,
        "ConsensusType" => read(bytes, |value: ConsensusType| Some(consensus(&value)))?,
        _ => None,
    }
}

/// Decodes a value whose bytes hold nothing beyond what is decoded. The outer `None` is what is not understood.
#[allow(clippy::option_option)]
fn read<M: Message + Default>(
    bytes: &Bytes,
    facts: impl FnOnce(M) -> Option<Vec<String>>,
) -> Option<Option<Vec<String>>> {
    let value = M::decode(bytes.clone()).ok()?;
    let whole = value.encoded_len() == bytes.len();
    Some(if whole { facts(value) } else { None })
}

fn consenter(consenter: &Consenter) -> String {
    let signs = Identity::new(&consenter.msp_id, &consenter.identity);
    let signs = signs.map_or_else(
        |error| format!("(unreadable: {error})"),
        |one| certificate(one.certificate()),
    );
    let shows = pem(&consenter.server_tls_cert);
    let dials = match consenter.client_tls_cert == consenter.server_tls_cert {
        true => "the same".to_owned(),
        false => pem(&consenter.client_tls_cert),
    };
    format!(
        "consenter {} of {} at {}:{}, signs as {signs}, shows {shows}, dials as {dials}",
        consenter.id, consenter.msp_id, consenter.host, consenter.port
    )
}

fn consensus(value: &ConsensusType) -> Vec<String> {
    let state = if value.state == 0 {
        "normal operation"
    } else {
        "maintenance: no transactions are taken"
    };
    let mut facts = vec![format!("consensus {}", value.r#type), state.to_owned()];
    match etcdraft::ConfigMetadata::decode(value.metadata.clone()) {
        Ok(raft) if value.r#type == "etcdraft" => {
            let node = |one: &etcdraft::Consenter| {
                let (shows, dials) = (pem(&one.server_tls_cert), pem(&one.client_tls_cert));
                format!(
                    "consenter at {}:{}, shows {shows}, dials as {dials}",
                    one.host, one.port
                )
            };
            facts.extend(raft.consenters.iter().map(node));
            facts.push(format!("options {:?}", raft.options.unwrap_or_default()));
        }
        _ => facts.push(format!("options {}", options(value))),
    }
    facts
}

/// SmartBFT's options in words; of another kind the hash.
fn options(value: &ConsensusType) -> String {
    let read = fabric_protos::orderer::smartbft::Options::decode(value.metadata.clone());
    match read {
        Ok(options) if value.r#type == "BFT" => format!("{options:?}"),
        _ => raw(&value.metadata),
    }
}

/// A PEM certificate in words.
pub(super) fn pem(pem: &[u8]) -> String {
    Certificate::from_pem(pem).map_or_else(
        |error| format!("(unreadable: {error}; {} bytes)", pem.len()),
        |read| certificate(&read),
    )
}

/// A certificate in words: name, fingerprint, last day.
pub(super) fn certificate(certificate: &Certificate) -> String {
    let name = certificate.subject_common_name().unwrap_or("(no name)");
    let hash = hex::encode(sha256(certificate.der()));
    format!(
        "{name} (sha256 {}…, until {})",
        hash.get(..16).unwrap_or_default(),
        day(certificate.not_after())
    )
}

/// A day, UTC.
fn day(unix_seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .map_or_else(|_| format!("second {unix_seconds}"), |moment| moment.date().to_string())
}

/// Bytes that are not understood.
pub(super) fn raw(bytes: &Bytes) -> String {
    format!("{} bytes, sha256 {}", bytes.len(), hex::encode(sha256(bytes)))
}
