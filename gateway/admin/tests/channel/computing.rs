//! The computed update, as a law and beside Fabric's own program.

use std::{fs, path::PathBuf, process::Command};

use fabric_admin::{ConfigGroup, difference::differences, edit, update};
use fabric_msp::configuration;
use fabric_protos::common::{Config, ConfigPolicy, ConfigUpdate, ConfigValue};
use proptest::prelude::*;
use prost::Message;

use crate::material::{NEWCOMER, channel, described};

/// Where a random change happens, and which.
type Change = (Vec<usize>, u8, u8);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((prop::collection::vec(0usize..8, 0..4), 0u8..8, any::<u8>()), 1..8)
}

fn change(root: &mut ConfigGroup, (path, kind, seed): &Change) {
    let mut group = root;
    for step in path {
        let names: Vec<String> = group.groups.keys().cloned().collect();
        if names.is_empty() {
            break;
        }
        group = group.groups.get_mut(&names[step % names.len()]).unwrap();
    }
    let name = format!("Element{}", seed % 4);
    let value = || ConfigValue {
        value: vec![*seed].into(),
        mod_policy: "Admins".to_owned(),
        ..ConfigValue::default()
    };
    match kind {
        0 => drop(group.values.insert(name, value())),
        1 => drop(group.values.pop_first()),
        2 => drop(group.policies.pop_last()),
        3 => drop(group.groups.pop_first()),
        4 => group.mod_policy = format!("Policy{}", seed % 3),
        5 => {
            let policy = group
                .policies
                .first_key_value()
                .map(|(_, policy)| policy.policy.clone());
            let policy = ConfigPolicy {
                policy: policy.flatten(),
                mod_policy: "Admins".to_owned(),
                ..ConfigPolicy::default()
            };
            group.policies.insert(name, policy);
        }
        6 => {
            let mut inner = ConfigGroup {
                mod_policy: "Admins".to_owned(),
                ..ConfigGroup::default()
            };
            inner.values.insert("Inner".to_owned(), value());
            group.groups.insert(name, inner);
        }
        _ => {
            if let Some((_, first)) = group.values.iter_mut().next() {
                first.value = vec![*seed, *seed].into();
            }
        }
    }
}

/// Equal but for versions, which only updates count.
fn without_versions(group: &ConfigGroup) -> ConfigGroup {
    let mut copy = group.clone();
    copy.version = 0;
    copy.values.values_mut().for_each(|value| value.version = 0);
    copy.policies.values_mut().for_each(|policy| policy.version = 0);
    let inner = copy.groups.iter();
    copy.groups = inner
        .map(|(name, below)| (name.clone(), without_versions(below)))
        .collect();
    copy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// What an orderer makes of the update is the tree that was wanted; and the words are silent only when nothing
    /// changes.
    #[test]
    fn an_applied_update_gives_the_wanted_tree(changes in changes()) {
        let config = channel();
        let mut wanted = config.root().clone();
        changes.iter().for_each(|one| change(&mut wanted, one));
        let words = differences(config.root(), &wanted);
        match update::compute(config.root(), &wanted) {
            None => {
                prop_assert_eq!(config.root(), &wanted);
                prop_assert!(words.is_empty());
            }
            Some(update) => {
                prop_assert!(!words.is_empty());
                let applied = configuration::apply(config.root(), &update, |_: &str| Ok(()));
                match applied {
                    Ok(applied) => prop_assert_eq!(without_versions(&applied), without_versions(&wanted)),
                    // A change whose guard was taken away, or named anew, cannot be applied by anybody.
                    Err(error) => prop_assert!(error.to_string().contains("policy"), "{}", error),
                }
            }
        }
    }
}

/// Fabric's program, where it is installed.
fn configtxlator() -> Option<PathBuf> {
    let folders = std::env::var_os("FABRIC_BIN").map(PathBuf::from).into_iter();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = folders
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join("configtxlator"));
    all.find(|file| file.is_file())
}

fn computed_by_fabric(program: &PathBuf, old: &ConfigGroup, new: &ConfigGroup) -> ConfigUpdate {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    for (name, group) in [("old", old), ("new", new)] {
        let config = Config {
            sequence: 0,
            channel_group: Some(group.clone()),
        };
        fs::write(file(name), config.encode_to_vec()).unwrap();
    }
    let ran = Command::new(program)
        .args(["compute_update", "--channel_id", "energy"])
        .arg("--original")
        .arg(file("old"))
        .arg("--updated")
        .arg(file("new"))
        .arg("--output")
        .arg(file("update"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ConfigUpdate::decode(fs::read(file("update")).unwrap().as_slice()).unwrap()
}

#[test]
fn fabrics_own_program_computes_the_same_update() {
    let Some(program) = configtxlator() else {
        eprintln!(
            "SKIPPED fabrics_own_program_computes_the_same_update: configtxlator is neither in FABRIC_BIN nor on PATH"
        );
        return;
    };
    let config = channel();
    let north = described(NEWCOMER, 0);
    let mut wanted = vec![
        edit::add_organization(&config, &north).unwrap(),
        edit::remove_consenter(&config, "127.0.0.1:7250").unwrap(),
    ];
    let seeds: Vec<Change> = (0..40u8)
        .map(|seed| (vec![usize::from(seed % 5), usize::from(seed / 5)], seed % 8, seed))
        .collect();
    for some in seeds.chunks(2) {
        let mut root = config.root().clone();
        some.iter().for_each(|one| change(&mut root, one));
        wanted.push(root);
    }
    let mut compared = 0;
    for new in &wanted {
        if let Some(own) = update::compute(config.root(), new) {
            let own = ConfigUpdate {
                channel_id: "energy".to_owned(),
                ..own
            };
            assert_eq!(own, computed_by_fabric(&program, config.root(), new));
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared} updates were compared");
}
