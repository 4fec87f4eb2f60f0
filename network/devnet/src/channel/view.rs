use std::{collections::BTreeSet, fmt, sync::Arc};

use bytes::Bytes;
use fabric_msp::{Identity, MspManager, PolicyGroup, PolicyRefusal, SignatureError};
use fabric_protos::common::{Block, Config};

use super::{BatchConfig, ChannelError, EndorsementPolicy, sections::Sections, verified::VerifiedSignatures};
use crate::ledger::block;

/// A channel as one configuration sets it: MSPs, policies, batch limits.
pub struct Channel {
    id: String,
    config: Config,
    msps: MspManager,
    pub(super) sections: Sections,
    verified: Arc<VerifiedSignatures>,
}

/// A message, who claims to have signed it, and the signature.
///
/// Source: Fabric, protoutil/signeddata.go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedData {
    /// The signed bytes.
    pub message: Bytes,
    /// The signer's `SerializedIdentity`.
    pub identity: Bytes,
    /// DER, low S.
    pub signature: Bytes,
}

impl Channel {
    /// Reads a configuration block.
    ///
    /// # Errors
    ///
    /// When the block is no configuration block, or an MSP, a policy or a batch limit in it is not sound.
    pub fn from_block(config_block: &Block) -> Result<Self, ChannelError> {
        let missing =
            || ChannelError::Block("no configuration block: it holds other than one configuration".to_owned());
        let config = block::configuration(config_block).and_then(|envelope| envelope.config);
        let header = block::envelopes(config_block).first().and_then(block::open_envelope);
        let (_, header) = header.ok_or_else(missing)?;
        let config = config.ok_or_else(missing)?;
        Self::new(header.channel_id, config, Arc::default())
    }

    /// The same channel under another configuration. Signatures that were found true stay known.
    ///
    /// # Errors
    ///
    /// When the configuration is not sound.
    pub(super) fn with_config(&self, config: Config) -> Result<Self, ChannelError> {
        Self::new(self.id.clone(), config, self.verified.clone())
    }

    fn new(id: String, config: Config, verified: Arc<VerifiedSignatures>) -> Result<Self, ChannelError> {
        let root = config
            .channel_group
            .as_ref()
            .ok_or_else(|| ChannelError::Block("config must contain a channel group".to_owned()))?;
        let (sections, msps) = Sections::read(root)?;
        Ok(Self {
            id,
            msps: MspManager::new(msps),
            sections,
            config,
            verified,
        })
    }

    /// The channel's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The members' MSPs.
    pub fn msps(&self) -> &MspManager {
        &self.msps
    }

    /// The configuration as it stands in its block.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many updates led to this configuration.
    pub fn sequence(&self) -> u64 {
        self.config.sequence
    }

    /// The tree of policies below `/Channel`.
    pub fn policies(&self) -> &PolicyGroup {
        &self.sections.policies
    }

    /// The MSP ids of the application's organisations, sorted by organisation name.
    pub fn organizations(&self) -> impl Iterator<Item = &str> {
        self.sections.application.values().map(String::as_str)
    }

    /// Whether the MSP is that of one of the application's organisations.
    pub fn has_member(&self, msp_id: &str) -> bool {
        self.organizations().any(|member| member == msp_id)
    }

    /// When a block is cut.
    pub fn batch(&self) -> &BatchConfig {
        &self.sections.batch
    }

    /// The policy that a request must satisfy: what begins with a slash is one, all else is a resource such as
    /// `peer/Propose`, whose policy the configuration's ACLs name.
    pub fn policy_of<'a>(&'a self, resource: &'a str) -> &'a str {
        match resource.starts_with('/') {
            true => resource,
            false => self.sections.acls.policy(resource),
        }
    }

    /// Whether identities whose signatures were checked satisfy the policy at `path` (`/Channel/…`). An unknown
    /// path refuses everyone.
    pub fn evaluate(&self, path: &str, identities: &[Arc<Identity>]) -> bool {
        self.check(path, identities).is_ok()
    }

    /// As [`Channel::evaluate`], with Fabric's words for a refusal.
    ///
    /// # Errors
    ///
    /// There is no such policy, or the identities do not satisfy it.
    pub fn check(&self, path: &str, identities: &[Arc<Identity>]) -> Result<(), PolicyRefusal> {
        self.sections.policies.check(path, identities, &self.msps)
    }

    /// As [`Channel::evaluate`], for a chaincode's endorsement policy.
    pub fn satisfies(&self, policy: &EndorsementPolicy, identities: &[Arc<Identity>]) -> bool {
        match policy {
            EndorsementPolicy::Signature(policy) => policy.evaluate(identities, &self.msps),
            EndorsementPolicy::ChannelReference(path) => self.evaluate(path, identities),
        }
    }

    /// Whether the identity's key signed the message. The same signature is computed only once.
    ///
    /// # Errors
    ///
    /// When it did not.
    pub fn verify(&self, identity: &Identity, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.verified.verify(identity, message, signature)
    }

    /// The valid identities that truly signed, each once, in order. Unknown identities, second signatures of the
    /// same certificate and wrong signatures are left out.
    ///
    /// Source: Fabric, common/policies/policy.go `SignatureSetToValidIdentities`.
    pub fn signers(&self, signatures: &[SignedData]) -> Vec<Arc<Identity>> {
        let mut seen = BTreeSet::new();
        let mut signers = Vec::with_capacity(signatures.len());
        for signed in signatures {
            let Ok(identity) = self.msps.identity(&signed.identity) else {
                continue;
            };
            let person = (identity.msp_id().to_owned(), *identity.certificate().canonical_hash());
            if seen.contains(&person) || self.verify(&identity, &signed.message, &signed.signature).is_err() {
                continue;
            }
            seen.insert(person);
            signers.push(identity);
        }
        signers
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let organizations: Vec<_> = self.organizations().collect();
        formatter
            .debug_struct("Channel")
            .field("id", &self.id)
            .field("sequence", &self.sequence())
            .field("organizations", &organizations)
            .finish()
    }
}
