//! Signing with the gateway's signer, or leaving it to someone else.

use std::sync::Arc;

use bytes::Bytes;
use fabric_msp::Signer;

use crate::Error;

/// Who the gateway speaks as.
#[derive(Clone)]
pub(crate) enum Signing {
    Here(Arc<dyn Signer>),
    Elsewhere(Bytes),
}

impl Signing {
    /// The `SerializedIdentity` that goes into every message.
    pub(crate) fn creator(&self) -> Bytes {
        match self {
            Self::Here(signer) => signer.serialized_identity(),
            Self::Elsewhere(creator) => creator.clone(),
        }
    }

    pub(crate) fn is_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }

    /// The given signature when there is one, else a new one.
    pub(crate) fn signature(&self, what: &'static str, given: &Bytes, message: &[u8]) -> Result<Bytes, Error> {
        if !given.is_empty() {
            return Ok(given.clone());
        }
        match self {
            Self::Here(signer) => match signer.sign(message) {
                Ok(signature) => Ok(signature.into()),
                Err(error) => Err(Error::Sign {
                    what,
                    reason: error.to_string(),
                }),
            },
            Self::Elsewhere(_) => Err(Error::Sign {
                what,
                reason: "it bears no signature and there is no signer".to_owned(),
            }),
        }
    }
}

/// SHA-256 over the parts in order.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    match parts {
        [one] => fabric_msp::sha256(one),
        many => fabric_msp::sha256(&many.concat()),
    }
}

/// A transaction id: lowercase hexadecimal SHA-256 of nonce and creator (GOGW/transactioncontext.go).
pub(crate) fn transaction_id(nonce: &[u8], creator: &[u8]) -> String {
    hex::encode(sha256(&[nonce, creator]))
}
