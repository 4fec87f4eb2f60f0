//! Policies of single keys.

use fabric_msp::SigningIdentity;
use fabric_protos::{
    kvrwset::KvrwSet,
    protos::TxValidationCode::{EndorsementPolicyFailure, MvccReadConflict, Valid},
};

use crate::{
    channel::fixture::{CHAINCODE, Chain, Draft, World, guard, puts, read},
    ledger::Version,
};

/// `lamp` exists and only CMSP's peer may write it.
fn guarded(world: &World) -> Chain<'_> {
    let chain = world.chain();
    let mut set = puts(&[("lamp", "on"), ("fan", "on")]);
    set.metadata_writes = vec![guard("lamp", Some("OR('CMSP.peer')"))];
    assert_eq!(chain.commit(&[world.draft(set).envelope()]), [Valid]);
    chain
}

fn by<'a>(world: &'a World, set: KvrwSet, endorsers: &[&'a SigningIdentity]) -> Draft<'a> {
    world.draft(set).endorsed_by(endorsers)
}

#[test]
fn a_keys_policy_replaces_the_chaincodes() {
    let world = World::new();
    let chain = guarded(&world);
    let [a, b, c] = world.peers();
    let codes = chain.commit(&[
        by(&world, puts(&[("lamp", "1")]), &[a, b]).envelope(),
        by(&world, puts(&[("lamp", "2")]), &[c]).envelope(),
        by(&world, puts(&[("lamp", "")]), &[a, b]).envelope(),
        by(&world, puts(&[("fan", "3")]), &[c]).envelope(),
        by(&world, puts(&[("new", "4")]), &[c]).envelope(),
    ]);
    use EndorsementPolicyFailure as Refused;
    assert_eq!(codes, [Refused, Valid, Refused, Refused, Refused]);
}

#[test]
fn guarded_and_free_keys_need_both_policies() {
    let world = World::new();
    let chain = guarded(&world);
    let [a, b, c] = world.peers();
    let both = || puts(&[("lamp", "1"), ("fan", "1")]);
    let codes = chain.commit(&[
        by(&world, both(), &[a, b]).envelope(),
        by(&world, both(), &[c]).envelope(),
        by(&world, both(), &[a, c]).envelope(),
    ]);
    assert_eq!(codes, [EndorsementPolicyFailure, EndorsementPolicyFailure, Valid]);
}

#[test]
fn changing_a_policy_needs_the_old_one() {
    let world = World::new();
    let chain = guarded(&world);
    let [a, b, c] = world.peers();
    let free = || KvrwSet {
        metadata_writes: vec![guard("lamp", None)],
        ..KvrwSet::default()
    };
    assert_eq!(
        chain.commit(&[by(&world, free(), &[a, b]).envelope()]),
        [EndorsementPolicyFailure]
    );
    assert_eq!(chain.commit(&[by(&world, free(), &[c]).envelope()]), [Valid]);
    let lamp = chain.ledger.snapshot().get(CHAINCODE, "lamp").unwrap().unwrap();
    assert_eq!(
        (lamp.value.as_ref(), lamp.metadata, lamp.version),
        (b"on".as_slice(), None, Version { block: 4, tx: 0 })
    );
    assert_eq!(
        chain.commit(&[by(&world, puts(&[("lamp", "1")]), &[a, b]).envelope()]),
        [Valid]
    );
}

#[test]
fn a_value_write_keeps_the_policy_and_a_delete_drops_it() {
    let world = World::new();
    let chain = guarded(&world);
    let [a, b, c] = world.peers();
    assert_eq!(
        chain.commit(&[by(&world, puts(&[("lamp", "1")]), &[c]).envelope()]),
        [Valid]
    );
    assert_eq!(
        chain.commit(&[by(&world, puts(&[("lamp", "2")]), &[a, b]).envelope()]),
        [EndorsementPolicyFailure]
    );
    assert_eq!(
        chain.commit(&[by(&world, puts(&[("lamp", "")]), &[c]).envelope()]),
        [Valid]
    );
    assert_eq!(
        chain.commit(&[by(&world, puts(&[("lamp", "3")]), &[a, b]).envelope()]),
        [Valid]
    );
}

#[test]
fn a_policy_changed_earlier_in_the_block_refuses_what_follows() {
    let world = World::new();
    let chain = guarded(&world);
    let [a, b, c] = world.peers();
    let tighten = KvrwSet {
        metadata_writes: vec![guard("fan", Some("OR('BMSP.peer')"))],
        ..KvrwSet::default()
    };
    let codes = chain.commit(&[
        by(&world, puts(&[("fan", "0")]), &[a, b]).envelope(),
        by(&world, tighten, &[a, b]).envelope(),
        by(&world, puts(&[("fan", "1")]), &[a, b, c]).envelope(),
        by(&world, puts(&[("lamp", "1")]), &[c]).envelope(),
    ]);
    assert_eq!(codes, [Valid, Valid, EndorsementPolicyFailure, Valid]);
    assert_eq!(
        chain.commit(&[by(&world, puts(&[("fan", "2")]), &[b]).envelope()]),
        [Valid]
    );
}

/// The policy stage comes before versions: a change that is stale still blocks, one that is not endorsed does not.
#[test]
fn only_an_endorsed_change_blocks() {
    let world = World::new();
    let chain = guarded(&world);
    let [a, b, _] = world.peers();
    let tighten = |stale: bool| KvrwSet {
        reads: stale.then(|| read("fan", None)).into_iter().collect(),
        metadata_writes: vec![guard("fan", Some("OR('BMSP.peer')"))],
        ..KvrwSet::default()
    };
    let write = |value: &str| by(&world, puts(&[("fan", value)]), &[a, b]).envelope();
    let unendorsed = by(&world, tighten(false), &[a]).envelope();
    assert_eq!(
        chain.commit(&[unendorsed, write("1")]),
        [EndorsementPolicyFailure, Valid]
    );
    let stale = by(&world, tighten(true), &[a, b]).envelope();
    assert_eq!(
        chain.commit(&[stale, write("2")]),
        [MvccReadConflict, EndorsementPolicyFailure]
    );
}

#[test]
fn a_policy_of_an_absent_key_is_no_policy() {
    let world = World::new();
    let chain = world.chain();
    let set = KvrwSet {
        metadata_writes: vec![guard("ghost", Some("OR('CMSP.peer')"))],
        ..KvrwSet::default()
    };
    assert_eq!(chain.commit(&[world.draft(set).envelope()]), [Valid]);
    assert!(chain.ledger.snapshot().get(CHAINCODE, "ghost").unwrap().is_none());
    chain.put(&[("ghost", "1")]);
}
