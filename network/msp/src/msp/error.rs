//! Why an MSP cannot be set up.

use crate::CertificateError;

/// Why an MSP cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MspError {
    /// The MSP has no name.
    #[error("the MSP has no name")]
    NoName,
    /// There is no root.
    #[error("MSP {0} has no root: put at least one authority's certificate under cacerts/")]
    NoRoot(String),
    /// A certificate cannot be read.
    #[error("{name}: {source}")]
    Certificate {
        /// The folder, or the field of the configuration.
        name: &'static str,
        /// What is wrong.
        source: CertificateError,
    },
    /// An authority's certificate cannot serve as one.
    #[error("{name}: the certificate of {subject} cannot be an authority: {reason}")]
    Authority {
        /// The folder.
        name: &'static str,
        /// The certificate's common name.
        subject: String,
        /// What is wrong.
        reason: String,
    },
    /// A revocation list cannot be read.
    #[error("crls: not a revocation list: {0}")]
    Crl(String),
    /// A revocation list without authority key identifier: Fabric loads it and then refuses every identity.
    #[error(
        "crls: the revocation list has no authority key identifier; Fabric would refuse every identity of the MSP: \
         issue the list again with that extension"
    )]
    CrlWithoutKeyId,
    /// `config.yaml` cannot be read.
    #[error("config.yaml, line {line}: {reason}")]
    Config {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// An organisational unit is bound to a certificate that is no authority of the MSP.
    #[error("organisational unit {0} is bound to a certificate that is no authority of the MSP")]
    UnitCertificate(String),
    /// Nobody can be an administrator.
    #[error("MSP {0} has neither certificates under admincerts/ nor an admin unit in config.yaml")]
    NoAdmin(String),
    /// A listed administrator is not acceptable.
    #[error("admincerts: {subject}: {reason}")]
    Admin {
        /// The certificate's common name.
        subject: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that exists in Fabric and not here.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// The configuration's bytes are damaged.
    #[error("damaged MSP configuration: {0}")]
    Damaged(String),
}
