//! Groups of a channel's configuration while they are built.

use fabric_msp::{ImplicitMetaPolicy, Policy, Rule, SignaturePolicy};
use fabric_protos::common::{Capabilities, Capability, ConfigGroup, ConfigPolicy, ConfigValue};
use prost::Message;

use super::ChannelError;

const ADMINS: &str = "Admins";

/// An empty group that its administrators may change.
pub(super) fn new() -> ConfigGroup {
    ConfigGroup {
        mod_policy: ADMINS.to_owned(),
        ..ConfigGroup::default()
    }
}

pub(super) fn add_value(group: &mut ConfigGroup, key: &str, value: &impl Message) {
    let value = ConfigValue {
        version: 0,
        value: value.encode_to_vec().into(),
        mod_policy: ADMINS.to_owned(),
    };
    group.values.insert(key.to_owned(), value);
}

pub(super) fn add_capability(group: &mut ConfigGroup, name: &str) {
    let capabilities = [(name.to_owned(), Capability {})].into();
    add_value(group, "Capabilities", &Capabilities { capabilities });
}

pub(super) fn add_meta_policy(group: &mut ConfigGroup, key: &str, rule: Rule, sub_policy: &str) {
    add_policy(
        group,
        key,
        &Policy::ImplicitMeta(ImplicitMetaPolicy {
            rule,
            sub_policy: sub_policy.to_owned(),
        }),
    );
}

/// Readers and Writers by any, Admins by a majority of the groups beneath.
pub(super) fn add_meta_policies(group: &mut ConfigGroup) {
    add_meta_policy(group, "Readers", Rule::Any, "Readers");
    add_meta_policy(group, "Writers", Rule::Any, "Writers");
    add_meta_policy(group, ADMINS, Rule::Majority, ADMINS);
}

pub(super) fn add_signature_policy(group: &mut ConfigGroup, key: &str, text: &str) -> Result<(), ChannelError> {
    let policy = SignaturePolicy::parse(text)
        .map_err(|error| ChannelError::Config(format!("policy {key} ({text}): {error}")))?;
    add_policy(group, key, &Policy::Signature(policy));
    Ok(())
}

fn add_policy(group: &mut ConfigGroup, key: &str, policy: &Policy) {
    let policy = ConfigPolicy {
        version: 0,
        policy: Some(policy.to_wire()),
        mod_policy: ADMINS.to_owned(),
    };
    group.policies.insert(key.to_owned(), policy);
}
