//! A configuration's tree as a map from each element's full name to the element.

use std::collections::BTreeMap;

use fabric_protos::common::{ConfigGroup, ConfigPolicy, ConfigValue};

use super::{UpdateError, name};

/// The name of the tree's root.
pub(super) const ROOT: &str = "/Channel";

/// Elements by names such as `[Value]  /Channel/Orderer/BatchSize`.
pub(super) type Elements<'a> = BTreeMap<String, Element<'a>>;

/// One element, and the path of the group whose policies its modification policy names.
#[derive(Debug, Clone)]
pub(super) struct Element<'a> {
    pub(super) group: String,
    pub(super) content: Content<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    Group(&'a ConfigGroup),
    Value(&'a ConfigValue),
    Policy(&'a ConfigPolicy),
}

impl Element<'_> {
    pub(super) fn version(&self) -> u64 {
        match self.content {
            Content::Group(group) => group.version,
            Content::Value(value) => value.version,
            Content::Policy(policy) => policy.version,
        }
    }

    pub(super) fn mod_policy(&self) -> &str {
        match self.content {
            Content::Group(group) => &group.mod_policy,
            Content::Value(value) => &value.mod_policy,
            Content::Policy(policy) => &policy.mod_policy,
        }
    }

    /// The modification policy from the root: a relative one is looked up in the group itself, or in the group that
    /// holds the value or policy.
    pub(super) fn policy_path(&self) -> String {
        let policy = self.mod_policy();
        if policy.starts_with('/') {
            policy.to_owned()
        } else {
            format!("{}/{policy}", self.group)
        }
    }
}

pub(super) fn group_key(path: &str) -> String {
    format!("[Group]  {path}")
}

pub(super) fn value_key(path: &str) -> String {
    format!("[Value]  {path}")
}

pub(super) fn policy_key(path: &str) -> String {
    format!("[Policy] {path}")
}

/// All elements of a tree. `place` begins the sentence about a bad name.
pub(super) fn elements<'a>(root: &'a ConfigGroup, place: &str) -> Result<Elements<'a>, UpdateError> {
    let mut found = Elements::new();
    add_group(&mut found, ROOT.to_owned(), root, place)?;
    Ok(found)
}

fn add_group<'a>(
    found: &mut Elements<'a>,
    path: String,
    group: &'a ConfigGroup,
    place: &str,
) -> Result<(), UpdateError> {
    let below = |kind: fn(&str) -> String, name: &str| -> Result<String, UpdateError> {
        name::check(name).map_err(|reason| UpdateError::Name {
            place: format!("{place}: illegal characters in key: {}", kind("")),
            reason,
        })?;
        Ok(format!("{path}/{name}"))
    };
    let element = |content: Content<'a>| Element {
        group: path.clone(),
        content,
    };
    for (name, value) in &group.values {
        found.insert(value_key(&below(value_key, name)?), element(Content::Value(value)));
    }
    for (name, policy) in &group.policies {
        found.insert(policy_key(&below(policy_key, name)?), element(Content::Policy(policy)));
    }
    for (name, inner) in &group.groups {
        add_group(found, below(group_key, name)?, inner, place)?;
    }
    found.insert(group_key(&path), element(Content::Group(group)));
    Ok(())
}
