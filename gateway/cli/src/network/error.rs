//! Why a local network does not stand.

use std::io;
use std::path::{Path, PathBuf};

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
    /// A child's ready line lacks something.
    #[error("{name} is ready but its ready line has no `{field}`: {line}")]
    ReadyLine {
        /// The child's name.
        name: String,
        /// The missing field.
        field: &'static str,
        /// The line.
        line: String,
    },
    /// Keys and certificates could not be made.
    #[error("cannot make the consortium's keys and certificates: {0}")]
    Crypto(String),
    /// No child bears the name.
    #[error("there is no child process named {0:?}")]
    NoSuchChild(String),
    /// A configuration could not be written as TOML.
    #[error("cannot write {0} as TOML: {1}")]
    Toml(&'static str, toml::ser::Error),
}

impl NetworkError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
