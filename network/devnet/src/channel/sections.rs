//! What a configuration's tree says, read and checked.
//!
//! Source: Fabric, common/channelconfig/{bundle,channel,orderer,application,organization,msp}.go.

use std::collections::BTreeMap;

use fabric_msp::{Msp, Policy, PolicyGroup};
use fabric_protos::{
    common::{ConfigGroup, ConfigValue, OrdererAddresses},
    msp::MspConfig,
    orderer::{BatchSize, BatchTimeout, ConsensusType},
    protos::AcLs,
};
use prost::Message;

use super::{
    BatchConfig, ChannelError,
    acls::ConfiguredAcls,
    capabilities::{self, Level},
    duration,
};

const APPLICATION: &str = "Application";
const ORDERER: &str = "Orderer";
/// The values that Fabric knows in each group; another one is refused.
const CHANNEL_VALUES: [&str; 6] = [
    "HashingAlgorithm",
    "BlockDataHashingStructure",
    "OrdererAddresses",
    "Orderers",
    "Consortium",
    "Capabilities",
];
const ORDERER_VALUES: [&str; 6] = [
    "ConsensusType",
    "BatchSize",
    "BatchTimeout",
    "KafkaBrokers",
    "ChannelRestrictions",
    "Capabilities",
];
const APPLICATION_VALUES: [&str; 2] = ["ACLs", "Capabilities"];
const ORDERER_ORGANIZATION_VALUES: [&str; 2] = ["Endpoints", "MSP"];
const ORGANIZATION_VALUES: [&str; 2] = ["AnchorPeers", "MSP"];

/// One configuration's content.
#[derive(Debug)]
pub(super) struct Sections {
    pub(super) policies: PolicyGroup,
    pub(super) batch: BatchConfig,
    pub(super) consensus: ConsensusType,
    pub(super) acls: ConfiguredAcls,
    /// MSP ids of the members by their group's name.
    pub(super) application: BTreeMap<String, String>,
    /// And of those who order.
    pub(super) orderers: BTreeMap<String, String>,
}

impl Sections {
    pub(super) fn read(root: &ConfigGroup) -> Result<(Self, Vec<Msp>), ChannelError> {
        check_values(root, &CHANNEL_VALUES).map_err(unsound)?;
        if let Some(other) = root.groups.keys().find(|name| *name != APPLICATION && *name != ORDERER) {
            return Err(unsound(format!("Disallowed channel group: {other}")));
        }
        let (application, orderer) = (subgroup(root, APPLICATION)?, subgroup(root, ORDERER)?);
        check_values(application, &APPLICATION_VALUES).map_err(|reason| below(APPLICATION, &reason))?;
        check_values(orderer, &ORDERER_VALUES).map_err(|reason| below(ORDERER, &reason))?;
        check_capabilities(root, &capabilities::CHANNEL)?;
        check_capabilities(orderer, &capabilities::ORDERER)?;
        check_capabilities(application, &capabilities::APPLICATION)?;
        check_endpoints(orderer)?;
        let mut msps = Vec::new();
        let members = organizations(APPLICATION, application, &ORGANIZATION_VALUES, &mut msps)?;
        let orderers = organizations(ORDERER, orderer, &ORDERER_ORGANIZATION_VALUES, &mut msps)?;
        let acls: AcLs = optional(application, "ACLs")?;
        let sections = Self {
            policies: policies(root)?,
            batch: batch(orderer)?,
            consensus: value(orderer, "ConsensusType")?,
            acls: ConfiguredAcls::new(acls),
            application: members,
            orderers,
        };
        Ok((sections, msps))
    }
}

fn unsound(reason: String) -> ChannelError {
    ChannelError::Block(format!("initializing channelconfig failed: {reason}"))
}

fn subgroup<'a>(root: &'a ConfigGroup, name: &'static str) -> Result<&'a ConfigGroup, ChannelError> {
    let missing = || ChannelError::Block(format!("config does not contain {} config", name.to_lowercase()));
    root.groups.get(name).ok_or_else(missing)
}

/// What is unsound in one of the channel's two groups.
fn below(section: &'static str, reason: &str) -> ChannelError {
    unsound(format!("could not create channel {section} sub-group config: {reason}"))
}

fn check_values(group: &ConfigGroup, known: &[&str]) -> Result<(), String> {
    match group.values.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("failed to deserialize values: Unexpected key {key}")),
        None => Ok(()),
    }
}

fn check_capabilities(group: &ConfigGroup, level: &Level) -> Result<(), ChannelError> {
    level
        .check(&optional(group, "Capabilities")?)
        .map_err(ChannelError::Block)
}

/// Since V3_0 each organisation that orders says where.
fn check_endpoints(orderer: &ConfigGroup) -> Result<(), ChannelError> {
    for (name, organization) in &orderer.groups {
        let endpoints: OrdererAddresses = optional(organization, "Endpoints")?;
        if endpoints.addresses.is_empty() {
            let reason = format!("some orderer organizations endpoints are empty: [{name}]");
            return Err(below(ORDERER, &reason));
        }
    }
    Ok(())
}

/// The MSP ids of a section's organisations. An organisation that stands in both sections must have one MSP.
fn organizations(
    section: &'static str,
    group: &ConfigGroup,
    values: &[&str],
    msps: &mut Vec<Msp>,
) -> Result<BTreeMap<String, String>, ChannelError> {
    let mut found = BTreeMap::new();
    for (name, group) in &group.groups {
        check_values(group, values).map_err(|reason| below(section, &reason))?;
        let config: MspConfig = value(group, "MSP")?;
        let msp = Msp::from_msp_config(&config).map_err(|source| ChannelError::Msp {
            section,
            organization: name.clone(),
            source,
        })?;
        found.insert(name.clone(), msp.id().to_owned());
        match msps.iter().find(|known| known.id() == msp.id()) {
            Some(known) if known.to_config() != msp.to_config() => {
                let reason = format!("Attempted to define two different versions of MSP: {}", msp.id());
                return Err(below(section, &reason));
            }
            Some(_) => {}
            None => msps.push(msp),
        }
    }
    Ok(found)
}

fn policies(group: &ConfigGroup) -> Result<PolicyGroup, ChannelError> {
    let mut tree = PolicyGroup::default();
    for (name, config) in &group.policies {
        let wire = config
            .policy
            .as_ref()
            .ok_or_else(|| ChannelError::Block(format!("policy {name} is empty")))?;
        let policy = Policy::from_wire(wire).map_err(|source| ChannelError::Policy {
            name: name.clone(),
            source,
        })?;
        tree.policies.insert(name.clone(), policy);
    }
    for (name, below) in &group.groups {
        tree.groups.insert(name.clone(), policies(below)?);
    }
    Ok(tree)
}

fn batch(orderer: &ConfigGroup) -> Result<BatchConfig, ChannelError> {
    let size: BatchSize = value(orderer, "BatchSize")?;
    let timeout: BatchTimeout = value(orderer, "BatchTimeout")?;
    let timeout = duration::parse(&timeout.timeout)
        .ok_or_else(|| unsound(format!("batch time-out {:?} is no duration", timeout.timeout)))?;
    let batch = BatchConfig {
        max_message_count: size.max_message_count,
        absolute_max_bytes: size.absolute_max_bytes,
        preferred_max_bytes: size.preferred_max_bytes,
        timeout,
    };
    batch.check().map_err(|reason| below(ORDERER, &reason))?;
    Ok(batch)
}

fn value<M: Message + Default>(group: &ConfigGroup, key: &'static str) -> Result<M, ChannelError> {
    let entry = group.values.get(key);
    decode(
        entry.ok_or_else(|| unsound(format!("the configuration has no {key}")))?,
        key,
    )
}

fn optional<M: Message + Default>(group: &ConfigGroup, key: &'static str) -> Result<M, ChannelError> {
    group
        .values
        .get(key)
        .map_or_else(|| Ok(M::default()), |entry| decode(entry, key))
}

fn decode<M: Message + Default>(entry: &ConfigValue, key: &'static str) -> Result<M, ChannelError> {
    M::decode(entry.value.clone()).map_err(ChannelError::decode(key))
}
