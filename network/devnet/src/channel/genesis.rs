//! The genesis block, as Fabric's configtxgen would make it for a Raft channel.
//!
//! Source: Fabric, internal/configtxgen/encoder/encoder.go, common/genesis/genesis.go, common/channelconfig/util.go.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use fabric_msp::Rule;
use fabric_protos::{
    common::{
        Block, BlockDataHashingStructure, ChannelHeader, Config, ConfigEnvelope, ConfigGroup, Envelope,
        HashingAlgorithm, Header, HeaderType, LastConfig, Metadata, OrdererAddresses, OrdererBlockMetadata, Payload,
        SignatureHeader,
    },
    etcdraft::{self, ConfigMetadata},
    orderer::{BatchSize, BatchTimeout, ChannelRestrictions, ConsensusType},
    protos::{AnchorPeer, AnchorPeers},
};
use prost::Message;

use super::{ChannelConfig, ChannelError, HostPort, OrganizationConfig, acls, duration, group};
use crate::ledger::block;

/// The version in the header of a genesis block's configuration.
const HEADER_VERSION: i32 = 1;

/// The channel's first block. Equal configurations give equal bytes: nonce and transaction id follow from the
/// configuration, and the time stamp is the epoch.
///
/// # Errors
///
/// When the configuration names no sound channel: a bad name, an organisation twice, no orderer endpoint, a limit
/// of zero.
pub fn genesis_block(config: &ChannelConfig) -> Result<Block, ChannelError> {
    config.check()?;
    let channel_group = channel_group(config)?;
    let data = ConfigEnvelope {
        config: Some(Config {
            sequence: 0,
            channel_group: Some(channel_group),
        }),
        last_update: None,
    };
    let payload = payload(&config.id, data.encode_to_vec());
    let envelope = Envelope {
        payload: payload.encode_to_vec().into(),
        signature: Bytes::new(),
    };
    let mut genesis = block::new_block(0, Bytes::new(), vec![envelope.encode_to_vec().into()]);
    let last_config = LastConfig { index: 0 };
    let signatures = OrdererBlockMetadata {
        last_config: Some(last_config),
        consenter_metadata: Bytes::new(),
    }
    .encode_to_vec();
    block::set_metadata(&mut genesis, block::SIGNATURES, wrap(signatures));
    block::set_metadata(&mut genesis, block::LAST_CONFIG, wrap(last_config.encode_to_vec()));
    Ok(genesis)
}

fn wrap(value: Vec<u8>) -> Bytes {
    Metadata {
        value: value.into(),
        signatures: Vec::new(),
    }
    .encode_to_vec()
    .into()
}

fn payload(channel_id: &str, data: Vec<u8>) -> Payload {
    let nonce = Bytes::copy_from_slice(digest(&SHA256, &data).as_ref()).slice(..24);
    let channel_header = ChannelHeader {
        r#type: HeaderType::Config.into(),
        version: HEADER_VERSION,
        timestamp: Some(prost_types::Timestamp::default()),
        channel_id: channel_id.to_owned(),
        tx_id: hex::encode(digest(&SHA256, &nonce)),
        ..ChannelHeader::default()
    };
    let signature_header = SignatureHeader {
        creator: Bytes::new(),
        nonce,
    };
    let header = Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: signature_header.encode_to_vec().into(),
    };
    Payload {
        header: Some(header),
        data: data.into(),
    }
}

fn channel_group(config: &ChannelConfig) -> Result<ConfigGroup, ChannelError> {
    let mut channel = group::new();
    group::add_meta_policies(&mut channel);
    group::add_value(
        &mut channel,
        "HashingAlgorithm",
        &HashingAlgorithm {
            name: "SHA256".to_owned(),
        },
    );
    group::add_value(
        &mut channel,
        "BlockDataHashingStructure",
        &BlockDataHashingStructure { width: u32::MAX },
    );
    group::add_capability(&mut channel, "V3_0");
    channel.groups.insert("Orderer".to_owned(), orderer_group(config)?);
    channel
        .groups
        .insert("Application".to_owned(), application_group(config)?);
    Ok(channel)
}

fn orderer_group(config: &ChannelConfig) -> Result<ConfigGroup, ChannelError> {
    let mut orderer = group::new();
    group::add_meta_policies(&mut orderer);
    group::add_meta_policy(&mut orderer, "BlockValidation", Rule::Any, "Writers");
    let batch = &config.batch;
    group::add_value(
        &mut orderer,
        "BatchSize",
        &BatchSize {
            max_message_count: batch.max_message_count,
            absolute_max_bytes: batch.absolute_max_bytes,
            preferred_max_bytes: batch.preferred_max_bytes,
        },
    );
    group::add_value(
        &mut orderer,
        "BatchTimeout",
        &BatchTimeout {
            timeout: duration::format(batch.timeout),
        },
    );
    group::add_value(
        &mut orderer,
        "ChannelRestrictions",
        &ChannelRestrictions { max_count: 0 },
    );
    group::add_capability(&mut orderer, "V2_0");
    let metadata = raft_metadata(config).encode_to_vec().into();
    let consensus = ConsensusType {
        r#type: "etcdraft".to_owned(),
        metadata,
        state: 0,
    };
    group::add_value(&mut orderer, "ConsensusType", &consensus);
    for organization in config
        .organizations
        .iter()
        .filter(|each| !each.orderer_endpoints.is_empty())
    {
        orderer
            .groups
            .insert(organization.name.clone(), orderer_organization(organization)?);
    }
    Ok(orderer)
}

/// The options are those of Fabric's sample configuration.
fn raft_metadata(config: &ChannelConfig) -> ConfigMetadata {
    let consenters = config.consenters.iter().map(|consenter| etcdraft::Consenter {
        host: consenter.endpoint.host.clone(),
        port: consenter.endpoint.port.into(),
        client_tls_cert: consenter.client_tls_certificate.clone(),
        server_tls_cert: consenter.server_tls_certificate.clone(),
    });
    let options = etcdraft::Options {
        tick_interval: "500ms".to_owned(),
        election_tick: 10,
        heartbeat_tick: 1,
        max_inflight_blocks: 5,
        snapshot_interval_size: 16 << 20,
    };
    ConfigMetadata {
        consenters: consenters.collect(),
        options: Some(options),
    }
}

fn orderer_organization(organization: &OrganizationConfig) -> Result<ConfigGroup, ChannelError> {
    let mut group = organization_group(organization)?;
    let addresses = organization.orderer_endpoints.iter().map(HostPort::address).collect();
    group::add_value(&mut group, "Endpoints", &OrdererAddresses { addresses });
    Ok(group)
}

fn application_group(config: &ChannelConfig) -> Result<ConfigGroup, ChannelError> {
    let mut application = group::new();
    group::add_meta_policies(&mut application);
    group::add_meta_policy(&mut application, "Endorsement", Rule::Majority, "Endorsement");
    group::add_meta_policy(&mut application, "LifecycleEndorsement", Rule::Majority, "Endorsement");
    group::add_value(&mut application, "ACLs", &acls::defaults());
    group::add_capability(&mut application, "V2_5");
    for organization in &config.organizations {
        let mut group = organization_group(organization)?;
        group::add_signature_policy(
            &mut group,
            "Endorsement",
            &format!("OR('{}.peer')", organization.msp.id()),
        )?;
        if !organization.anchor_peers.is_empty() {
            let peer = |each: &HostPort| AnchorPeer {
                host: each.host.clone(),
                port: each.port.into(),
            };
            let anchor_peers = organization.anchor_peers.iter().map(peer).collect();
            group::add_value(&mut group, "AnchorPeers", &AnchorPeers { anchor_peers });
        }
        application.groups.insert(organization.name.clone(), group);
    }
    Ok(application)
}

fn organization_group(organization: &OrganizationConfig) -> Result<ConfigGroup, ChannelError> {
    let mut group = group::new();
    let msp_id = organization.msp.id();
    group::add_signature_policy(&mut group, "Readers", &format!("OR('{msp_id}.member')"))?;
    group::add_signature_policy(&mut group, "Writers", &format!("OR('{msp_id}.member')"))?;
    group::add_signature_policy(&mut group, "Admins", &format!("OR('{msp_id}.admin')"))?;
    group::add_value(&mut group, "MSP", &organization.msp.to_msp_config());
    Ok(group)
}
