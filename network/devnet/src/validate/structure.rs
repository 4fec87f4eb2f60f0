//! Form, creator and transaction id of one envelope.
//!
//! Source: Fabric, core/common/validation/msgvalidation.go.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader},
    protos::{ChaincodeActionPayload, ChaincodeEndorsedAction, ProposalResponsePayload, Transaction, TxValidationCode},
};
use prost::Message;

use crate::channel::{Channel, SignedData};

/// A well-formed endorser transaction whose creator signed it.
#[derive(Debug)]
pub(super) struct Endorsed {
    pub(super) header: ChannelHeader,
    pub(super) action: ChaincodeEndorsedAction,
    pub(super) response: ProposalResponsePayload,
}

/// What a well-formed envelope holds.
#[derive(Debug)]
pub(super) enum Content {
    Endorsed(Box<Endorsed>),
    /// The payload of a configuration, which the channel judges.
    Configuration(Bytes),
}

pub(super) fn check(channel: &Channel, envelope: &Bytes) -> Result<Content, TxValidationCode> {
    let envelope = Envelope::decode(envelope.clone()).map_err(|_| TxValidationCode::InvalidOtherReason)?;
    let payload = Payload::decode(envelope.payload.clone()).map_err(|_| TxValidationCode::BadPayload)?;
    let header = payload.header.ok_or(TxValidationCode::BadCommonHeader)?;
    let (channel_header, signature_header) = headers(&header).ok_or(TxValidationCode::BadCommonHeader)?;
    check_creator(channel, &channel_header, &envelope, &signature_header)?;
    match HeaderType::try_from(channel_header.r#type) {
        Ok(HeaderType::EndorserTransaction) => {}
        Ok(HeaderType::Config) => return Ok(Content::Configuration(payload.data)),
        _ => return Err(TxValidationCode::UnsupportedTxPayload),
    }
    let id = hex::encode(sha256([signature_header.nonce.as_ref(), &signature_header.creator]));
    if channel_header.tx_id != id {
        return Err(TxValidationCode::BadProposalTxid);
    }
    let (action, response) = actions(&header, payload.data).ok_or(TxValidationCode::InvalidEndorserTransaction)?;
    Ok(Content::Endorsed(Box::new(Endorsed {
        header: channel_header,
        action,
        response,
    })))
}

fn headers(header: &Header) -> Option<(ChannelHeader, SignatureHeader)> {
    let channel = ChannelHeader::decode(header.channel_header.clone()).ok()?;
    let signature = signature_header(&header.signature_header)?;
    let kind = HeaderType::try_from(channel.r#type).ok()?;
    let known = matches!(
        kind,
        HeaderType::EndorserTransaction | HeaderType::ConfigUpdate | HeaderType::Config
    );
    (known && channel.epoch == 0).then_some((channel, signature))
}

fn signature_header(bytes: &Bytes) -> Option<SignatureHeader> {
    let header = SignatureHeader::decode(bytes.clone()).ok()?;
    (!header.nonce.is_empty() && !header.creator.is_empty()).then_some(header)
}

/// Another channel's MSPs are unknown here, so its creators are too: Fabric gives the same code.
fn check_creator(
    channel: &Channel,
    header: &ChannelHeader,
    envelope: &Envelope,
    signature: &SignatureHeader,
) -> Result<(), TxValidationCode> {
    let signed = SignedData {
        message: envelope.payload.clone(),
        identity: signature.creator.clone(),
        signature: envelope.signature.clone(),
    };
    if header.channel_id == channel.id() && !channel.signers(&[signed]).is_empty() {
        Ok(())
    } else {
        Err(TxValidationCode::BadCreatorSignature)
    }
}

/// The single action, whose proposal hash must be that of this very header and input.
fn actions(header: &Header, data: Bytes) -> Option<(ChaincodeEndorsedAction, ProposalResponsePayload)> {
    let transaction = Transaction::decode(data).ok()?;
    let [action] = transaction.actions.as_slice() else {
        return None;
    };
    signature_header(&action.header)?;
    let payload = ChaincodeActionPayload::decode(action.payload.clone()).ok()?;
    let endorsed = payload.action?;
    let response = ProposalResponsePayload::decode(endorsed.proposal_response_payload.clone()).ok()?;
    let hash = sha256([
        header.channel_header.as_ref(),
        &action.header,
        &payload.chaincode_proposal_payload,
    ]);
    (response.proposal_hash == hash.as_ref()).then_some((endorsed, response))
}

fn sha256<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> aws_lc_rs::digest::Digest {
    let mut context = Context::new(&SHA256);
    parts.into_iter().for_each(|part| context.update(part));
    context.finish()
}
