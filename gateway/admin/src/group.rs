//! Typed access to a group of the configuration's tree.

use fabric_msp::Policy;
use fabric_protos::common::{ConfigGroup, ConfigPolicy, ConfigValue};
use prost::Message;

use crate::AdminError;

/// The policy that guards what this crate adds, as in every configuration of `configtxgen`.
pub(crate) const ADMINS: &str = "Admins";

/// The value `key`, decoded; nothing when the group has none.
pub(crate) fn value<M: Message + Default>(group: &ConfigGroup, key: &str) -> Result<Option<M>, AdminError> {
    let Some(entry) = group.values.get(key) else {
        return Ok(None);
    };
    M::decode(entry.value.clone())
        .map(Some)
        .map_err(|error| AdminError::malformed(format!("the value {key}"), error))
}

/// Writes a value; version and modification policy stay where there was one before.
pub(crate) fn set_value(group: &mut ConfigGroup, key: &str, value: &impl Message) {
    let entry = group.values.entry(key.to_owned()).or_insert_with(|| ConfigValue {
        mod_policy: ADMINS.to_owned(),
        ..ConfigValue::default()
    });
    entry.value = value.encode_to_vec().into();
}

/// Writes a policy; version and modification policy stay where there was one before.
pub(crate) fn set_policy(group: &mut ConfigGroup, key: &str, policy: &Policy) {
    let entry = group.policies.entry(key.to_owned()).or_insert_with(|| ConfigPolicy {
        mod_policy: ADMINS.to_owned(),
        ..ConfigPolicy::default()
    });
    entry.policy = Some(policy.to_wire());
}

/// The group `name` beneath.
pub(crate) fn below<'a>(group: &'a ConfigGroup, name: &str) -> Result<&'a ConfigGroup, AdminError> {
    group
        .groups
        .get(name)
        .ok_or_else(|| AdminError::Absent(format!("group {name}")))
}

/// As [`below`], to change it.
pub(crate) fn below_mut<'a>(group: &'a mut ConfigGroup, name: &str) -> Result<&'a mut ConfigGroup, AdminError> {
    group
        .groups
        .get_mut(name)
        .ok_or_else(|| AdminError::Absent(format!("group {name}")))
}
