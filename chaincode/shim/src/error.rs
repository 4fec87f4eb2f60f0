use std::time::Duration;

/// Why a ledger request, or the use of a [`Stub`](crate::Stub), failed.
///
/// The `Display` text of [`Peer`](Self::Peer) and [`Argument`](Self::Argument) is what the Go shim would say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShimError {
    /// The peer answered `ERROR`; the text is the peer's.
    #[error("{0}")]
    Peer(String),
    /// The call was refused here, before anything was sent.
    #[error("{0}")]
    Argument(String),
    /// The peer answered a multiple get with another number of values than keys asked: a state database error that
    /// Fabric reports as success (core/ledger/kvledger/txmgmt/txmgr/query_executor.go).
    #[error("the peer answered {answered} values for {asked} keys")]
    ValueCount {
        /// Keys in the request.
        asked: usize,
        /// Values in the answer.
        answered: usize,
    },
    /// No answer came in time. The transaction may go on; its next request first waits for this answer.
    #[error("{request} had no answer within {limit:?}")]
    Timeout {
        /// Fabric's name of the request.
        request: &'static str,
        /// The limit that passed.
        limit: Duration,
    },
    /// The answer was neither `RESPONSE` nor `ERROR`.
    #[error("incorrect chaincode message {0} received. Expecting RESPONSE or ERROR")]
    Unexpected(i32),
    /// The answer's payload does not decode.
    #[error("could not unmarshal the answer to {0}")]
    Malformed(&'static str),
    /// A buffered write could not be handed to the peer.
    #[error("failed send batch: {0}")]
    Flush(Box<ShimError>),
    /// The transaction has ended, or its stream to the peer has.
    #[error("the transaction has ended")]
    Ended,
}

impl ShimError {
    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Self::Argument(text.into())
    }
}

/// Why a chaincode server could not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A required setting is missing.
    #[error("the chaincode server needs {0}")]
    Missing(&'static str),
    /// Plaintext was asked for on an address that other machines can reach.
    #[error(
        "refusing to serve plaintext on {0}: give a TLS configuration, a loopback address, or allow plaintext explicitly"
    )]
    Plaintext(std::net::SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The certificate, key or client authorities are unusable.
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// The HTTP/2 server failed.
    #[error("the chaincode server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}
