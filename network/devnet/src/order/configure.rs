//! An update of the channel's configuration becomes a configuration, signed by the orderer.
//!
//! Source: Fabric, orderer/common/msgprocessor/standardchannel.go `ProcessConfigUpdateMsg`.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_msp::Signer;
use fabric_protos::common::{ChannelHeader, ConfigEnvelope, Envelope, Header, HeaderType, Payload};
use prost::Message as _;

use super::{
    Message, OrderError,
    admission::{Admitted, filter},
    assembly::signature_header,
};
use crate::channel::{BLOCK_VALIDATION, Channel};

pub(super) fn configure(channel: &Channel, signer: &dyn Signer, update: Envelope) -> Result<Admitted, OrderError> {
    let stage = "config update for existing channel did not pass";
    filter(channel, &update).map_err(|error| error.at(&format!("{stage} initial checks")))?;
    let (content, next) = channel.propose(&update).map_err(|refusal| {
        let channel = channel.id();
        OrderError::bad_request(format!(
            "error applying config update to existing channel '{channel}': {refusal}"
        ))
    })?;
    check_orderer(&next, signer)?;
    let envelope = envelope(channel.id(), &content, signer).map_err(OrderError::bad_request)?;
    let size = filter(channel, &envelope).map_err(|error| error.at(&format!("{stage} final checks")))?;
    let envelope = envelope.encode_to_vec().into();
    Ok(Admitted {
        message: Message { envelope, size },
        sequence: channel.sequence(),
        update: Some(update),
    })
}

/// A network of several orderers goes on without one; this one's only orderer must still be believed.
fn check_orderer(next: &Channel, signer: &dyn Signer) -> Result<(), OrderError> {
    let identity = next.msps().identity(&signer.serialized_identity());
    let refused = match identity {
        Ok(identity) => next
            .check(BLOCK_VALIDATION, &[identity])
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    refused.map_err(|reason| {
        OrderError::bad_request(format!(
            "this network's only orderer could sign no more blocks ({reason}): keep its organisation and its certificate"
        ))
    })
}

fn envelope(channel_id: &str, content: &ConfigEnvelope, signer: &dyn Signer) -> Result<Envelope, String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let timestamp = prost_types::Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
    };
    let channel_header = ChannelHeader {
        r#type: HeaderType::Config.into(),
        timestamp: Some(timestamp),
        channel_id: channel_id.to_owned(),
        ..ChannelHeader::default()
    };
    let header = Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: signature_header(signer)?.encode_to_vec().into(),
    };
    let payload = Payload {
        header: Some(header),
        data: content.encode_to_vec().into(),
    };
    let payload = Bytes::from(payload.encode_to_vec());
    let signature = signer
        .sign(&payload)
        .map_err(|error| format!("the orderer cannot sign: {error}"))?;
    Ok(Envelope {
        payload,
        signature: signature.into(),
    })
}
