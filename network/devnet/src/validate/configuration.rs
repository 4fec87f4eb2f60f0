//! The configuration that a block holds, applied to the one before it.
//!
//! Source: Fabric, core/committer/txvalidator/v20/validator.go, core/peer/channel.go.

use fabric_protos::common::{Block, ConfigEnvelope};
use prost::Message;

use super::structure::{self, Content};
use crate::{
    channel::Channel,
    ledger::{LedgerError, block},
};

/// The channel after the block; `None` when the block holds no configuration, or one whose orderer did not sign it.
pub(super) fn apply(channel: &Channel, ordered: &Block) -> Result<Option<Channel>, LedgerError> {
    let envelopes = block::envelopes(ordered);
    let Some(envelope) = envelopes.iter().find(|envelope| block::is_configuration(envelope)) else {
        return Ok(None);
    };
    let Ok(Content::Configuration(content)) = structure::check(channel, envelope) else {
        return Ok(None);
    };
    let number = block::number(ordered);
    let refused = |reason: String| {
        LedgerError::bad_block(
            number,
            format!("error validating config which passed initial validity checks: {reason}"),
        )
    };
    if envelopes.len() != 1 {
        return Err(refused("a configuration shares its block".to_owned()));
    }
    let content = ConfigEnvelope::decode(content).map_err(|error| refused(error.to_string()))?;
    let next = channel.apply(&content);
    next.map(Some).map_err(|error| refused(error.to_string()))
}
