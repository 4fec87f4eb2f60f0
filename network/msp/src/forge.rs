//! Crafts certificates and revocation lists for tests, sound and unsound ones.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DistinguishedName, DnType,
    IsCa, Issuer, KeyIdMethod, PublicKeyData, RevokedCertParams, SerialNumber, SigningKey,
};
use time::{Duration, OffsetDateTime};

use crate::{Identity, Msp, PrivateKey, pem, sha256, signature::Scalars};

const CONFIG: &str = "NodeOUs:\n  Enable: true\n  ClientOUIdentifier:\n    OrganizationalUnitIdentifier: client\n  \
    PeerOUIdentifier:\n    OrganizationalUnitIdentifier: peer\n  AdminOUIdentifier:\n    \
    OrganizationalUnitIdentifier: admin\n  OrdererOUIdentifier:\n    OrganizationalUnitIdentifier: orderer\n";

/// An authority of its own.
pub(crate) struct Forge {
    pub(crate) msp_id: String,
    params: CertificateParams,
    key: ForgeKey,
    pub(crate) pem: String,
}

/// A key as rcgen wants it; `high` signs with high S on purpose.
#[derive(Clone)]
pub(crate) struct ForgeKey {
    pub(crate) key: PrivateKey,
    pub(crate) high: bool,
}

impl PublicKeyData for ForgeKey {
    fn der_bytes(&self) -> &[u8] {
        self.key.public_key().sec1()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for ForgeKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let low = self.key.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)?;
        if !self.high {
            return Ok(low);
        }
        Ok(Scalars::from_der(&low)
            .map_err(|_| rcgen::Error::RemoteKeyError)?
            .flipped()
            .to_der())
    }
}

impl Forge {
    pub(crate) fn new(msp_id: &str) -> Self {
        Self::rooted(msp_id, "root", |_| {})
    }

    /// A root whose parameters the test may spoil.
    pub(crate) fn rooted(msp_id: &str, name: &str, spoil: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = ForgeKey {
            key: PrivateKey::generate().unwrap(),
            high: false,
        };
        let mut params = authority(name, &key);
        spoil(&mut params);
        let pem = framed(params.self_signed(&key).unwrap().der());
        Self {
            msp_id: msp_id.to_owned(),
            params,
            key,
            pem,
        }
    }

    /// An authority beneath this one.
    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let key = ForgeKey {
            key: PrivateKey::generate().unwrap(),
            high: false,
        };
        let params = authority(name, &key);
        let pem = framed(params.signed_by(&key, &self.issuer()).unwrap().der());
        Self {
            msp_id: self.msp_id.clone(),
            params,
            key,
            pem,
        }
    }

    pub(crate) fn signing_high(mut self) -> Self {
        self.key.high = true;
        self
    }

    pub(crate) fn issue(&self, name: &str, units: &[&str]) -> Identity {
        self.issue_as(name, units, |_| {})
    }

    /// A certificate whose parameters the test may spoil.
    pub(crate) fn issue_as(&self, name: &str, units: &[&str], spoil: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = ForgeKey {
            key: PrivateKey::generate().unwrap(),
            high: false,
        };
        let pem = self.certify(&key, name, units, spoil);
        Identity::new(&self.msp_id, pem.as_bytes()).unwrap()
    }

    pub(crate) fn certify(
        &self,
        key: &ForgeKey,
        name: &str,
        units: &[&str],
        spoil: impl FnOnce(&mut CertificateParams),
    ) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (index, unit) in units.iter().enumerate() {
            // rcgen keeps one value for each type; the same type by number counts as another.
            let kind = [DnType::OrganizationalUnitName, DnType::CustomDnType(vec![2, 5, 4, 11])][index].clone();
            params.distinguished_name.push(kind, *unit);
        }
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = now() - Duration::minutes(5);
        params.not_after = now() + Duration::days(1);
        params.use_authority_key_identifier_extension = true;
        spoil(&mut params);
        framed(params.signed_by(key, &self.issuer()).unwrap().der())
    }

    /// A list of revoked certificates with the authority key identifier.
    pub(crate) fn revoke(&self, revoked: &[&Identity]) -> Vec<u8> {
        let revoked = revoked.iter().map(|identity| RevokedCertParams {
            serial_number: SerialNumber::from_slice(identity.certificate().serial()),
            revocation_time: now(),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: now(),
            next_update: now() + Duration::days(1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: self.params.key_identifier_method.clone(),
        };
        let list = list.signed_by(&self.issuer()).unwrap();
        pem::encode("X509 CRL", list.der()).as_bytes().to_vec()
    }

    /// The MSP folder of this authority with more files.
    pub(crate) fn folder(&self, more: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
        let own: [(&str, &[u8]); 2] = [
            ("cacerts/root.pem", self.pem.as_bytes()),
            ("config.yaml", CONFIG.as_bytes()),
        ];
        own.iter()
            .chain(more)
            .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()))
            .collect()
    }

    pub(crate) fn msp(&self) -> Msp {
        self.msp_with(&[])
    }

    pub(crate) fn msp_with(&self, more: &[(&str, &[u8])]) -> Msp {
        Msp::from_folder(&self.msp_id, self.folder(more)).unwrap()
    }

    fn issuer(&self) -> Issuer<'_, &ForgeKey> {
        Issuer::from_params(&self.params, &self.key)
    }
}

pub(crate) fn attributes(json: &str) -> CustomExtension {
    CustomExtension::from_oid_content(&[1, 2, 3, 4, 5, 6, 7, 8, 1], json.as_bytes().to_vec())
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn authority(name: &str, key: &ForgeKey) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = now() - Duration::hours(1);
    params.not_after = now() + Duration::days(10);
    params.use_authority_key_identifier_extension = true;
    params.key_identifier_method = KeyIdMethod::PreSpecified(sha256(key.key.public_key().sec1()).to_vec());
    params
}

fn framed(der: &[u8]) -> String {
    pem::encode("CERTIFICATE", der).as_str().to_owned()
}
