//! From a channel's configuration to the next.
//!
//! Source: Fabric, common/configtx/validator.go, common/channelconfig/bundle.go `ValidateNew`,
//! orderer/common/multichannel/chainsupport.go `ProposeConfigUpdate`, core/peer/channel.go `Apply`.

use std::{collections::BTreeMap, sync::Arc};

use fabric_msp::{Identity, UpdateError, configuration};
use fabric_protos::{
    common::{
        ChannelHeader, Config, ConfigEnvelope, ConfigUpdate, ConfigUpdateEnvelope, Envelope, HeaderType, Payload,
        SignatureHeader,
    },
    etcdraft::ConfigMetadata,
};
use prost::{DecodeError, Message};

use super::{Channel, SignedData, UpdateRefusal};

impl Channel {
    /// What a `CONFIG_UPDATE` envelope makes of this configuration: the content of the `CONFIG` envelope that the
    /// orderer signs, and the channel from then on.
    ///
    /// # Errors
    ///
    /// Fabric's words for why it does not apply.
    pub fn propose(&self, update: &Envelope) -> Result<(ConfigEnvelope, Channel), UpdateRefusal> {
        let config = self.updated(update)?;
        let next = self.successor(config.clone())?;
        let content = ConfigEnvelope {
            config: Some(config),
            last_update: Some(update.clone()),
        };
        Ok((content, next))
    }

    /// The channel after a configuration block, which must hold just what its own update gives.
    ///
    /// # Errors
    ///
    /// Why it does not follow. An orderer that keeps Fabric's rules writes no such block.
    pub fn apply(&self, content: &ConfigEnvelope) -> Result<Channel, UpdateRefusal> {
        let (Some(config), Some(update)) = (&content.config, &content.last_update) else {
            return Err(UpdateRefusal::Envelope("config envelope has nil config".to_owned()));
        };
        if config.sequence != self.sequence() + 1 {
            return Err(UpdateRefusal::Sequence {
                current: self.sequence(),
                found: config.sequence,
            });
        }
        if self.updated(update)? != *config {
            return Err(UpdateRefusal::OtherResult);
        }
        self.successor(config.clone())
    }

    fn updated(&self, envelope: &Envelope) -> Result<Config, UpdateRefusal> {
        let signed = open(envelope).map_err(UpdateRefusal::Envelope)?;
        let unauthorized = |error: &dyn std::fmt::Display| UpdateRefusal::Unauthorized(error.to_string());
        let update = ConfigUpdate::decode(signed.config_update.clone()).map_err(|error| unauthorized(&error))?;
        if update.channel_id != self.id() {
            let (update, channel) = (&update.channel_id, self.id());
            let reason = format!("ConfigUpdate for channel '{update}' but envelope for channel '{channel}'");
            return Err(UpdateRefusal::Unauthorized(reason));
        }
        let signers = self.update_signers(&signed).map_err(|error| unauthorized(&error))?;
        let current = self.config().channel_group.clone().unwrap_or_default();
        let applied = configuration::apply(&current, &update, |policy| self.check(policy, &signers));
        let group = applied.map_err(|error| match error {
            UpdateError::Missing { .. } => UpdateRefusal::Tree(error),
            error => unauthorized(&error),
        })?;
        Ok(Config {
            sequence: self.sequence() + 1,
            channel_group: Some(group),
        })
    }

    /// Who truly signed an update, each once.
    fn update_signers(&self, signed: &ConfigUpdateEnvelope) -> Result<Vec<Arc<Identity>>, DecodeError> {
        let mut signatures = Vec::with_capacity(signed.signatures.len());
        for signature in &signed.signatures {
            let header = SignatureHeader::decode(signature.signature_header.clone())?;
            signatures.push(SignedData {
                message: [signature.signature_header.as_ref(), &signed.config_update]
                    .concat()
                    .into(),
                identity: header.creator,
                signature: signature.signature.clone(),
            });
        }
        Ok(self.signers(&signatures))
    }

    /// The channel under the next configuration, where a channel may change so.
    fn successor(&self, config: Config) -> Result<Channel, UpdateRefusal> {
        let next = self.with_config(config)?;
        let (old, new) = (&self.sections, &next.sections);
        let kept = keep_msp_ids("orderer", &old.orderers, &new.orderers)
            .and_then(|()| keep_msp_ids("application", &old.application, &new.application))
            .and_then(|()| check_consensus(self, &next));
        kept.map_err(UpdateRefusal::Successor)?;
        Ok(next)
    }
}

/// The update in an envelope with its signatures.
fn open(envelope: &Envelope) -> Result<ConfigUpdateEnvelope, String> {
    let text = |error: DecodeError| error.to_string();
    let payload = Payload::decode(envelope.payload.clone()).map_err(text)?;
    let header = payload.header.ok_or("envelope must have a Header")?;
    let header = ChannelHeader::decode(header.channel_header).map_err(text)?;
    if header.r#type != i32::from(HeaderType::ConfigUpdate) {
        let found = HeaderType::try_from(header.r#type);
        let found = found.map_or_else(|_| header.r#type.to_string(), |kind| kind.as_str_name().to_owned());
        return Err(format!("invalid type {found}, expected CONFIG_UPDATE"));
    }
    ConfigUpdateEnvelope::decode(payload.data)
        .map_err(|error| format!("error unmarshalling message for type CONFIG_UPDATE: {error}"))
}

fn keep_msp_ids(section: &str, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Result<(), String> {
    let changed = old
        .iter()
        .find_map(|(name, old)| new.get(name).filter(|new| *new != old).map(|new| (name, old, new)));
    match changed {
        Some((name, old, new)) => Err(format!(
            "{section} org {name} attempted to change MSP ID from {old} to {new}"
        )),
        None => Ok(()),
    }
}

/// Fabric migrates from Raft to BFT by maintenance mode; this network's one orderer does neither.
fn check_consensus(current: &Channel, next: &Channel) -> Result<(), String> {
    let (old, new) = (&current.sections.consensus, &next.sections.consensus);
    if (old.state, &old.r#type) != (new.state, &new.r#type) {
        return Err(format!(
            "attempted to change ConsensusType from {} to {} or its state: this network's orderer is one process, which has no maintenance mode",
            old.r#type, new.r#type
        ));
    }
    let metadata = ConfigMetadata::decode(new.metadata.clone())
        .map_err(|error| format!("failed to unmarshal new etcdraft metadata configuration: {error}"))?;
    if metadata.consenters.is_empty() {
        return Err("invalid new config metadata: empty consenter set".to_owned());
    }
    Ok(())
}
