//! Who signs.

use std::fmt;

use bytes::Bytes;

use crate::{Identity, IdentityError, KeyError, PrivateKey};

/// Anything that signs as one Fabric identity: a key in memory, a security module, a remote service.
pub trait Signer: Send + Sync {
    /// The name of the signer's MSP.
    fn msp_id(&self) -> &str;

    /// The bytes of the signer's `SerializedIdentity`.
    fn serialized_identity(&self) -> Bytes;

    /// Signs the SHA-256 of `message`; the signature is strict DER with low S.
    ///
    /// # Errors
    /// When the key cannot sign.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// Why an MSP folder gives no signing identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The folder lacks a file.
    #[error("the MSP folder holds no file under {0}/")]
    Missing(&'static str),
    /// The key's file is not text.
    #[error("{0} is not text: a PEM private key is expected")]
    NotText(String),
    /// The certificate cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The key cannot be used, or belongs to another certificate.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A certificate with its private key in memory.
#[derive(Clone)]
pub struct SigningIdentity {
    identity: Identity,
    key: PrivateKey,
}

impl SigningIdentity {
    /// Joins a PEM certificate and its key.
    ///
    /// # Errors
    /// When the certificate cannot be read, or the key is another certificate's.
    pub fn new(msp_id: &str, certificate_pem: &[u8], key: PrivateKey) -> Result<Self, SignerError> {
        let identity = Identity::new(msp_id, certificate_pem)?;
        if identity.public_key() != key.public_key() {
            return Err(KeyError::WrongCertificate(identity.subject()).into());
        }
        Ok(Self { identity, key })
    }

    /// Finds certificate and key among an MSP folder's files, given as names relative to the folder and contents:
    /// the first of `signcerts/` by name, and the first of `keystore/`.
    ///
    /// # Errors
    /// When either is missing, damaged, or they do not belong together.
    pub fn from_files<N, B>(msp_id: &str, files: impl IntoIterator<Item = (N, B)>) -> Result<Self, SignerError>
    where
        N: AsRef<str>,
        B: AsRef<[u8]>,
    {
        let files: Vec<(N, B)> = files.into_iter().collect();
        let find = |folder: &'static str| {
            let inside = files.iter().filter(|(name, _)| {
                name.as_ref()
                    .split_once('/')
                    .is_some_and(|(first, rest)| first == folder && !rest.starts_with('.'))
            });
            inside
                .min_by_key(|(name, _)| name.as_ref())
                .ok_or(SignerError::Missing(folder))
        };
        let (_, certificate) = find("signcerts")?;
        let (name, key) = find("keystore")?;
        let text = std::str::from_utf8(key.as_ref()).map_err(|_| SignerError::NotText(name.as_ref().to_owned()))?;
        Self::new(msp_id, certificate.as_ref(), PrivateKey::from_pem(text)?)
    }

    /// The public side.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The private key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }
}

impl Signer for SigningIdentity {
    fn msp_id(&self) -> &str {
        self.identity.msp_id()
    }

    fn serialized_identity(&self) -> Bytes {
        self.identity.serialized().clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.key.sign(message)
    }
}

impl fmt::Debug for SigningIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningIdentity({:?})", self.identity)
    }
}
