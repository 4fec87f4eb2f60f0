//! Mistakes in how a gateway was described, found before anything is sent.

/// Why a [`Gateway`](crate::Gateway) could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The list of endpoints is empty.
    #[error("no endpoint was given: name at least one gateway peer")]
    NoEndpoints,
    /// Neither a signer nor an identity was given.
    #[error("no identity was given: call `signer`, or `identity` to sign elsewhere")]
    NoIdentity,
    /// There is no Tokio runtime to run the connections on.
    #[error("there is no Tokio runtime here: build the gateway inside one")]
    NoRuntime,
    /// The address is no `host:port` or `https://host:port`.
    #[error("`{address}` is not an address of a gateway peer: write `https://host:port` ({reason})")]
    Address {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Plaintext was asked for without saying so twice.
    #[error("`{address}` is plaintext: use `https://`, or `insecure()` with a loopback address")]
    Plaintext {
        /// The address as given.
        address: String,
    },
    /// The roots or the client's certificate cannot be used.
    #[error("the TLS material for `{address}` cannot be used: {reason}")]
    Tls {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A limit is zero or contradicts another.
    #[error("the limit `{name}` cannot be used: {reason}")]
    Limit {
        /// The field of [`Limits`](crate::Limits) or [`Deadlines`](crate::Deadlines).
        name: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}
