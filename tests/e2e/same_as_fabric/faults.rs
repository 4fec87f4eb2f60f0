//! Malformed transactions: each kind, and what Fabric makes of it.
//!
//! Some kinds are left out because they end Fabric's peers (3.1.5): a transaction without an action and an action without an
//! endorsed action by their source, and a write into a private collection that nobody defined, as seen: also
//! where that transaction is invalid.

use bytes::Bytes;
use fabric_protos::{
    common::{HeaderType, Status},
    protos::{
        ChaincodeAction, ChaincodeEvent, ChaincodeHeaderExtension, ChaincodeId, ProposalResponsePayload,
        TxValidationCode::{self, *},
    },
};
use prost::Message as _;

use super::{draft::Spoil, step::Fate};

/// A fault, its name, and what becomes of it.
pub(crate) type Fault = (&'static str, Fate, Spoil);

const RUBBISH: Bytes = Bytes::from_static(&[0xff, 0xff]);

const fn code(code: TxValidationCode) -> Fate {
    Fate::Code(code)
}

/// What the orderer passes.
pub(crate) const ORDERED: &[Fault] = &[
    // The channel header
    (
        "a header of type MESSAGE",
        code(BadCommonHeader),
        Spoil::ChannelHeader(|header| header.r#type = 0),
    ),
    (
        "a header of type DELIVER_SEEK_INFO",
        code(BadCommonHeader),
        Spoil::ChannelHeader(|header| header.r#type = HeaderType::DeliverSeekInfo.into()),
    ),
    (
        "a header of unknown type",
        code(BadCommonHeader),
        Spoil::ChannelHeader(|header| header.r#type = 77),
    ),
    (
        "an epoch",
        code(BadCommonHeader),
        Spoil::ChannelHeader(|header| header.epoch = 1),
    ),
    (
        "no transaction id",
        code(BadProposalTxid),
        Spoil::ChannelHeader(|header| header.tx_id.clear()),
    ),
    (
        "an invented transaction id",
        code(BadProposalTxid),
        Spoil::ChannelHeader(|header| header.tx_id = header.tx_id.chars().rev().collect()),
    ),
    (
        "a transaction id in capitals",
        code(BadProposalTxid),
        Spoil::ChannelHeader(|header| header.tx_id.make_ascii_uppercase()),
    ),
    (
        "a header extension that does not decode",
        code(BadHeaderExtension),
        Spoil::ChannelHeader(|header| header.extension = RUBBISH),
    ),
    (
        "a header extension without chaincode",
        code(InvalidOtherReason),
        Spoil::ChannelHeader(|header| header.extension = Bytes::new()),
    ),
    (
        "a header that names another chaincode",
        code(InvalidChaincode),
        Spoil::ChannelHeader(|header| header.extension = extension("other")),
    ),
    (
        "a header that names no chaincode",
        code(InvalidChaincode),
        Spoil::ChannelHeader(|header| header.extension = extension("")),
    ),
    (
        "another version of the header",
        Fate::VALID,
        Spoil::ChannelHeader(|header| header.version = 7),
    ),
    (
        "a header without time",
        Fate::VALID,
        Spoil::ChannelHeader(|header| header.timestamp = None),
    ),
    (
        "no nonce",
        code(BadCommonHeader),
        Spoil::SignatureHeader(|header| header.nonce = Bytes::new()),
    ),
    (
        "another nonce",
        code(BadProposalTxid),
        Spoil::SignatureHeader(|header| header.nonce = RUBBISH),
    ),
    // What was endorsed
    (
        "a read/write set that does not decode",
        code(BadRwset),
        Spoil::Action(|action| action.results = RUBBISH),
    ),
    (
        "no read/write set",
        Fate::VALID,
        Spoil::Action(|action| action.results = Bytes::new()),
    ),
    (
        "an action without chaincode",
        code(InvalidOtherReason),
        Spoil::Action(|action| action.chaincode_id = None),
    ),
    (
        "an action of another chaincode",
        code(InvalidChaincode),
        Spoil::Action(|action| rename(action, "other")),
    ),
    (
        "an action without version",
        code(InvalidChaincode),
        Spoil::Action(|action| reversion(action, "")),
    ),
    (
        "an action of another version",
        Fate::VALID,
        Spoil::Action(|action| reversion(action, "9")),
    ),
    (
        "an event that does not decode",
        code(InvalidOtherReason),
        Spoil::Action(|action| action.events = RUBBISH),
    ),
    (
        "an event of another chaincode",
        code(InvalidOtherReason),
        Spoil::Action(|action| action.events = event("other", "Happened")),
    ),
    (
        "an event without name",
        Fate::VALID,
        Spoil::Action(|action| action.events = event("market", "")),
    ),
    (
        "a failed response, endorsed",
        Fate::VALID,
        Spoil::Action(|action| action.response.iter_mut().for_each(|response| response.status = 500)),
    ),
    (
        "another proposal's hash",
        code(InvalidEndorserTransaction),
        Spoil::Response(|response| response.proposal_hash = Bytes::from_static(&[1; 32])),
    ),
    (
        "no action",
        code(BadResponsePayload),
        Spoil::Response(|response| response.extension = Bytes::new()),
    ),
    // Endorsements
    (
        "no endorsement",
        code(EndorsementPolicyFailure),
        Spoil::Endorsed(|action| action.endorsements.clear()),
    ),
    (
        "an endorser's signature that is none",
        code(EndorsementPolicyFailure),
        Spoil::Endorsed(|action| action.endorsements[0].signature = RUBBISH),
    ),
    (
        "an endorser that is nobody",
        code(EndorsementPolicyFailure),
        Spoil::Endorsed(|action| action.endorsements[0].endorser = RUBBISH),
    ),
    (
        "two endorsers' signatures exchanged",
        code(EndorsementPolicyFailure),
        Spoil::Endorsed(|action| {
            let [first, second] = [0, 1].map(|index| action.endorsements[index].signature.clone());
            action.endorsements[0].signature = second;
            action.endorsements[1].signature = first;
        }),
    ),
    (
        "another response than the endorsed one",
        code(EndorsementPolicyFailure),
        Spoil::Endorsed(|action| action.proposal_response_payload = reworded(&action.proposal_response_payload)),
    ),
    // The transaction
    (
        "an action's header that does not decode",
        code(InvalidEndorserTransaction),
        Spoil::TransactionAction(|action| action.header = RUBBISH),
    ),
    (
        "an action without header",
        code(InvalidEndorserTransaction),
        Spoil::TransactionAction(|action| action.header = Bytes::new()),
    ),
    (
        "two actions",
        code(InvalidEndorserTransaction),
        Spoil::Transaction(|transaction| transaction.actions.extend(transaction.actions.clone())),
    ),
];

/// What the orderer passes, but no peer of Fabric may meet before another transaction of the block: the key-level policies
/// of a transaction are not looked up before all earlier ones have told what policies they set, and these never tell
/// (validator_keylevel.go, `extractDependenciesForTx`). All peers would wait for ever. As a block's last they do no harm.
pub(crate) const LAST: &[Fault] = &[
    (
        "an action that does not decode",
        code(BadResponsePayload),
        Spoil::Response(|response| response.extension = RUBBISH),
    ),
    (
        "an action's payload that does not decode",
        code(InvalidEndorserTransaction),
        Spoil::TransactionAction(|action| action.payload = RUBBISH),
    ),
    (
        "a transaction that does not decode",
        code(InvalidEndorserTransaction),
        Spoil::Payload(|payload| payload.data = RUBBISH),
    ),
];

/// What the orderer refuses.
pub(crate) const REFUSED: &[Fault] = &[
    (
        "another channel",
        Fate::Refused(Status::BadRequest),
        Spoil::ChannelHeader(|header| header.channel_id = "other".to_owned()),
    ),
    (
        "no channel",
        Fate::Refused(Status::BadRequest),
        Spoil::ChannelHeader(|header| header.channel_id.clear()),
    ),
    (
        "a configuration sent as such",
        Fate::Refused(Status::BadRequest),
        Spoil::ChannelHeader(|header| header.r#type = HeaderType::Config.into()),
    ),
    (
        "a header of type ORDERER_TRANSACTION",
        Fate::Refused(Status::BadRequest),
        // The library calls the name deprecated, as Fabric 3 does the type.
        Spoil::ChannelHeader(|header| header.r#type = 4),
    ),
    (
        "a creator that is nobody",
        Fate::Refused(Status::Forbidden),
        Spoil::SignatureHeader(|header| header.creator = RUBBISH),
    ),
    (
        "no creator",
        Fate::Refused(Status::Forbidden),
        Spoil::SignatureHeader(|header| header.creator = Bytes::new()),
    ),
    (
        "a payload without header",
        Fate::Refused(Status::BadRequest),
        Spoil::Payload(|payload| payload.header = None),
    ),
    (
        "a channel header that does not decode",
        Fate::Refused(Status::BadRequest),
        Spoil::Payload(|payload| {
            payload
                .header
                .iter_mut()
                .for_each(|header| header.channel_header = RUBBISH)
        }),
    ),
    (
        "a signature header that does not decode",
        Fate::Refused(Status::BadRequest),
        Spoil::Payload(|payload| {
            payload
                .header
                .iter_mut()
                .for_each(|header| header.signature_header = RUBBISH)
        }),
    ),
    (
        "a creator's signature that is none",
        Fate::Refused(Status::Forbidden),
        Spoil::Envelope(|envelope| envelope.signature = RUBBISH),
    ),
    (
        "no creator's signature",
        Fate::Refused(Status::Forbidden),
        Spoil::Envelope(|envelope| envelope.signature = Bytes::new()),
    ),
    (
        "another payload than the signed one",
        Fate::Refused(Status::Forbidden),
        Spoil::Envelope(|envelope| envelope.payload = [envelope.payload.as_ref(), &[0x12, 0]].concat().into()),
    ),
    (
        "no payload",
        Fate::Refused(Status::BadRequest),
        Spoil::Envelope(|envelope| envelope.payload = Bytes::new()),
    ),
    (
        "a payload that does not decode",
        Fate::Refused(Status::BadRequest),
        Spoil::Envelope(|envelope| envelope.payload = RUBBISH),
    ),
];

fn extension(name: &str) -> Bytes {
    let chaincode_id = ChaincodeId {
        name: name.to_owned(),
        ..ChaincodeId::default()
    };
    ChaincodeHeaderExtension {
        chaincode_id: Some(chaincode_id),
    }
    .encode_to_vec()
    .into()
}

fn rename(action: &mut ChaincodeAction, name: &str) {
    action
        .chaincode_id
        .iter_mut()
        .for_each(|id| name.clone_into(&mut id.name));
}

fn reversion(action: &mut ChaincodeAction, version: &str) {
    action
        .chaincode_id
        .iter_mut()
        .for_each(|id| version.clone_into(&mut id.version));
}

fn event(chaincode: &str, name: &str) -> Bytes {
    let event = ChaincodeEvent {
        chaincode_id: chaincode.to_owned(),
        tx_id: "any".to_owned(),
        event_name: name.to_owned(),
        payload: Bytes::new(),
    };
    event.encode_to_vec().into()
}

/// The same hash, another answer of the chaincode.
fn reworded(response: &Bytes) -> Bytes {
    let reword = || {
        let mut response = ProposalResponsePayload::decode(response.clone()).ok()?;
        let mut action = ChaincodeAction::decode(response.extension).ok()?;
        action
            .response
            .iter_mut()
            .for_each(|response| response.message = "reworded".to_owned());
        response.extension = action.encode_to_vec().into();
        Some(response.encode_to_vec().into())
    };
    reword().unwrap_or_default()
}
