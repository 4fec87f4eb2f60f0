//! The configuration of a channel at one moment.

use fabric_gateway::Network;
use fabric_msp::{Msp, MspManager, Policy, PolicyGroup};
use fabric_protos::{
    common::{Block, ChannelHeader, Config, ConfigEnvelope, ConfigGroup, Envelope, HeaderType, Payload},
    msp::MspConfig,
};
use prost::Message;

use crate::{AdminError, group};

/// The group of the channel's members.
pub(crate) const APPLICATION: &str = "Application";
/// The group of those who order.
pub(crate) const ORDERER: &str = "Orderer";

/// A channel's name and its configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelConfig {
    channel: String,
    sequence: u64,
    root: ConfigGroup,
}

impl ChannelConfig {
    /// Reads a configuration block.
    ///
    /// # Errors
    /// When the block holds no channel configuration.
    pub fn from_block(block: &Block) -> Result<Self, AdminError> {
        let damaged = |reason: &dyn ToString| AdminError::malformed("the configuration block", reason.to_string());
        let first = block.data.as_ref().and_then(|data| data.data.first());
        let envelope = Envelope::decode(first.cloned().unwrap_or_default()).map_err(|error| damaged(&error))?;
        let payload = Payload::decode(envelope.payload).map_err(|error| damaged(&error))?;
        let header = payload.header.unwrap_or_default().channel_header;
        let header = ChannelHeader::decode(header).map_err(|error| damaged(&error))?;
        if header.r#type != HeaderType::Config as i32 {
            return Err(damaged(&"its transaction is no configuration"));
        }
        let envelope = ConfigEnvelope::decode(payload.data).map_err(|error| damaged(&error))?;
        let config = envelope.config.ok_or_else(|| damaged(&"it is empty"))?;
        Self::from_config(header.channel_id, config)
    }

    /// Takes a configuration as it stands.
    ///
    /// # Errors
    /// When it has no root.
    pub fn from_config(channel: impl Into<String>, config: Config) -> Result<Self, AdminError> {
        Ok(Self {
            channel: channel.into(),
            sequence: config.sequence,
            root: config
                .channel_group
                .ok_or_else(|| AdminError::Absent("root group".to_owned()))?,
        })
    }

    /// The newest configuration that the gateway's peer has committed, by its system chaincode `cscc`.
    ///
    /// # Errors
    /// When no peer answers or the answer is no configuration block.
    pub async fn read(network: &Network) -> Result<Self, AdminError> {
        let cscc = network.contract("cscc");
        let bytes = cscc
            .evaluate("GetConfigBlock", [network.name()])
            .await
            .map_err(|error| AdminError::Read(Box::new(error)))?;
        let block = Block::decode(bytes).map_err(|error| AdminError::malformed("the peer's answer", error))?;
        let config = Self::from_block(&block)?;
        config.must_be(network.name())?;
        Ok(config)
    }

    pub(crate) fn must_be(&self, channel: &str) -> Result<(), AdminError> {
        if self.channel == channel {
            return Ok(());
        }
        Err(AdminError::OtherChannel {
            expected: channel.to_owned(),
            found: self.channel.clone(),
        })
    }

    /// The channel's name.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// How often the configuration has been changed.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The tree.
    #[must_use]
    pub const fn root(&self) -> &ConfigGroup {
        &self.root
    }

    /// The configuration with another tree, one change later.
    #[must_use]
    pub fn with_root(&self, root: ConfigGroup) -> Self {
        Self {
            channel: self.channel.clone(),
            sequence: self.sequence + 1,
            root,
        }
    }

    /// The group `/Channel/Application`.
    ///
    /// # Errors
    /// When there is none.
    pub fn application(&self) -> Result<&ConfigGroup, AdminError> {
        group::below(&self.root, APPLICATION)
    }

    /// The group `/Channel/Orderer`.
    ///
    /// # Errors
    /// When there is none.
    pub fn orderer(&self) -> Result<&ConfigGroup, AdminError> {
        group::below(&self.root, ORDERER)
    }

    /// The channel's MSPs, members' and orderers'.
    ///
    /// # Errors
    /// When one is not sound.
    pub fn msps(&self) -> Result<MspManager, AdminError> {
        let groups = [self.application()?, self.orderer()?].map(|group| group.groups.values());
        let msps = groups.into_iter().flatten().map(msp).collect::<Result<Vec<_>, _>>()?;
        Ok(MspManager::new(msps))
    }

    /// The channel's policies.
    ///
    /// # Errors
    /// When one is of no kind that Fabric evaluates.
    pub fn policies(&self) -> Result<PolicyGroup, AdminError> {
        policies(&self.root)
    }
}

/// The MSP of an organisation's group.
pub(crate) fn msp(organization: &ConfigGroup) -> Result<Msp, AdminError> {
    let config: MspConfig =
        group::value(organization, "MSP")?.ok_or_else(|| AdminError::Absent("MSP in a group".to_owned()))?;
    Msp::from_msp_config(&config).map_err(|error| AdminError::malformed("an MSP of the channel", error))
}

fn policies(group: &ConfigGroup) -> Result<PolicyGroup, AdminError> {
    let mut tree = PolicyGroup::default();
    for (name, entry) in &group.policies {
        let wire = entry.policy.clone().unwrap_or_default();
        let policy =
            Policy::from_wire(&wire).map_err(|error| AdminError::malformed(format!("the policy {name}"), error))?;
        tree.policies.insert(name.clone(), policy);
    }
    for (name, below) in &group.groups {
        tree.groups.insert(name.clone(), policies(below)?);
    }
    Ok(tree)
}
