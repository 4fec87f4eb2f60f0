//! Peers whose outcomes differ: the error tells which organisation, and at which keys.

use fabric_protos::{
    common::Envelope,
    gateway::EndorseRequest,
    kvrwset::{KvWrite, KvrwSet},
    rwset::{NsReadWriteSet, TxReadWriteSet},
};
use tonic::Status;

use crate::{
    endorsed::{Draft, bytes},
    fake::{Behaviour, Fake, now},
};

/// What a peer endorses; the odd one writes one key more.
fn outcome(request: &EndorseRequest, odd: bool) -> Envelope {
    let write = |key: &str| KvWrite {
        key: key.to_owned(),
        value: "a secret".into(),
        ..Default::default()
    };
    let mut writes = vec![write("\0gate\u{0}7\0")];
    writes.extend(odd.then(|| write("\0planted\0")));
    let set = KvrwSet {
        writes,
        ..Default::default()
    };
    let namespace = NsReadWriteSet {
        namespace: "cc".to_owned(),
        rwset: bytes(&set),
        ..Default::default()
    };
    let mut draft = Draft::of(request);
    draft.outcome.results = bytes(&TxReadWriteSet {
        ns_rwset: vec![namespace],
        ..Default::default()
    });
    draft.envelope()
}

#[tokio::test]
async fn peers_that_keep_disagreeing_are_asked_alone_and_the_odd_one_is_named_by_its_keys() {
    let endorse = |_, request: EndorseRequest| match request.endorsing_organizations.as_slice() {
        [one] if one == "RegulatorMSP" => now(Err(Status::failed_precondition("no peer of it is known"))),
        [one] => now(Ok(outcome(&request, one == "EnergyMSP"))),
        _ => now(Err(Status::aborted("ProposalResponsePayloads do not match"))),
    };
    let behaviour = Behaviour {
        endorse: Box::new(endorse),
        ..Behaviour::default()
    };
    let fake = Fake::start(behaviour).await;
    let organizations = ["EnergyMSP", "GridMSP", "MicrogridMSP", "RegulatorMSP"];
    let contract = fake.gateway().network("c").contract("cc");
    let proposal = contract.proposal("f").endorsing_organizations(organizations);
    let error = proposal.submit().await.unwrap_err();
    let differences = &error.failure().unwrap().differences;
    assert_eq!(differences.len(), 2, "{error}");
    assert_eq!(differences[0].msp_id, "EnergyMSP");
    assert_eq!(differences[0].places, ["write of cc/\\0planted\\0"]);
    assert!(
        differences[1].refusal.as_ref().unwrap().contains("no peer of it"),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("EnergyMSP differs at write of cc/") && !text.contains("secret"),
        "{text}"
    );
}
