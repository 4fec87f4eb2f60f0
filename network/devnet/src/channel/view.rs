use std::{collections::BTreeSet, fmt, sync::Arc};

use bytes::Bytes;
use fabric_msp::{Identity, Msp, MspManager, Policy, PolicyGroup, SignatureError};
use fabric_protos::{
    common::{Block, ConfigEnvelope, ConfigGroup, HeaderType},
    msp::MspConfig,
    orderer::{BatchSize, BatchTimeout},
};
use prost::Message;

use super::{BatchConfig, ChannelError, EndorsementPolicy, duration, verified::VerifiedSignatures};
use crate::ledger::block;

/// A channel as its configuration block sets it: MSPs, policies, batch limits.
pub struct Channel {
    id: String,
    msps: MspManager,
    policies: PolicyGroup,
    batch: BatchConfig,
    organizations: Vec<(String, String)>,
    verified: VerifiedSignatures,
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
    /// Reads a genesis block.
    ///
    /// # Errors
    ///
    /// When the block is no configuration block, or an MSP, a policy or a batch limit in it is not sound.
    pub fn from_genesis(genesis: &Block) -> Result<Self, ChannelError> {
        let [envelope] = block::envelopes(genesis) else {
            return Err(ChannelError::Genesis(
                "a configuration block holds exactly one envelope".to_owned(),
            ));
        };
        let (payload, header) = block::open_envelope(envelope)
            .filter(|(_, header)| header.r#type == i32::from(HeaderType::Config))
            .ok_or_else(|| ChannelError::Genesis("the envelope holds no configuration".to_owned()))?;
        let config = ConfigEnvelope::decode(payload.data).map_err(ChannelError::decode("configuration"))?;
        let root = config
            .config
            .and_then(|config| config.channel_group)
            .ok_or_else(|| ChannelError::Genesis("the configuration has no channel group".to_owned()))?;
        let application = subgroup(&root, "Application")?;
        let orderer = subgroup(&root, "Orderer")?;
        Ok(Self {
            id: header.channel_id,
            msps: MspManager::new(msps(&[application, orderer])?),
            policies: policies(&root)?,
            batch: batch(orderer)?,
            organizations: organizations(application)?,
            verified: VerifiedSignatures::default(),
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

    /// The tree of policies below `/Channel`.
    pub fn policies(&self) -> &PolicyGroup {
        &self.policies
    }

    /// The MSP ids of the application's organisations, sorted by organisation name.
    pub fn organizations(&self) -> impl Iterator<Item = &str> {
        self.organizations.iter().map(|(_, msp_id)| msp_id.as_str())
    }

    /// When a block is cut.
    pub fn batch(&self) -> &BatchConfig {
        &self.batch
    }

    /// Whether identities whose signatures were checked satisfy the policy at `path` (`/Channel/…`). An unknown
    /// path refuses everyone.
    pub fn evaluate(&self, path: &str, identities: &[Arc<Identity>]) -> bool {
        self.policies.evaluate(path, identities, &self.msps)
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

fn subgroup<'a>(root: &'a ConfigGroup, name: &'static str) -> Result<&'a ConfigGroup, ChannelError> {
    root.groups
        .get(name)
        .ok_or_else(|| ChannelError::Genesis(format!("the configuration has no {name} group")))
}

/// Of an organisation that stands in both groups, one MSP.
fn msps(groups: &[&ConfigGroup]) -> Result<Vec<Msp>, ChannelError> {
    let organizations = groups.iter().flat_map(|group| &group.groups);
    organizations.map(|(name, group)| msp(name, group)).collect()
}

fn msp(organization: &str, group: &ConfigGroup) -> Result<Msp, ChannelError> {
    let config: MspConfig = value(group, "MSP")?;
    Msp::from_msp_config(&config).map_err(|source| ChannelError::Msp {
        organization: organization.to_owned(),
        source,
    })
}

fn organizations(application: &ConfigGroup) -> Result<Vec<(String, String)>, ChannelError> {
    application
        .groups
        .iter()
        .map(|(name, group)| Ok((name.clone(), msp(name, group)?.id().to_owned())))
        .collect()
}

fn policies(group: &ConfigGroup) -> Result<PolicyGroup, ChannelError> {
    let mut tree = PolicyGroup::default();
    for (name, config) in &group.policies {
        let wire = config
            .policy
            .as_ref()
            .ok_or_else(|| ChannelError::Genesis(format!("policy {name} is empty")))?;
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
        .ok_or_else(|| ChannelError::Genesis(format!("batch time-out {:?} is no duration", timeout.timeout)))?;
    let batch = BatchConfig {
        max_message_count: size.max_message_count,
        absolute_max_bytes: size.absolute_max_bytes,
        preferred_max_bytes: size.preferred_max_bytes,
        timeout,
    };
    batch.check().map_err(ChannelError::Genesis)?;
    Ok(batch)
}

fn value<M: Message + Default>(group: &ConfigGroup, key: &'static str) -> Result<M, ChannelError> {
    let entry = group
        .values
        .get(key)
        .ok_or_else(|| ChannelError::Genesis(format!("the configuration has no {key}")))?;
    M::decode(entry.value.clone()).map_err(ChannelError::decode(key))
}

impl fmt::Debug for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let organizations: Vec<_> = self.organizations().collect();
        formatter
            .debug_struct("Channel")
            .field("id", &self.id)
            .field("organizations", &organizations)
            .finish()
    }
}
