//! An update with its signatures, as Fabric's own tools read and write it.

use bytes::Bytes;
use fabric_msp::Signer;
use fabric_protos::common::{
    ChannelHeader, ConfigSignature, ConfigUpdate, ConfigUpdateEnvelope, Envelope, Header, HeaderType, Payload,
    SignatureHeader,
};
use prost::Message;
use prost_types::Timestamp;

use crate::AdminError;

/// Bytes of a nonce, as Fabric's tools choose it.
const NONCE: usize = 24;

/// A configuration update and the signatures collected for it. The file is a plain `common.Envelope`.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateFile {
    channel: String,
    /// The exact bytes that are signed.
    bytes: Bytes,
    update: ConfigUpdate,
    signatures: Vec<ConfigSignature>,
}

impl UpdateFile {
    /// An update that nobody has signed yet.
    #[must_use]
    pub fn new(channel: &str, update: ConfigUpdate) -> Self {
        let update = ConfigUpdate {
            channel_id: channel.to_owned(),
            ..update
        };
        Self {
            channel: channel.to_owned(),
            bytes: update.encode_to_vec().into(),
            update,
            signatures: Vec::new(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is no envelope with a configuration update of one channel.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AdminError> {
        let damaged = |reason: &dyn ToString| AdminError::malformed("the update file", reason.to_string());
        let envelope = Envelope::decode(bytes).map_err(|error| damaged(&error))?;
        let payload = Payload::decode(envelope.payload).map_err(|error| damaged(&error))?;
        let header = payload.header.unwrap_or_default().channel_header;
        let header = ChannelHeader::decode(header).map_err(|error| damaged(&error))?;
        if header.r#type != HeaderType::ConfigUpdate as i32 {
            return Err(damaged(&"it is no configuration update"));
        }
        let inner = ConfigUpdateEnvelope::decode(payload.data).map_err(|error| damaged(&error))?;
        let update = ConfigUpdate::decode(inner.config_update.clone()).map_err(|error| damaged(&error))?;
        if update.channel_id != header.channel_id {
            return Err(damaged(&"its header names another channel than the update"));
        }
        Ok(Self {
            channel: header.channel_id,
            bytes: inner.config_update,
            update,
            signatures: inner.signatures,
        })
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let payload = self.payload(Bytes::new());
        let envelope = Envelope {
            payload: payload.encode_to_vec().into(),
            signature: Bytes::new(),
        };
        envelope.encode_to_vec()
    }

    /// The channel that is to change.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// The update.
    #[must_use]
    pub const fn update(&self) -> &ConfigUpdate {
        &self.update
    }

    /// Signatures in the order in which they were collected.
    #[must_use]
    pub fn signatures(&self) -> &[ConfigSignature] {
        &self.signatures
    }

    /// What a signature with this header covers.
    #[must_use]
    pub(crate) fn signed_bytes(&self, signature: &ConfigSignature) -> Vec<u8> {
        [signature.signature_header.as_ref(), self.bytes.as_ref()].concat()
    }

    /// Signs the update; false when this identity has signed it before.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<bool, AdminError> {
        let own = signer.serialized_identity();
        if self.signatures.iter().any(|each| creator(each).as_ref() == Some(&own)) {
            return Ok(false);
        }
        let mut signature = ConfigSignature {
            signature_header: header(signer)?.encode_to_vec().into(),
            signature: Bytes::new(),
        };
        let signed = signer.sign(&self.signed_bytes(&signature));
        signature.signature = signed.map_err(|error| AdminError::Sign(error.to_string()))?.into();
        self.signatures.push(signature);
        Ok(true)
    }

    /// The envelope that goes to an orderer, signed by whoever sends it.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn envelope(&self, sender: &dyn Signer) -> Result<Envelope, AdminError> {
        let payload: Bytes = self
            .payload(header(sender)?.encode_to_vec().into())
            .encode_to_vec()
            .into();
        let signature = sender
            .sign(&payload)
            .map_err(|error| AdminError::Sign(error.to_string()))?;
        Ok(Envelope {
            payload,
            signature: signature.into(),
        })
    }

    fn payload(&self, signature_header: Bytes) -> Payload {
        let channel_header = ChannelHeader {
            r#type: HeaderType::ConfigUpdate.into(),
            channel_id: self.channel.clone(),
            timestamp: (!signature_header.is_empty()).then(|| Timestamp::from(std::time::SystemTime::now())),
            ..ChannelHeader::default()
        };
        let data = ConfigUpdateEnvelope {
            config_update: self.bytes.clone(),
            signatures: self.signatures.clone(),
        };
        Payload {
            header: Some(Header {
                channel_header: channel_header.encode_to_vec().into(),
                signature_header,
            }),
            data: data.encode_to_vec().into(),
        }
    }
}

/// Who claims to have signed, as serialised identity.
pub(crate) fn creator(signature: &ConfigSignature) -> Option<Bytes> {
    let header = SignatureHeader::decode(signature.signature_header.clone());
    header.ok().map(|header| header.creator)
}

/// A signature header with a fresh nonce.
pub(crate) fn header(signer: &dyn Signer) -> Result<SignatureHeader, AdminError> {
    let mut nonce = vec![0; NONCE];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| AdminError::Sign("no randomness".to_owned()))?;
    Ok(SignatureHeader {
        creator: signer.serialized_identity(),
        nonce: nonce.into(),
    })
}
