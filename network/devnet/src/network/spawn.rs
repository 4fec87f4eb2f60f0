//! From a configuration to a running network.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use fabric_msp::{Signer, SigningIdentity};
use fabric_protos::{common::Block, protos::ChaincodeAdditionalParams};
use prost::Message;
use tokio::{net::TcpListener, sync::watch};

use super::{Devnet, Endpoint, lifecycle, serve};
use crate::{
    ccaas::{ChaincodeLink, LinkSettings},
    channel::{
        BLOCK_VALIDATION, Channel, ChannelConfig, ChannelError, Consenter, HostPort, LiveChannel, LiveChannelError,
        OrganizationConfig, genesis_block,
    },
    config::{Chaincode, Config, ConfigError, Organization},
    endorse::{InstalledChaincode, Peer, PeerSettings, Planner},
    ledger::{Ledger, LedgerError, LedgerOptions},
    order::{Orderer, OrdererConfig},
    service::Core,
};

/// The genesis block of the first start, beside the ledger: later starts keep its channel.
pub(crate) const GENESIS: &str = "genesis.block";
/// The ledger's folder in the data folder.
pub(crate) const LEDGER: &str = "ledger";

/// Why a network does not start.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The configuration does not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The channel cannot be made of it.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The ledger does not open.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger's last configuration block gives no channel.
    #[error("the channel's configuration: {0}")]
    Configuration(#[from] LiveChannelError),
    /// An organisation that the channel does not know.
    #[error(
        "{msp_id} is no member of channel {channel}: add it by an update of the channel's configuration, signed by a majority of its members' administrators, or take it out of the network's file"
    )]
    NoMember {
        /// The organisation.
        msp_id: String,
        /// The channel.
        channel: String,
    },
    /// No organisation of the file may order under the channel's configuration.
    #[error(
        "no organisation with an orderer identity orders on channel {0}: give one of its orderer organisations an orderer"
    )]
    NoOrderer(String),
    /// A file of the data folder.
    #[error("{action} {}: {source}", path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The stored genesis block does not decode.
    #[error("{} is no block: restore it, or remove the data folder to start a new chain", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
    },
    /// An address cannot be listened on.
    #[error("{msp_id} cannot listen on {address}: {source}. Choose another address, or port 0 for a free one")]
    Listen {
        /// The organisation.
        msp_id: String,
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// TLS material that cannot be used.
    #[error("TLS of {msp_id}: {reason}")]
    Tls {
        /// The organisation.
        msp_id: String,
        /// Why.
        reason: String,
    },
    /// A chaincode's definition was not committed.
    #[error("chaincode {name} could not be defined: {reason}")]
    Definition {
        /// The chaincode.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Starts a network on the current tokio runtime: opens the ledger, defines chaincodes that are not yet defined as
/// configured, and listens. Chaincode services are dialled when first invoked.
///
/// # Errors
/// See [`SpawnError`].
pub async fn spawn(config: Config) -> Result<Devnet, SpawnError> {
    config.check()?;
    let listeners = listen(&config.organizations).await?;
    let genesis = genesis(&config, &listeners)?;
    let ledger = open_ledger(&config, &genesis).await?;
    let channel = Arc::new(LiveChannel::open(&ledger)?);
    check_members(&config.organizations, &channel.now(), &ledger)?;
    let signer = orderer_identity(&config.organizations, &channel.now())?;
    let mode = config.switches.cut;
    let (orderer, ordering) = Orderer::start(OrdererConfig {
        channel: channel.clone(),
        ledger: ledger.clone(),
        signer: Arc::new(signer),
        mode,
    });
    let operators = config
        .organizations
        .iter()
        .map(|each| each.peer.serialized_identity())
        .collect();
    let peers = peers(&config.organizations, &listeners, &operators, &channel, &ledger);
    let endorsers = peers.iter().map(|peer| Arc::new(peer.identity().clone())).collect();
    let (stop, stopping) = watch::channel(false);
    let core = Arc::new(Core {
        planner: Planner::new(channel.clone(), ledger.clone(), endorsers),
        channel,
        ledger,
        orderer,
        peers,
        limits: config.limits,
        stopping,
    });
    let endpoints = endpoints(&config.organizations, &listeners);
    let mut devnet = Devnet {
        core,
        limits: config.limits,
        switches: config.switches,
        endpoints,
        stop,
        servers: Vec::new(),
        ordering: Some(ordering),
        organizations: config.organizations,
    };
    lifecycle::define(&devnet.core, devnet.operator()?, &devnet.undefined(&config.chaincodes)?).await?;
    config.chaincodes.iter().for_each(|chaincode| devnet.install(chaincode));
    for (index, (listener, _)) in listeners.into_iter().enumerate() {
        if let Some(organization) = devnet.organizations.get(index) {
            let server = serve::serve(&devnet.core, index, organization, listener)?;
            devnet.servers.push(server);
        }
    }
    Ok(devnet)
}

impl Devnet {
    /// The identity that proposes definitions: the first organisation's peer.
    pub(super) fn operator(&self) -> Result<&SigningIdentity, SpawnError> {
        self.organizations
            .first()
            .map(|each| &each.peer)
            .ok_or(SpawnError::Config(ConfigError::NoOrganization))
    }

    /// The chaincodes whose committed definition is not the configured one.
    fn undefined(&self, chaincodes: &[Chaincode]) -> Result<Vec<Chaincode>, SpawnError> {
        let snapshot = self.core.ledger.snapshot();
        let mut missing = Vec::new();
        for chaincode in chaincodes {
            let current = crate::channel::ChaincodeDefinition::read(&snapshot, &chaincode.name)?;
            let same = current.is_some_and(|current| {
                current.version == chaincode.version && current.endorsement == chaincode.endorsement
            });
            if !same {
                missing.push(chaincode.clone());
            }
        }
        Ok(missing)
    }

    /// Gives every peer that has a service of the chaincode a link to it.
    pub(super) fn install(&self, chaincode: &Chaincode) {
        let offers = ChaincodeAdditionalParams {
            use_write_batch: self.switches.write_batch.is_some(),
            max_size_write_batch: self.switches.write_batch.unwrap_or_default(),
            use_get_multiple_keys: self.switches.multi_get.is_some(),
            max_size_get_multiple_keys: self.switches.multi_get.unwrap_or_default(),
        };
        let settings = LinkSettings {
            offers,
            execute_timeout: self.limits.execute_timeout,
            dial_timeout: self.limits.dial_timeout,
            total_query_limit: self.limits.total_query,
        };
        for peer in &self.core.peers {
            if let Some(service) = chaincode.services.get(peer.msp_id()) {
                let link = ChaincodeLink::new(peer.msp_id(), &chaincode.package_id, service.clone(), settings.clone());
                peer.install(&chaincode.name, InstalledChaincode { link: Arc::new(link) });
            }
        }
    }
}

/// The channel's first block: of the first start, or made now.
fn genesis(config: &Config, listeners: &[Listening]) -> Result<Block, SpawnError> {
    if let Some(stored) = stored_genesis(&config.data_dir)? {
        return Ok(stored);
    }
    let configured = genesis_block(&channel_config(config, listeners))?;
    let path = config.data_dir.join(GENESIS);
    fs::create_dir_all(&config.data_dir).map_err(file("creating", &config.data_dir))?;
    let draft = config.data_dir.join(format!("{GENESIS}.new"));
    fs::write(&draft, configured.encode_to_vec()).map_err(file("writing", &draft))?;
    fs::File::open(&draft)
        .and_then(|written| written.sync_all())
        .map_err(file("syncing", &draft))?;
    fs::rename(&draft, &path).map_err(file("renaming to", &path))?;
    Ok(configured)
}

/// The genesis block that an earlier start left in the data folder.
pub(crate) fn stored_genesis(data_dir: &Path) -> Result<Option<Block>, SpawnError> {
    let path = data_dir.join(GENESIS);
    match fs::read(&path) {
        Ok(bytes) => Block::decode(bytes.as_slice())
            .map(Some)
            .map_err(|_| SpawnError::Genesis { path }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SpawnError::File {
            action: "reading",
            path,
            source,
        }),
    }
}

fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SpawnError {
    let path = path.to_owned();
    move |source| SpawnError::File { action, path, source }
}

async fn open_ledger(config: &Config, genesis: &Block) -> Result<Arc<Ledger>, SpawnError> {
    let (folder, genesis) = (config.data_dir.join(LEDGER), genesis.clone());
    let open = move || Ledger::open(&folder, &genesis, LedgerOptions::default());
    match tokio::task::spawn_blocking(open).await {
        Ok(opened) => Ok(opened?),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Peers and orderers stand in the channel's configuration with the addresses of the first start, so that whoever reads
/// it can dial them.
fn channel_config(config: &Config, listeners: &[Listening]) -> ChannelConfig {
    let nodes: Vec<(&Organization, HostPort)> = config
        .organizations
        .iter()
        .zip(listeners)
        .map(|(organization, (_, address))| {
            let (host, port) = (address.ip().to_string(), address.port());
            (organization, HostPort { host, port })
        })
        .collect();
    let members = nodes.iter().map(|(organization, node)| OrganizationConfig {
        name: organization.msp_id().to_owned(),
        msp: organization.msp.clone(),
        anchor_peers: vec![node.clone()],
        orderer_endpoints: organization.orderer.iter().map(|_| node.clone()).collect(),
    });
    let orderers = nodes.iter().filter(|(organization, _)| organization.orderer.is_some());
    let consenters = orderers.map(|(organization, node)| {
        let certificate = Bytes::from(organization.tls.certificate_pem.clone());
        Consenter {
            endpoint: node.clone(),
            client_tls_certificate: certificate.clone(),
            server_tls_certificate: certificate,
        }
    });
    ChannelConfig {
        id: config.channel_id.clone(),
        organizations: members.collect(),
        consenters: consenters.collect(),
        batch: config.batch,
    }
}

/// Whoever has a peer in this network must be a member of the channel. One that was once may stay in the file: its peer
/// goes on, and nobody believes it.
fn check_members(organizations: &[Organization], channel: &Channel, ledger: &Ledger) -> Result<(), SpawnError> {
    for organization in organizations {
        let msp_id = organization.msp_id();
        if !LiveChannel::has_known(ledger, msp_id)? {
            let (msp_id, channel) = (msp_id.to_owned(), channel.id().to_owned());
            return Err(SpawnError::NoMember { msp_id, channel });
        }
        if let Err(error) = channel.msps().identity(&organization.peer.serialized_identity()) {
            tracing::warn!(%error, msp_id, "the peer's endorsements do not count on the channel");
        }
    }
    Ok(())
}

/// The first orderer whose blocks the channel's members believe.
fn orderer_identity(organizations: &[Organization], channel: &Channel) -> Result<SigningIdentity, SpawnError> {
    let believed = |orderer: &&SigningIdentity| {
        let identity = channel.msps().identity(&orderer.serialized_identity());
        identity.is_ok_and(|identity| channel.evaluate(BLOCK_VALIDATION, &[identity]))
    };
    let orderers = organizations.iter().filter_map(|each| each.orderer.as_ref());
    let found = orderers.clone().find(believed);
    found
        .cloned()
        .ok_or_else(|| SpawnError::NoOrderer(channel.id().to_owned()))
}

type Listening = (TcpListener, std::net::SocketAddr);

async fn listen(organizations: &[Organization]) -> Result<Vec<Listening>, SpawnError> {
    let mut listeners = Vec::with_capacity(organizations.len());
    for organization in organizations {
        let failed = |source| SpawnError::Listen {
            msp_id: organization.msp_id().to_owned(),
            address: organization.listen,
            source,
        };
        let listener = TcpListener::bind(organization.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        listeners.push((listener, address));
    }
    Ok(listeners)
}

fn peers(
    organizations: &[Organization],
    listeners: &[Listening],
    operators: &BTreeSet<Bytes>,
    channel: &Arc<LiveChannel>,
    ledger: &Arc<Ledger>,
) -> Vec<Arc<Peer>> {
    let settings = organizations
        .iter()
        .zip(listeners)
        .map(|(organization, (_, address))| PeerSettings {
            address: address.to_string(),
            signer: organization.peer.clone(),
            lag_blocks: organization.lag_blocks,
            operators: operators.clone(),
        });
    settings
        .map(|settings| Arc::new(Peer::new(settings, channel.clone(), ledger.clone())))
        .collect()
}

fn endpoints(organizations: &[Organization], listeners: &[Listening]) -> Vec<Endpoint> {
    let pairs = organizations.iter().zip(listeners);
    pairs
        .map(|(organization, (_, address))| Endpoint {
            msp_id: organization.msp_id().to_owned(),
            address: *address,
            server_name: organization.server_name.clone(),
            tls_roots_pem: organization.tls.roots_pem.clone(),
        })
        .collect()
}
