//! Two trees of a configuration compared, in words.
//!
//! Everything that differs is told: what is not understood by its path and the hash of its bytes. Who may change what is
//! new is told where it is not the group's own `Admins`, as it is for everything that Fabric's tools make.

mod facts;
mod msp;

use std::{collections::BTreeSet, fmt};

use fabric_protos::common::{ConfigGroup, ConfigPolicy, ConfigValue};
use serde::Serialize;

use crate::{consortium::policy_words, group::ADMINS};

/// What happened to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It was not there before.
    Added,
    /// It is there no more.
    Removed,
    /// It is there and not as before.
    Changed,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What happened.
    pub kind: Kind,
    /// Where, as a path from `/Channel`.
    pub path: String,
    /// What, in words.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.kind {
            Kind::Added => '+',
            Kind::Removed => '-',
            Kind::Changed => '~',
        };
        write!(formatter, "{sign} {}: {}", self.path, self.what)
    }
}

/// Everything in which two trees differ. Versions are not told: they count changes and are none.
#[must_use]
pub fn differences(old: &ConfigGroup, new: &ConfigGroup) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    found.mod_policy("/Channel", Some(&old.mod_policy), Some(&new.mod_policy));
    found.group("/Channel", old, new);
    found.0
}

struct Found(Vec<Difference>);

impl Found {
    fn tell(&mut self, kind: Kind, path: &str, what: impl Into<String>) {
        self.0.push(Difference {
            kind,
            path: path.to_owned(),
            what: what.into(),
        });
    }

    fn group(&mut self, path: &str, old: &ConfigGroup, new: &ConfigGroup) {
        for name in names(old.groups.keys(), new.groups.keys()) {
            let path = format!("{path}/{name}");
            match (old.groups.get(name), new.groups.get(name)) {
                (None, Some(new)) => {
                    self.tell(Kind::Added, &path, "a group");
                    self.mod_policy(&path, None, Some(&new.mod_policy));
                    self.group(&path, &ConfigGroup::default(), new);
                }
                (Some(old), None) => {
                    self.tell(Kind::Removed, &path, "a group with all it holds");
                    self.group(&path, old, &ConfigGroup::default());
                }
                (Some(old), Some(new)) => {
                    self.mod_policy(&path, Some(&old.mod_policy), Some(&new.mod_policy));
                    self.group(&path, old, new);
                }
                (None, None) => {}
            }
        }
        for name in names(old.values.keys(), new.values.keys()) {
            self.value(
                &format!("{path}/{name}"),
                name,
                old.values.get(name),
                new.values.get(name),
            );
        }
        for name in names(old.policies.keys(), new.policies.keys()) {
            self.policy(
                &format!("{path}/{name}"),
                old.policies.get(name),
                new.policies.get(name),
            );
        }
    }

    fn mod_policy(&mut self, path: &str, old: Option<&str>, new: Option<&str>) {
        let usual = old.is_none() && new == Some(ADMINS);
        if old != new && new.is_some() && !usual {
            let (old, new) = (named(old), named(new));
            self.tell(Kind::Changed, path, format!("who may change it: {old} → {new}"));
        }
    }

    fn value(&mut self, path: &str, name: &str, old: Option<&ConfigValue>, new: Option<&ConfigValue>) {
        let bytes = |value: Option<&ConfigValue>| value.map(|value| value.value.clone());
        let (before, after) = (bytes(old), bytes(new));
        if before != after {
            let (gone, come) = (facts::of(name, before.as_ref()), facts::of(name, after.as_ref()));
            let told = self.0.len();
            for fact in gone.iter().filter(|fact| !come.contains(fact)) {
                self.tell(Kind::Removed, path, fact);
            }
            for fact in come.iter().filter(|fact| !gone.contains(fact)) {
                self.tell(Kind::Added, path, fact);
            }
            if self.0.len() == told {
                let hash = |bytes: Option<&bytes::Bytes>| bytes.map_or_else(|| "nothing".to_owned(), facts::raw);
                let what = format!(
                    "the same content in another order or encoding: {} → {}",
                    hash(before.as_ref()),
                    hash(after.as_ref())
                );
                self.tell(Kind::Changed, path, what);
            }
        }
        let guard = |value: &'_ ConfigValue| value.mod_policy.clone();
        self.mod_policy(path, old.map(guard).as_deref(), new.map(guard).as_deref());
    }

    fn policy(&mut self, path: &str, old: Option<&ConfigPolicy>, new: Option<&ConfigPolicy>) {
        let words = |policy: &ConfigPolicy| format!("policy {}", policy_words(policy.policy.as_ref()));
        match (old, new) {
            (Some(old), Some(new)) if old.policy != new.policy => {
                self.tell(Kind::Removed, path, words(old));
                self.tell(Kind::Added, path, words(new));
            }
            (Some(old), None) => self.tell(Kind::Removed, path, words(old)),
            (None, Some(new)) => self.tell(Kind::Added, path, words(new)),
            _ => {}
        }
        let guard = |policy: &'_ ConfigPolicy| policy.mod_policy.clone();
        self.mod_policy(path, old.map(guard).as_deref(), new.map(guard).as_deref());
    }
}

fn names<'a>(old: impl Iterator<Item = &'a String>, new: impl Iterator<Item = &'a String>) -> BTreeSet<&'a String> {
    old.chain(new).collect()
}

fn named(policy: Option<&str>) -> &str {
    policy.filter(|policy| !policy.is_empty()).unwrap_or("nobody")
}
