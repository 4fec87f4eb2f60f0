use thiserror::Error;

/// Why a channel configuration is refused.
#[derive(Debug, Error)]
pub enum ChannelError {
    /// The configuration cannot make a channel.
    #[error("channel configuration: {0}")]
    Config(String),
    /// The genesis block is not one.
    #[error("genesis block: {0}")]
    Genesis(String),
    /// A part of the genesis block does not decode.
    #[error("genesis block, {part}: {source}")]
    Decode {
        /// Which part.
        part: &'static str,
        /// Where decoding failed.
        source: prost::DecodeError,
    },
    /// An organisation's MSP is not sound.
    #[error("genesis block, organisation {organization}: {source}")]
    Msp {
        /// Its name in the configuration.
        organization: String,
        /// What is wrong.
        source: fabric_msp::MspError,
    },
    /// A policy is not sound.
    #[error("genesis block, policy {name}: {source}")]
    Policy {
        /// Its name.
        name: String,
        /// What is wrong.
        source: fabric_msp::PolicyError,
    },
}

impl ChannelError {
    pub(super) fn decode(part: &'static str) -> impl FnOnce(prost::DecodeError) -> Self {
        move |source| Self::Decode { part, source }
    }
}
