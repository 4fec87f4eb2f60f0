//! A network of child processes, and a client for each of its users.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use der_cli::{
    connection,
    network::{Launch, LocalNetwork},
    profile::Profile,
};
use der_client::{
    MarketClient,
    paper::{Cast, Role},
};
use fabric_gateway::{Endpoint, Gateway, Network, Signer};
use tempfile::TempDir;

/// A running network in a folder of its own. Dropping it ends its processes and removes the folder.
pub struct World {
    /// The processes.
    pub network: LocalNetwork,
    folder: TempDir,
}

impl World {
    /// Starts devnet and services with this `der`.
    ///
    /// # Errors
    /// When a process does not come up; the log's last lines are in the error.
    pub fn start(program: impl AsRef<Path>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let network = Launch::with_program(folder.path().join("network"), program.as_ref()).start()?;
        Ok(Self { network, folder })
    }

    /// The folder that goes with the world.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The profile of an organisation's user, for example `("grid", "clock")`.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn profile(&self, organisation: &str, user: &str) -> Result<Profile> {
        let file = self
            .network
            .layout()
            .profiles()
            .join(format!("{organisation}-{user}.toml"));
        Profile::read(&file).map_err(|failure| anyhow::anyhow!("{}: {failure:?}", file.display()))
    }

    /// The market as this user sees it.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn client(&self, organisation: &str, user: &str) -> Result<MarketClient> {
        connect(&self.profile(organisation, user)?)
    }

    /// The players of the paper's case.
    ///
    /// # Errors
    /// When one of them has no profile.
    pub fn cast(&self) -> Result<Cast> {
        Cast::gather(|role: Role| {
            let organisation = role.msp_id().trim_end_matches("MSP").to_lowercase();
            self.client(&organisation, role.user())
        })
    }

    /// The channel as any signer sees it, through this user's endpoints.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn channel_as(&self, signer: Arc<dyn Signer>, organisation: &str, user: &str) -> Result<Network> {
        let profile = self.profile(organisation, user)?;
        let endpoints = profile.endpoints.iter().map(|endpoint| {
            let roots = std::fs::read(&endpoint.tls_roots).context("TLS roots")?;
            Ok(Endpoint::new(&endpoint.address)
                .server_name(&endpoint.server_name)
                .tls_roots_pem(roots))
        });
        let endpoints = endpoints.collect::<Result<Vec<_>>>()?;
        let gateway = Gateway::builder().endpoints(endpoints).signer(signer).connect()?;
        Ok(gateway.network(&profile.channel))
    }
}

/// The market as a profile's user sees it.
///
/// # Errors
/// When what the profile names is missing.
pub(crate) fn connect(profile: &Profile) -> Result<MarketClient> {
    connection::connect(profile).map_err(|failure| anyhow::anyhow!("{failure:?}"))
}
