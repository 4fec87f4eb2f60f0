//! Identities for the fake gateway, which checks none.

use std::sync::Arc;

use fabric_gateway::Signer;
use fabric_msp::{PrivateKey, SigningIdentity};
use rcgen::{CertificateParams, DnType, PublicKeyData, SigningKey};

struct LowS(PrivateKey);

impl PublicKeyData for LowS {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().sec1()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for LowS {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

pub(crate) fn identity(msp_id: &str, name: &str) -> SigningIdentity {
    let key = LowS(PrivateKey::generate().unwrap());
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.self_signed(&key).unwrap().pem();
    SigningIdentity::new(msp_id, certificate.as_bytes(), key.0).unwrap()
}

pub(crate) fn signer(msp_id: &str, name: &str) -> Arc<dyn Signer> {
    Arc::new(identity(msp_id, name))
}
