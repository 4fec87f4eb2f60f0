//! What the orderer takes: the filters that every envelope passes, and which kinds of envelopes there are.
//!
//! Source: Fabric, orderer/common/broadcast/broadcast.go, orderer/common/multichannel/registrar.go
//! `BroadcastChannelSupport`, orderer/common/msgprocessor.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_msp::Signer;
use fabric_protos::common::{ChannelHeader, Envelope, HeaderType, Payload, SignatureHeader, Status};
use prost::Message as _;
use thiserror::Error;

use super::{Message, configure};
use crate::channel::{Channel, SignedData, WRITERS};

/// Created channels while orderers had a channel of their own.
const ORDERER_TRANSACTION: i32 = 4;

/// The orderer's refusal, as a `BroadcastResponse` carries it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {info}", status.as_str_name())]
pub struct OrderError {
    /// Fabric's status.
    pub status: Status,
    /// Why, and what to do.
    pub info: String,
}

impl OrderError {
    pub(super) fn new(status: Status, info: impl Into<String>) -> Self {
        Self {
            status,
            info: info.into(),
        }
    }

    pub(super) fn bad_request(info: impl Into<String>) -> Self {
        Self::new(Status::BadRequest, info)
    }

    /// The same refusal, with the stage before its words.
    pub(super) fn at(self, stage: &str) -> Self {
        Self {
            info: format!("{stage}: {}", self.info),
            ..self
        }
    }
}

/// An admitted envelope, and the configuration that admitted it: under a later one it is looked at again.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) message: Message,
    pub(super) sequence: u64,
    /// Of a configuration, the update that it was made from.
    pub(super) update: Option<Envelope>,
}

impl Admitted {
    /// The same envelope under another configuration.
    pub(super) fn again(self, channel: &Channel, signer: &dyn Signer) -> Result<Self, OrderError> {
        match self.update {
            Some(update) => configure::configure(channel, signer, update),
            None => admit(channel, signer, self.message.envelope),
        }
    }
}

/// Checks an envelope in the order of Fabric's filters. An update of the configuration becomes the configuration that
/// it asks for.
pub(super) fn admit(channel: &Channel, signer: &dyn Signer, bytes: Bytes) -> Result<Admitted, OrderError> {
    let envelope = Envelope::decode(bytes.clone())
        .map_err(|error| OrderError::bad_request(format!("the envelope does not decode: {error}")))?;
    let header = channel_header(&envelope)?;
    if header.channel_id != channel.id() {
        let (asked, served) = (&header.channel_id, channel.id());
        let info = format!("channel does not exist: {asked:?}; this orderer serves {served}");
        return Err(OrderError::bad_request(info));
    }
    match HeaderType::try_from(header.r#type) {
        Ok(HeaderType::ConfigUpdate) => return configure::configure(channel, signer, envelope),
        Ok(HeaderType::Config) => {
            let info = "message is of type that cannot be processed directly";
            return Err(OrderError::bad_request(info));
        }
        _ if header.r#type == ORDERER_TRANSACTION => {
            let info = "message is of type that is no longer supported";
            return Err(OrderError::bad_request(info));
        }
        _ => {}
    }
    let size = filter(channel, &envelope)?;
    Ok(Admitted {
        message: Message { envelope: bytes, size },
        sequence: channel.sequence(),
        update: None,
    })
}

fn channel_header(envelope: &Envelope) -> Result<ChannelHeader, OrderError> {
    let bad = |reason: &str| OrderError::bad_request(format!("could not determine channel ID: {reason}"));
    let payload = Payload::decode(envelope.payload.clone()).map_err(|error| bad(&error.to_string()))?;
    let header = payload.header.ok_or_else(|| bad("header not set"))?;
    if header.channel_header.is_empty() {
        return Err(bad("channel header not set"));
    }
    ChannelHeader::decode(header.channel_header)
        .map_err(|error| bad(&format!("error unmarshalling channel header: {error}")))
}

/// The filters of one channel: size, expiry, signature of a writer. Gives the size that the limits count.
pub(super) fn filter(channel: &Channel, envelope: &Envelope) -> Result<u64, OrderError> {
    let size = envelope.payload.len() as u64 + envelope.signature.len() as u64;
    let limit = channel.batch().absolute_max_bytes;
    if size > u64::from(limit) {
        let info = format!("message payload is {size} bytes and exceeds maximum allowed {limit} bytes");
        return Err(OrderError::bad_request(info));
    }
    let signed = signed_data(envelope)?;
    check_expiry(channel, &signed.identity)?;
    let signers = channel.signers(&[signed]);
    let written = channel.check(WRITERS, &signers);
    written.map_err(|refusal| OrderError::new(Status::Forbidden, format!("{refusal}: permission denied")))?;
    Ok(size)
}

fn signed_data(envelope: &Envelope) -> Result<SignedData, OrderError> {
    let bad = |reason: String| OrderError::bad_request(format!("could not convert message to signedData: {reason}"));
    let payload = Payload::decode(envelope.payload.clone()).map_err(|error| bad(error.to_string()))?;
    let header = payload.header.ok_or_else(|| bad("Missing Header".to_owned()))?;
    let header = SignatureHeader::decode(header.signature_header).map_err(|error| bad(error.to_string()))?;
    Ok(SignedData {
        message: envelope.payload.clone(),
        identity: header.creator,
        signature: envelope.signature.clone(),
    })
}

fn check_expiry(channel: &Channel, creator: &Bytes) -> Result<(), OrderError> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    match channel.msps().identity(creator) {
        Ok(identity) if identity.expired_at(now) => Err(OrderError::bad_request(
            "broadcast client identity expired: renew its certificate",
        )),
        _ => Ok(()),
    }
}
