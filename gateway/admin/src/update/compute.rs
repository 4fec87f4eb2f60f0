//! The update between two trees: what it relies on and what it writes.
//!
//! Source: Fabric `internal/configtxlator/update/update.go`; the result is checked against that program.

use std::collections::BTreeMap;

use fabric_protos::common::{ConfigGroup, ConfigPolicy, ConfigUpdate, ConfigValue};

/// The update that turns `old` into `new`; nothing when they are equal but for versions, which only an update counts.
#[must_use]
pub fn compute(old: &ConfigGroup, new: &ConfigGroup) -> Option<ConfigUpdate> {
    let (read_set, write_set) = group(old, new)?;
    Some(ConfigUpdate {
        read_set: Some(read_set),
        write_set: Some(write_set),
        ..ConfigUpdate::default()
    })
}

/// What values, policies and groups have in common here: a version, and content that can be compared.
trait Element: Clone {
    fn version_only(&self) -> Self;
    /// The read and the write form of a change from `self`; nothing when nothing changes.
    fn change(&self, new: &Self) -> Option<(Option<Self>, Self)>;
    /// The write form of something that was not there.
    fn addition(&self) -> Self;
}

/// Read forms, write forms, the forms of what stays, and whether a name came or went.
struct Parts<E> {
    read: BTreeMap<String, E>,
    write: BTreeMap<String, E>,
    same: BTreeMap<String, E>,
    membership: bool,
}

fn parts<E: Element>(old: &BTreeMap<String, E>, new: &BTreeMap<String, E>) -> Parts<E> {
    let mut parts = Parts {
        read: BTreeMap::new(),
        write: BTreeMap::new(),
        same: BTreeMap::new(),
        membership: old.keys().ne(new.keys()),
    };
    for (name, new) in new {
        match old.get(name).map(|old| (old, old.change(new))) {
            None => {
                parts.write.insert(name.clone(), new.addition());
            }
            Some((_, Some((read, write)))) => {
                parts.read.extend(read.map(|read| (name.clone(), read)));
                parts.write.insert(name.clone(), write);
            }
            Some((old, None)) => {
                parts.same.insert(name.clone(), old.version_only());
            }
        }
    }
    parts
}

impl<E: Element> Parts<E> {
    fn changes(&self) -> bool {
        !self.write.is_empty()
    }

    /// A group whose membership changes names all that stays, on both sides.
    fn named(mut self, all: bool) -> (BTreeMap<String, E>, BTreeMap<String, E>) {
        if all {
            self.read.extend(self.same.clone());
            self.write.extend(self.same);
        }
        (self.read, self.write)
    }
}

fn group(old: &ConfigGroup, new: &ConfigGroup) -> Option<(ConfigGroup, ConfigGroup)> {
    let policies = parts(&old.policies, &new.policies);
    let values = parts(&old.values, &new.values);
    let groups = parts(&old.groups, &new.groups);
    let own = policies.membership || values.membership || groups.membership || old.mod_policy != new.mod_policy;
    if !(own || policies.changes() || values.changes() || groups.changes()) {
        return None;
    }
    let ((read_policies, policies), (read_values, values), (read_groups, groups)) =
        (policies.named(own), values.named(own), groups.named(own));
    let read = ConfigGroup {
        version: old.version,
        policies: read_policies,
        values: read_values,
        groups: read_groups,
        mod_policy: String::new(),
    };
    let write = ConfigGroup {
        version: if own { old.version + 1 } else { old.version },
        policies,
        values,
        groups,
        mod_policy: if own { new.mod_policy.clone() } else { String::new() },
    };
    Some((read, write))
}

impl Element for ConfigGroup {
    fn version_only(&self) -> Self {
        Self {
            version: self.version,
            ..Self::default()
        }
    }

    fn change(&self, new: &Self) -> Option<(Option<Self>, Self)> {
        group(self, new).map(|(read, write)| (Some(read), write))
    }

    fn addition(&self) -> Self {
        let content = group(&Self::default(), self)
            .map(|(_, write)| write)
            .unwrap_or_default();
        Self {
            version: 0,
            mod_policy: self.mod_policy.clone(),
            ..content
        }
    }
}

impl Element for ConfigValue {
    fn version_only(&self) -> Self {
        Self {
            version: self.version,
            ..Self::default()
        }
    }

    fn change(&self, new: &Self) -> Option<(Option<Self>, Self)> {
        let same = self.mod_policy == new.mod_policy && self.value == new.value;
        let version = self.version + 1;
        (!same).then(|| (None, Self { version, ..new.clone() }))
    }

    fn addition(&self) -> Self {
        Self {
            version: 0,
            ..self.clone()
        }
    }
}

impl Element for ConfigPolicy {
    fn version_only(&self) -> Self {
        Self {
            version: self.version,
            ..Self::default()
        }
    }

    fn change(&self, new: &Self) -> Option<(Option<Self>, Self)> {
        let same = self.mod_policy == new.mod_policy && self.policy == new.policy;
        let version = self.version + 1;
        (!same).then(|| (None, Self { version, ..new.clone() }))
    }

    fn addition(&self) -> Self {
        Self {
            version: 0,
            ..self.clone()
        }
    }
}
