//! Certificate authorities.

use std::path::{Path, PathBuf};

use fabric_msp::{Certificate, PrivateKey, PublicKey, pem};
use rcgen::{
    CertificateParams, CertificateRevocationListParams, Issuer, KeyIdMethod, PublicKeyData, RevokedCertParams,
    SerialNumber, SigningKey,
};
use time::OffsetDateTime;

use crate::{
    CryptogenError, Report, name,
    store::{self, Access},
    template::{Purpose, Template, now},
};

/// The name of a private key's file, as in Fabric's cryptogen.
pub(crate) const KEY_FILE: &str = "priv_sk";

/// A certificate authority in its folder. Its key may be away; then nothing can be issued.
pub(crate) struct Authority {
    folder: PathBuf,
    pub(crate) certificate: Certificate,
    key: Option<PrivateKey>,
}

/// A key as the certificate library wants it. Fabric's low-S rule is why the library does not hold the key itself.
struct LowSKey<'a>(&'a PrivateKey);

impl PublicKeyData for LowSKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().sec1()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for LowSKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

struct Subject<'a>(&'a PublicKey);

impl PublicKeyData for Subject<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.sec1()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl Authority {
    /// The authority in `folder`, made if it is not there: `<common name>-cert.pem` and `priv_sk`.
    pub(crate) fn open_or_create(
        folder: &Path,
        domain: &str,
        common_name: &str,
        days: u32,
        report: &mut Report,
    ) -> Result<Self, CryptogenError> {
        let path = folder.join(format!("{common_name}-cert.pem"));
        if !path.exists() {
            let key = key_at(&folder.join(KEY_FILE), report)?;
            let template = Template::new(Purpose::Authority, name::subject(domain, None, common_name), days);
            let params = template.params(key.public_key())?;
            let certificate = params.self_signed(&LowSKey(&key))?;
            report.add(
                &path,
                pem::encode("CERTIFICATE", certificate.der()).as_bytes(),
                Access::Secret,
            )?;
        }
        Self::open(folder)
    }

    /// The authority that is in `folder`.
    pub(crate) fn open(folder: &Path) -> Result<Self, CryptogenError> {
        let entries = store::list(folder)?;
        let path = entries
            .into_iter()
            .find(|path| path.to_string_lossy().ends_with("-cert.pem"));
        let path = path.ok_or_else(|| CryptogenError::NoOrganisation(folder.to_owned()))?;
        let certificate = certificate_at(&path)?;
        let key_path = folder.join(KEY_FILE);
        let key = if key_path.exists() {
            Some(read_key(&key_path)?)
        } else {
            None
        };
        if key
            .as_ref()
            .is_some_and(|key| certificate.public_key().ok() != Some(key.public_key()))
        {
            return Err(CryptogenError::AuthorityMismatch(folder.to_owned()));
        }
        Ok(Self {
            folder: folder.to_owned(),
            certificate,
            key,
        })
    }

    /// A certificate as PEM. It lies within the authority's own validity: Fabric refuses one that begins earlier.
    pub(crate) fn issue(&self, template: &Template, key: &PublicKey) -> Result<String, CryptogenError> {
        let mut params = template.params(key)?;
        params.not_before = params.not_before.max(second(self.certificate.not_before()));
        params.not_after = params.not_after.min(second(self.certificate.not_after()));
        let certificate = params.signed_by(&Subject(key), &self.issuer()?)?;
        Ok(pem::encode("CERTIFICATE", certificate.der()).as_str().to_owned())
    }

    /// A revocation list as PEM, with the authority key identifier that Fabric cannot do without.
    pub(crate) fn revocation_list(
        &self,
        number: u64,
        revoked: Vec<RevokedCertParams>,
    ) -> Result<String, CryptogenError> {
        let list = CertificateRevocationListParams {
            this_update: now(),
            next_update: second(self.certificate.not_after()),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked,
            key_identifier_method: self.key_id(),
        };
        let list = list.signed_by(&self.issuer()?)?;
        Ok(pem::encode("X509 CRL", list.der()).as_str().to_owned())
    }

    fn issuer(&self) -> Result<Issuer<'static, LowSKey<'_>>, CryptogenError> {
        let key_path = || CryptogenError::NoAuthorityKey(self.folder.join(KEY_FILE));
        let key = self.key.as_ref().ok_or_else(key_path)?;
        let mut params = CertificateParams::default();
        params.distinguished_name =
            name::from_der(self.certificate.subject()).map_err(|reason| CryptogenError::Unrenewable {
                path: self.folder.clone(),
                reason,
            })?;
        params.key_identifier_method = self.key_id();
        Ok(Issuer::new(params, LowSKey(key)))
    }

    fn key_id(&self) -> KeyIdMethod {
        KeyIdMethod::PreSpecified(self.certificate.subject_key_id().unwrap_or_default().to_vec())
    }
}

/// The key in a file, made if it is not there.
pub(crate) fn key_at(path: &Path, report: &mut Report) -> Result<PrivateKey, CryptogenError> {
    if !path.exists() {
        let key = PrivateKey::generate()?;
        report.add(path, key.to_pem()?.as_bytes(), Access::Secret)?;
    }
    read_key(path)
}

pub(crate) fn certificate_at(path: &Path) -> Result<Certificate, CryptogenError> {
    let wrong = |source| CryptogenError::Certificate {
        path: path.to_owned(),
        source,
    };
    Certificate::from_pem(&store::read(path)?).map_err(wrong)
}

fn read_key(path: &Path) -> Result<PrivateKey, CryptogenError> {
    let text = zeroize::Zeroizing::new(store::read(path)?);
    let text = std::str::from_utf8(&text).unwrap_or_default();
    PrivateKey::from_pem(text).map_err(|source| CryptogenError::Key {
        path: path.to_owned(),
        source,
    })
}

fn second(unix: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(unix).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
