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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{Forge, ForgeKey};

    fn material() -> (ForgeKey, String) {
        let key = ForgeKey {
            key: PrivateKey::generate().unwrap(),
            high: false,
        };
        let pem = Forge::new("AMSP").certify(&key, "ann", &["client"], |_| {});
        (key, pem)
    }

    #[test]
    fn a_folder_gives_a_signer_whose_signatures_verify() {
        let (key, pem) = material();
        let files = [
            ("cacerts/ca.pem", b"ignored".to_vec()),
            ("keystore/priv_sk", key.key.to_pem().unwrap().as_bytes().to_vec()),
            ("signcerts/cert.pem", pem.into_bytes()),
        ];
        let signer = SigningIdentity::from_files("AMSP", files).unwrap();
        let signature = signer.sign(b"message").unwrap();
        let identity = Identity::from_serialized(&signer.serialized_identity()).unwrap();
        assert_eq!(identity.verify(b"message", &signature), Ok(()));
        assert!(identity.verify(b"massage", &signature).is_err());
    }

    #[test]
    fn a_foreign_key_and_missing_files_are_refused() {
        let (_, pem) = material();
        let other = PrivateKey::generate().unwrap();
        let error = SigningIdentity::new("AMSP", pem.as_bytes(), other).unwrap_err();
        assert_eq!(error, SignerError::Key(KeyError::WrongCertificate("ann".to_owned())));
        let files = [("signcerts/cert.pem", pem.as_bytes())];
        assert_eq!(
            SigningIdentity::from_files("AMSP", files).unwrap_err(),
            SignerError::Missing("keystore")
        );
    }
}
