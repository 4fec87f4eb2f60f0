//! Whether an update has been applied already.

use std::collections::BTreeMap;

use fabric_protos::common::{ConfigGroup, ConfigPolicy, ConfigUpdate, ConfigValue};

/// Whether everything that the update writes anew stands in the tree, with the version that the update gives it. A later
/// change of the same elements hides it again.
pub(crate) fn in_force(root: &ConfigGroup, update: &ConfigUpdate) -> bool {
    let empty = ConfigGroup::default();
    let read = update.read_set.as_ref().unwrap_or(&empty);
    update
        .write_set
        .as_ref()
        .is_some_and(|write| group(Some(read), write, root))
}

fn group(read: Option<&ConfigGroup>, write: &ConfigGroup, present: &ConfigGroup) -> bool {
    let own = read.is_none_or(|read| read.version != write.version);
    let membership = present.groups.keys().eq(write.groups.keys())
        && present.values.keys().eq(write.values.keys())
        && present.policies.keys().eq(write.policies.keys());
    if own && !(present.version == write.version && present.mod_policy == write.mod_policy && membership) {
        return false;
    }
    let values = |value: &ConfigValue| value.version;
    let policies = |policy: &ConfigPolicy| policy.version;
    write.groups.iter().all(|(name, write)| {
        let read = read.and_then(|read| read.groups.get(name));
        present
            .groups
            .get(name)
            .is_some_and(|present| group(read, write, present))
    }) && leaves(read.map(|read| &read.values), &write.values, &present.values, values)
        && leaves(
            read.map(|read| &read.policies),
            &write.policies,
            &present.policies,
            policies,
        )
}

/// Every written leaf stands there; one that is only named, with the version that was read, need not.
fn leaves<E: PartialEq>(
    read: Option<&BTreeMap<String, E>>,
    write: &BTreeMap<String, E>,
    present: &BTreeMap<String, E>,
    version: impl Fn(&E) -> u64,
) -> bool {
    write.iter().all(|(name, written)| {
        let named = read
            .and_then(|read| read.get(name))
            .is_some_and(|read| version(read) == version(written));
        named || present.get(name) == Some(written)
    })
}
