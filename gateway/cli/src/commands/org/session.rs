//! An administrator's conversation with a channel.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use fabric_admin::ChannelConfig;
use fabric_gateway::{Network, Signer};
use tokio::runtime::Runtime;

use crate::args::Global;
use crate::connection;
use crate::failure::Failure;
use crate::output::Output;
use crate::profile::read_identity;
use crate::session::runtime;

/// How long one ordering node may take, unless `--timeout` says otherwise. A change of the leader fits in.
const NODE: Duration = Duration::from_secs(20);

/// A network, the profile's identity, and the runtime they live in.
pub(super) struct AdminSession {
    // Dropped before the runtime that its connections live in.
    network: Network,
    runtime: Runtime,
    signer: Arc<dyn Signer>,
    output: Output,
    limit: Duration,
}

impl AdminSession {
    /// Reads the profile; nothing is sent yet.
    pub(super) fn open(global: &Global) -> Result<Self, Failure> {
        let profile = global.read_profile()?;
        for warning in read_identity(&profile.identity)?.warnings {
            anstream::eprintln!("warning: {warning}");
        }
        let runtime = runtime()?;
        let signer: Arc<dyn Signer> = Arc::new(connection::identity(&profile)?);
        let network = {
            let _inside = runtime.enter();
            connection::gateway(&profile, &signer)?.network(&profile.channel)
        };
        Ok(Self {
            network,
            runtime,
            signer,
            output: global.output(),
            limit: global.timeout.unwrap_or(NODE),
        })
    }

    /// The newest configuration of the channel.
    pub(super) fn config(&self) -> Result<ChannelConfig, Failure> {
        Ok(self.wait(ChannelConfig::read(&self.network))?)
    }

    /// Builds what needs the runtime around it.
    pub(super) fn inside<T>(&self, build: impl FnOnce() -> T) -> T {
        let _inside = self.runtime.enter();
        build()
    }

    pub(super) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub(super) const fn network(&self) -> &Network {
        &self.network
    }

    pub(super) fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }

    pub(super) const fn output(&self) -> Output {
        self.output
    }

    /// How long one ordering node may take.
    pub(super) const fn limit(&self) -> Duration {
        self.limit
    }
}
