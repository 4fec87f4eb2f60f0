//! Why a local network does not stand.

use std::io;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::Failure;

/// Why a local network could not be started or steered.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A file or folder of the network cannot be used.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be started.
    #[error("cannot start {name}: {program}: {source}")]
    Start {
        /// The child's name.
        name: String,
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A child did not come up.
    #[error("{name} {why}; its log is {log}:\n{tail}")]
    NotReady {
        /// The child's name.
        name: String,
        /// What happened instead.
        why: String,
        /// Where its log is.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// A child's ready line is of another version.
    #[error("{name} is ready but its ready line cannot be read: {why}: {line}")]
    ReadyLine {
        /// The child's name.
        name: String,
        /// What is wrong with it.
        why: String,
        /// The line.
        line: String,
    },
    /// Keys and certificates could not be made.
    #[error("cannot make the consortium's keys and certificates: {0}")]
    Crypto(#[from] fabric_cryptogen::CryptogenError),
    /// No child bears the name.
    #[error("there is no child process named {0:?}")]
    NoSuchChild(String),
    /// A configuration could not be written as TOML.
    #[error("cannot write {0} as TOML: {1}")]
    Toml(&'static str, toml::ser::Error),
}

impl NetworkError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

impl From<&NetworkError> for Failure {
    fn from(error: &NetworkError) -> Self {
        Self::new(Exit::Network, error).advise("Read the log that is named, or try again in an empty folder.")
    }
}
