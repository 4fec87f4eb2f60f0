//! Whether a policy holds when certain principals have signed, and whom it asks.

use std::collections::BTreeSet;

use fabric_msp::{Policy, PolicyGroup, Principal, SignaturePolicy};

/// Whether the policy of `group` holds when every principal that `signed` names has signed as often as is needed.
pub(super) fn satisfied(policy: &Policy, group: &PolicyGroup, signed: &dyn Fn(&Principal) -> bool) -> bool {
    match policy {
        Policy::Signature(policy) => holds(policy, signed),
        Policy::ImplicitMeta(meta) => {
            let below = group.groups.values();
            let met = below.filter(|group| {
                let policy = group.find(&meta.sub_policy);
                policy.is_some_and(|(policy, group)| satisfied(policy, group, signed))
            });
            met.count() >= meta.rule.threshold(group.groups.len())
        }
    }
}

fn holds(policy: &SignaturePolicy, signed: &dyn Fn(&Principal) -> bool) -> bool {
    match policy {
        SignaturePolicy::SignedBy(principal) => signed(principal),
        SignaturePolicy::OutOf { n, rules } => {
            let met = rules.iter().filter(|rule| holds(rule, signed)).count();
            usize::try_from(*n).is_ok_and(|n| met >= n)
        }
    }
}

/// Everyone whom the policy of `group` asks, through the groups beneath.
pub(super) fn principals(policy: &Policy, group: &PolicyGroup) -> BTreeSet<Principal> {
    match policy {
        Policy::Signature(policy) => leaves(policy),
        Policy::ImplicitMeta(meta) => {
            let below = group.groups.values().filter_map(|group| group.find(&meta.sub_policy));
            below.flat_map(|(policy, group)| principals(policy, group)).collect()
        }
    }
}

fn leaves(policy: &SignaturePolicy) -> BTreeSet<Principal> {
    match policy {
        SignaturePolicy::SignedBy(principal) => BTreeSet::from([principal.clone()]),
        SignaturePolicy::OutOf { rules, .. } => rules.iter().flat_map(leaves).collect(),
    }
}
