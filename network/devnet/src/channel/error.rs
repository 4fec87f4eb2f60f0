use thiserror::Error;

/// Why a channel configuration is refused.
#[derive(Debug, Error)]
pub enum ChannelError {
    /// The configuration cannot make a channel.
    #[error("channel configuration: {0}")]
    Config(String),
    /// A configuration block is not one, or sets no channel.
    #[error("{0}")]
    Block(String),
    /// A part of the configuration does not decode.
    #[error("initializing channelconfig failed: {part}: {source}")]
    Decode {
        /// Which part.
        part: &'static str,
        /// Where decoding failed.
        source: prost::DecodeError,
    },
    /// An organisation's MSP is not sound.
    #[error(
        "initializing channelconfig failed: could not create channel {section} sub-group config: setting up the MSP manager failed: {source} (organisation {organization})"
    )]
    Msp {
        /// Application or Orderer.
        section: &'static str,
        /// Its name in the configuration.
        organization: String,
        /// What is wrong.
        source: fabric_msp::MspError,
    },
    /// A policy is not sound.
    #[error("initializing policymanager failed: policy {name}: {source}")]
    Policy {
        /// Its name.
        name: String,
        /// What is wrong.
        source: fabric_msp::PolicyError,
    },
}

/// Why a configuration cannot follow another, in Fabric's words where Fabric has them.
#[derive(Debug, Error)]
pub enum UpdateRefusal {
    /// The envelope holds no update.
    #[error("error converting envelope to config update: {0}")]
    Envelope(String),
    /// The update does not decode, is another channel's, does not fit the configuration, or too few signed it.
    #[error("error authorizing update: {0}")]
    Unauthorized(String),
    /// The updated tree does not hold together.
    #[error(transparent)]
    Tree(fabric_msp::UpdateError),
    /// The configuration that results is not sound.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The configuration that results is sound, but none that this channel may change to.
    #[error("{0}")]
    Successor(String),
    /// A configuration block is not the next one.
    #[error("config currently at sequence {current}, cannot validate config at sequence {found}")]
    Sequence {
        /// The channel's.
        current: u64,
        /// The block's.
        found: u64,
    },
    /// A configuration block holds another configuration than its update gives.
    #[error("ConfigEnvelope LastUpdate did not produce the supplied config result")]
    OtherResult,
}

impl ChannelError {
    pub(super) fn decode(part: &'static str) -> impl FnOnce(prost::DecodeError) -> Self {
        move |source| Self::Decode { part, source }
    }
}
