//! The way in: endpoints, an identity, limits.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use fabric_msp::{MspManager, Signer};

use crate::{
    Commit, ConfigError, Endpoint, Error, Limits, Network, Proposal, Transaction,
    connection::Connection,
    events::{BlockEventsRequest, ChaincodeEventsRequest},
    pool::Pool,
    signing::Signing,
};

/// One identity's connection to a Fabric network, over any of several gateway peers. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    connection: Arc<Connection>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = (0..self.connection.pool.len()).map(|index| &self.connection.pool.node(index).address);
        f.debug_struct("Gateway")
            .field("endpoints", &nodes.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// Describes a gateway.
    pub fn builder() -> GatewayBuilder {
        GatewayBuilder::default()
    }

    /// The channel `name`.
    pub fn network(&self, name: impl Into<String>) -> Network {
        Network::new(Arc::clone(&self.connection), name.into())
    }

    /// A proposal from [`Proposal::bytes`], or from the official clients' bytes of one.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the bytes are no proposal.
    pub fn proposal_from_bytes(&self, bytes: &[u8]) -> Result<Proposal, Error> {
        Proposal::from_bytes(Arc::clone(&self.connection), bytes)
    }

    /// An endorsed transaction from [`Transaction::bytes`], or from the official clients' bytes of one.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the bytes are no transaction; [`Error::Verify`] when its parts contradict each other
    /// or its creator is not this gateway's identity.
    pub fn transaction_from_bytes(&self, bytes: &[u8]) -> Result<Transaction, Error> {
        Transaction::from_bytes(Arc::clone(&self.connection), bytes)
    }

    /// A commit from [`Commit::bytes`], or from the official clients' bytes of one.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the bytes are no commit status request.
    pub fn commit_from_bytes(&self, bytes: &[u8]) -> Result<Commit, Error> {
        Commit::from_bytes(Arc::clone(&self.connection), bytes)
    }

    /// A request from [`ChaincodeEventsRequest::bytes`].
    ///
    /// # Errors
    /// [`Error::Malformed`] when the bytes are no such request, or one that starts after a transaction.
    pub fn chaincode_events_from_bytes(&self, bytes: &[u8]) -> Result<ChaincodeEventsRequest, Error> {
        ChaincodeEventsRequest::from_bytes(Arc::clone(&self.connection), bytes)
    }

    /// A request from [`BlockEventsRequest::bytes`].
    ///
    /// # Errors
    /// [`Error::Malformed`] when the bytes are no such request, or one that does not name its first block.
    pub fn block_events_from_bytes(&self, bytes: &[u8]) -> Result<BlockEventsRequest, Error> {
        BlockEventsRequest::from_bytes(Arc::clone(&self.connection), bytes)
    }
}

/// Describes a [`Gateway`].
#[derive(Default)]
pub struct GatewayBuilder {
    endpoints: Vec<Endpoint>,
    signing: Option<Signing>,
    limits: Limits,
    unverified: bool,
    trust: Option<Arc<MspManager>>,
}

impl fmt::Debug for GatewayBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayBuilder")
            .field("endpoints", &self.endpoints)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl GatewayBuilder {
    /// The gateway peers, in order of preference.
    #[must_use]
    pub fn endpoints(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        self.endpoints.extend(endpoints);
        self
    }

    /// Signs everything with `signer`.
    #[must_use]
    pub fn signer(mut self, signer: Arc<dyn Signer>) -> Self {
        self.signing = Some(Signing::Here(signer));
        self
    }

    /// Speaks as this `SerializedIdentity` and signs nothing: each object's digest is signed elsewhere.
    #[must_use]
    pub fn identity(mut self, serialized: impl Into<Bytes>) -> Self {
        self.signing = Some(Signing::Elsewhere(serialized.into()));
        self
    }

    /// Replaces the default limits and deadlines.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Also checks each endorsement's signature and the endorser's certificate against the channel's MSPs.
    #[must_use]
    pub fn trust(mut self, msps: Arc<MspManager>) -> Self {
        self.trust = Some(msps);
        self
    }

    /// Signs whatever the gateway returns, as the official clients do. Not advised.
    #[must_use]
    pub fn without_verification(mut self) -> Self {
        self.unverified = true;
        self
    }

    /// The gateway. It connects at the first call, so this waits for nothing.
    ///
    /// # Errors
    /// [`Error::Config`] when an endpoint, a limit or the identity is missing or wrong, or there is no Tokio runtime.
    pub fn connect(self) -> Result<Gateway, Error> {
        self.limits.check()?;
        tokio::runtime::Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let signing = self.signing.ok_or(ConfigError::NoIdentity)?;
        let connection = Connection {
            pool: Pool::new(&self.endpoints, self.limits)?,
            signing,
            limits: self.limits,
            verify: !self.unverified,
            trust: self.trust,
        };
        Ok(Gateway {
            connection: Arc::new(connection),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_a_runtime_or_without_an_identity_or_an_endpoint_it_is_refused_and_not_a_panic() {
        let refused = |builder: GatewayBuilder| match builder.connect() {
            Err(Error::Config(error)) => error,
            other => panic!("{other:?}"),
        };
        let complete = || {
            Gateway::builder()
                .identity("someone")
                .endpoints([Endpoint::new("http://[::1]:1").insecure()])
        };
        assert!(matches!(refused(complete()), ConfigError::NoRuntime));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let _inside = runtime.enter();
        assert!(complete().connect().is_ok());
        assert!(matches!(
            refused(Gateway::builder().identity("someone")),
            ConfigError::NoEndpoints
        ));
        assert!(matches!(refused(Gateway::builder()), ConfigError::NoIdentity));
    }
}
