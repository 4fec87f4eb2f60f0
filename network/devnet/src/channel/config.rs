use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use fabric_msp::Msp;

use super::ChannelError;

/// What a channel's genesis block is made from.
#[derive(Debug, Clone)]
pub struct ChannelConfig {
    /// Channel name: lower-case letters, digits, dots and dashes, beginning with a letter, at most 249.
    pub id: String,
    /// The members. Those with orderer endpoints also run the ordering service.
    pub organizations: Vec<OrganizationConfig>,
    /// The ordering nodes.
    pub consenters: Vec<Consenter>,
    /// When a block is cut.
    pub batch: BatchConfig,
}

/// A member of the channel.
#[derive(Debug, Clone)]
pub struct OrganizationConfig {
    /// Its group's name in the configuration, by custom the MSP id.
    pub name: String,
    /// Its MSP, without private keys.
    pub msp: Msp,
    /// Its peers that other organisations find first.
    pub anchor_peers: Vec<HostPort>,
    /// Its ordering nodes; none for a member that does not order.
    pub orderer_endpoints: Vec<HostPort>,
}

/// Where a node listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl HostPort {
    pub(super) fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// An ordering node as the channel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consenter {
    /// Where it listens.
    pub endpoint: HostPort,
    /// PEM of the TLS certificate with which it dials.
    pub client_tls_certificate: Bytes,
    /// PEM of the TLS certificate with which it listens.
    pub server_tls_certificate: Bytes,
}

/// When the orderer cuts a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchConfig {
    /// Most transactions in a block.
    pub max_message_count: u32,
    /// Bytes (payload and signature) above which an envelope is refused.
    pub absolute_max_bytes: u32,
    /// Bytes above which a block is cut; a larger envelope gets a block of its own.
    pub preferred_max_bytes: u32,
    /// The longest that the first transaction of a block waits.
    pub timeout: Duration,
}

impl Default for BatchConfig {
    /// The values of Fabric's sample configuration, with a time-out fit for a developer.
    fn default() -> Self {
        Self {
            max_message_count: 500,
            absolute_max_bytes: 10 << 20,
            preferred_max_bytes: 2 << 20,
            timeout: Duration::from_millis(200),
        }
    }
}

impl ChannelConfig {
    /// Refuses what no Fabric orderer would start with.
    pub(super) fn check(&self) -> Result<(), ChannelError> {
        let refuse = |reason: String| Err(ChannelError::Config(reason));
        if !is_channel_name(&self.id) {
            return refuse(format!(
                "{:?} is no channel name: begin with a lower-case letter, then letters, digits, dots, dashes, at most 249",
                self.id
            ));
        }
        let mut names = BTreeSet::new();
        let mut msps = BTreeSet::new();
        for organization in &self.organizations {
            if organization.name.is_empty() || organization.name.contains('/') {
                return refuse(format!(
                    "{:?} is no organisation name: no slash, not empty",
                    organization.name
                ));
            }
            if !names.insert(&organization.name) || !msps.insert(organization.msp.id()) {
                return refuse(format!("organisation {} or its MSP stands twice", organization.name));
            }
        }
        if !self
            .organizations
            .iter()
            .any(|organization| !organization.orderer_endpoints.is_empty())
        {
            return refuse(
                "no organisation has an orderer endpoint: the ordering service would have no owner".to_owned(),
            );
        }
        self.batch.check().map_err(ChannelError::Config)
    }
}

impl BatchConfig {
    /// In Fabric's words. Source: common/channelconfig/orderer.go `validateBatchSize`, `validateBatchTimeout`.
    pub(super) fn check(&self) -> Result<(), String> {
        let sizes = [
            ("max message count", self.max_message_count),
            ("absolute max bytes", self.absolute_max_bytes),
            ("preferred max bytes", self.preferred_max_bytes),
        ];
        if let Some((name, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(format!("Attempted to set the batch size {name} to an invalid value: 0"));
        }
        let (preferred, absolute) = (self.preferred_max_bytes, self.absolute_max_bytes);
        if preferred > absolute {
            return Err(format!(
                "Attempted to set the batch size preferred max bytes ({preferred}) greater than the absolute max bytes ({absolute})."
            ));
        }
        if self.timeout.is_zero() {
            return Err("Attempted to set the batch timeout to a non-positive value: 0s".to_owned());
        }
        Ok(())
    }
}

/// Source: Fabric, common/configtx/validator.go.
fn is_channel_name(name: &str) -> bool {
    name.len() <= 249
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || each == '.' || each == '-')
}
