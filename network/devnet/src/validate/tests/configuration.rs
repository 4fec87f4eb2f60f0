//! Configurations in blocks, and what the next block's transactions meet.

use bytes::Bytes;
use fabric_msp::Signer;
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader},
    protos::TxValidationCode::{BadCreatorSignature, EndorsementPolicyFailure, Valid},
};
use prost::Message;

use crate::{
    channel::{
        Channel,
        fixture::{Chain, UpdateDraft, World, puts, set_msp, sign},
    },
    ledger::{LedgerError, block},
    validate::{Judged, validate_block},
};

fn judge(chain: &Chain<'_>, channel: &Channel, envelopes: &[Bytes]) -> Result<Judged, LedgerError> {
    let next = block::new_block(chain.ledger.height(), chain.ledger.last_hash(), envelopes.to_vec());
    validate_block(channel, &chain.ledger.snapshot(), &next)
}

/// The configuration that revokes AMSP's client and first peer, as the orderer would order it.
fn revocation(world: &World) -> Bytes {
    let [a, ..] = &world.members;
    let change = |root: &mut _| set_msp(root, &a.msp_that_revokes(&[&a.client, &a.peer]));
    let update = UpdateDraft::new(&world.channel, change).signed_by(&world.admins());
    let (content, _) = world.channel.propose(&update.envelope(&a.admin)).unwrap();
    let channel_header = ChannelHeader {
        r#type: HeaderType::Config.into(),
        channel_id: "energy".to_owned(),
        ..ChannelHeader::default()
    };
    let signature_header = SignatureHeader {
        creator: a.orderer.serialized_identity(),
        nonce: Bytes::from_static(b"nonce"),
    };
    let header = Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: signature_header.encode_to_vec().into(),
    };
    let payload = Payload {
        header: Some(header),
        data: content.encode_to_vec().into(),
    };
    sign(payload, &a.orderer)
}

#[test]
fn a_revoked_creator_and_a_revoked_endorser_count_no_more() {
    let world = World::new();
    let chain = world.chain();
    let [a, b, c] = &world.members;
    let judged = judge(&chain, &world.channel, &[revocation(&world)]).unwrap();
    assert_eq!(judged.outcome.codes, [Valid]);
    assert!(judged.outcome.updates.is_empty());
    let after = judged.configured.unwrap();
    let by_b = |endorsers: &[&_]| {
        let mut draft = world.draft(puts(&[("lamp", "on")]));
        draft.creator = &b.client;
        draft.tx_id = crate::channel::fixture::tx_id(&draft.nonce, &b.client);
        draft.endorsers = endorsers
            .iter()
            .map(|one: &&fabric_msp::SigningIdentity| &**one)
            .collect();
        draft.envelope()
    };
    let envelopes = [
        world.draft(puts(&[("lamp", "off")])).envelope(),
        by_b(&[&a.peer, &b.peer]),
        by_b(&[&a.second_peer, &b.peer]),
        by_b(&[&b.peer, &c.peer]),
    ];
    let codes = judge(&chain, &after, &envelopes).unwrap().outcome.codes;
    assert_eq!(codes, [BadCreatorSignature, EndorsementPolicyFailure, Valid, Valid]);
    let codes = judge(&chain, &world.channel, &envelopes).unwrap().outcome.codes;
    assert_eq!(codes, [Valid; 4], "the configuration before");
}

#[test]
fn a_configuration_that_does_not_follow_stops_the_ledger() {
    let world = World::new();
    let chain = world.chain();
    let envelope = revocation(&world);
    let next = judge(&chain, &world.channel, std::slice::from_ref(&envelope))
        .unwrap()
        .configured
        .unwrap();
    let error = judge(&chain, &next, std::slice::from_ref(&envelope))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("config currently at sequence 1, cannot validate config at sequence 1"),
        "{error}"
    );
    let shared = [envelope.clone(), world.draft(puts(&[("lamp", "on")])).envelope()];
    let error = judge(&chain, &world.channel, &shared).unwrap_err().to_string();
    assert!(error.contains("a configuration shares its block"), "{error}");
    let mut rubbish = world.draft(puts(&[("lamp", "on")]));
    rubbish.kind = HeaderType::Config.into();
    assert!(judge(&chain, &world.channel, &[rubbish.envelope()]).is_err());
    let mut forged = Envelope::decode(envelope).unwrap();
    forged.signature = Bytes::from_static(b"forged");
    let judged = judge(&chain, &world.channel, &[forged.encode_to_vec().into()]).unwrap();
    assert_eq!(judged.outcome.codes, [BadCreatorSignature]);
    assert!(judged.configured.is_none());
}
