//! What can go wrong.

use std::{io, path::PathBuf};

use fabric_msp::{CertificateError, KeyError, MspError};

/// Why identity material was not made. Every message says what to do or where to look.
#[derive(Debug, thiserror::Error)]
pub enum CryptogenError {
    /// The organisations file is not acceptable.
    #[error("organisations file: {0}")]
    Consortium(String),
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is larger than identity material ever is.
    #[error("{0} is too large to be identity material")]
    TooLarge(PathBuf),
    /// A certificate on disk cannot be used.
    #[error("{path}: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: CertificateError,
    },
    /// A key on disk cannot be used.
    #[error("{path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
    /// A new key could not be made.
    #[error(transparent)]
    NewKey(#[from] KeyError),
    /// The authority's key is not here, so that nothing can be issued.
    #[error("{0} is missing: bring the authority's key back to issue certificates or revocation lists")]
    NoAuthorityKey(PathBuf),
    /// The authority's key and certificate do not belong together.
    #[error("the key and the certificate in {0} do not belong together")]
    AuthorityMismatch(PathBuf),
    /// Material that has no authority yet.
    #[error("{0} holds no organisation: run `fabric-cryptogen generate` first")]
    NoOrganisation(PathBuf),
    /// An organisation is not in the tree.
    #[error("no organisation {0} in the tree: give its MSP id or its domain")]
    UnknownOrganisation(String),
    /// A user is there already.
    #[error("user {0} exists already: renew it, or choose another name")]
    UserExists(String),
    /// A path does not lead to a holder of certificates.
    #[error("{0} holds no certificate: give a folder with msp/ or tls/ beneath an organisation of the tree")]
    NotAHolder(PathBuf),
    /// The certificate was issued by someone else.
    #[error("{0} was not issued by the organisation's authority, which therefore cannot revoke it")]
    NotIssuedHere(PathBuf),
    /// A certificate holds something that cannot be carried into a new one.
    #[error("{path} cannot be renewed: {reason}")]
    Unrenewable {
        /// The certificate.
        path: PathBuf,
        /// What stands in the way.
        reason: String,
    },
    /// A revocation list on disk cannot be used.
    #[error("{path}: not this authority's revocation list: {reason}")]
    Crl {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The certificate library refused.
    #[error("the certificate could not be made: {0}")]
    Issue(#[from] rcgen::Error),
    /// The system gave no randomness.
    #[error("the system gave no randomness for a serial number")]
    NoRandomness,
    /// An MSP folder is not sound.
    #[error("{path}: {source}")]
    Msp {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        source: MspError,
    },
}

impl CryptogenError {
    /// Names the path of a failed file operation.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}
