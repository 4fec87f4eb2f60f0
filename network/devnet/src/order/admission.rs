use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_protos::common::{ChannelHeader, Envelope, HeaderType, Payload, SignatureHeader, Status};
use prost::Message as _;
use thiserror::Error;

use super::Message;
use crate::channel::{Channel, SignedData, WRITERS};

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

    fn bad_request(info: impl Into<String>) -> Self {
        Self::new(Status::BadRequest, info)
    }
}

/// Checks an envelope in the order of Fabric's filters: not empty, for this channel, not expired, not too large,
/// signed by a writer.
///
/// Source: Fabric, orderer/common/broadcast/broadcast.go, orderer/common/msgprocessor/standardchannel.go.
pub(super) fn admit(channel: &Channel, bytes: Bytes) -> Result<Message, OrderError> {
    let envelope = Envelope::decode(bytes.clone())
        .map_err(|error| OrderError::bad_request(format!("the envelope does not decode: {error}")))?;
    let header = Headers::read(&envelope)?;
    header.check_channel(channel)?;
    if envelope.payload.is_empty() {
        return Err(OrderError::bad_request("message payload is empty"));
    }
    let size = envelope.payload.len() as u64 + envelope.signature.len() as u64;
    header.check_expiry(channel)?;
    let limit = channel.batch().absolute_max_bytes;
    if size > u64::from(limit) {
        let info = format!("message payload is {size} bytes and exceeds maximum allowed {limit} bytes");
        return Err(OrderError::bad_request(info));
    }
    check_writer(channel, &envelope, header.signature.creator)?;
    Ok(Message { envelope: bytes, size })
}

struct Headers {
    channel: ChannelHeader,
    signature: SignatureHeader,
}

impl Headers {
    fn read(envelope: &Envelope) -> Result<Self, OrderError> {
        let bad = |part: &str| OrderError::bad_request(format!("the envelope's {part} does not decode"));
        let payload = Payload::decode(envelope.payload.clone()).map_err(|_| bad("payload"))?;
        let header = payload.header.ok_or_else(|| bad("header"))?;
        let channel = ChannelHeader::decode(header.channel_header).map_err(|_| bad("channel header"))?;
        let signature = SignatureHeader::decode(header.signature_header).map_err(|_| bad("signature header"))?;
        Ok(Self { channel, signature })
    }

    fn check_channel(&self, channel: &Channel) -> Result<(), OrderError> {
        if self.channel.channel_id != channel.id() {
            let info = format!(
                "channel does not exist: {:?}; this orderer serves {}",
                self.channel.channel_id,
                channel.id()
            );
            return Err(OrderError::new(Status::NotFound, info));
        }
        match HeaderType::try_from(self.channel.r#type) {
            Ok(HeaderType::Config | HeaderType::ConfigUpdate) => {
                let info = "the devnet's channel configuration is fixed: start it anew with another one";
                Err(OrderError::new(Status::NotImplemented, info))
            }
            _ => Ok(()),
        }
    }

    fn check_expiry(&self, channel: &Channel) -> Result<(), OrderError> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        match channel.msps().identity(&self.signature.creator) {
            Ok(identity) if identity.expired_at(now) => Err(OrderError::bad_request(
                "broadcast client identity expired: renew its certificate",
            )),
            _ => Ok(()),
        }
    }
}

fn check_writer(channel: &Channel, envelope: &Envelope, creator: Bytes) -> Result<(), OrderError> {
    let signed = SignedData {
        message: envelope.payload.clone(),
        identity: creator,
        signature: envelope.signature.clone(),
    };
    if channel.evaluate(WRITERS, &channel.signers(&[signed])) {
        return Ok(());
    }
    let info = "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the \
                'Writers' sub-policies to be satisfied: permission denied";
    Err(OrderError::new(Status::Forbidden, info))
}
