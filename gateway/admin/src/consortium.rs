//! The configuration for people.

use std::collections::BTreeMap;

use fabric_msp::{Certificate, Policy};
use fabric_protos::{
    common::{Capabilities, ConfigGroup, OrdererAddresses, Orderers},
    etcdraft::ConfigMetadata,
    orderer::{BatchSize, BatchTimeout, ConsensusType},
    protos::AnchorPeers,
};
use prost::Message;
use serde::Serialize;

use crate::{AdminError, ChannelConfig, channel_config::msp, group};

/// A channel's members, rules and ordering nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consortium {
    /// The channel's name.
    pub channel: String,
    /// How often the configuration has been changed.
    pub sequence: u64,
    /// Members and orderers by group name.
    pub organizations: Vec<Organization>,
    /// Policies of the channel's own groups by path, in words.
    pub policies: BTreeMap<String, String>,
    /// Capabilities by group.
    pub capabilities: BTreeMap<String, Vec<String>>,
    /// The ordering nodes and what they bear.
    pub consensus: Consensus,
    /// When a block is cut.
    pub batch: Batch,
}

/// One organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// The group's name.
    pub name: String,
    /// The MSP's name.
    pub msp_id: String,
    /// Whether it is a member: peers, clients, endorsement.
    pub application: bool,
    /// Whether it has a say in ordering.
    pub orderer: bool,
    /// Peers that others find first, host and port.
    pub anchor_peers: Vec<String>,
    /// Where clients reach its ordering nodes, host and port.
    pub orderer_endpoints: Vec<String>,
    /// How many revocation lists its MSP holds.
    pub revocation_lists: usize,
    /// Its own policies, in words.
    pub policies: BTreeMap<String, String>,
}

/// When a block is cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Most transactions in a block.
    pub max_message_count: u32,
    /// Bytes above which an envelope is refused.
    pub absolute_max_bytes: u32,
    /// Bytes above which a block is cut.
    pub preferred_max_bytes: u32,
    /// The longest that a transaction waits, as Go writes durations.
    pub timeout: String,
}

/// How blocks are agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsensusKind {
    /// SmartBFT: bears liars.
    Bft,
    /// Raft: bears crashes.
    Raft,
}

/// Who orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consensus {
    /// How.
    pub kind: ConsensusKind,
    /// What the nodes together bear.
    #[serde(flatten)]
    pub tolerance: Tolerance,
    /// The nodes in the order of the configuration.
    pub consenters: Vec<Node>,
}

/// What a number of ordering nodes bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tolerance {
    /// How many nodes there are.
    pub n: usize,
    /// How many may fail, or lie under BFT.
    pub f: usize,
    /// How many must agree.
    pub quorum: usize,
}

/// One ordering node as the configuration knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its number under BFT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// Host and port.
    pub address: String,
    /// Whose it is under BFT; Raft's configuration does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msp_id: Option<String>,
    /// The last day of the certificate it shows, Unix seconds.
    pub tls_not_after: i64,
    /// PEM of the certificate it shows.
    #[serde(skip)]
    pub server_tls_cert: bytes::Bytes,
}

impl Tolerance {
    /// SmartBFT: f = ⌊(n−1)/3⌋, quorum = ⌈(n+f+1)/2⌉. Source: Fabric `common/policies/bft.go`.
    #[must_use]
    pub const fn bft(n: usize) -> Self {
        let f = n.saturating_sub(1) / 3;
        let quorum = (n + f + 1).div_ceil(2);
        Self { n, f, quorum }
    }

    /// Raft: a majority.
    #[must_use]
    pub const fn raft(n: usize) -> Self {
        let quorum = n / 2 + 1;
        Self {
            n,
            f: n.saturating_sub(1) / 2,
            quorum,
        }
    }
}

impl Consortium {
    /// Reads a configuration.
    ///
    /// # Errors
    /// When a part that every channel has is missing or cannot be read.
    pub fn of(config: &ChannelConfig) -> Result<Self, AdminError> {
        let orderer = config.orderer()?;
        let size: BatchSize = required(orderer, "BatchSize")?;
        let timeout: BatchTimeout = required(orderer, "BatchTimeout")?;
        let groups = [
            ("/Channel", config.root()),
            ("/Channel/Application", config.application()?),
            ("/Channel/Orderer", orderer),
        ];
        let mut policies = BTreeMap::new();
        let mut capabilities = BTreeMap::new();
        for (path, group) in groups {
            let named = words(group)
                .into_iter()
                .map(|(name, rule)| (format!("{path}/{name}"), rule));
            policies.extend(named);
            let held: Capabilities = group::value(group, "Capabilities")?.unwrap_or_default();
            capabilities.insert(path.to_owned(), held.capabilities.into_keys().collect());
        }
        Ok(Self {
            channel: config.channel().to_owned(),
            sequence: config.sequence(),
            organizations: organizations(config)?,
            policies,
            capabilities,
            consensus: Consensus::of(config)?,
            batch: Batch {
                max_message_count: size.max_message_count,
                absolute_max_bytes: size.absolute_max_bytes,
                preferred_max_bytes: size.preferred_max_bytes,
                timeout: timeout.timeout,
            },
        })
    }
}

impl Consensus {
    /// Reads the ordering nodes of a configuration.
    ///
    /// # Errors
    /// When the kind is neither BFT nor Raft, or the nodes cannot be read.
    pub fn of(config: &ChannelConfig) -> Result<Self, AdminError> {
        let orderer = config.orderer()?;
        let kind: ConsensusType = required(orderer, "ConsensusType")?;
        match kind.r#type.as_str() {
            "BFT" => {
                let consenters = bft_consenters(orderer)?.consenter_mapping;
                let nodes: Vec<Node> = consenters.iter().map(Node::of_bft).collect();
                Ok(Self {
                    kind: ConsensusKind::Bft,
                    tolerance: Tolerance::bft(nodes.len()),
                    consenters: nodes,
                })
            }
            "etcdraft" => {
                let metadata = ConfigMetadata::decode(kind.metadata)
                    .map_err(|error| AdminError::malformed("the Raft consenters", error))?;
                let nodes: Vec<Node> = metadata.consenters.iter().map(Node::of_raft).collect();
                Ok(Self {
                    kind: ConsensusKind::Raft,
                    tolerance: Tolerance::raft(nodes.len()),
                    consenters: nodes,
                })
            }
            other => Err(AdminError::malformed(
                "the consensus type",
                format!("{other:?} is neither BFT nor etcdraft"),
            )),
        }
    }
}

impl Node {
    fn of_bft(consenter: &fabric_protos::common::Consenter) -> Self {
        Self {
            id: Some(consenter.id),
            address: format!("{}:{}", consenter.host, consenter.port),
            msp_id: Some(consenter.msp_id.clone()),
            tls_not_after: not_after(&consenter.server_tls_cert),
            server_tls_cert: consenter.server_tls_cert.clone(),
        }
    }

    fn of_raft(consenter: &fabric_protos::etcdraft::Consenter) -> Self {
        Self {
            id: None,
            address: format!("{}:{}", consenter.host, consenter.port),
            msp_id: None,
            tls_not_after: not_after(&consenter.server_tls_cert),
            server_tls_cert: consenter.server_tls_cert.clone(),
        }
    }
}

fn not_after(pem: &[u8]) -> i64 {
    Certificate::from_pem(pem).map_or(0, |certificate| certificate.not_after())
}

/// The consenter mapping of SmartBFT.
pub(crate) fn bft_consenters(orderer: &ConfigGroup) -> Result<Orderers, AdminError> {
    required(orderer, "Orderers")
}

fn required<M: Message + Default>(group: &ConfigGroup, key: &str) -> Result<M, AdminError> {
    group::value(group, key)?.ok_or_else(|| AdminError::Absent(format!("value {key}")))
}

/// Organisations of both groups, by name.
fn organizations(config: &ChannelConfig) -> Result<Vec<Organization>, AdminError> {
    let (application, orderer) = (config.application()?, config.orderer()?);
    let mut names: Vec<&String> = application.groups.keys().chain(orderer.groups.keys()).collect();
    names.sort();
    names.dedup();
    let read = |name: &&String| organization(name, application.groups.get(*name), orderer.groups.get(*name));
    names.iter().map(read).collect()
}

fn organization(
    name: &str,
    member: Option<&ConfigGroup>,
    orderer: Option<&ConfigGroup>,
) -> Result<Organization, AdminError> {
    let group = member.or(orderer).ok_or_else(|| AdminError::Unknown(name.to_owned()))?;
    let msp = msp(group)?;
    Ok(Organization {
        name: name.to_owned(),
        msp_id: msp.id().to_owned(),
        application: member.is_some(),
        orderer: orderer.is_some(),
        anchor_peers: member.map(anchor_peers).transpose()?.unwrap_or_default(),
        orderer_endpoints: orderer.map(endpoints).transpose()?.unwrap_or_default(),
        revocation_lists: msp.to_config().revocation_list.len(),
        policies: words(group),
    })
}

fn anchor_peers(group: &ConfigGroup) -> Result<Vec<String>, AdminError> {
    let peers: AnchorPeers = group::value(group, "AnchorPeers")?.unwrap_or_default();
    let peers = peers.anchor_peers.iter();
    Ok(peers.map(|peer| format!("{}:{}", peer.host, peer.port)).collect())
}

/// Where clients reach an organisation's ordering nodes.
pub(crate) fn endpoints(group: &ConfigGroup) -> Result<Vec<String>, AdminError> {
    let addresses: OrdererAddresses = group::value(group, "Endpoints")?.unwrap_or_default();
    Ok(addresses.addresses)
}

fn words(group: &ConfigGroup) -> BTreeMap<String, String> {
    let each = group.policies.iter();
    each.map(|(name, entry)| (name.clone(), policy_words(entry.policy.as_ref())))
        .collect()
}

/// A policy in its own language, as far as it is known.
pub(crate) fn policy_words(policy: Option<&fabric_protos::common::Policy>) -> String {
    let Some(policy) = policy else {
        return "(empty)".to_owned();
    };
    match Policy::from_wire(policy) {
        Ok(Policy::Signature(policy)) => policy.to_string(),
        Ok(Policy::ImplicitMeta(policy)) => policy.to_string(),
        Err(error) => format!("(not readable: {error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::Tolerance;

    #[test]
    fn n_f_and_quorum_are_those_of_fabric() {
        let bft: Vec<(usize, usize)> = (1..=10)
            .map(|n| (Tolerance::bft(n).f, Tolerance::bft(n).quorum))
            .collect();
        // ⌈(n + f + 1) / 2⌉ by hand.
        let by_hand = [
            (0, 1),
            (0, 2),
            (0, 2),
            (1, 3),
            (1, 4),
            (1, 4),
            (2, 5),
            (2, 6),
            (2, 6),
            (3, 7),
        ];
        assert_eq!(bft, by_hand);
        let raft = Tolerance::raft(3);
        assert_eq!((raft.f, raft.quorum), (1, 2));
    }
}
