//! Three organisations, their network, and one chaincode service each.

use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fabric_cryptogen::{Consortium, Tree, generate, tree::msp_files};
use fabric_devnet::{Config, Devnet, process, spawn};
use fabric_gateway::{Contract, Endpoint, Gateway, Limits};
use fabric_msp::SigningIdentity;
use fabric_shim::{Server, TlsConfig};
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};

use super::chaincode::Store;

pub const GRID: &str = "GridMSP";
pub const ENERGY: &str = "EnergyMSP";
pub const MICRO: &str = "MicrogridMSP";
const ORGANISATIONS: [(&str, &str); 3] = [
    (GRID, "grid.example"),
    (ENERGY, "energy.example"),
    (MICRO, "micro.example"),
];
pub const MAJORITY: &str = "/Channel/Application/Endorsement";
pub const LIMIT: Duration = Duration::from_secs(30);

pub struct World {
    pub devnet: Option<Devnet>,
    pub store: Store,
    pub services: Services,
    dir: TempDir,
}

/// The chaincode services, on a runtime of their own: dropping it is what a killed process looks like to the peers.
pub struct Services {
    runtime: Option<Runtime>,
    addresses: Vec<SocketAddr>,
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(MAJORITY, |_| ()).await
    }

    pub async fn start_with(policy: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut world = Self::prepare(policy).await;
        world.spawn_with(change).await;
        world
    }

    /// Everything but the network itself.
    pub async fn prepare(policy: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        generate(&consortium("example"), &dir.path().join("crypto")).unwrap();
        let store = Store::default();
        let mut services = Services {
            runtime: None,
            addresses: Vec::new(),
        };
        services.start(&store, dir.path()).await;
        fs::write(
            dir.path().join("devnet.toml"),
            network_file(policy, &services.addresses),
        )
        .unwrap();
        Self {
            devnet: None,
            store,
            services,
            dir,
        }
    }

    pub fn file(&self) -> PathBuf {
        self.dir.path().join("devnet.toml")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn config(&self) -> Config {
        process::load(&self.file()).unwrap()
    }

    pub async fn spawn_with(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = self.config();
        change(&mut config);
        self.devnet = Some(spawn(config).await.unwrap());
    }

    pub fn devnet(&self) -> &Devnet {
        self.devnet.as_ref().unwrap()
    }

    pub async fn stop(&mut self) {
        self.devnet.take().unwrap().shutdown().await;
    }

    pub async fn restart_services(&mut self) {
        self.services.start(&self.store, self.dir.path()).await;
    }

    /// TLS material of one organisation's chaincode service, to which every organisation's peer may connect.
    pub fn service_tls(&self, domain: &str) -> TlsConfig {
        let tree = Tree::new(self.dir.path().join("crypto"));
        let file = |domain: &str, name: &str| fs::read(tree.chaincode(domain, "store").join("tls").join(name)).unwrap();
        let roots = ORGANISATIONS.map(|(_, member)| file(member, "ca.crt"));
        TlsConfig {
            cert: file(domain, "server.crt"),
            key: file(domain, "server.key"),
            client_ca: Some(roots.concat()),
        }
    }

    pub fn user(&self, msp_id: &str) -> SigningIdentity {
        self.identity(msp_id, "user1")
    }

    pub fn admin(&self, msp_id: &str) -> SigningIdentity {
        self.identity(msp_id, "Admin")
    }

    fn identity(&self, msp_id: &str, user: &str) -> SigningIdentity {
        let folder = self.tree().user(domain(msp_id), user);
        SigningIdentity::from_files(msp_id, msp_files(&folder.join("msp")).unwrap()).unwrap()
    }

    pub fn tree(&self) -> Tree {
        Tree::new(self.dir.path().join("crypto"))
    }

    /// An organisation that comes later: its material, its chaincode service, its entries in the network's file.
    pub async fn found(&self, msp_id: &str, domain: &str) {
        let text = organisation(msp_id, domain);
        generate(&Consortium::from_toml(&text).unwrap(), self.tree().root()).unwrap();
        let entry = format!("[[organizations]]\nmsp_id = '{msp_id}'\ndomain = '{domain}'\nlisten = '127.0.0.1:0'\n");
        let text = fs::read_to_string(self.file()).unwrap();
        let at = text.find("[[chaincodes]]").unwrap();
        let loopback = ([127, 0, 0, 1], 0).into();
        let address = self.services.add(&self.store, &self.tree(), domain, loopback).await;
        let heading = "[chaincodes.addresses]\n";
        let entries = text[at..].replace(heading, &format!("{heading}{msp_id} = '{address}'\n"));
        fs::write(self.file(), format!("{}{entry}{entries}", &text[..at])).unwrap();
    }

    /// A user whose certificate comes from an authority of the same name that the channel does not know.
    pub fn impostor(&self, msp_id: &str) -> SigningIdentity {
        let (_, domain) = ORGANISATIONS.into_iter().find(|(id, _)| *id == msp_id).unwrap();
        let root = self.dir.path().join("impostors");
        generate(&consortium("example"), &root).unwrap();
        let folder = Tree::new(root).user(domain, "user1");
        SigningIdentity::from_files(msp_id, msp_files(&folder.join("msp")).unwrap()).unwrap()
    }

    pub fn gateway_of(&self, msp_id: &str, signer: SigningIdentity) -> Gateway {
        let at = self.devnet().endpoint(msp_id).unwrap();
        Self::connect(&at.address.to_string(), &at.server_name, &at.tls_roots_pem, signer)
    }

    pub fn gateway_with(&self, msp_id: &str, limits: Limits) -> Gateway {
        let at = self.devnet().endpoint(msp_id).unwrap();
        let endpoint = Endpoint::new(at.address.to_string())
            .server_name(&at.server_name)
            .tls_roots_pem(at.tls_roots_pem.as_str());
        Gateway::builder()
            .endpoints([endpoint])
            .signer(Arc::new(self.user(msp_id)))
            .limits(limits)
            .connect()
            .unwrap()
    }

    pub fn connect(address: &str, server_name: &str, roots: &str, signer: SigningIdentity) -> Gateway {
        let endpoint = Endpoint::new(address).server_name(server_name).tls_roots_pem(roots);
        let limits = Limits {
            attempts: 1,
            endorsements: 1,
            ..Limits::default()
        };
        Gateway::builder()
            .endpoints([endpoint])
            .signer(Arc::new(signer))
            .limits(limits)
            .connect()
            .unwrap()
    }

    pub fn contract(&self, msp_id: &str) -> Contract {
        self.gateway_of(msp_id, self.user(msp_id))
            .network("energy")
            .contract("store")
    }
}

impl Services {
    pub async fn start(&mut self, store: &Store, dir: &Path) {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let tree = Tree::new(dir.join("crypto"));
        self.runtime = Some(runtime);
        for (index, (_, domain)) in ORGANISATIONS.iter().enumerate() {
            match self.addresses.get(index).copied() {
                Some(address) => drop(self.add(store, &tree, domain, address).await),
                None => {
                    let address = self.add(store, &tree, domain, ([127, 0, 0, 1], 0).into()).await;
                    self.addresses.push(address);
                }
            }
        }
    }

    /// One organisation's service.
    async fn add(&self, store: &Store, tree: &Tree, domain: &str, address: SocketAddr) -> SocketAddr {
        let runtime = self.runtime.as_ref().unwrap();
        let tls = tree.chaincode(domain, "store").join("tls");
        let tls = TlsConfig {
            cert: fs::read(tls.join("server.crt")).unwrap(),
            key: fs::read(tls.join("server.key")).unwrap(),
            client_ca: Some(fs::read(tls.join("ca.crt")).unwrap()),
        };
        let bound = runtime.spawn(async move {
            Server::builder()
                .address(address)
                .package_id("store:1")
                .tls(tls)
                .bind()
                .await
        });
        let server = bound.await.unwrap().unwrap();
        let (bound, store) = (server.local_addr(), store.clone());
        runtime.spawn(async move { server.serve(store, std::future::pending()).await });
        bound
    }

    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub fn kill(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub fn domain(msp_id: &str) -> &'static str {
    let found = ORGANISATIONS.into_iter().find(|(id, _)| *id == msp_id);
    found.map_or("north.example", |(_, domain)| domain)
}

fn consortium(top: &str) -> Consortium {
    let organisations = ORGANISATIONS.map(|(msp_id, domain)| organisation(msp_id, &domain.replace("example", top)));
    Consortium::from_toml(&organisations.concat()).unwrap()
}

fn organisation(msp_id: &str, domain: &str) -> String {
    let orderers = if msp_id == GRID { "orderers = ['orderer0']" } else { "" };
    format!(
        "[[organisation]]\nmsp_id = '{msp_id}'\ndomain = '{domain}'\npeers = ['peer0']\n{orderers}\n\
         chaincodes = ['store']\nhosts = ['localhost', '127.0.0.1']\n[[organisation.user]]\nname = 'user1'\n"
    )
}

fn network_file(policy: &str, addresses: &[SocketAddr]) -> String {
    let mut text = "channel = 'energy'\ndata_dir = 'data'\ncrypto_dir = 'crypto'\n".to_owned();
    for (msp_id, domain) in ORGANISATIONS {
        write!(
            text,
            "[[organizations]]\nmsp_id = '{msp_id}'\ndomain = '{domain}'\nlisten = '127.0.0.1:0'\n"
        )
        .unwrap();
    }
    for name in ["store", "other"] {
        write!(
            text,
            "[[chaincodes]]\nname = '{name}'\nversion = '1'\npackage_id = 'store:1'\nendorsement = \"{policy}\"\n\
             [chaincodes.addresses]\n"
        )
        .unwrap();
        for ((msp_id, _), address) in ORGANISATIONS.iter().zip(addresses) {
            writeln!(text, "{msp_id} = '{address}'").unwrap();
        }
    }
    text.push_str("[batch]\ntimeout_ms = 20\n");
    text
}
