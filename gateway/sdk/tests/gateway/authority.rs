//! One organisation with its certificate authority.

use std::sync::Arc;

use fabric_gateway::Signer;
use fabric_msp::{Msp, MspManager, PrivateKey, SigningIdentity};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, PublicKeyData, SigningKey};

/// Fabric wants low S, which rcgen's own keys do not give.
pub(crate) struct LowS(pub(crate) PrivateKey);

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

pub(crate) struct Authority {
    msp_id: String,
    issuer: Issuer<'static, LowS>,
    pub(crate) root: String,
}

impl Authority {
    pub(crate) fn new(msp_id: &str) -> Self {
        let key = LowS(PrivateKey::generate().unwrap());
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, format!("ca.{msp_id}"));
        let root = params.self_signed(&key).unwrap().pem();
        Self {
            msp_id: msp_id.to_owned(),
            issuer: Issuer::new(params, key),
            root,
        }
    }

    /// A certificate for a host, and its key, both PEM.
    pub(crate) fn certify(&self, name: &str) -> (String, String) {
        let key = LowS(PrivateKey::generate().unwrap());
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        (certificate, key.0.to_pem().unwrap().to_string())
    }

    pub(crate) fn identity(&self, name: &str) -> SigningIdentity {
        let (certificate, key) = self.certify(name);
        SigningIdentity::new(
            &self.msp_id,
            certificate.as_bytes(),
            PrivateKey::from_pem(&key).unwrap(),
        )
        .unwrap()
    }

    pub(crate) fn signer(&self, name: &str) -> Arc<dyn Signer> {
        Arc::new(self.identity(name))
    }

    pub(crate) fn manager(&self) -> Arc<MspManager> {
        let (admin, _) = self.certify("admin");
        let files = [("cacerts/ca.pem", self.root.clone()), ("admincerts/admin.pem", admin)];
        let files = files.map(|(name, pem)| (name.to_owned(), pem.into_bytes()));
        Arc::new(MspManager::new(vec![Msp::from_folder(&self.msp_id, files).unwrap()]))
    }
}
