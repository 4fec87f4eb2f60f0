//! Public keys on P-256.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest::{Digest, SHA256},
    signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey},
};

use crate::{
    digest::sha256,
    key::KeyError,
    signature::{Scalars, SignatureError},
};

/// The DER of a `SubjectPublicKeyInfo` for an uncompressed P-256 point, up to the point itself.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A parsed public key. Parsing costs more than cloning: keep it with what it belongs to.
#[derive(Clone)]
pub struct PublicKey {
    point: [u8; 65],
    parsed: Arc<ParsedPublicKey>,
}

impl PublicKey {
    /// Reads an uncompressed SEC1 point of 65 bytes.
    ///
    /// # Errors
    /// When the bytes are no point of P-256 in that form.
    pub fn from_sec1(point: &[u8]) -> Result<Self, KeyError> {
        let point: [u8; 65] = point.try_into().map_err(|_| KeyError::Damaged)?;
        if point.first() != Some(&4) {
            return Err(KeyError::Unsupported("a compressed point".to_owned()));
        }
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).map_err(|_| KeyError::Damaged)?;
        Ok(Self {
            point,
            parsed: Arc::new(parsed),
        })
    }

    /// Reads a DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// When it holds anything but an uncompressed P-256 point.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let point = der.strip_prefix(&SPKI_PREFIX).ok_or_else(|| {
            KeyError::Unsupported("the certificate's key is not an uncompressed P-256 point".to_owned())
        })?;
        Self::from_sec1(point)
    }

    /// The key as a DER `SubjectPublicKeyInfo`.
    pub fn spki_der(&self) -> Vec<u8> {
        [&SPKI_PREFIX[..], &self.point].concat()
    }

    /// The key as an uncompressed SEC1 point.
    pub fn sec1(&self) -> &[u8; 65] {
        &self.point
    }

    /// Checks a signature over the SHA-256 of `message`.
    ///
    /// # Errors
    /// When the signature is not strict DER, has a high S, or does not match.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.verify_digest(&sha256(message), signature)
    }

    /// Checks a signature over a SHA-256 digest that the caller has made.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_digest(&self, digest: &[u8; 32], signature: &[u8]) -> Result<(), SignatureError> {
        if !Scalars::from_der(signature)?.is_low() {
            return Err(SignatureError::HighS);
        }
        self.verify_either_s(digest, signature)
    }

    /// Checks a signature whose S may be high, as those of certificates and CRLs made elsewhere may be.
    pub(crate) fn verify_either_s(&self, digest: &[u8; 32], signature: &[u8]) -> Result<(), SignatureError> {
        Scalars::from_der(signature)?;
        let digest = Digest::import_less_safe(digest, &SHA256).map_err(|_| SignatureError::Mismatch)?;
        self.parsed
            .verify_digest_sig(&digest, signature)
            .map_err(|_| SignatureError::Mismatch)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.point == other.point
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.point))
    }
}
