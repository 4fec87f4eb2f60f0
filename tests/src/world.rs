//! A network of processes, on the devnet or on Fabric itself, and a client for each of its users.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, bail};
use der_cli::{
    connection,
    network::{Batch, DEVNET, Launch, Layout, LocalNetwork},
    profile::Profile,
};
use der_client::{
    MarketClient,
    paper::{Cast, Role},
};
use fabric_gateway::{Endpoint, Gateway, Network, Signer};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{Consensus, FabricNetwork, FabricSettings, NetworkKind, Node, fabric_binaries};

/// The consortium's organisations, by the first label of their domains.
pub const ORGANISATIONS: [&str; 4] = ["grid", "regulator", "energy", "microgrid"];

/// A running network in a folder of its own. Dropping it ends its processes and removes the folder.
pub struct World {
    kind: NetworkKind,
    running: Running,
    folder: TempDir,
}

enum Running {
    Devnet(LocalNetwork),
    Fabric(Box<FabricNetwork>),
}

impl World {
    /// Starts the network that `DER_NETWORK` asks for, with this `der`. `None`, said aloud, where Fabric's binaries are missing.
    ///
    /// # Errors
    /// When a process does not come up; the log's last lines are in the error.
    pub fn start(program: impl AsRef<Path>) -> Result<Option<Self>> {
        Self::start_on(NetworkKind::chosen()?, program)
    }

    /// Starts a network of this kind, as [`World::start`] does.
    ///
    /// # Errors
    /// As [`World::start`].
    pub fn start_on(kind: NetworkKind, program: impl AsRef<Path>) -> Result<Option<Self>> {
        match kind {
            NetworkKind::Devnet => Self::start_devnet(program.as_ref(), Batch::default()).map(Some),
            NetworkKind::Fabric(consensus) => Self::start_fabric(
                "story on Fabric",
                consensus,
                program.as_ref(),
                FabricSettings::default(),
            ),
        }
    }

    /// Starts a network whose orderers cut blocks so, beside others of this process.
    ///
    /// # Errors
    /// As [`World::start`].
    pub fn start_with(kind: NetworkKind, program: impl AsRef<Path>, batch: Batch) -> Result<Option<Self>> {
        match kind {
            NetworkKind::Devnet => Self::start_devnet(program.as_ref(), batch).map(Some),
            NetworkKind::Fabric(consensus) => {
                let settings = FabricSettings {
                    variables: vec![
                        ("DER_BATCH_MESSAGES", batch.messages.to_string()),
                        ("DER_BATCH_TIMEOUT", format!("{}ms", batch.timeout.as_millis())),
                    ],
                    beside_others: true,
                    ..FabricSettings::default()
                };
                Self::start_fabric(&kind.to_string(), consensus, program.as_ref(), settings)
            }
        }
    }

    fn start_devnet(program: &Path, batch: Batch) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let launch = Launch::with_program(folder.path().join("network"), program).batch(batch);
        Ok(Self {
            kind: NetworkKind::Devnet,
            running: Running::Devnet(launch.start()?),
            folder,
        })
    }

    fn start_fabric(
        what: &str,
        consensus: Consensus,
        program: &Path,
        settings: FabricSettings,
    ) -> Result<Option<Self>> {
        let Some(fabric) = fabric_binaries(what) else {
            return Ok(None);
        };
        let settings = FabricSettings {
            raft: consensus == Consensus::Raft,
            ..settings
        };
        Ok(Some(Self {
            kind: NetworkKind::Fabric(consensus),
            running: Running::Fabric(Box::new(FabricNetwork::start(fabric, program, settings)?)),
            folder: tempfile::tempdir()?,
        }))
    }

    /// What runs under the story.
    #[must_use]
    pub const fn kind(&self) -> NetworkKind {
        self.kind
    }

    /// The folder that goes with the world.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where keys, profiles and logs lie; the same on both networks.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        match &self.running {
            Running::Devnet(network) => network.layout(),
            Running::Fabric(network) => network.layout(),
        }
    }

    /// Every process of the network. On the devnet several are one.
    #[must_use]
    pub fn nodes(&self) -> Vec<Node> {
        match &self.running {
            Running::Devnet(_) => ORGANISATIONS
                .iter()
                .flat_map(|of| [Node::peer(of), Node::orderer(of), Node::service(of)])
                .collect(),
            Running::Fabric(network) => network.nodes(),
        }
    }

    /// The process id.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn pid(&self, node: &Node) -> Result<u32> {
        match &self.running {
            Running::Devnet(network) => Ok(network.pid(&child(node))?),
            Running::Fabric(network) => network.pid(node),
        }
    }

    /// What the process is called on this network; nodes that are one process have one name.
    #[must_use]
    pub fn process_name(&self, node: &Node) -> String {
        match &self.running {
            Running::Devnet(_) => child(node),
            Running::Fabric(_) => node.to_string(),
        }
    }

    /// Ends a process as `kill -9` does; it is gone when this returns. [`World::restart`] brings it back.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn kill(&mut self, node: &Node) -> Result<()> {
        match &mut self.running {
            Running::Devnet(network) => Ok(network.kill(&child(node))?),
            Running::Fabric(network) => network.kill(node),
        }
    }

    /// Stops a process where it is (SIGSTOP); its connections stay open.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn pause(&self, node: &Node) -> Result<()> {
        self.signal(node, Signal::STOP)
    }

    /// Lets a stopped process go on (SIGCONT).
    ///
    /// # Errors
    /// When there is no such process.
    pub fn resume(&self, node: &Node) -> Result<()> {
        self.signal(node, Signal::CONT)
    }

    fn signal(&self, node: &Node, signal: Signal) -> Result<()> {
        match &self.running {
            Running::Devnet(_) => {
                let id = Pid::from_raw(i32::try_from(self.pid(node)?)?).context("a process id")?;
                Ok(kill_process(id, signal)?)
            }
            Running::Fabric(network) => network.signal(node, signal),
        }
    }

    /// Starts a process again where it listened before; one that still runs is ended first. It listens when this returns.
    ///
    /// # Errors
    /// When there is no such process, or it does not come up.
    pub fn restart(&mut self, node: &Node) -> Result<()> {
        self.restart_all(std::slice::from_ref(node))
    }

    /// Starts several processes again, all before waiting for the first.
    ///
    /// # Errors
    /// As [`World::restart`].
    pub fn restart_all(&mut self, nodes: &[Node]) -> Result<()> {
        match &mut self.running {
            Running::Devnet(network) => {
                let mut children: Vec<_> = nodes.iter().map(child).collect();
                children.sort();
                children.dedup();
                children.iter().try_for_each(|name| Ok(network.restart(name)?))
            }
            Running::Fabric(network) => network.restart(nodes),
        }
    }

    /// Runs `scripts/test-network.sh` on this network, and gives what it printed.
    ///
    /// # Errors
    /// When it fails, with what it printed; on the devnet, which has no script.
    pub fn script(&mut self, arguments: &[&str]) -> Result<String> {
        match &mut self.running {
            Running::Devnet(_) => bail!("the devnet is not driven by the script"),
            Running::Fabric(network) => {
                let said = network.script(arguments)?;
                network.find_processes()?;
                Ok(said)
            }
        }
    }

    /// The profile of an organisation's user, for example `("grid", "clock")`.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn profile(&self, organisation: &str, user: &str) -> Result<Profile> {
        let file = self.layout().profiles().join(format!("{organisation}-{user}.toml"));
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

    /// The channel as this user sees it.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn channel(&self, organisation: &str, user: &str) -> Result<Network> {
        self.channel_as(self.signer(organisation, user)?, organisation, user)
    }

    /// The channel as the organisation's own peer serves it, and no other.
    ///
    /// # Errors
    /// When there is no such organisation.
    pub fn peer(&self, organisation: &str) -> Result<Network> {
        let profile = self.profile(organisation, "admin")?;
        Self::connect_to(&profile, 1, self.signer(organisation, "admin")?)
    }

    /// A user's key.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn signer(&self, organisation: &str, user: &str) -> Result<Arc<dyn Signer>> {
        let identity = connection::identity(&self.profile(organisation, user)?);
        Ok(Arc::new(identity.map_err(|failure| anyhow::anyhow!("{failure:?}"))?))
    }

    /// The channel as any signer sees it, through this user's endpoints.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn channel_as(&self, signer: Arc<dyn Signer>, organisation: &str, user: &str) -> Result<Network> {
        Self::connect_to(&self.profile(organisation, user)?, usize::MAX, signer)
    }

    fn connect_to(profile: &Profile, peers: usize, signer: Arc<dyn Signer>) -> Result<Network> {
        let endpoints = profile.endpoints.iter().take(peers).map(|endpoint| {
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

/// The devnet's child process that plays this node.
fn child(node: &Node) -> String {
    match node {
        Node::Peer(_) | Node::Orderer(_) => DEVNET.to_owned(),
        Node::Service(of) => format!("chaincode-{of}"),
    }
}

/// The market as a profile's user sees it.
///
/// # Errors
/// When what the profile names is missing.
pub(crate) fn connect(profile: &Profile) -> Result<MarketClient> {
    connection::connect(profile).map_err(|failure| anyhow::anyhow!("{failure:?}"))
}
