//! Each verdict by the fault that Fabric gives it for.

use bytes::Bytes;
use fabric_protos::{
    common::{Envelope, HeaderType, Payload},
    kvrwset::{HashedRwSet, KvReadHash, KvWriteHash, KvrwSet, Version},
    protos::{
        ChaincodeEvent, ChaincodeId,
        TxValidationCode::{self, *},
    },
    rwset::{CollectionHashedReadWriteSet, NsReadWriteSet, TxReadWriteSet},
};
use prost::Message;

use crate::channel::fixture::{CHAINCODE, Draft, Member, World, puts, sign, tx_id};

fn id(name: &str, version: &str) -> Option<ChaincodeId> {
    Some(ChaincodeId {
        name: name.to_owned(),
        version: version.to_owned(),
        path: String::new(),
    })
}

/// The verdict of a block's only transaction.
fn verdict(world: &World, envelope: Bytes) -> TxValidationCode {
    let (_, outcome) = world.chain().judge(&[envelope]);
    assert_eq!(
        outcome.updates.is_empty(),
        outcome.codes != [Valid],
        "only a valid transaction may write"
    );
    outcome.codes[0]
}

/// The same for one that writes nothing.
fn verdict_of_reader(world: &World, envelope: Bytes) -> TxValidationCode {
    world.chain().judge(&[envelope]).1.codes[0]
}

fn spoilt(world: &World, spoil: impl FnOnce(&mut Draft<'_>)) -> TxValidationCode {
    let mut draft = world.draft(puts(&[("lamp", "on")]));
    spoil(&mut draft);
    verdict(world, draft.envelope())
}

fn spoilt_payload(world: &World, spoil: impl FnOnce(&mut Payload)) -> TxValidationCode {
    let draft = world.draft(puts(&[("lamp", "on")]));
    let mut payload = draft.payload();
    spoil(&mut payload);
    verdict(world, sign(payload, draft.creator))
}

#[test]
fn a_good_transaction_is_valid() {
    let world = World::new();
    assert_eq!(spoilt(&world, |_| {}), Valid);
}

#[test]
fn what_does_not_decode() {
    let world = World::new();
    let bad_payload = Envelope {
        payload: Bytes::from_static(b"\xff"),
        signature: Bytes::new(),
    };
    assert_eq!(verdict(&world, Bytes::from_static(b"\xff")), InvalidOtherReason);
    assert_eq!(verdict(&world, bad_payload.encode_to_vec().into()), BadPayload);
    assert_eq!(verdict(&world, Bytes::new()), BadCommonHeader);
    assert_eq!(spoilt_payload(&world, |payload| payload.header = None), BadCommonHeader);
    assert_eq!(
        spoilt_payload(&world, |payload| payload.data = Bytes::from_static(b"\xff")),
        InvalidEndorserTransaction
    );
    assert_eq!(
        spoilt_payload(&world, |payload| payload.data = Bytes::new()),
        InvalidEndorserTransaction
    );
}

#[test]
fn headers() {
    let world = World::new();
    assert_eq!(
        spoilt(&world, |draft| draft.kind = HeaderType::Message.into()),
        BadCommonHeader
    );
    assert_eq!(
        spoilt(&world, |draft| draft.kind = HeaderType::ConfigUpdate.into()),
        UnsupportedTxPayload
    );
    assert_eq!(spoilt(&world, |draft| draft.nonce = Bytes::new()), BadCommonHeader);
    assert_eq!(spoilt(&world, |draft| draft.tx_id = "00".repeat(32)), BadProposalTxid);
    assert_eq!(spoilt(&world, |draft| draft.tx_id = String::new()), BadProposalTxid);
    assert_eq!(
        spoilt(&world, |draft| draft.channel_id = "other".to_owned()),
        BadCreatorSignature
    );
}

#[test]
fn creators() {
    let world = World::new();
    let stranger = Member::new("AMSP");
    let outsider = Member::new("ZMSP");
    for foreign in [&stranger.client, &outsider.client] {
        let mut draft = world.draft(puts(&[("lamp", "on")]));
        draft.creator = foreign;
        draft.tx_id = tx_id(&draft.nonce, foreign);
        assert_eq!(verdict(&world, draft.envelope()), BadCreatorSignature);
    }
    let draft = world.draft(puts(&[("lamp", "on")]));
    let forged = sign(draft.payload(), &world.members[1].client);
    assert_eq!(verdict(&world, forged), BadCreatorSignature);
}

#[test]
fn a_proposal_other_than_the_endorsed_one() {
    let world = World::new();
    let mut draft = world.draft(puts(&[("lamp", "on")]));
    let mut payload = draft.payload();
    draft.header_chaincode = id("other", "1");
    payload.header = draft.payload().header;
    assert_eq!(
        verdict(&world, sign(payload, draft.creator)),
        InvalidEndorserTransaction
    );
}

#[test]
fn chaincode_claims() {
    let world = World::new();
    assert_eq!(
        spoilt(&world, |draft| draft.header_chaincode = None),
        InvalidOtherReason
    );
    assert_eq!(
        spoilt(&world, |draft| draft.action.chaincode_id = None),
        InvalidOtherReason
    );
    assert_eq!(
        spoilt(&world, |draft| draft.action.chaincode_id = id("other", "1")),
        InvalidChaincode
    );
    assert_eq!(
        spoilt(&world, |draft| draft.action.chaincode_id = id(CHAINCODE, "")),
        InvalidChaincode
    );
    let unknown = |draft: &mut Draft<'_>| {
        draft.header_chaincode = id("unknown", "1");
        draft.action.chaincode_id = id("unknown", "1");
    };
    assert_eq!(spoilt(&world, unknown), InvalidChaincode);
    let event = |chaincode: &str| {
        let event = ChaincodeEvent {
            chaincode_id: chaincode.to_owned(),
            event_name: "e".to_owned(),
            ..Default::default()
        };
        Bytes::from(event.encode_to_vec())
    };
    assert_eq!(spoilt(&world, |draft| draft.action.events = event(CHAINCODE)), Valid);
    assert_eq!(
        spoilt(&world, |draft| draft.action.events = event("other")),
        InvalidOtherReason
    );
    assert_eq!(
        spoilt(&world, |draft| draft.action.events = Bytes::from_static(b"\xff")),
        InvalidOtherReason
    );
}

#[test]
fn read_write_sets() {
    let world = World::new();
    assert_eq!(
        spoilt(&world, |draft| draft.action.results = Bytes::from_static(b"\xff")),
        BadRwset
    );
    let undecodable = NsReadWriteSet {
        namespace: CHAINCODE.to_owned(),
        rwset: Bytes::from_static(b"\xff"),
        ..Default::default()
    };
    let wrapped = TxReadWriteSet {
        data_model: 0,
        ns_rwset: vec![undecodable],
    }
    .encode_to_vec();
    assert_eq!(spoilt(&world, |draft| draft.action.results = wrapped.into()), BadRwset);
    let set = puts(&[("lamp", "on")]);
    let twice = world
        .draft(KvrwSet::default())
        .with_sets(vec![(CHAINCODE, set.clone()), (CHAINCODE, set.clone())]);
    assert_eq!(verdict(&world, twice.envelope()), IllegalWriteset);
    let foreign = world
        .draft(KvrwSet::default())
        .with_sets(vec![(CHAINCODE, set.clone()), ("lscc", set)]);
    assert_eq!(verdict(&world, foreign.envelope()), InvalidChaincode);
}

/// No collection is defined: none may be written, and in each there is nothing to read.
#[test]
fn collections() {
    let world = World::new();
    let judged = |hashed: HashedRwSet| {
        let collection = CollectionHashedReadWriteSet {
            collection_name: "private".to_owned(),
            hashed_rwset: hashed.encode_to_vec().into(),
            ..Default::default()
        };
        let private = NsReadWriteSet {
            namespace: CHAINCODE.to_owned(),
            collection_hashed_rwset: vec![collection],
            ..Default::default()
        };
        let set = TxReadWriteSet {
            data_model: 0,
            ns_rwset: vec![private],
        };
        let results = Bytes::from(set.encode_to_vec());
        let mut draft = world.draft(puts(&[("lamp", "on")]));
        draft.action.results = results;
        verdict_of_reader(&world, draft.envelope())
    };
    let read = |version| HashedRwSet {
        hashed_reads: vec![KvReadHash {
            key_hash: Bytes::from_static(b"hash"),
            version,
        }],
        ..Default::default()
    };
    let write = HashedRwSet {
        hashed_writes: vec![KvWriteHash::default()],
        ..Default::default()
    };
    assert_eq!(judged(write), EndorsementPolicyFailure);
    assert_eq!(judged(read(Some(Version::default()))), MvccReadConflict);
    assert_eq!(judged(read(None)), Valid);
    assert_eq!(judged(HashedRwSet::default()), Valid);
}

#[test]
fn endorsements() {
    let world = World::new();
    let [a, b, c] = &world.members;
    let cases: [(&[&fabric_msp::SigningIdentity], TxValidationCode); 7] = [
        (&[&a.peer, &b.peer], Valid),
        (&[&c.peer, &b.peer, &a.peer], Valid),
        (&[], EndorsementPolicyFailure),
        (&[&a.peer], EndorsementPolicyFailure),
        (&[&a.peer, &a.peer], EndorsementPolicyFailure),
        (&[&a.peer, &a.second_peer], EndorsementPolicyFailure),
        (&[&a.peer, &b.client], EndorsementPolicyFailure),
    ];
    for (endorsers, expected) in cases {
        let draft = world.draft(puts(&[("lamp", "on")])).endorsed_by(endorsers);
        assert_eq!(verdict(&world, draft.envelope()), expected, "{endorsers:?}");
    }
    let only_reads = world.draft(KvrwSet::default()).endorsed_by(&[&a.peer]);
    assert_eq!(verdict(&world, only_reads.envelope()), EndorsementPolicyFailure);
}

#[test]
fn a_definition_needs_the_lifecycle_majority() {
    let world = World::new();
    let chain = world.chain();
    let lonely = world.definition(2).endorsed_by(&[&world.members[0].peer]);
    let (_, outcome) = chain.judge(&[lonely.envelope(), world.definition(2).envelope()]);
    assert_eq!(outcome.codes, [EndorsementPolicyFailure, Valid]);
}

#[test]
fn duplicates_in_the_block_and_on_the_ledger() {
    let world = World::new();
    let chain = world.chain();
    let envelope = world.draft(puts(&[("lamp", "on")])).envelope();
    let refused = world.draft(puts(&[("lamp", "on")])).endorsed_by(&[]).envelope();
    assert_eq!(
        chain.commit(&[envelope.clone(), refused.clone(), envelope.clone()]),
        [Valid, EndorsementPolicyFailure, DuplicateTxid]
    );
    assert_eq!(chain.commit(&[envelope, refused]), [DuplicateTxid, DuplicateTxid]);
}

/// The verdicts do not depend on how the work is shared among threads.
#[test]
fn a_long_block_is_judged_in_order() {
    let world = World::new();
    let envelopes: Vec<_> = (0..23)
        .map(|n| {
            let draft = world.draft(puts(&[("lamp", "on")]));
            if n % 3 == 0 {
                draft.endorsed_by(&[]).envelope()
            } else {
                draft.envelope()
            }
        })
        .collect();
    let (_, outcome) = world.chain().judge(&envelopes);
    let expected: Vec<_> = (0..23)
        .map(|n| if n % 3 == 0 { EndorsementPolicyFailure } else { Valid })
        .collect();
    assert_eq!(outcome.codes, expected);
}
