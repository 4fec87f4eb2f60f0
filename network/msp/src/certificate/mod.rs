//! X.509 certificates, read once.

mod extensions;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use x509_parser::{
    certificate::X509Certificate,
    oid_registry::{
        OID_SIG_ECDSA_WITH_SHA256,
        asn1_rs::{Oid, oid},
    },
    prelude::FromDer,
};

use self::extensions::Extensions;
use crate::{
    AttributeError, Attributes, KeyError, PublicKey,
    digest::sha256,
    pem::{self, PemError},
    signature::{Scalars, SignatureError},
};

/// No certificate of a Fabric identity comes near this size in bytes; more is refused unread.
pub const MAX_CERTIFICATE: usize = 64 * 1024;

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// Why bytes are not a certificate that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The text is no PEM certificate.
    #[error("not a PEM certificate: {0}")]
    Pem(#[from] PemError),
    /// More bytes than any certificate needs.
    #[error("the certificate has {0} bytes, more than the {MAX_CERTIFICATE} allowed")]
    TooLarge(usize),
    /// The bytes are not one X.509 certificate.
    #[error("not an X.509 certificate: {0}")]
    Malformed(String),
    /// One extension stands twice.
    #[error("the certificate holds extension {0} twice")]
    DuplicateExtension(String),
}

/// A parsed certificate. Cloning shares it.
#[derive(Clone)]
pub struct Certificate {
    parts: Arc<Parts>,
}

struct Parts {
    der: Bytes,
    tbs: std::ops::Range<usize>,
    canonical: Bytes,
    canonical_hash: [u8; 32],
    signature: Vec<u8>,
    ecdsa_sha256: bool,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    common_name: Option<String>,
    units: Vec<String>,
    not_before: i64,
    not_after: i64,
    public_key: Result<PublicKey, KeyError>,
    extensions: Extensions,
}

impl Certificate {
    /// Reads the first PEM block.
    ///
    /// # Errors
    /// When it is no certificate block, or as [`Self::from_der`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        if pem.len() > 2 * MAX_CERTIFICATE {
            return Err(CertificateError::TooLarge(pem.len()));
        }
        Self::from_der(pem::certificate(pem)?)
    }

    /// Reads a DER certificate.
    ///
    /// # Errors
    /// When the bytes are not exactly one certificate, or an extension stands twice.
    pub fn from_der(der: impl Into<Bytes>) -> Result<Self, CertificateError> {
        let der: Bytes = der.into();
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError::TooLarge(der.len()));
        }
        let (rest, parsed) =
            X509Certificate::from_der(&der).map_err(|error| CertificateError::Malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(CertificateError::Malformed(format!("{} bytes follow it", rest.len())));
        }
        let parts = Parts::read(&der, &parsed)?;
        Ok(Self { parts: Arc::new(parts) })
    }

    /// The certificate's bytes as they came.
    pub fn der(&self) -> &Bytes {
        &self.parts.der
    }

    /// The certificate as PEM.
    pub fn pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.parts.der).as_str().to_owned()
    }

    /// SHA-256 of the certificate with its signature in low-S form: Fabric's name for the identity, the same for
    /// both forms of one signature. Source: Fabric `msp/cert.go`, `sanitizeECDSASignedCert`.
    pub fn canonical_hash(&self) -> &[u8; 32] {
        &self.parts.canonical_hash
    }

    /// The certificate's bytes with its signature in low-S form.
    pub(crate) fn canonical_der(&self) -> &Bytes {
        &self.parts.canonical
    }

    /// The subject's first common name.
    pub fn subject_common_name(&self) -> Option<&str> {
        self.parts.common_name.as_deref()
    }

    /// The subject's organisational units, in order.
    pub fn organizational_units(&self) -> &[String] {
        &self.parts.units
    }

    /// The subject's name as raw DER.
    pub fn subject(&self) -> &[u8] {
        &self.parts.subject
    }

    /// The issuer's name as raw DER.
    pub fn issuer(&self) -> &[u8] {
        &self.parts.issuer
    }

    /// The serial number, big endian, without leading zeros.
    pub fn serial(&self) -> &[u8] {
        &self.parts.serial
    }

    /// The subject key identifier.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.parts.extensions.subject_key_id.as_deref()
    }

    /// The authority key identifier.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.parts.extensions.authority_key_id.as_deref()
    }

    /// The first second of validity, Unix time.
    pub fn not_before(&self) -> i64 {
        self.parts.not_before
    }

    /// The last second of validity, Unix time.
    pub fn not_after(&self) -> i64 {
        self.parts.not_after
    }

    /// Whether the basic constraints say that this is a certificate authority.
    pub fn is_ca(&self) -> bool {
        self.parts.extensions.is_ca
    }

    /// Subject alternative names: DNS names and addresses as text.
    pub fn alternative_names(&self) -> &[String] {
        &self.parts.extensions.alternative_names
    }

    /// The certificate's key.
    ///
    /// # Errors
    /// When the key is not on P-256.
    pub fn public_key(&self) -> Result<&PublicKey, KeyError> {
        self.parts.public_key.as_ref().map_err(Clone::clone)
    }

    /// The attributes a Fabric CA has written; empty when the extension is missing.
    ///
    /// # Errors
    /// When the extension is there and malformed.
    pub fn attributes(&self) -> Result<Attributes, AttributeError> {
        self.parts
            .extensions
            .attributes
            .clone()
            .unwrap_or_else(|| Ok(Attributes::default()))
    }

    /// Checks that `issuer`'s key has signed this certificate. Both forms of S are accepted, as Fabric does here.
    ///
    /// # Errors
    /// When the signature is not ECDSA with SHA-256, the issuer's key is unsupported, or it does not match.
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), SignatureError> {
        let key = issuer.public_key().map_err(|_| SignatureError::Mismatch)?;
        if !self.parts.ecdsa_sha256 {
            return Err(SignatureError::Malformed);
        }
        key.verify_either_s(&sha256(self.tbs()), &self.parts.signature)
    }

    /// The part of the certificate that its issuer signs.
    pub fn tbs(&self) -> &[u8] {
        self.parts.der.get(self.parts.tbs.clone()).unwrap_or_default()
    }

    /// Whether this certificate may stand over `below` intermediate authorities and sign certificates.
    pub(crate) fn may_issue_over(&self, below: usize) -> bool {
        let extensions = &self.parts.extensions;
        let short_enough = extensions
            .path_length
            .is_none_or(|limit| u32::try_from(below).is_ok_and(|n| n <= limit));
        extensions.is_ca && extensions.signs_certificates != Some(false) && short_enough
    }

    /// Fabric names no key usage, so Go asks for server authentication wherever a certificate limits its use.
    pub(crate) fn allows_server_use(&self) -> bool {
        self.parts.extensions.serves != Some(false)
    }

    /// A critical extension that nobody here understands, or name constraints, which are not evaluated.
    pub(crate) fn unhandled_extension(&self) -> Option<&str> {
        let constrained = self
            .parts
            .extensions
            .name_constraints
            .then_some("2.5.29.30 (name constraints)");
        self.parts.extensions.unknown_critical.as_deref().or(constrained)
    }
}

impl Parts {
    fn read(der: &Bytes, parsed: &X509Certificate<'_>) -> Result<Self, CertificateError> {
        let tbs = &parsed.tbs_certificate;
        if tbs.signature != parsed.signature_algorithm {
            return Err(CertificateError::Malformed(
                "its two signature algorithms differ".to_owned(),
            ));
        }
        let names = |oid: &Oid<'_>| {
            let texts = tbs.subject.iter_attributes().filter(|value| value.attr_type() == oid);
            texts
                .filter_map(|value| value.as_str().ok().map(str::to_owned))
                .collect::<Vec<_>>()
        };
        let signature = parsed.signature_value.data.to_vec();
        let range = subslice(der, tbs.as_ref());
        let canonical = low_s_form(der, range.clone(), &signature);
        Ok(Self {
            canonical_hash: sha256(&canonical),
            canonical,
            tbs: range,
            signature,
            ecdsa_sha256: parsed.signature_algorithm.algorithm == OID_SIG_ECDSA_WITH_SHA256,
            subject: tbs.subject.as_raw().to_vec(),
            issuer: tbs.issuer.as_raw().to_vec(),
            serial: tbs.serial.to_bytes_be(),
            common_name: names(&oid!(2.5.4.3)).into_iter().next(),
            units: names(&oid!(2.5.4.11)),
            not_before: tbs.validity.not_before.timestamp(),
            not_after: tbs.validity.not_after.timestamp(),
            public_key: PublicKey::from_spki_der(tbs.subject_pki.raw),
            extensions: Extensions::read(parsed)?,
            der: der.clone(),
        })
    }
}

/// Where `part`, a slice of `whole`, lies in it.
fn subslice(whole: &[u8], part: &[u8]) -> std::ops::Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    start..start + part.len()
}

/// The certificate with its signature in low-S form. The signature is the last element; `s` may get shorter, so the
/// lengths of the outer sequence and of the bit string are written anew.
fn low_s_form(der: &Bytes, tbs: std::ops::Range<usize>, signature: &[u8]) -> Bytes {
    match Scalars::from_der(signature) {
        Ok(scalars) if !scalars.is_low() => {
            let low = scalars.low().to_der();
            let bits = [&[0][..], &low].concat();
            // Behind the signed part stands only the algorithm, then the bit string that is replaced.
            let algorithm_end = der
                .len()
                .saturating_sub(element(BIT_STRING, &[&[0], signature].concat()).len());
            let kept = der.get(tbs.start..algorithm_end).unwrap_or_default();
            let body = [kept, &element(BIT_STRING, &bits)].concat();
            element(SEQUENCE, &body).into()
        }
        _ => der.clone(),
    }
}

/// One DER element with a minimal length.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        out.push(0x80 | bytes.len() as u8);
        out.extend(bytes);
    }
    out.extend(content);
    out
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.parts.der == other.parts.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.parts.common_name)
            .field("units", &self.parts.units)
            .field("serial", &hex::encode(&self.parts.serial))
            .finish_non_exhaustive()
    }
}
