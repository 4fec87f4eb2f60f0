//! The tree of groups that holds a channel's policies.

use std::{collections::BTreeMap, sync::Arc};

use fabric_protos::common as wire;
use prost::Message;

use super::{ImplicitMetaPolicy, PolicyError, PolicyRefusal, SignaturePolicy};
use crate::{Identity, MspManager};

/// A policy of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// Asks identities.
    Signature(SignaturePolicy),
    /// Asks the policies of the groups beneath.
    ImplicitMeta(ImplicitMetaPolicy),
}

impl Policy {
    /// The policy as Fabric's message.
    pub fn to_wire(&self) -> wire::Policy {
        use wire::policy::PolicyType;
        let (kind, value) = match self {
            Self::Signature(policy) => (PolicyType::Signature, policy.to_envelope().encode_to_vec()),
            Self::ImplicitMeta(policy) => (PolicyType::ImplicitMeta, policy.to_wire().encode_to_vec()),
        };
        wire::Policy {
            r#type: kind.into(),
            value: value.into(),
        }
    }

    /// Reads Fabric's message.
    ///
    /// # Errors
    /// When it is damaged or of a kind that Fabric does not evaluate.
    pub fn from_wire(message: &wire::Policy) -> Result<Self, PolicyError> {
        use wire::policy::PolicyType;
        let damaged = |error: prost::DecodeError| PolicyError::Damaged(error.to_string());
        let value = message.value.as_ref();
        match PolicyType::try_from(message.r#type) {
            Ok(PolicyType::Signature) => {
                let envelope = wire::SignaturePolicyEnvelope::decode(value).map_err(damaged)?;
                Ok(Self::Signature(SignaturePolicy::from_envelope(&envelope)?))
            }
            Ok(PolicyType::ImplicitMeta) => {
                let policy = wire::ImplicitMetaPolicy::decode(value).map_err(damaged)?;
                Ok(Self::ImplicitMeta(ImplicitMetaPolicy::from_wire(&policy)?))
            }
            _ => Err(PolicyError::Unsupported(
                "a policy that is neither SIGNATURE nor IMPLICIT_META",
            )),
        }
    }

    /// Whether validated identities satisfy the policy as one of `group`'s. A group beneath without a policy of the
    /// asked name counts as refusing.
    pub fn evaluate(&self, identities: &[Arc<Identity>], manager: &MspManager, group: &PolicyGroup) -> bool {
        self.check(identities, manager, group).is_ok()
    }

    /// As [`Self::evaluate`], with the reason.
    ///
    /// # Errors
    /// The identities do not satisfy the policy.
    pub fn check(
        &self,
        identities: &[Arc<Identity>],
        manager: &MspManager,
        group: &PolicyGroup,
    ) -> Result<(), PolicyRefusal> {
        match self {
            Self::Signature(policy) if policy.evaluate(identities, manager) => Ok(()),
            Self::Signature(_) => Err(PolicyRefusal::Signature),
            Self::ImplicitMeta(policy) => {
                let name = policy.sub_policy.as_str();
                let groups = group.groups.values();
                let met = groups.filter(|below| below.evaluate(name, identities, manager)).count();
                let needed = policy.rule.threshold(group.groups.len());
                if met >= needed {
                    return Ok(());
                }
                let sub_policy = policy.sub_policy.clone();
                Err(PolicyRefusal::ImplicitMeta {
                    met,
                    needed,
                    sub_policy,
                })
            }
        }
    }
}

/// A group of a channel's configuration: its policies and the groups beneath it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyGroup {
    /// Policies by name.
    pub policies: BTreeMap<String, Policy>,
    /// Groups by name.
    pub groups: BTreeMap<String, PolicyGroup>,
}

impl PolicyGroup {
    /// The policy at `path` below this group with the group that holds it: `Application/Endorsement`, or from the
    /// channel's own group `/Channel/Application/Endorsement`.
    pub fn find(&self, path: &str) -> Option<(&Policy, &PolicyGroup)> {
        let path = path.strip_prefix("/Channel/").unwrap_or(path);
        match path.split_once('/') {
            Some((group, rest)) => self.groups.get(group)?.find(rest),
            None => Some((self.policies.get(path)?, self)),
        }
    }

    /// Whether validated identities satisfy the policy at `path`; no such policy refuses everyone.
    pub fn evaluate(&self, path: &str, identities: &[Arc<Identity>], manager: &MspManager) -> bool {
        self.find(path)
            .is_some_and(|(policy, group)| policy.evaluate(identities, manager, group))
    }

    /// As [`Self::evaluate`], with the reason.
    ///
    /// # Errors
    /// There is no such policy, or the identities do not satisfy it.
    pub fn check(&self, path: &str, identities: &[Arc<Identity>], manager: &MspManager) -> Result<(), PolicyRefusal> {
        let missing = || PolicyRefusal::Missing(path.strip_prefix("/Channel/").unwrap_or(path).to_owned());
        let (policy, group) = self.find(path).ok_or_else(missing)?;
        policy.check(identities, manager, group)
    }
}
