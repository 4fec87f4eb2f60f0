use bytes::Bytes;
use fabric_protos::common::{ConfigGroup, ConfigPolicy, ConfigUpdate, ConfigValue, Policy};
use proptest::prelude::*;

use super::*;
use crate::policy::PolicyRefusal;

const EVERYBODY: fn(&str) -> Result<(), PolicyRefusal> = |_| Ok(());

fn value(version: u64, content: &str) -> ConfigValue {
    ConfigValue {
        version,
        value: Bytes::copy_from_slice(content.as_bytes()),
        mod_policy: "Admins".to_owned(),
    }
}

fn policy(version: u64) -> ConfigPolicy {
    ConfigPolicy {
        version,
        policy: Some(Policy::default()),
        mod_policy: "Admins".to_owned(),
    }
}

/// A channel of two groups, `Application` with a member `A`, and `Orderer`.
fn channel() -> ConfigGroup {
    let group = |version: u64| ConfigGroup {
        version,
        mod_policy: "Admins".to_owned(),
        policies: [("Admins".to_owned(), policy(0))].into(),
        ..ConfigGroup::default()
    };
    let mut member = group(0);
    member.values.insert("MSP".to_owned(), value(3, "msp"));
    let mut application = group(2);
    application.groups.insert("A".to_owned(), member);
    let mut orderer = group(0);
    orderer.values.insert("BatchSize".to_owned(), value(1, "500"));
    let mut root = group(0);
    root.groups.insert("Application".to_owned(), application);
    root.groups.insert("Orderer".to_owned(), orderer);
    root
}

fn group_at<'a>(root: &'a mut ConfigGroup, path: &[&str]) -> &'a mut ConfigGroup {
    path.iter()
        .fold(root, |group, name| group.groups.get_mut(*name).unwrap())
}

/// An update whose read set is the channel and whose write set is the changed channel.
fn update(change: impl FnOnce(&mut ConfigGroup)) -> ConfigUpdate {
    let mut written = channel();
    change(&mut written);
    ConfigUpdate {
        channel_id: "energy".to_owned(),
        read_set: Some(channel()),
        write_set: Some(written),
        ..ConfigUpdate::default()
    }
}

fn refused(update: &ConfigUpdate) -> String {
    apply(&channel(), update, EVERYBODY).unwrap_err().to_string()
}

#[test]
fn a_value_changes_and_the_rest_stays() {
    let change = |root: &mut ConfigGroup| {
        group_at(root, &["Orderer"])
            .values
            .insert("BatchSize".to_owned(), value(2, "10"));
    };
    let mut expected = channel();
    change(&mut expected);
    let mut asked = Vec::new();
    let applied = apply(&channel(), &update(change), |path| {
        asked.push(path.to_owned());
        Ok(())
    });
    assert_eq!(applied.unwrap(), expected);
    assert_eq!(
        asked,
        ["/Channel/Orderer/Admins"],
        "the current policy of the group that holds the value"
    );
}

/// As `configtxlator compute_update` writes it: only what is relied on and what changes.
#[test]
fn a_member_leaves_by_a_group_that_names_it_no_more() {
    let mut read = ConfigGroup::default();
    read.groups.insert(
        "Application".to_owned(),
        ConfigGroup {
            version: 2,
            ..ConfigGroup::default()
        },
    );
    read.groups
        .get_mut("Application")
        .unwrap()
        .policies
        .insert("Admins".to_owned(), ConfigPolicy::default());
    let mut written = read.clone();
    let application = written.groups.get_mut("Application").unwrap();
    application.version = 3;
    application.mod_policy = "Admins".to_owned();
    let update = ConfigUpdate {
        read_set: Some(read),
        write_set: Some(written),
        ..ConfigUpdate::default()
    };
    let mut expected = channel();
    let application = group_at(&mut expected, &["Application"]);
    application.version = 3;
    application.groups.clear();
    assert_eq!(apply(&channel(), &update, EVERYBODY).unwrap(), expected);
}

#[test]
fn groups_ask_their_own_policy_and_absolute_paths_the_roots() {
    let mut asked = Vec::new();
    let grown = update(|root| group_at(root, &["Application", "A"]).version = 1);
    let mut ask = |path: &str| {
        asked.push(path.to_owned());
        Ok(())
    };
    apply(&channel(), &grown, &mut ask).unwrap();
    let mut absolute = channel();
    group_at(&mut absolute, &["Application"]).mod_policy = "/Channel/Orderer/Admins".to_owned();
    let grown = update(|root| group_at(root, &["Application"]).version = 3);
    apply(&absolute, &grown, &mut ask).unwrap();
    assert_eq!(asked, ["/Channel/Application/A/Admins", "/Channel/Orderer/Admins"]);
}

#[test]
fn refusals_have_fabrics_words() {
    let spoil_read = |spoil: fn(&mut ConfigGroup)| {
        let mut update = update(|root| root.version = 1);
        spoil(update.read_set.as_mut().unwrap());
        refused(&update)
    };
    let batch = |version: u64, policy: &str| {
        let mut batch = value(version, "10");
        batch.mod_policy = policy.to_owned();
        refused(&update(|root| {
            group_at(root, &["Orderer"])
                .values
                .insert("BatchSize".to_owned(), batch);
        }))
    };
    let added = |name: &str, version: u64| {
        refused(&update(|root| {
            root.version = 1;
            root.values.insert(name.to_owned(), value(version, "new"));
        }))
    };
    let cases = [
        (
            spoil_read(|root| group_at(root, &["Orderer"]).version = 7),
            "error validating ReadSet: proposed update requires that key [Group]  /Channel/Orderer be at version 7, but it is currently at version 0",
        ),
        (
            spoil_read(|root| {
                root.values.insert("Gone".to_owned(), value(0, ""));
            }),
            "error validating ReadSet: existing config does not contain element for [Value]  /Channel/Gone but was in the read set",
        ),
        (
            refused(&update(|_| ())),
            "error validating DeltaSet: delta set was empty -- update would have no effect",
        ),
        (
            batch(5, "Admins"),
            "error validating DeltaSet: attempt to set key [Value]  /Channel/Orderer/BatchSize to version 5, but key is at version 1",
        ),
        (
            batch(2, ""),
            "error validating DeltaSet: invalid mod_policy for element [Value]  /Channel/Orderer/BatchSize: mod_policy not set",
        ),
        (
            batch(2, "/Channel/a b"),
            "error validating DeltaSet: invalid mod_policy for element [Value]  /Channel/Orderer/BatchSize: path element at 1 is invalid: config ID 'a b' contains illegal characters",
        ),
        (
            added("New", 1),
            "error validating DeltaSet: attempted to set key [Value]  /Channel/New to version 1, but key does not exist",
        ),
        (
            added("a/b", 0),
            "error mapping WriteSet: illegal characters in key: [Value]  : config ID 'a/b' contains illegal characters",
        ),
        (
            added("..", 0),
            "error mapping WriteSet: illegal characters in key: [Value]  : name '..' for config ID is not allowed",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[test]
fn signatures_are_asked_for_and_a_missing_policy_refuses_everybody() {
    let grown = update(|root| root.version = 1);
    let majority = PolicyRefusal::ImplicitMeta {
        met: 1,
        needed: 2,
        sub_policy: "Admins".to_owned(),
    };
    let error = apply(&channel(), &grown, |_| Err(majority.clone())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "error validating DeltaSet: policy for [Group]  /Channel not satisfied: implicit policy evaluation failed - 1 \
         sub-policies were satisfied, but this policy requires 2 of the 'Admins' sub-policies to be satisfied"
    );
    let error = apply(&channel(), &grown, |path| Err(PolicyRefusal::Missing(path.to_owned()))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "error validating DeltaSet: unexpected missing policy Admins for item [Group]  /Channel"
    );
}

#[test]
fn a_group_that_names_what_is_nowhere_is_refused() {
    let mut dangling = update(|_| ());
    let written = ConfigGroup {
        version: 1,
        mod_policy: "Admins".to_owned(),
        groups: [(
            "Nowhere".to_owned(),
            ConfigGroup {
                version: 5,
                ..ConfigGroup::default()
            },
        )]
        .into(),
        ..ConfigGroup::default()
    };
    dangling.read_set = None;
    dangling.write_set = Some(written);
    assert!(
        refused(&dangling).contains("[Group]  /Channel/Nowhere"),
        "{}",
        refused(&dangling)
    );
}

fn tree() -> impl Strategy<Value = ConfigGroup> {
    let name = || prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    let values = move || {
        prop::collection::btree_map(
            name(),
            (0_u64..3, "[xy]").prop_map(|(version, text)| value(version, &text)),
            0..3,
        )
    };
    let policies = move || prop::collection::btree_map(name(), (0_u64..3).prop_map(policy), 0..2);
    let group = move |groups: Vec<(String, ConfigGroup)>, values, policies, version| ConfigGroup {
        version,
        mod_policy: "Admins".to_owned(),
        groups: groups.into_iter().collect(),
        values,
        policies,
    };
    let leaf = (values(), policies(), 0_u64..3)
        .prop_map(move |(values, policies, version)| group(Vec::new(), values, policies, version));
    leaf.prop_recursive(3, 24, 3, move |inner| {
        let groups = prop::collection::vec((name(), inner), 0..3);
        (groups, values(), policies(), 0_u64..3)
            .prop_map(move |(groups, values, policies, version)| group(groups, values, policies, version))
    })
}

/// The versions that `wanted` must have after `current`: an element keeps its version where it stays, has the next one
/// where it changes, and 0 where it is new; a group changes when its members' names do.
fn versioned(current: &ConfigGroup, wanted: &ConfigGroup) -> ConfigGroup {
    let mut result = wanted.clone();
    let names = |group: &ConfigGroup| {
        let groups = group.groups.keys().map(|name| (0, name.clone()));
        let values = group.values.keys().map(|name| (1, name.clone()));
        let policies = group.policies.keys().map(|name| (2, name.clone()));
        groups.chain(values).chain(policies).collect::<Vec<_>>()
    };
    result.version = current.version + u64::from(names(current) != names(wanted));
    for (name, group) in &mut result.groups {
        *group = current
            .groups
            .get(name)
            .map_or_else(|| fresh(group), |current| versioned(current, group));
    }
    for (name, value) in &mut result.values {
        value.version = current
            .values
            .get(name)
            .map_or(0, |current| current.version + u64::from(current.value != value.value));
    }
    for (name, policy) in &mut result.policies {
        policy.version = current.policies.get(name).map_or(0, |current| current.version);
    }
    result
}

fn fresh(group: &ConfigGroup) -> ConfigGroup {
    ConfigGroup {
        version: 0,
        ..versioned(&ConfigGroup::default(), group)
    }
}

proptest! {
    /// Whatever is wanted comes out, with versions by Fabric's rule.
    #[test]
    fn an_update_gives_the_wanted_tree(current in tree(), wanted in tree()) {
        let written = versioned(&current, &wanted);
        let update = ConfigUpdate {
            read_set: Some(current.clone()),
            write_set: Some(written.clone()),
            ..ConfigUpdate::default()
        };
        match apply(&current, &update, EVERYBODY) {
            Ok(applied) => prop_assert_eq!(applied, written),
            Err(error) => prop_assert_eq!((error, &written), (UpdateError::NoEffect, &current)),
        }
    }

    /// A version that leaps is refused wherever it stands.
    #[test]
    fn only_the_next_version_counts(current in tree(), leap in 2_u64..9) {
        let mut written = current.clone();
        written.version += leap;
        let update = ConfigUpdate { read_set: Some(current.clone()), write_set: Some(written), ..ConfigUpdate::default() };
        let refused = matches!(apply(&current, &update, EVERYBODY), Err(UpdateError::NextVersion { .. }));
        prop_assert!(refused);
    }

    /// An update that was computed against another version of anything is stale.
    #[test]
    fn a_stale_read_is_refused(current in tree(), behind in 1_u64..9) {
        let mut read = current.clone();
        read.version += behind;
        let mut written = current.clone();
        written.version += 1;
        let update = ConfigUpdate { read_set: Some(read), write_set: Some(written), ..ConfigUpdate::default() };
        let stale = matches!(apply(&current, &update, EVERYBODY), Err(UpdateError::ReadStale { .. }));
        prop_assert!(stale);
    }
}
