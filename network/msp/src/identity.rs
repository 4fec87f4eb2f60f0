//! Who signed: an MSP id and a certificate.

use std::fmt;

use bytes::Bytes;
use fabric_protos::msp::SerializedIdentity;
use prost::Message;

use crate::{AttributeError, Certificate, CertificateError, KeyError, PublicKey, SignatureError, sha256};

/// Why an identity is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The bytes are no `SerializedIdentity`.
    #[error("not a serialised identity: {0}")]
    Malformed(String),
    /// The MSP id is empty.
    #[error("the identity names no MSP")]
    NoMsp,
    /// No MSP of that name is known.
    #[error("MSP {0} is unknown on this channel")]
    UnknownMsp(String),
    /// The identity names another MSP than the one asked.
    #[error("the identity belongs to MSP {found}, not to {expected}")]
    OtherMsp {
        /// The MSP that was asked.
        expected: String,
        /// The MSP that the identity names.
        found: String,
    },
    /// The certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate's key is not supported.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An authority's certificate is no identity.
    #[error("the certificate of {0} is an authority's and cannot be used as an identity")]
    Authority(String),
    /// No chain leads from the certificate to a root of the MSP.
    #[error("the certificate of {subject} does not lead to an authority of MSP {msp_id}: {reason}")]
    Chain {
        /// The certificate's common name.
        subject: String,
        /// The MSP that was asked.
        msp_id: String,
        /// What the last candidate failed at.
        reason: String,
    },
    /// The certificate stands on a revocation list.
    #[error("the certificate of {0} has been revoked")]
    Revoked(String),
    /// The certificate does not carry exactly one role.
    #[error("the certificate of {subject} must carry exactly one organisational unit for a role, and carries {found}")]
    Role {
        /// The certificate's common name.
        subject: String,
        /// How many units name a role.
        found: usize,
    },
    /// The MSP does not tell roles apart.
    #[error("MSP {0} does not tell roles apart: enable NodeOUs in its config.yaml")]
    NoRoles(String),
    /// An organisational unit is bound to another authority.
    #[error("organisational unit {0} is not certified by the authority that the MSP binds it to")]
    Certifier(String),
    /// The identity carries none of the MSP's organisational units.
    #[error("the certificate of {0} carries none of the organisational units that the MSP demands")]
    Unit(String),
    /// The identity is valid but is not whom a principal asks for.
    #[error("the identity does not satisfy {0}")]
    Unsatisfied(String),
}

/// A parsed identity. It keeps its exact bytes; whether it is valid is for its MSP to say.
#[derive(Clone)]
pub struct Identity {
    msp_id: String,
    serialized: Bytes,
    fingerprint: [u8; 32],
    certificate: Certificate,
    public_key: PublicKey,
}

impl Identity {
    /// Reads the bytes of a `SerializedIdentity`.
    ///
    /// # Errors
    /// When they are damaged, name no MSP, or hold no certificate with a supported key.
    pub fn from_serialized(bytes: &[u8]) -> Result<Self, IdentityError> {
        Self::from_bytes(Bytes::copy_from_slice(bytes))
    }

    /// As [`Self::from_serialized`], keeping the given bytes without a copy.
    ///
    /// # Errors
    /// As [`Self::from_serialized`].
    pub fn from_bytes(serialized: Bytes) -> Result<Self, IdentityError> {
        let wire = SerializedIdentity::decode(serialized.as_ref())
            .map_err(|error| IdentityError::Malformed(error.to_string()))?;
        if wire.mspid.is_empty() {
            return Err(IdentityError::NoMsp);
        }
        let certificate = Certificate::from_pem(&wire.id_bytes)?;
        let public_key = certificate.public_key()?.clone();
        Ok(Self {
            msp_id: wire.mspid,
            fingerprint: sha256(&serialized),
            serialized,
            certificate,
            public_key,
        })
    }

    /// An identity from its MSP's name and its certificate's PEM text, which goes unchanged into the serialised form.
    ///
    /// # Errors
    /// As [`Self::from_serialized`].
    pub fn new(msp_id: &str, certificate_pem: &[u8]) -> Result<Self, IdentityError> {
        let id_bytes = Bytes::copy_from_slice(certificate_pem);
        let wire = SerializedIdentity {
            mspid: msp_id.to_owned(),
            id_bytes,
        };
        Self::from_bytes(wire.encode_to_vec().into())
    }

    /// The identity's bytes, exactly as they came.
    pub fn serialized(&self) -> &Bytes {
        &self.serialized
    }

    /// SHA-256 of [`Self::serialized`], for caches.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The name of the MSP that the identity claims.
    pub fn msp_id(&self) -> &str {
        &self.msp_id
    }

    /// The identity's certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificate's key, parsed once.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The name under which the identity was enrolled: attribute `hf.EnrollmentID`, else the common name.
    ///
    /// # Errors
    /// When the certificate's attributes are malformed.
    pub fn enrollment_id(&self) -> Result<String, AttributeError> {
        let attributes = self.certificate.attributes()?;
        let named = attributes
            .get("hf.EnrollmentID")
            .or(self.certificate.subject_common_name());
        Ok(named.unwrap_or_default().to_owned())
    }

    /// Whether the certificate's last valid second lies before `unix_seconds`.
    pub fn expired_at(&self, unix_seconds: i64) -> bool {
        unix_seconds > self.certificate.not_after()
    }

    /// Checks a signature over `message` by this identity.
    ///
    /// # Errors
    /// When the signature is malformed, has a high S, or does not match.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.public_key.verify(message, signature)
    }

    /// The common name for messages.
    pub(crate) fn subject(&self) -> String {
        self.certificate
            .subject_common_name()
            .unwrap_or("(no common name)")
            .to_owned()
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.serialized == other.serialized
    }
}

impl Eq for Identity {}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, {:?})", self.msp_id, self.certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{Forge, attributes};

    #[test]
    fn bytes_are_kept_exactly() {
        let ann = Forge::new("AMSP").issue("ann", &["client"]);
        let again = Identity::from_serialized(ann.serialized()).unwrap();
        assert_eq!(again.serialized(), ann.serialized());
        assert_eq!((again.msp_id(), again.enrollment_id()), ("AMSP", Ok("ann".to_owned())));
    }

    #[test]
    fn the_enrolment_id_comes_from_the_attribute_first() {
        let forge = Forge::new("AMSP");
        let with = |json: &str| {
            forge.issue_as("ann@a.example", &["client"], |params| {
                params.custom_extensions.push(attributes(json))
            })
        };
        assert_eq!(
            with(r#"{"attrs":{"hf.EnrollmentID":"ann"}}"#).enrollment_id(),
            Ok("ann".to_owned())
        );
        assert_eq!(with(r#"{"attrs":{}}"#).enrollment_id(), Ok("ann@a.example".to_owned()));
        assert!(matches!(
            with(r#"{"attrs":{"a":[]}}"#).enrollment_id(),
            Err(AttributeError::Malformed(_))
        ));
    }

    #[test]
    fn a_doubled_extension_is_refused() {
        let forge = Forge::new("AMSP");
        let key = crate::forge::ForgeKey {
            key: crate::PrivateKey::generate().unwrap(),
            high: false,
        };
        let pem = forge.certify(&key, "ann", &["client"], |params| {
            params
                .custom_extensions
                .push(attributes(r#"{"attrs":{"der.role":"participant"}}"#));
            params
                .custom_extensions
                .push(attributes(r#"{"attrs":{"der.role":"grid"}}"#));
        });
        let doubled = CertificateError::DuplicateExtension("1.2.3.4.5.6.7.8.1".to_owned());
        assert_eq!(
            Identity::new("AMSP", pem.as_bytes()),
            Err(IdentityError::Certificate(doubled))
        );
    }

    #[test]
    fn damaged_certificates_are_refused() {
        let ann = Forge::new("AMSP").issue("ann", &["client"]);
        let der = ann.certificate().der();
        let truncated = der.slice(..der.len() - 1);
        assert!(matches!(
            Certificate::from_der(truncated),
            Err(CertificateError::Malformed(_))
        ));
        let trailing = [der.as_ref(), b"x"].concat();
        assert!(matches!(
            Certificate::from_der(trailing),
            Err(CertificateError::Malformed(_))
        ));
        let huge = vec![0x30; crate::certificate::MAX_CERTIFICATE + 1];
        assert!(matches!(
            Certificate::from_der(huge),
            Err(CertificateError::TooLarge(_))
        ));
    }
}
