//! What an update would do to the channel as it is now, who has signed it, and who must still.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use fabric_msp::{Identity, MspManager, Policy, PolicyGroup, configuration};
use fabric_protos::common::ConfigSignature;
use serde::Serialize;

use crate::{
    AdminError, ChannelConfig, UpdateFile,
    difference::{Difference, differences},
    update::in_force,
};

/// An update held against the channel.
#[derive(Debug, Clone)]
pub struct Review {
    /// Whether the channel is already as the update wants it.
    pub in_force: bool,
    /// The configuration after the update; the present one if that is in force.
    pub after: ChannelConfig,
    /// What changes, in words; nothing is left out.
    pub differences: Vec<Difference>,
    /// Every signature in the file.
    pub signatures: Vec<Signed>,
    /// Every policy that must hold, by path.
    pub approvals: Vec<Approval>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// The signer's MSP.
    pub msp_id: String,
    /// The signer's common name.
    pub name: String,
    /// Whether it counts.
    pub valid: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A policy that the update must satisfy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// The policy's path.
    pub policy: String,
    /// The policy in words.
    pub rule: String,
    /// Whether the signatures do.
    pub satisfied: bool,
    /// How many of the groups beneath must agree; one for a policy that asks identities.
    pub needed: usize,
    /// Those who have agreed.
    pub agreed: Vec<String>,
    /// Those who could still agree.
    pub open: Vec<String>,
}

impl Review {
    /// Holds an update against a configuration.
    ///
    /// # Errors
    /// When the update is another channel's, stale, or one that no orderer would take whoever signs it.
    pub fn of(config: &ChannelConfig, file: &UpdateFile) -> Result<Self, AdminError> {
        config.must_be(file.channel())?;
        let msps = config.msps()?;
        let (signatures, signers) = signatures(file, &msps);
        if in_force(config.root(), file.update()) {
            return Ok(Self {
                in_force: true,
                after: config.clone(),
                differences: Vec::new(),
                signatures,
                approvals: Vec::new(),
            });
        }
        let mut asked = BTreeSet::new();
        let root = configuration::apply(config.root(), file.update(), |path: &str| {
            asked.insert(path.to_owned());
            Ok(())
        })
        .map_err(refused)?;
        let policies = config.policies()?;
        let judge = |path: &String| Approval::of(path, &policies, &signers, &msps);
        Ok(Self {
            in_force: false,
            differences: differences(config.root(), &root),
            approvals: asked.iter().map(judge).collect::<Result<_, _>>()?,
            after: config.with_root(root),
            signatures,
        })
    }

    /// Whether every policy is satisfied.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.approvals.iter().all(|approval| approval.satisfied)
    }

    /// Refuses what not everybody has signed who must.
    ///
    /// # Errors
    /// Names each policy that is open and who could satisfy it.
    pub fn must_be_approved(&self) -> Result<(), AdminError> {
        let open: Vec<String> = self
            .approvals
            .iter()
            .filter(|approval| !approval.satisfied)
            .map(|approval| {
                let agreed = approval.agreed.join(", ");
                let open = approval.open.join(", ");
                format!(
                    "{} ({}) has {} of {} [{agreed}], open: {open}",
                    approval.policy,
                    approval.rule,
                    approval.agreed.len(),
                    approval.needed
                )
            })
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        Err(AdminError::Unsigned(open.join("; ")))
    }
}

impl Approval {
    fn of(path: &str, root: &PolicyGroup, signers: &[Arc<Identity>], msps: &MspManager) -> Result<Self, AdminError> {
        let (policy, group) = root
            .find(path)
            .ok_or_else(|| AdminError::Unsound(format!("the policy {path} that guards a change is not there")))?;
        let satisfied = policy.evaluate(signers, msps, group);
        Ok(match policy {
            Policy::Signature(policy) => {
                let signed = |msp_id: &String| signers.iter().any(|signer| signer.msp_id() == msp_id);
                let (agreed, open) = policy
                    .msp_ids()
                    .into_iter()
                    .partition(|msp_id| satisfied && signed(msp_id));
                Self {
                    policy: path.to_owned(),
                    rule: policy.to_string(),
                    satisfied,
                    needed: 1,
                    agreed,
                    open,
                }
            }
            Policy::ImplicitMeta(meta) => {
                let names = group.groups.iter();
                let (agreed, open): (Vec<_>, Vec<_>) =
                    names.partition(|(_, below)| below.evaluate(&meta.sub_policy, signers, msps));
                Self {
                    policy: path.to_owned(),
                    rule: meta.to_string(),
                    satisfied,
                    needed: meta.rule.threshold(group.groups.len()),
                    agreed: agreed.into_iter().map(|(name, _)| name.clone()).collect(),
                    open: open.into_iter().map(|(name, _)| name.clone()).collect(),
                }
            }
        })
    }
}

/// What is said of each signature, and the identities that truly signed, each once.
fn signatures(file: &UpdateFile, msps: &MspManager) -> (Vec<Signed>, Vec<Arc<Identity>>) {
    let mut signers: Vec<Arc<Identity>> = Vec::new();
    let mut said = Vec::new();
    for signature in file.signatures() {
        let serialized = crate::update::creator(signature).unwrap_or_default();
        let verdict = verify(file, signature, &serialized, msps);
        let known = Identity::from_serialized(&serialized);
        said.push(Signed {
            msp_id: known
                .as_ref()
                .map_or_else(|_| "(unknown)".to_owned(), |one| one.msp_id().to_owned()),
            name: known
                .ok()
                .and_then(|one| one.certificate().subject_common_name().map(str::to_owned))
                .unwrap_or_default(),
            valid: verdict.is_ok(),
            reason: verdict.as_ref().err().cloned(),
        });
        signers.extend(verdict);
    }
    (said, signers)
}

fn verify(
    file: &UpdateFile,
    signature: &ConfigSignature,
    serialized: &Bytes,
    msps: &MspManager,
) -> Result<Arc<Identity>, String> {
    let identity = msps.identity(serialized).map_err(|error| error.to_string())?;
    identity
        .verify(&file.signed_bytes(signature), &signature.signature)
        .map_err(|error| error.to_string())?;
    Ok(identity)
}

fn refused(error: configuration::UpdateError) -> AdminError {
    use configuration::UpdateError as E;
    match error {
        E::ReadAbsent { .. } | E::ReadStale { .. } | E::NewVersion { .. } | E::NextVersion { .. } => {
            AdminError::Stale(error.to_string())
        }
        other => AdminError::Unsound(other.to_string()),
    }
}
