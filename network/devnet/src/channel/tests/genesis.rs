use std::{sync::Arc, time::Duration};

use fabric_msp::{Identity, SigningIdentity};
use fabric_protos::common::Block;
use prost::Message;

use super::super::{fixture::World, *};
use crate::ledger::block;

fn identities(signers: &[&SigningIdentity]) -> Vec<Arc<Identity>> {
    signers
        .iter()
        .map(|signer| Arc::new(signer.identity().clone()))
        .collect()
}

#[test]
fn a_genesis_block_reads_back_as_its_configuration() {
    let batch = BatchConfig {
        max_message_count: 7,
        timeout: Duration::from_millis(1500),
        ..BatchConfig::default()
    };
    let world = World::with_batch(batch);
    let stored = Block::decode(world.genesis.encode_to_vec().as_slice()).unwrap();
    let channel = Channel::from_block(&stored).unwrap();
    assert_eq!(channel.id(), "energy");
    assert_eq!(channel.organizations().collect::<Vec<_>>(), ["AMSP", "BMSP", "CMSP"]);
    assert_eq!(channel.msps().msp_ids().collect::<Vec<_>>(), ["AMSP", "BMSP", "CMSP"]);
    assert_eq!(channel.batch(), &batch);
}

#[test]
fn equal_configurations_give_equal_blocks() {
    let world = World::new();
    assert_eq!(genesis_block(&world.config).unwrap(), world.genesis);
    let other = ChannelConfig {
        id: "other".to_owned(),
        ..world.config.clone()
    };
    assert_ne!(genesis_block(&other).unwrap().header, world.genesis.header);
}

#[test]
fn the_header_covers_the_configuration() {
    let world = World::new();
    let (header, data) = (world.genesis.header.unwrap(), world.genesis.data.unwrap());
    assert_eq!((header.number, header.previous_hash.len()), (0, 0));
    assert_eq!(header.data_hash, block::data_hash(&data));
    let (_, header) = block::open_envelope(&data.data[0]).unwrap();
    assert_eq!((header.version, header.epoch), (1, 0), "as configtxgen writes them");
}

#[test]
fn policies_ask_whom_they_should() {
    let world = World::new();
    let [a, b, c] = &world.members;
    let cases: [(&str, &[&SigningIdentity], bool); 9] = [
        (ENDORSEMENT, &[&a.peer, &b.peer], true),
        (ENDORSEMENT, &[&a.peer, &a.second_peer], false),
        (ENDORSEMENT, &[&a.peer, &b.client], false),
        (LIFECYCLE_ENDORSEMENT, &[&c.peer, &b.peer], true),
        (LIFECYCLE_ENDORSEMENT, &[&c.peer], false),
        (WRITERS, &[&c.client], true),
        (APPLICATION_READERS, &[&b.client], true),
        (APPLICATION_WRITERS, &[], false),
        ("/Channel/Nowhere/Readers", &[&a.client, &b.client, &c.client], false),
    ];
    for (path, signers, expected) in cases {
        assert_eq!(
            world.channel.evaluate(path, &identities(signers)),
            expected,
            "{path} by {signers:?}"
        );
    }
}

#[test]
fn only_true_signers_count_and_each_once() {
    let world = World::new();
    let [a, b, _] = &world.members;
    let stranger = crate::channel::fixture::Member::new("AMSP");
    let signed = |signer: &SigningIdentity, message: &'static [u8]| SignedData {
        message: b"message".as_slice().into(),
        identity: fabric_msp::Signer::serialized_identity(signer),
        signature: fabric_msp::Signer::sign(signer, message).unwrap().into(),
    };
    let signatures = [
        signed(&a.peer, b"message"),
        signed(&a.peer, b"message"),
        signed(&b.peer, b"other"),
        signed(&stranger.peer, b"message"),
    ];
    let signers = world.channel.signers(&signatures);
    assert_eq!(signers, identities(&[&a.peer]));
}

type Spoil<'a> = &'a dyn Fn(&mut ChannelConfig);

#[test]
fn unsound_configurations_are_refused_with_the_reason() {
    let world = World::new();
    let spoilt = |spoil: Spoil<'_>| {
        let mut config = world.config.clone();
        spoil(&mut config);
        genesis_block(&config).unwrap_err().to_string()
    };
    let cases: [(Spoil<'_>, &str); 6] = [
        (&|config| config.id = "Energy".to_owned(), "no channel name"),
        (
            &|config| config.organizations[1].name = "A/B".to_owned(),
            "no organisation name",
        ),
        (
            &|config| config.organizations[1] = config.organizations[0].clone(),
            "stands twice",
        ),
        (
            &|config| {
                config
                    .organizations
                    .iter_mut()
                    .for_each(|each| each.orderer_endpoints.clear())
            },
            "no organisation has an orderer",
        ),
        (&|config| config.batch.max_message_count = 0, "invalid value: 0"),
        (
            &|config| config.batch.preferred_max_bytes = u32::MAX,
            "greater than the absolute max bytes",
        ),
    ];
    for (spoil, reason) in cases {
        let error = spoilt(spoil);
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_block_without_a_configuration_is_refused() {
    let world = World::new();
    let mut empty = world.genesis.clone();
    empty.data = None;
    let other = block::new_block(0, bytes::Bytes::new(), vec![b"no envelope".as_slice().into()]);
    for refused in [empty, other] {
        assert!(matches!(Channel::from_block(&refused), Err(ChannelError::Block(_))));
    }
}
