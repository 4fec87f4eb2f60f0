use fabric_protos::common::{ConfigGroup, ConfigUpdate};

use super::{
    UpdateError,
    element::{Content, Element, Elements, ROOT, elements, group_key, policy_key, value_key},
    name,
};
use crate::policy::PolicyRefusal;

/// What Fabric writes where an old channel's element names no modification policy.
const DEFAULT_MOD_POLICY: &str = "Admins";
/// Since orderers have capabilities, it does so.
const ORDERER_CAPABILITIES: &str = "/Channel/Orderer/Capabilities";

/// The channel's group after an update. `authorize` is asked with the full path of a policy whether those who signed
/// the update satisfy it, once for each element that changes; it knows the current configuration's policies.
///
/// # Errors
/// The first thing that does not hold, elements in the order of their names. Fabric's order among the elements is that
/// of a hash map, so of several faults it may name another.
pub fn apply(
    current: &ConfigGroup,
    update: &ConfigUpdate,
    authorize: impl FnMut(&str) -> Result<(), PolicyRefusal>,
) -> Result<ConfigGroup, UpdateError> {
    let mut all = elements(current, "error converting config to map")?;
    let read = set(update.read_set.as_ref(), "error mapping ReadSet")?;
    verify_read(&read, &all)?;
    let mut delta = set(update.write_set.as_ref(), "error mapping WriteSet")?;
    delta.retain(|key, written| read.get(key).is_none_or(|read| read.version() != written.version()));
    verify_delta(&delta, &all, authorize)?;
    all.extend(delta);
    rebuild(ROOT, &all)
}

fn set<'a>(group: Option<&'a ConfigGroup>, place: &str) -> Result<Elements<'a>, UpdateError> {
    group.map_or_else(|| Ok(Elements::new()), |group| elements(group, place))
}

fn verify_read(read: &Elements<'_>, current: &Elements<'_>) -> Result<(), UpdateError> {
    for (key, element) in read {
        let Some(existing) = current.get(key) else {
            return Err(UpdateError::ReadAbsent { key: key.clone() });
        };
        let (wanted, current) = (element.version(), existing.version());
        if wanted != current {
            let key = key.clone();
            return Err(UpdateError::ReadStale { key, wanted, current });
        }
    }
    Ok(())
}

fn verify_delta(
    delta: &Elements<'_>,
    current: &Elements<'_>,
    mut authorize: impl FnMut(&str) -> Result<(), PolicyRefusal>,
) -> Result<(), UpdateError> {
    if delta.is_empty() {
        return Err(UpdateError::NoEffect);
    }
    for (key, element) in delta {
        name::check_policy(element.mod_policy()).map_err(|reason| UpdateError::Name {
            place: format!("error validating DeltaSet: invalid mod_policy for element {key}"),
            reason,
        })?;
        let (key, version) = (key.clone(), element.version());
        match current.get(&key) {
            None if version == 0 => {}
            None => return Err(UpdateError::NewVersion { key, version }),
            Some(existing) => verify_change(key, version, existing, &mut authorize)?,
        }
    }
    Ok(())
}

fn verify_change(
    key: String,
    version: u64,
    existing: &Element<'_>,
    authorize: &mut impl FnMut(&str) -> Result<(), PolicyRefusal>,
) -> Result<(), UpdateError> {
    let current = existing.version();
    if current.checked_add(1) != Some(version) {
        return Err(UpdateError::NextVersion { key, version, current });
    }
    authorize(&existing.policy_path()).map_err(|refusal| match refusal {
        PolicyRefusal::Missing(_) => UpdateError::NoPolicy {
            key,
            policy: existing.mod_policy().to_owned(),
        },
        refusal => UpdateError::Policy { key, refusal },
    })
}

/// The group at `path` with what it names, each as it stands in the map. What no group names any more falls away.
fn rebuild(path: &str, all: &Elements<'_>) -> Result<ConfigGroup, UpdateError> {
    let key = group_key(path);
    let Some(Content::Group(group)) = all.get(&key).map(|element| element.content) else {
        return Err(UpdateError::Missing { kind: "group", key });
    };
    let mut built = ConfigGroup {
        version: group.version,
        mod_policy: group.mod_policy.clone(),
        ..ConfigGroup::default()
    };
    for name in group.groups.keys() {
        built
            .groups
            .insert(name.clone(), rebuild(&format!("{path}/{name}"), all)?);
    }
    for name in group.values.keys() {
        let key = value_key(&format!("{path}/{name}"));
        let Some(Content::Value(value)) = all.get(&key).map(|element| element.content) else {
            return Err(UpdateError::Missing { kind: "value", key });
        };
        built.values.insert(name.clone(), value.clone());
    }
    for name in group.policies.keys() {
        let key = policy_key(&format!("{path}/{name}"));
        let Some(Content::Policy(policy)) = all.get(&key).map(|element| element.content) else {
            return Err(UpdateError::Missing { kind: "policy", key });
        };
        built.policies.insert(name.clone(), policy.clone());
    }
    if all.contains_key(&value_key(ORDERER_CAPABILITIES)) {
        give_mod_policies(&mut built);
    }
    Ok(built)
}

fn give_mod_policies(group: &mut ConfigGroup) {
    let values = group.values.values_mut().map(|value| &mut value.mod_policy);
    let policies = group.policies.values_mut().map(|policy| &mut policy.mod_policy);
    let unset = values.chain(policies).chain([&mut group.mod_policy]);
    unset
        .filter(|policy| policy.is_empty())
        .for_each(|policy| DEFAULT_MOD_POLICY.clone_into(policy));
}
