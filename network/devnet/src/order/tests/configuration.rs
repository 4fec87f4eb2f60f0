//! Updates of the channel's configuration from Broadcast to the block, and what they do to what waits.

use fabric_protos::{
    common::{ConfigGroup, Envelope},
    orderer::BatchSize,
    protos::TxValidationCode::BadCreatorSignature,
};

use super::*;
use crate::channel::fixture::{UpdateDraft, group, set_msp, set_value};

fn resize(root: &mut ConfigGroup) {
    let size = BatchSize {
        max_message_count: 1,
        absolute_max_bytes: 64 << 10,
        preferred_max_bytes: 32 << 10,
    };
    set_value(group(root, &["Orderer"]), "BatchSize", &size);
}

fn update(world: &World, channel: &LiveChannel, change: impl FnOnce(&mut ConfigGroup)) -> Bytes {
    let draft = UpdateDraft::new(&channel.now(), change).signed_by(&world.admins());
    draft.envelope(&world.members[0].admin).encode_to_vec().into()
}

fn open(chain: &Chain<'_>) -> Arc<LiveChannel> {
    Arc::new(LiveChannel::open(&chain.ledger).unwrap())
}

#[tokio::test]
async fn a_configuration_has_a_block_of_its_own_and_is_in_force_from_it_on() {
    let world = World::with_batch(batch(100, Duration::from_secs(600)));
    let chain = world.chain();
    let channel = open(&chain);
    let (orderer, _task) = start_on(&chain, channel.clone(), CutMode::Limits);
    let mut follower = BlockFollower::new(chain.ledger.clone(), 2);
    orderer.submit(transaction(&world)).await.unwrap();
    orderer.submit(update(&world, &channel, resize)).await.unwrap();
    assert_eq!(
        next(&mut follower).await.transactions().count(),
        1,
        "what waited is cut first"
    );
    let configured = next(&mut follower).await;
    assert_eq!(block::codes(configured.block()), [Valid]);
    assert_eq!(block::last_config(configured.block()), 3);
    assert_eq!(channel.now().batch().max_message_count, 1);
    orderer.submit(transaction(&world)).await.unwrap();
    let after = next(&mut follower).await;
    assert_eq!(
        (after.number(), block::last_config(after.block())),
        (4, 3),
        "a batch of one is full at once"
    );
    let content = block::configuration(configured.block()).unwrap();
    assert_eq!(content.config.as_ref(), Some(channel.now().config()));
    let envelope = Envelope::decode(block::envelopes(configured.block())[0].clone()).unwrap();
    let (payload, header) = block::open_envelope(&block::envelopes(configured.block())[0]).unwrap();
    assert_eq!((header.tx_id.as_str(), header.channel_id.as_str()), ("", "energy"));
    let creator = SignatureHeader::decode(payload.header.unwrap().signature_header)
        .unwrap()
        .creator;
    assert_eq!(
        creator,
        world.members[0].orderer.serialized_identity(),
        "the orderer signs it"
    );
    let signed = SignedData {
        message: envelope.payload,
        identity: creator,
        signature: envelope.signature,
    };
    assert_eq!(world.channel.signers(&[signed]).len(), 1);
}

#[tokio::test]
async fn who_is_revoked_while_transactions_wait_has_them_dropped_or_invalid() {
    let world = World::with_batch(batch(100, Duration::from_secs(600)));
    let chain = world.chain();
    let channel = open(&chain);
    let (orderer, _task) = start_on(&chain, channel.clone(), CutMode::OnDemand);
    let [a, b, _] = &world.members;
    let mut by_b = world.draft(puts(&[("lamp", "b")]));
    by_b.creator = &b.client;
    by_b.tx_id = tx_id(&by_b.nonce, &b.client);
    let late = transaction(&world);
    orderer.submit(transaction(&world)).await.unwrap();
    orderer
        .submit(update(&world, &channel, |root| {
            set_msp(root, &a.msp_that_revokes(&[&a.client]))
        }))
        .await
        .unwrap();
    orderer.cut().await.unwrap();
    let before = chain.ledger.block(2).unwrap().unwrap();
    assert_eq!(block::codes(&before), [Valid], "it was cut before the configuration");
    let error = orderer.submit(late.clone()).await.unwrap_err();
    assert_eq!(error.status, Status::Forbidden);
    let words = "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the \
                 'Writers' sub-policies to be satisfied: permission denied";
    assert_eq!(error.info, words);
    orderer.submit(by_b.envelope()).await.unwrap();
    orderer.cut().await.unwrap();
    let after = chain.ledger.block(4).unwrap().unwrap();
    assert_eq!(block::codes(&after), [Valid], "others go on");
    let next = block::new_block(chain.ledger.height(), chain.ledger.last_hash(), vec![late]);
    let judged = crate::validate::validate_block(&channel.now(), &chain.ledger.snapshot(), &next).unwrap();
    assert_eq!(judged.outcome.codes, [BadCreatorSignature]);
}

/// Two updates that were admitted under one configuration: the second is looked at again, and is stale.
#[tokio::test]
async fn of_two_updates_of_one_configuration_the_second_is_dropped() {
    let world = World::with_batch(batch(100, Duration::from_secs(600)));
    let chain = world.chain();
    let channel = open(&chain);
    let (orderer, _task) = start_on(&chain, channel.clone(), CutMode::OnDemand);
    let twice = [update(&world, &channel, resize), update(&world, &channel, resize)];
    let admitted = twice.map(|update| orderer.submit(update));
    let [first, second] = admitted;
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    // The second is refused aloud when the first was in force before it came, and dropped otherwise.
    if let Err(error) = second {
        assert!(error.info.contains("error validating ReadSet"), "{error}");
    }
    assert_eq!(timeout(LIMIT, orderer.cut()).await.unwrap(), Ok(3));
    assert_eq!(channel.now().sequence(), 1);
}

#[tokio::test]
async fn refused_updates_carry_fabrics_status_and_words() {
    let world = World::with_batch(batch(1, Duration::from_secs(600)));
    let chain = world.chain();
    let (orderer, _task) = start(&chain, CutMode::Limits);
    let [a, ..] = &world.members;
    let draft = || UpdateDraft::new(&world.channel, resize);
    let stranger = Member::new("AMSP");
    let sent = |draft: UpdateDraft, creator| Bytes::from(draft.envelope(creator).encode_to_vec());
    let no_orderer = UpdateDraft::new(&world.channel, |root| set_msp(root, &a.msp_that_revokes(&[&a.orderer])));
    let applying = "error applying config update to existing channel 'energy': error authorizing update: ";
    let cases = [
        (
            sent(draft().signed_by(&world.admins()), &stranger.admin),
            Status::Forbidden,
            "config update for existing channel did not pass initial checks: implicit policy evaluation failed - 0 \
             sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: \
             permission denied"
                .to_owned(),
        ),
        (
            sent(draft().signed_by(&[&a.admin]), &a.admin),
            Status::BadRequest,
            format!(
                "{applying}error validating DeltaSet: policy for [Value]  /Channel/Orderer/BatchSize not satisfied: \
                 implicit policy evaluation failed - 1 sub-policies were satisfied, but this policy requires 2 of the \
                 'Admins' sub-policies to be satisfied"
            ),
        ),
    ];
    for (envelope, status, info) in cases {
        let error = orderer.submit(envelope).await.unwrap_err();
        assert_eq!((error.status, error.info), (status, info));
    }
    let error = orderer
        .submit(sent(no_orderer.signed_by(&world.admins()), &a.admin))
        .await
        .unwrap_err();
    assert!(error.info.contains("could sign no more blocks"), "{error}");
    assert_eq!(chain.ledger.height(), 2);
}

/// Ends the commit of the configuration's block at each step, and opens the ledger again.
#[tokio::test]
async fn a_crash_at_any_step_leaves_the_old_configuration_or_the_new_one() {
    for (point, expected) in [
        (FaultPoint::BeforeLogAppend, 0),
        (FaultPoint::AfterLogSync, 1),
        (FaultPoint::BeforeStateCommit, 1),
        (FaultPoint::AfterStateCommit, 1),
    ] {
        let world = World::with_batch(batch(1, Duration::from_secs(600)));
        let faults = FaultHook::new(move |reached, block| assert!((reached, block) != (point, 2), "killed"));
        let options = LedgerOptions {
            faults,
            ..LedgerOptions::default()
        };
        let chain = Chain::open(&world, Arc::new(TempDir::new().unwrap()), options);
        assert_eq!(chain.commit(&[world.definition(1).envelope()]), [Valid]);
        let channel = open(&chain);
        let (orderer, task) = start_on(&chain, channel.clone(), CutMode::Limits);
        orderer.submit(update(&world, &channel, resize)).await.unwrap();
        timeout(LIMIT, task).await.unwrap().unwrap();
        drop(orderer);
        let chain = chain.reopen();
        let channel = open(&chain);
        assert_eq!(channel.now().sequence(), expected, "{point:?}");
        assert_eq!(chain.ledger.height(), 2 + expected, "{point:?}");
        assert_eq!(
            chain.ledger.snapshot().state_hash().unwrap(),
            chain.ledger.replayed_state_hash().unwrap()
        );
        let (orderer, _task) = start_on(&chain, channel.clone(), CutMode::Limits);
        orderer.submit(transaction(&world)).await.unwrap();
        orderer.cut().await.unwrap();
        let tip = chain.ledger.block(2 + expected).unwrap().unwrap();
        assert_eq!(block::last_config(&tip), if expected == 0 { 0 } else { 2 }, "{point:?}");
    }
}
