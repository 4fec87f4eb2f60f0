//! Private keys on P-256.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest::{Digest, SHA256},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use zeroize::{Zeroize, Zeroizing};

use crate::{PublicKey, digest::sha256, pem, signature::Scalars};

/// Why a key cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is no PEM private key.
    #[error("no private key found: the text must hold a PEM block PRIVATE KEY (PKCS#8) or EC PRIVATE KEY (SEC1)")]
    NotPem,
    /// The key is of a kind that Fabric identities here do not use.
    #[error("unsupported key: {0}; only ECDSA keys on P-256 are supported")]
    Unsupported(String),
    /// The key's bytes are damaged.
    #[error("the key is damaged or inconsistent")]
    Damaged,
    /// The cryptographic library could not generate a key.
    #[error("no key could be generated")]
    Generation,
    /// The cryptographic library could not sign.
    #[error("the key could not sign")]
    Signing,
    /// The key does not belong to the certificate.
    #[error("the private key does not belong to the certificate of {0}")]
    WrongCertificate(String),
}

/// A private key. Cloning shares it; its memory is wiped by the cryptographic library when the last clone goes.
#[derive(Clone)]
pub struct PrivateKey {
    pair: Arc<EcdsaKeyPair>,
    public: PublicKey,
}

impl PrivateKey {
    /// A new random key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Generation)?;
        Self::new(pair)
    }

    /// Reads a PEM private key, PKCS#8 or SEC1.
    ///
    /// # Errors
    /// When there is no such block, or the key is not on P-256.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let mut der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::NotPem)?;
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_der());
        der.zeroize();
        Self::new(pair.map_err(|error| KeyError::Unsupported(error.to_string()))?)
    }

    /// The key as PKCS#8 PEM, in memory that is wiped when dropped.
    ///
    /// # Errors
    /// When the cryptographic library cannot encode the key.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let document = self.pair.to_pkcs8v1().map_err(|_| KeyError::Damaged)?;
        Ok(pem::encode("PRIVATE KEY", document.as_ref()))
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs the SHA-256 of `message`. The signature is strict DER with low S.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.sign_digest(&sha256(message))
    }

    /// Signs a SHA-256 digest that the caller has made. The signature is strict DER with low S.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let digest = Digest::import_less_safe(digest, &SHA256).map_err(|_| KeyError::Signing)?;
        let signature = self.pair.sign_digest(&digest).map_err(|_| KeyError::Signing)?;
        let scalars = Scalars::from_fixed(signature.as_ref()).ok_or(KeyError::Signing)?;
        Ok(scalars.low().to_der())
    }

    fn new(pair: EcdsaKeyPair) -> Result<Self, KeyError> {
        let public = PublicKey::from_sec1(pair.public_key().as_ref())?;
        Ok(Self {
            pair: Arc::new(pair),
            public,
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(redacted, {:?})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer, EcPrivateKeyRfc5915Der},
        signature::ECDSA_P384_SHA384_ASN1_SIGNING,
    };

    use super::*;
    use crate::SignatureError;

    /// Made with OpenSSL 3: `ecparam -genkey`, `ec -pubout`, `dgst -sha256 -sign`.
    const PUBLIC: &[u8] = include_bytes!("../golden/openssl_public_key.der");
    const MESSAGE: &[u8] = include_bytes!("../golden/openssl_message.txt");
    const SIGNATURE: &[u8] = include_bytes!("../golden/openssl_signature.der");

    #[test]
    fn both_pem_forms_give_the_same_key() {
        let key = PrivateKey::generate().unwrap();
        let pkcs8 = key.to_pem().unwrap();
        let inner: EcPrivateKeyRfc5915Der<'_> = key.pair.private_key().as_der().unwrap();
        let sec1 = pem::encode("EC PRIVATE KEY", inner.as_ref());
        for form in [pkcs8, sec1] {
            let again = PrivateKey::from_pem(&form).unwrap();
            assert_eq!(again.public_key(), key.public_key());
            assert_eq!(
                key.public_key().verify(b"message", &again.sign(b"message").unwrap()),
                Ok(())
            );
        }
    }

    #[test]
    fn an_openssl_signature_verifies_in_its_low_form_only() {
        let key = PublicKey::from_spki_der(PUBLIC).unwrap();
        assert_eq!(key.spki_der(), PUBLIC);
        let low = Scalars::from_der(SIGNATURE).unwrap().low();
        assert_eq!(key.verify(MESSAGE, &low.to_der()), Ok(()));
        assert_eq!(key.verify(MESSAGE, &low.flipped().to_der()), Err(SignatureError::HighS));
        assert_eq!(key.verify(b"other", &low.to_der()), Err(SignatureError::Mismatch));
        assert_eq!(key.verify(MESSAGE, &SIGNATURE[..20]), Err(SignatureError::Malformed));
    }

    #[test]
    fn every_signature_is_low_and_verifies() {
        let key = PrivateKey::generate().unwrap();
        for number in 0_u8..64 {
            let signature = key.sign(&[number]).unwrap();
            assert!(Scalars::from_der(&signature).unwrap().is_low());
            assert_eq!(key.public_key().verify(&[number], &signature), Ok(()));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = PrivateKey::generate().unwrap();
        assert_eq!(
            format!("{key:?}"),
            format!("PrivateKey(redacted, {:?})", key.public_key())
        );
    }

    #[test]
    fn other_keys_are_refused_by_name() {
        assert_eq!(PrivateKey::from_pem("hello").unwrap_err(), KeyError::NotPem);
        let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING)
            .unwrap()
            .to_pkcs8v1()
            .unwrap();
        let p384 = pem::encode("PRIVATE KEY", p384.as_ref());
        assert!(matches!(PrivateKey::from_pem(&p384), Err(KeyError::Unsupported(_))));
    }
}
