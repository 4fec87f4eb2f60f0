//! The stream's message, read without copying.
//!
//! Same bytes as `protos::ChaincodeMessage`; identifiers are slices of the received buffer, so that an answer costs no
//! allocation and a text that is not UTF-8 does not end the stream.

use bytes::Bytes;
use fabric_protos::protos::{ChaincodeEvent, SignedProposal, chaincode_message::Type};
use prost::Message as _;

use crate::limits::MAX_MESSAGE_BYTES;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Frame {
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) payload: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) txid: Bytes,
    #[prost(message, optional, tag = "5")]
    pub(crate) proposal: Option<SignedProposal>,
    #[prost(message, optional, tag = "6")]
    pub(crate) event: Option<ChaincodeEvent>,
    #[prost(bytes = "bytes", tag = "7")]
    pub(crate) channel: Bytes,
}

/// What names a transaction on a stream. A pair, because one transaction may reach a chaincode on two channels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TxKey {
    pub(crate) channel: Bytes,
    pub(crate) txid: Bytes,
}

impl Frame {
    pub(crate) fn new(kind: Type, payload: impl Into<Bytes>) -> Self {
        Self {
            kind: kind as i32,
            payload: payload.into(),
            ..Self::default()
        }
    }

    /// An answer or request of the given transaction.
    pub(crate) fn of(key: &TxKey, kind: Type, payload: impl Into<Bytes>) -> Self {
        Self {
            txid: key.txid.clone(),
            channel: key.channel.clone(),
            ..Self::new(kind, payload)
        }
    }

    pub(crate) fn error(key: &TxKey, text: impl Into<String>) -> Self {
        Self::of(key, Type::Error, text.into())
    }

    pub(crate) fn key(&self) -> TxKey {
        TxKey {
            channel: self.channel.clone(),
            txid: self.txid.clone(),
        }
    }

    /// Whether the peer would take it; a larger message would end the stream, and every transaction on it.
    pub(crate) fn fits(&self) -> bool {
        self.encoded_len() <= MAX_MESSAGE_BYTES
    }

    /// The type, if Fabric has it.
    pub(crate) fn known(&self) -> Option<Type> {
        Type::try_from(self.kind).ok()
    }
}

#[cfg(test)]
mod tests {
    use fabric_protos::protos::ChaincodeMessage;
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    proptest! {
        #[test]
        fn frame_and_chaincode_message_are_the_same_bytes(
            kind in 0i32..40, payload: Vec<u8>, txid: String, channel: String, event: Option<(String, Vec<u8>)>,
            proposal: Option<Vec<u8>>,
        ) {
            let message = ChaincodeMessage {
                r#type: kind,
                timestamp: None,
                payload: payload.into(),
                txid,
                proposal: proposal.map(|bytes| SignedProposal { proposal_bytes: bytes.into(), signature: Bytes::new() }),
                chaincode_event: event.map(|(event_name, payload)| ChaincodeEvent {
                    event_name, payload: payload.into(), ..ChaincodeEvent::default()
                }),
                channel_id: channel,
            };
            let bytes = message.encode_to_vec();
            let frame = Frame::decode(bytes.as_slice()).unwrap();
            prop_assert_eq!(frame.encode_to_vec(), bytes);
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_carried() {
        let frame = Frame {
            txid: Bytes::from_static(&[0xff]),
            ..Frame::default()
        };
        assert_eq!(Frame::decode(frame.encode_to_vec().as_slice()).unwrap(), frame);
        assert!(ChaincodeMessage::decode(frame.encode_to_vec().as_slice()).is_err());
    }
}
