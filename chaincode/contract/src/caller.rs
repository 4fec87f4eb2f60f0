//! Who calls, as the certificate says and nothing else.

use std::collections::BTreeMap;

/// The certificate's attributes (OID 1.2.3.4.5.6.7.8.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attributes {
    /// The certificate has no attribute extension.
    Absent,
    /// The extension is there and cannot be read.
    Malformed,
    /// Names and values.
    Present(BTreeMap<String, String>),
}

/// The caller. The service builds it from the proposal's creator; nothing in it comes from the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The organisation's MSP id.
    pub msp_id: String,
    /// Enrolment id: the attribute `hf.EnrollmentID`, or the certificate's common name.
    pub enrollment_id: String,
    /// Attributes.
    pub attributes: Attributes,
    /// The certificate's public key: an uncompressed P-256 point, 65 bytes.
    pub public_key: Vec<u8>,
}

/// Checks ECDSA P-256 signatures. The service passes one in, so that the contract links no cryptographic library.
pub trait Verifier: Sync {
    /// True when `signature` (low-S DER) is valid over SHA-256 of `message` under `public_key` (uncompressed point).
    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool;
}
