//! Policies under which one organisation alone could settle, and principals that let in more than peers.
//!
//! An organisation can make as many peers as it likes, so that only which organisations sign counts, never how many signatures.

mod satisfaction;

use std::collections::BTreeSet;

use fabric_msp::{Policy, PolicyGroup, Principal, PrincipalRole, SignaturePolicy};

use self::satisfaction::{principals, satisfied};
use crate::Finding;

/// Where a chaincode definition should look for its endorsement policy.
pub const ENDORSEMENT: &str = "/Channel/Application/Endorsement";

/// Policies that decide who may change the rules: each is refused where one organisation satisfies it alone.
const GOVERNING: [&str; 4] = [
    "/Channel/Application/LifecycleEndorsement",
    "/Channel/Application/Admins",
    "/Channel/Orderer/Admins",
    "/Channel/Admins",
];

/// What a chaincode's definition says about endorsement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefinedPolicy {
    /// A policy of its own.
    Signature(SignaturePolicy),
    /// A policy of the channel, by its path.
    Reference(String),
}

/// Judges the endorsement policy of a chaincode's definition in its channel.
pub fn definition(defined: &DefinedPolicy, channel: &PolicyGroup) -> Vec<Finding> {
    let check = "endorsement policy of the definition";
    let mut findings = match defined {
        DefinedPolicy::Signature(policy) => {
            let mut findings = endorsement(check, &Policy::Signature(policy.clone()), channel);
            findings.push(Finding::warn(
                check,
                format!("it is a policy of its own, {policy}: an organisation that joins does not count"),
                format!("Approve and commit the next sequence with --channel-config-policy {ENDORSEMENT}."),
            ));
            findings
        }
        DefinedPolicy::Reference(path) => match channel.find(path) {
            Some((policy, group)) => endorsement(&format!("{check}, {path}"), policy, group),
            None => vec![Finding::fail(
                check,
                format!("it refers to {path}, which the channel does not have: no transaction is ever valid"),
                format!("Approve and commit the next sequence with --channel-config-policy {ENDORSEMENT}."),
            )],
        },
    };
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.state));
    findings
}

/// Judges who may change definition and configuration of a channel.
pub fn governance(channel: &PolicyGroup) -> Vec<Finding> {
    let judged = GOVERNING.iter().filter_map(|path| {
        let (policy, group) = channel.find(path)?;
        Some(shared(path, policy, group).unwrap_or_else(|| Finding::ok(*path, "no organisation decides alone")))
    });
    judged.collect()
}

/// Judges a key-level policy in a channel of these members.
pub fn guard(name: &str, policy: &SignaturePolicy, members: &BTreeSet<String>) -> Vec<Finding> {
    let group = PolicyGroup::default();
    let policy = Policy::Signature(policy.clone());
    if !satisfied(&policy, &group, &|principal| of_one(principal, members)) {
        return vec![Finding::fail(
            name,
            "the members of the channel cannot satisfy it: what it guards is frozen",
            "Rewrite the guard with the organisations that are members before one of them leaves.",
        )];
    }
    endorsement(name, &policy, &group)
}

/// An endorsement policy: shared by organisations, and every principal a peer.
fn endorsement(check: &str, policy: &Policy, group: &PolicyGroup) -> Vec<Finding> {
    let others = strangers(policy, group).into_iter().map(|principal| {
        Finding::fail(
            check,
            format!("it asks for {principal}, so that more than this organisation's peers may endorse"),
            "Write every principal as 'MSP.peer'.",
        )
    });
    let mut findings: Vec<Finding> = shared(check, policy, group).into_iter().chain(others).collect();
    if findings.is_empty() {
        findings.push(Finding::ok(
            check,
            format!(
                "{}: no organisation suffices alone, every principal is a peer",
                words(policy)
            ),
        ));
    }
    findings
}

/// The reason why a policy does not make organisations act together.
fn shared(check: &str, policy: &Policy, group: &PolicyGroup) -> Option<Finding> {
    let asked = principals(policy, group);
    let organizations: BTreeSet<String> = asked.iter().filter_map(Principal::msp_id).collect();
    if satisfied(policy, group, &|_| false) {
        let advice = "Let it ask for a majority of the organisations.";
        return Some(Finding::fail(
            check,
            format!("{} needs no signature at all", words(policy)),
            advice,
        ));
    }
    if !satisfied(policy, group, &|principal| of_one(principal, &organizations)) {
        let advice = "Let it ask for no more than the organisations can give.";
        return Some(Finding::fail(
            check,
            format!("{} can never be satisfied", words(policy)),
            advice,
        ));
    }
    let suffices = |organization: &String| {
        let alone = BTreeSet::from([organization.clone()]);
        satisfied(policy, group, &|principal| of_one(principal, &alone))
    };
    let alone: Vec<String> = organizations.iter().filter(|one| suffices(one)).cloned().collect();
    (!alone.is_empty()).then(|| {
        Finding::fail(
            check,
            format!(
                "under {} one organisation suffices alone: {}",
                words(policy),
                alone.join(", ")
            ),
            "Let it ask for a majority of the organisations, such as MAJORITY Endorsement.",
        )
    })
}

/// Principals that are not the peers of one organisation.
fn strangers(policy: &Policy, group: &PolicyGroup) -> BTreeSet<Principal> {
    let is_peer = |principal: &Principal| {
        matches!(
            principal,
            Principal::Role {
                role: PrincipalRole::Peer,
                ..
            }
        )
    };
    principals(policy, group)
        .into_iter()
        .filter(|principal| !is_peer(principal))
        .collect()
}

/// Whether an identity of one of these organisations can answer the principal.
fn of_one(principal: &Principal, organizations: &BTreeSet<String>) -> bool {
    match principal {
        Principal::Combined(parts) => {
            let owners: BTreeSet<_> = parts.iter().map(Principal::msp_id).collect();
            owners.len() == 1 && parts.iter().all(|part| of_one(part, organizations))
        }
        one => one.msp_id().is_some_and(|owner| organizations.contains(&owner)),
    }
}

fn words(policy: &Policy) -> String {
    match policy {
        Policy::Signature(policy) => policy.to_string(),
        Policy::ImplicitMeta(policy) => policy.to_string(),
    }
}

#[cfg(test)]
mod tests;
