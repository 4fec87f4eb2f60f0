//! A running network. [`spawn`] returns a value; dropping it stops everything.

mod lifecycle;
mod serve;
mod spawn;

pub(crate) use spawn::{LEDGER, stored_genesis};
pub use spawn::{SpawnError, spawn};

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};

use crate::{
    channel::LiveChannel,
    config::{Chaincode, Limits, Organization, Switches},
    ledger::Ledger,
    order::{CutMode, Orderer},
    service::Core,
};

/// How long [`Devnet::shutdown`] waits for calls in flight.
const DRAIN: Duration = Duration::from_secs(2);
/// Tasks give the ledger back when the runtime next runs them.
const RELEASE_POLL: Duration = Duration::from_millis(2);

/// Where clients of one organisation connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The organisation.
    pub msp_id: String,
    /// Where its peer listens.
    pub address: SocketAddr,
    /// The name in the peer's TLS certificate.
    pub server_name: String,
    /// The TLS authorities to trust, PEM.
    pub tls_roots_pem: String,
}

/// A running network.
pub struct Devnet {
    core: Arc<Core>,
    organizations: Vec<Organization>,
    limits: Limits,
    switches: Switches,
    endpoints: Vec<Endpoint>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    ordering: Option<JoinHandle<()>>,
}

impl Devnet {
    /// The endpoints, one an organisation, in the order of the configuration.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The endpoint of one organisation.
    pub fn endpoint(&self, msp_id: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.msp_id == msp_id)
    }

    /// The ordering service: [`Orderer::cut`] makes a block of what waits.
    pub fn orderer(&self) -> &Orderer {
        &self.core.orderer
    }

    /// The ledger.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.core.ledger
    }

    /// The channel; [`LiveChannel::now`] gives its newest configuration.
    pub fn channel(&self) -> &Arc<LiveChannel> {
        &self.core.channel
    }

    /// Lets an organisation's simulations lag `blocks` behind; false when there is no such organisation.
    pub fn set_lag(&self, msp_id: &str, blocks: usize) -> bool {
        let peer = self.core.peers.iter().find(|peer| peer.msp_id() == msp_id);
        peer.inspect(|peer| peer.set_lag(blocks)).is_some()
    }

    /// Commits a chaincode's definition with the next sequence and reaches its services from then on.
    ///
    /// Transactions endorsed under the definition before are invalid (`MVCC_READ_CONFLICT`).
    ///
    /// # Errors
    /// The organisations do not endorse the definition, or it is not committed as valid.
    pub async fn upgrade_chaincode(&self, chaincode: &Chaincode) -> Result<(), SpawnError> {
        lifecycle::define(&self.core, self.operator()?, std::slice::from_ref(chaincode)).await?;
        self.install(chaincode);
        Ok(())
    }

    /// Stops serving, commits what the orderer has taken (unless blocks are cut on demand) and releases the ledger.
    ///
    /// Calls in flight have two seconds to end, and so has whatever else still reads the ledger.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        for mut server in std::mem::take(&mut self.servers) {
            if tokio::time::timeout(DRAIN, &mut server).await.is_err() {
                server.abort();
            }
        }
        if self.switches.cut == CutMode::Limits
            && let Ok(Err(error)) = tokio::time::timeout(DRAIN, self.core.orderer.cut()).await
        {
            tracing::warn!(%error, "the last transactions were not committed");
        }
        if let Some(ordering) = self.ordering.take() {
            ordering.abort();
            // The task's own failure is in the log.
            let _ = ordering.await;
        }
        let ledger = Arc::downgrade(&self.core.ledger);
        drop(self);
        let released = async {
            while ledger.strong_count() > 0 {
                tokio::time::sleep(RELEASE_POLL).await;
            }
        };
        if tokio::time::timeout(DRAIN, released).await.is_err() {
            tracing::warn!("a client's stream still holds the ledger");
        }
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(ordering) = self.ordering.take() {
            ordering.abort();
        }
    }
}

impl std::fmt::Debug for Devnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Devnet")
            .field("channel", &self.core.channel.id())
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}
