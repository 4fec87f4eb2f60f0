//! Who calls: read from the certificate that the peer has validated, and from nothing else.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use der_api::ErrorCode;
use der_contract::{Attributes, Caller, ContractError};
use fabric_msp::Identity;
use fabric_shim::Stub;
use lru::LruCache;
use sha2::{Digest, Sha256};

/// Identities repeat; reading a certificate costs more than looking it up.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// The callers seen last, by the SHA-256 of their serialised identity.
#[derive(Debug)]
pub(super) struct Callers(Mutex<LruCache<[u8; 32], Arc<Caller>>>);

impl Default for Callers {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Callers {
    /// # Errors
    /// [`ErrorCode::CallerUnidentified`] where the creator is no identity, [`ErrorCode::MalformedAttributes`] where its
    /// attribute extension cannot be read.
    pub(super) fn of(&self, stub: &Stub) -> Result<Arc<Caller>, ContractError> {
        let fingerprint: [u8; 32] = Sha256::digest(stub.creator()).into();
        if let Some(known) = self.lock().get(&fingerprint) {
            return Ok(known.clone());
        }
        let unidentified = |e: fabric_shim::ShimError| ContractError::new(ErrorCode::CallerUnidentified, e.to_string());
        let caller = Arc::new(read(&stub.identity().map_err(unidentified)?)?);
        self.lock().put(fingerprint, caller.clone());
        Ok(caller)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<[u8; 32], Arc<Caller>>> {
        // A cache is whole between two calls of it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(identity: &Identity) -> Result<Caller, ContractError> {
    let malformed = |e: fabric_msp::AttributeError| ContractError::new(ErrorCode::MalformedAttributes, e.to_string());
    let attributes = identity.certificate().attributes().map_err(malformed)?;
    let named = attributes
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Caller {
        msp_id: identity.msp_id().to_owned(),
        enrollment_id: identity.enrollment_id().map_err(malformed)?,
        attributes: if attributes.is_empty() {
            Attributes::Absent
        } else {
            Attributes::Present(named.collect())
        },
        public_key: identity.public_key().sec1().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair};

    fn identity(attributes: Option<&str>) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "ann");
        let extension =
            |json: &str| CustomExtension::from_oid_content(&[1, 2, 3, 4, 5, 6, 7, 8, 1], json.as_bytes().to_vec());
        params.custom_extensions.extend(attributes.map(extension));
        let pem = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        Identity::new("GridMSP", pem.as_bytes()).unwrap()
    }

    #[test]
    fn organisation_name_and_key_are_the_certificate_s() {
        let identity = identity(None);
        let caller = read(&identity).unwrap();
        assert_eq!(
            (caller.msp_id.as_str(), caller.enrollment_id.as_str()),
            ("GridMSP", "ann")
        );
        assert_eq!(caller.attributes, Attributes::Absent);
        assert_eq!(caller.public_key, identity.public_key().sec1());
    }

    #[test]
    fn attributes_come_by_name_and_the_enrolment_id_is_one_of_them() {
        let caller = read(&identity(Some(
            r#"{"attrs":{"der.role":"grid","hf.EnrollmentID":"bob"}}"#,
        )))
        .unwrap();
        let Attributes::Present(attributes) = caller.attributes else {
            panic!("attributes expected")
        };
        assert_eq!(
            (attributes["der.role"].as_str(), caller.enrollment_id.as_str()),
            ("grid", "bob")
        );
    }

    #[test]
    fn a_malformed_extension_is_refused_and_not_taken_for_none() {
        for json in ["", "{}", "{\"attrs\":[]}", "{\"attrs\":{\"der.role\":1}}", "not json"] {
            assert_eq!(
                read(&identity(Some(json))).unwrap_err().code(),
                ErrorCode::MalformedAttributes,
                "{json}"
            );
        }
    }
}
