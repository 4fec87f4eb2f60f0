mod configuration;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use fabric_msp::Signer;
use fabric_protos::{
    common::{Block, HeaderType, LastConfig, Metadata, OrdererBlockMetadata, SignatureHeader, Status},
    protos::TxValidationCode::{DuplicateTxid, Valid},
};
use futures_util::FutureExt;
use prost::Message as _;
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;
use crate::{
    channel::{
        BatchConfig, LiveChannel, SignedData,
        fixture::{Chain, Member, World, puts, sign, tx_id},
    },
    ledger::{FaultHook, FaultPoint, LedgerOptions, block},
    notify::{BlockFollower, CommittedBlock},
};

const LIMIT: Duration = Duration::from_secs(20);

fn batch(max_message_count: u32, timeout: Duration) -> BatchConfig {
    BatchConfig {
        max_message_count,
        timeout,
        absolute_max_bytes: 64 << 10,
        preferred_max_bytes: 32 << 10,
    }
}

fn start(chain: &Chain<'_>, mode: CutMode) -> (Orderer, tokio::task::JoinHandle<()>) {
    start_on(chain, Arc::new(LiveChannel::open(&chain.ledger).unwrap()), mode)
}

fn start_on(chain: &Chain<'_>, channel: Arc<LiveChannel>, mode: CutMode) -> (Orderer, tokio::task::JoinHandle<()>) {
    let world = chain.world;
    Orderer::start(OrdererConfig {
        channel,
        ledger: chain.ledger.clone(),
        signer: Arc::new(world.members[0].orderer.clone()),
        mode,
    })
}

fn transaction(world: &World) -> Bytes {
    world.draft(puts(&[("lamp", "on")])).envelope()
}

async fn next(follower: &mut BlockFollower) -> CommittedBlock {
    timeout(LIMIT, follower.next())
        .await
        .expect("no block in time")
        .unwrap()
}

#[tokio::test]
async fn a_full_batch_becomes_a_block() {
    let world = World::with_batch(batch(3, Duration::from_secs(600)));
    let chain = world.chain();
    let (orderer, _task) = start(&chain, CutMode::Limits);
    let mut follower = BlockFollower::new(chain.ledger.clone(), 2);
    for _ in 0..6 {
        orderer.submit(transaction(&world)).await.unwrap();
    }
    for number in 2..4 {
        let block = next(&mut follower).await;
        let codes: Vec<_> = block.transactions().map(|transaction| transaction.code).collect();
        assert_eq!((block.number(), codes), (number, vec![Valid; 3]));
    }
}

#[tokio::test]
async fn the_time_out_cuts_what_is_pending() {
    let world = World::with_batch(batch(100, Duration::from_millis(10)));
    let chain = world.chain();
    let (orderer, _task) = start(&chain, CutMode::Limits);
    let mut follower = BlockFollower::new(chain.ledger.clone(), 2);
    orderer.submit(transaction(&world)).await.unwrap();
    assert_eq!(next(&mut follower).await.transactions().count(), 1);
    orderer.submit(transaction(&world)).await.unwrap();
    assert_eq!(next(&mut follower).await.number(), 3);
}

#[tokio::test]
async fn on_demand_only_a_cut_makes_a_block() {
    let world = World::with_batch(batch(100, Duration::from_nanos(1)));
    let chain = world.chain();
    let (orderer, _task) = start(&chain, CutMode::OnDemand);
    let envelope = transaction(&world);
    for copy in [envelope.clone(), envelope, transaction(&world)] {
        orderer.submit(copy).await.unwrap();
    }
    assert_eq!(timeout(LIMIT, orderer.cut()).await.unwrap(), Ok(3));
    let block = chain.ledger.block(2).unwrap().unwrap();
    assert_eq!(block::codes(&block), [Valid, DuplicateTxid, Valid]);
    assert_eq!(
        timeout(LIMIT, orderer.cut()).await.unwrap(),
        Ok(3),
        "an empty batch is no block"
    );
}

#[tokio::test]
async fn a_block_is_linked_and_signed_by_the_orderer() {
    let world = World::with_batch(batch(1, Duration::from_secs(600)));
    let chain = world.chain();
    let (orderer, _task) = start(&chain, CutMode::Limits);
    let mut follower = BlockFollower::new(chain.ledger.clone(), 1);
    let previous = next(&mut follower).await;
    orderer.submit(transaction(&world)).await.unwrap();
    let committed = next(&mut follower).await;
    let block: &Block = committed.block();
    let header = block.header.as_ref().unwrap();
    assert_eq!(
        header.previous_hash,
        block::header_hash(previous.block().header.as_ref().unwrap())
    );
    assert_eq!(header.data_hash, block::data_hash(block.data.as_ref().unwrap()));
    let last_config = Metadata::decode(block::metadata(block, block::LAST_CONFIG)).unwrap();
    assert_eq!(LastConfig::decode(last_config.value).unwrap(), LastConfig { index: 0 });
    let signed = Metadata::decode(block::metadata(block, block::SIGNATURES)).unwrap();
    let orderer_metadata = OrdererBlockMetadata::decode(signed.value.clone()).unwrap();
    assert_eq!(orderer_metadata.last_config, Some(LastConfig { index: 0 }));
    let signature = &signed.signatures[0];
    let creator = SignatureHeader::decode(signature.signature_header.clone())
        .unwrap()
        .creator;
    assert_eq!(creator, world.members[0].orderer.serialized_identity());
    let message = [
        signed.value.as_ref(),
        &signature.signature_header,
        &block::header_bytes(header),
    ]
    .concat();
    let data = SignedData {
        message: message.into(),
        identity: creator,
        signature: signature.signature.clone(),
    };
    let signers = world.channel.signers(&[data]);
    assert!(world.channel.evaluate("/Channel/Orderer/BlockValidation", &signers));
}

#[tokio::test]
async fn what_is_not_admitted() {
    let world = World::with_batch(batch(1, Duration::from_secs(600)));
    let chain = world.chain();
    let (orderer, _task) = start(&chain, CutMode::Limits);
    let stranger = Member::new("AMSP");
    let mut foreign = world.draft(puts(&[("lamp", "on")]));
    foreign.creator = &stranger.client;
    foreign.tx_id = tx_id(&foreign.nonce, &stranger.client);
    let mut other_channel = world.draft(puts(&[("lamp", "on")]));
    other_channel.channel_id = "other".to_owned();
    let mut config = world.draft(puts(&[("lamp", "on")]));
    config.kind = HeaderType::Config.into();
    let forged = world.draft(puts(&[("lamp", "on")]));
    let large = "x".repeat(64 << 10);
    let cases = [
        (
            "garbage",
            Bytes::from_static(b"\xff"),
            Status::BadRequest,
            "does not decode",
        ),
        (
            "empty",
            Bytes::new(),
            Status::BadRequest,
            "could not determine channel ID: header not set",
        ),
        (
            "large",
            world.draft(puts(&[("lamp", &large)])).envelope(),
            Status::BadRequest,
            "exceeds maximum allowed 65536",
        ),
        (
            "another channel",
            other_channel.envelope(),
            Status::BadRequest,
            "channel does not exist",
        ),
        (
            "a configuration",
            config.envelope(),
            Status::BadRequest,
            "message is of type that cannot be processed directly",
        ),
        ("a stranger", foreign.envelope(), Status::Forbidden, "permission denied"),
        (
            "a forged signature",
            sign(forged.payload(), &world.members[1].client),
            Status::Forbidden,
            "permission denied",
        ),
    ];
    for (name, envelope, status, info) in cases {
        let error = orderer.submit(envelope).await.unwrap_err();
        assert_eq!(error.status, status, "{name}: {error}");
        assert!(error.info.contains(info), "{name}: {error}");
    }
    assert_eq!(chain.ledger.height(), 2);
}

/// While a block is being committed, 64 MiB of envelopes wait in the queue and no more.
#[tokio::test]
async fn the_queue_is_bounded_in_bytes() {
    let world = World::with_batch(BatchConfig {
        absolute_max_bytes: 40 << 20,
        preferred_max_bytes: 40 << 20,
        ..batch(1, Duration::from_secs(600))
    });
    let (commit, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let faults = FaultHook::new(move |point, block| {
        if (point, block) == (FaultPoint::BeforeLogAppend, 2) {
            let _ = held.lock().unwrap().recv();
        }
    });
    let options = LedgerOptions {
        faults,
        ..LedgerOptions::default()
    };
    let chain = Chain::open(&world, Arc::new(TempDir::new().unwrap()), options);
    assert_eq!(chain.commit(&[world.definition(1).envelope()]), [Valid]);
    let (orderer, _task) = start(&chain, CutMode::Limits);
    orderer.submit(transaction(&world)).await.unwrap();
    let value = "x".repeat(30 << 20);
    let large = || world.draft(puts(&[("lamp", &value)])).envelope();
    let mut waiting = std::pin::pin!(async {
        for _ in 0..3 {
            orderer.submit(large()).await.unwrap();
        }
    });
    assert!((&mut waiting).now_or_never().is_none(), "the third has no room");
    drop(commit);
    timeout(LIMIT, waiting).await.unwrap();
    timeout(LIMIT, orderer.cut()).await.unwrap().unwrap();
    assert_eq!(chain.ledger.height(), 6);
}

#[tokio::test]
async fn dropping_the_last_handle_commits_what_is_pending() {
    let world = World::with_batch(batch(100, Duration::from_secs(600)));
    let chain = world.chain();
    let (orderer, task) = start(&chain, CutMode::Limits);
    orderer.submit(transaction(&world)).await.unwrap();
    drop(orderer);
    timeout(LIMIT, task).await.unwrap().unwrap();
    assert_eq!(chain.ledger.height(), 3);
}

#[tokio::test]
async fn a_failed_commit_stops_ordering_and_names_the_cause() {
    let world = World::with_batch(batch(1, Duration::from_secs(600)));
    let faults = FaultHook::new(|point, block| assert!((point, block) != (FaultPoint::BeforeLogAppend, 2), "disk"));
    let options = LedgerOptions {
        faults,
        ..LedgerOptions::default()
    };
    let chain = Chain::open(&world, Arc::new(TempDir::new().unwrap()), options);
    assert_eq!(chain.commit(&[world.definition(1).envelope()]), [Valid]);
    let (orderer, task) = start(&chain, CutMode::Limits);
    orderer.submit(transaction(&world)).await.unwrap();
    timeout(LIMIT, task).await.unwrap().unwrap();
    let error = orderer.submit(transaction(&world)).await.unwrap_err();
    assert_eq!(error.status, Status::ServiceUnavailable);
    assert!(error.info.contains("broke off"), "{error}");
}
