use fabric_admin::{AdminError, Review, UpdateFile, difference::differences, edit, update};
use fabric_protos::{
    common::{ConfigUpdate, ConfigValue},
    orderer::BatchSize,
};
use prost::Message;

use crate::material::{NEWCOMER, at_first, channel, described};

#[test]
fn what_is_in_force_says_so_and_what_is_stale_is_refused() {
    let config = channel();
    let root = edit::add_organization(&config, &described(NEWCOMER, 0)).unwrap();
    let file = UpdateFile::new("energy", update::compute(config.root(), &root).unwrap());
    let after = Review::of(&config, &file).unwrap().after;
    assert!(Review::of(&after, &file).unwrap().in_force);
    let elsewhere = edit::remove_organization(&after, NEWCOMER).unwrap();
    let removal = UpdateFile::new("energy", update::compute(after.root(), &elsewhere).unwrap());
    let removed = Review::of(&after, &removal).unwrap().after;
    let stale = Review::of(&removed, &file).unwrap_err();
    assert!(matches!(stale, AdminError::Stale(_)), "{stale}");
    assert!(Review::of(&removed, &removal).unwrap().in_force);
    let early = Review::of(&config, &removal).unwrap_err();
    assert!(matches!(early, AdminError::Stale(_)), "{early}");
}

#[test]
fn another_channels_update_an_empty_one_and_garbage_are_refused() {
    let other = UpdateFile::new("other", ConfigUpdate::default());
    assert!(matches!(
        Review::of(&channel(), &other),
        Err(AdminError::OtherChannel { .. })
    ));
    let empty = UpdateFile::new("energy", ConfigUpdate::default());
    assert!(matches!(Review::of(&channel(), &empty), Err(AdminError::Unsound(_))));
    for bytes in [&b""[..], b"\xff\xff", b"hello"] {
        assert!(UpdateFile::from_bytes(bytes).is_err());
    }
}

#[test]
fn nothing_is_hidden_from_the_difference() {
    let config = channel();
    let told = |change: fn(&mut fabric_admin::ConfigGroup)| {
        let mut root = config.root().clone();
        change(&mut root);
        let told: Vec<String> = differences(config.root(), &root)
            .iter()
            .map(ToString::to_string)
            .collect();
        told.join("\n")
    };
    let unknown = told(|root| {
        let value = ConfigValue {
            value: "secret".into(),
            ..ConfigValue::default()
        };
        root.values.insert("Surprise".to_owned(), value);
    });
    assert!(
        unknown.contains("+ /Channel/Surprise: bytes that are not understood here: 6 bytes"),
        "{unknown}"
    );
    let guard = told(|root| {
        let orderer = root.groups.get_mut("Orderer").unwrap();
        orderer.values.get_mut("BatchSize").unwrap().mod_policy = "/Channel/Application/Readers".to_owned();
    });
    assert!(guard.contains("~ /Channel/Orderer/BatchSize: who may change it: Admins → /Channel/Application/Readers"));
    let appended = told(|root| {
        let size = root
            .groups
            .get_mut("Orderer")
            .unwrap()
            .values
            .get_mut("BatchSize")
            .unwrap();
        size.value = [size.value.as_ref(), &[0x78, 0x01]].concat().into();
    });
    assert!(
        appended.contains("not understood here"),
        "a field that no message has: {appended}"
    );
    let reordered = told(|root| {
        let orderer = root.groups.get_mut("Orderer").unwrap();
        let value = orderer.values.get_mut("Orderers").unwrap();
        let mut mapping = fabric_protos::common::Orderers::decode(value.value.clone()).unwrap();
        mapping.consenter_mapping.reverse();
        value.value = mapping.encode_to_vec().into();
    });
    assert!(reordered.contains("the same content in another order"), "{reordered}");
    let policy = told(|root| {
        let policy = root.policies.get_mut("Admins").unwrap();
        policy.policy = root.groups["Application"].policies["Readers"].policy.clone();
    });
    assert_eq!(
        policy,
        "- /Channel/Admins: policy MAJORITY Admins\n+ /Channel/Admins: policy ANY Readers"
    );
    let size = told(|root| {
        let size = root
            .groups
            .get_mut("Orderer")
            .unwrap()
            .values
            .get_mut("BatchSize")
            .unwrap();
        let mut batch = BatchSize::decode(size.value.clone()).unwrap();
        batch.max_message_count = 7;
        size.value = batch.encode_to_vec().into();
    });
    assert!(
        size.ends_with("+ /Channel/Orderer/BatchSize: at most 7 transactions in a block"),
        "{size}"
    );
    assert_eq!(differences(config.root(), at_first(config.root().clone()).root()), []);
}
