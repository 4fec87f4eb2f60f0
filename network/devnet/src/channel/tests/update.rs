//! Updates of a channel's configuration, applied and refused.

use bytes::Bytes;
use fabric_msp::{Signer, SigningIdentity};
use fabric_protos::{
    common::{
        Capabilities, Capability, ConfigGroup, ConfigPolicy, ConfigValue, Envelope, HeaderType, OrdererAddresses,
    },
    msp::{FabricMspConfig, MspConfig},
    orderer::{BatchSize, ConsensusType},
};
use prost::Message;

use crate::channel::{
    APPLICATION_WRITERS, Channel, ENDORSEMENT,
    fixture::{Member, UpdateDraft, World, group, puts, set_msp, set_value},
};

fn batch(max_message_count: u32) -> BatchSize {
    BatchSize {
        max_message_count,
        absolute_max_bytes: 1 << 20,
        preferred_max_bytes: 1 << 20,
    }
}

fn resize(root: &mut ConfigGroup) {
    set_value(group(root, &["Orderer"]), "BatchSize", &batch(7));
}

fn refused(world: &World, update: &UpdateDraft) -> String {
    let envelope = update.envelope(&world.members[0].admin);
    world.channel.propose(&envelope).unwrap_err().to_string()
}

/// The channel after an update that the administrators sign.
fn updated(world: &World, change: impl FnOnce(&mut ConfigGroup)) -> Channel {
    let update = UpdateDraft::new(&world.channel, change).signed_by(&world.admins());
    let (content, proposed) = world
        .channel
        .propose(&update.envelope(&world.members[0].admin))
        .unwrap();
    let applied = world.channel.apply(&content).unwrap();
    assert_eq!(applied.config(), proposed.config(), "peer and orderer agree");
    applied
}

#[test]
fn batch_limits_follow_the_configuration() {
    let world = World::new();
    let next = updated(&world, resize);
    assert_eq!((next.sequence(), next.batch().max_message_count), (1, 7));
    assert_eq!(next.policies(), world.channel.policies());
}

#[test]
fn a_revoked_identity_is_nobody() {
    let world = World::new();
    let [a, b, c] = &world.members;
    let next = updated(&world, |root| set_msp(root, &a.msp_that_revokes(&[&a.peer, &a.client])));
    for revoked in [&a.peer, &a.client] {
        let error = next.msps().identity(&revoked.serialized_identity()).unwrap_err();
        assert!(error.to_string().contains("revoked"), "{error}");
    }
    let identity = |signer: &SigningIdentity| std::sync::Arc::new(signer.identity().clone());
    assert!(!next.evaluate(ENDORSEMENT, &[identity(&a.peer), identity(&b.peer)]));
    assert!(next.evaluate(ENDORSEMENT, &[identity(&a.second_peer), identity(&c.peer)]));
    assert!(!next.evaluate(APPLICATION_WRITERS, &[identity(&a.client)]));
}

#[test]
fn organisations_come_and_go_and_the_majority_with_them() {
    let world = World::new();
    let newcomers = ["DMSP", "EMSP"].map(Member::new);
    let grown = updated(&world, |root| {
        let application = group(root, &["Application"]);
        application.version += 1;
        for newcomer in &newcomers {
            let mut entry = application.groups["AMSP"].clone();
            entry.values.retain(|name, _| name == "MSP");
            set_value(&mut entry, "MSP", &newcomer.msp.to_msp_config());
            entry.values.get_mut("MSP").unwrap().version = 0;
            let peers = fabric_msp::SignaturePolicy::parse(&format!("OR('{}.peer')", newcomer.msp.id())).unwrap();
            entry.policies.insert(
                "Endorsement".to_owned(),
                ConfigPolicy {
                    policy: Some(fabric_msp::Policy::Signature(peers).to_wire()),
                    mod_policy: "Admins".to_owned(),
                    version: 0,
                },
            );
            application.groups.insert(newcomer.msp.id().to_owned(), entry);
        }
    });
    assert_eq!(
        grown.organizations().collect::<Vec<_>>(),
        ["AMSP", "BMSP", "CMSP", "DMSP", "EMSP"]
    );
    let identity = |member: &Member| std::sync::Arc::new(member.peer.identity().clone());
    let [a, b, c] = &world.members;
    let [d, e] = &newcomers;
    assert!(!grown.evaluate(ENDORSEMENT, &[identity(a), identity(d)]), "two of five");
    assert!(grown.evaluate(ENDORSEMENT, &[identity(a), identity(d), identity(e)]));
    let shrunk = updated(&world, |root| {
        let application = group(root, &["Application"]);
        application.version += 1;
        application.groups.remove("CMSP");
    });
    assert!(!shrunk.has_member("CMSP"));
    assert!(shrunk.evaluate(ENDORSEMENT, &[identity(a), identity(b)]));
    assert!(!shrunk.evaluate(ENDORSEMENT, &[identity(a), identity(c)]));
}

#[test]
fn signatures_are_counted_as_fabric_counts_them() {
    let world = World::new();
    let [a, b, c] = &world.members;
    let majority = |met: usize| {
        format!(
            "error authorizing update: error validating DeltaSet: policy for [Value]  /Channel/Orderer/BatchSize not \
             satisfied: implicit policy evaluation failed - {met} sub-policies were satisfied, but this policy \
             requires 2 of the 'Admins' sub-policies to be satisfied"
        )
    };
    let draft = || UpdateDraft::new(&world.channel, resize);
    let stranger = Member::new("BMSP");
    let cases: [(&str, &[&SigningIdentity], usize); 5] = [
        ("no signature", &[], 0),
        ("one of three", &[&a.admin], 1),
        ("one administrator twice", &[&a.admin, &a.admin], 1),
        ("a client is no administrator", &[&a.admin, &b.client], 1),
        ("another authority's administrator", &[&a.admin, &stranger.admin], 1),
    ];
    for (name, signers, met) in cases {
        assert_eq!(refused(&world, &draft().signed_by(signers)), majority(met), "{name}");
    }
    let mut forged = draft().signed_by(&[&a.admin, &c.admin]);
    forged.signatures[1].signature = forged.signatures[0].signature.clone();
    assert_eq!(refused(&world, &forged), majority(1), "a forged signature");
    let other = UpdateDraft::new(&world.channel, |root| root.version += 1).signed_by(&[&c.admin]);
    let mut moved = draft().signed_by(&[&a.admin]);
    moved.signatures.extend(other.signatures);
    assert_eq!(refused(&world, &moved), majority(1), "a signature of another update");
    let signed = draft().signed_by(&[&a.admin, &c.admin]);
    assert!(
        world.channel.propose(&signed.envelope(&b.client)).is_ok(),
        "anybody may send what a majority signed"
    );
}

#[test]
fn updates_that_do_not_fit_are_refused_in_fabrics_words() {
    let world = World::new();
    let signed = |spoil: &dyn Fn(&mut UpdateDraft)| {
        let mut draft = UpdateDraft::new(&world.channel, resize);
        spoil(&mut draft);
        refused(&world, &draft.signed_by(&world.admins()))
    };
    let changed = |change: &dyn Fn(&mut ConfigGroup)| {
        refused(
            &world,
            &UpdateDraft::new(&world.channel, change).signed_by(&world.admins()),
        )
    };
    let cases = [
        (
            signed(&|draft| draft.update.channel_id = "other".to_owned()),
            "error authorizing update: ConfigUpdate for channel 'other' but envelope for channel 'energy'",
        ),
        (
            signed(&|draft| draft.update.read_set.as_mut().unwrap().version = 3),
            "error authorizing update: error validating ReadSet: proposed update requires that key [Group]  /Channel be at version 3, but it is currently at version 0",
        ),
        (
            signed(&|draft| draft.update.write_set = draft.update.read_set.clone()),
            "error authorizing update: error validating DeltaSet: delta set was empty -- update would have no effect",
        ),
        (
            changed(&|root| set_value(group(root, &["Orderer"]), "BatchSize", &batch(0))),
            "initializing channelconfig failed: could not create channel Orderer sub-group config: Attempted to set the batch size max message count to an invalid value: 0",
        ),
        (
            changed(&|root| {
                root.version += 1;
                root.values.insert(
                    "Colour".to_owned(),
                    ConfigValue {
                        mod_policy: "Admins".to_owned(),
                        ..ConfigValue::default()
                    },
                );
            }),
            "initializing channelconfig failed: failed to deserialize values: Unexpected key Colour",
        ),
        (
            changed(&|root| {
                root.version += 1;
                root.groups.remove("Orderer");
            }),
            "config does not contain orderer config",
        ),
        (
            changed(&|root| {
                let consensus = ConsensusType {
                    r#type: "BFT".to_owned(),
                    ..ConsensusType::default()
                };
                set_value(group(root, &["Orderer"]), "ConsensusType", &consensus);
            }),
            "attempted to change ConsensusType from etcdraft to BFT",
        ),
        (
            changed(&|root| set_value(root, "Capabilities", &capabilities(&["V3_0", "V9_1"]))),
            "config update is not compatible: config requires unsupported channel capabilities: Channel capability \
             V9_1 is required but not supported: Channel capability V9_1 is required but not supported",
        ),
        (
            changed(&|root| {
                let older = capabilities(&["V2_0"]);
                set_value(group(root, &["Application"]), "Capabilities", &older);
            }),
            "Application capability V2_5 is gone: this network keeps no older rules",
        ),
        (
            changed(&|root| {
                let nowhere = OrdererAddresses::default();
                set_value(group(root, &["Orderer", "BMSP"]), "Endpoints", &nowhere);
            }),
            "initializing channelconfig failed: could not create channel Orderer sub-group config: some orderer organizations endpoints are empty: [BMSP]",
        ),
    ];
    for (found, expected) in cases {
        assert!(found.starts_with(expected), "{found}");
    }
}

fn capabilities(names: &[&str]) -> Capabilities {
    let capabilities = names.iter().map(|name| ((*name).to_owned(), Capability {})).collect();
    Capabilities { capabilities }
}

#[test]
fn msps_stay_themselves() {
    let world = World::new();
    let [a, ..] = &world.members;
    let in_application = |msp: &MspConfig| {
        let change = |root: &mut ConfigGroup| set_value(group(root, &["Application", "AMSP"]), "MSP", msp);
        refused(
            &world,
            &UpdateDraft::new(&world.channel, change).signed_by(&world.admins()),
        )
    };
    let revoking = a.msp_that_revokes(&[&a.client]).to_msp_config();
    assert!(
        in_application(&revoking).ends_with("Attempted to define two different versions of MSP: AMSP"),
        "the Orderer group still has the MSP without the list"
    );
    let renamed = FabricMspConfig {
        name: "ZMSP".to_owned(),
        ..a.msp.to_config()
    };
    let renamed = MspConfig {
        config: renamed.encode_to_vec().into(),
        ..a.msp.to_msp_config()
    };
    assert_eq!(
        in_application(&renamed),
        "application org AMSP attempted to change MSP ID from AMSP to ZMSP"
    );
    let unreadable = FabricMspConfig {
        revocation_list: vec![Bytes::from_static(b"no list")],
        ..a.msp.to_config()
    };
    let unreadable = MspConfig {
        config: unreadable.encode_to_vec().into(),
        ..a.msp.to_msp_config()
    };
    assert!(in_application(&unreadable).starts_with("initializing channelconfig failed: could not create channel Application sub-group config: setting up the MSP manager failed: "));
}

#[test]
fn what_is_no_update_is_refused() {
    let world = World::new();
    let mut other = world.draft(puts(&[]));
    other.kind = HeaderType::Message.into();
    let other = Envelope::decode(other.envelope()).unwrap();
    let cases = [
        (
            Envelope::default(),
            "error converting envelope to config update: envelope must have a Header",
        ),
        (
            other,
            "error converting envelope to config update: invalid type MESSAGE, expected CONFIG_UPDATE",
        ),
    ];
    for (envelope, expected) in cases {
        assert_eq!(world.channel.propose(&envelope).unwrap_err().to_string(), expected);
    }
    let mut draft = UpdateDraft::new(&world.channel, resize).signed_by(&world.admins());
    draft.signatures[0].signature_header = Bytes::from_static(b"\xff");
    assert!(
        refused(&world, &draft).starts_with("error authorizing update: "),
        "{}",
        refused(&world, &draft)
    );
}

#[test]
fn a_block_must_hold_what_its_update_gives() {
    let world = World::new();
    let update = UpdateDraft::new(&world.channel, resize).signed_by(&world.admins());
    let (content, next) = world
        .channel
        .propose(&update.envelope(&world.members[0].admin))
        .unwrap();
    let again = next.apply(&content).unwrap_err();
    assert_eq!(
        again.to_string(),
        "config currently at sequence 1, cannot validate config at sequence 1"
    );
    let mut other = content.clone();
    other.config.as_mut().unwrap().channel_group.as_mut().unwrap().version = 9;
    let error = world.channel.apply(&other).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ConfigEnvelope LastUpdate did not produce the supplied config result"
    );
    let mut empty = content;
    empty.last_update = None;
    assert!(world.channel.apply(&empty).is_err());
}
