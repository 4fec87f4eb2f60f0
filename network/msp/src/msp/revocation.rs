//! Certificate revocation lists.

use std::collections::BTreeSet;

use x509_parser::{
    extensions::ParsedExtension, oid_registry::OID_SIG_ECDSA_WITH_SHA256, prelude::FromDer,
    revocation_list::CertificateRevocationList,
};

use super::MspError;
use crate::{Certificate, pem, sha256};

/// A list as read: who is said to have issued it, what it names, and the signature for the issuer to check.
#[derive(Debug, Clone)]
pub struct RevocationList {
    authority_key_id: Vec<u8>,
    serials: BTreeSet<Vec<u8>>,
    digest: [u8; 32],
    signature: Vec<u8>,
}

impl RevocationList {
    /// Reads PEM or DER.
    ///
    /// # Errors
    /// When the bytes are no list, are not signed by ECDSA with SHA-256, or lack the authority key identifier.
    pub fn read(bytes: &[u8]) -> Result<Self, MspError> {
        let der = match bytes.starts_with(b"-----BEGIN") {
            true => pem::crl(bytes).map_err(|error| MspError::Crl(error.to_string()))?,
            false => bytes.to_vec(),
        };
        let (rest, list) =
            CertificateRevocationList::from_der(&der).map_err(|error| MspError::Crl(error.to_string()))?;
        if !rest.is_empty() {
            return Err(MspError::Crl(format!("{} bytes follow it", rest.len())));
        }
        if list.signature_algorithm.algorithm != OID_SIG_ECDSA_WITH_SHA256 {
            return Err(MspError::Crl("it is not signed by ECDSA with SHA-256".to_owned()));
        }
        let key_id = list
            .extensions()
            .iter()
            .find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
                _ => None,
            });
        Ok(Self {
            authority_key_id: key_id.ok_or(MspError::CrlWithoutKeyId)?,
            serials: list
                .iter_revoked_certificates()
                .map(|one| one.serial().to_bytes_be())
                .collect(),
            digest: sha256(list.tbs_cert_list.as_ref()),
            signature: list.signature_value.data.to_vec(),
        })
    }

    /// Serial numbers of the revoked certificates, big endian, without leading zeros.
    pub fn serials(&self) -> &BTreeSet<Vec<u8>> {
        &self.serials
    }

    /// The key identifier of the authority that is said to have issued the list.
    pub fn authority_key_id(&self) -> &[u8] {
        &self.authority_key_id
    }

    /// Whether the authority has signed the list, and the list says so by its key identifier.
    pub fn is_signed_by(&self, authority: &Certificate) -> bool {
        authority.subject_key_id() == Some(&self.authority_key_id)
            && authority
                .public_key()
                .is_ok_and(|key| key.verify_either_s(&self.digest, &self.signature).is_ok())
    }

    /// Whether the list is the issuer's and names the certificate. The dates in the list do not count: it acts from
    /// the moment the MSP holds it.
    pub(super) fn revokes(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.serials.contains(certificate.serial()) && self.is_signed_by(issuer)
    }
}
