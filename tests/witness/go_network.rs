//! A devnet whose chaincode services are Go processes.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use der_e2e::eventually;
use fabric_cryptogen::{Consortium, Tree, generate, tree::msp_files};
use fabric_devnet::{Devnet, process, spawn};
use fabric_gateway::{Contract, Endpoint, Gateway};
use fabric_msp::SigningIdentity;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, ChildStdin, Command},
};

pub(crate) const GRID: &str = "GridMSP";
pub(crate) const ENERGY: &str = "EnergyMSP";
const ORGANISATIONS: [(&str, &str); 2] = [(GRID, "grid.example"), (ENERGY, "energy.example")];
/// Name of the chaincode.
pub(crate) const SERVICE: &str = "witness";
const PACKAGE_ID: &str = "witness:1";
const START_LIMIT: Duration = Duration::from_secs(30);
/// Tries at a free port: another process may take it before the service does.
const PORTS: usize = 5;

/// Two organisations on a devnet in this process, and a Go service of each.
pub(crate) struct GoNetwork {
    pub(crate) devnet: Devnet,
    crypto: Tree,
    _services: Vec<GoService>,
    _folder: TempDir,
}

impl GoNetwork {
    pub(crate) async fn start(program: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let crypto = Tree::new(folder.path().join("crypto"));
        generate(&Consortium::from_toml(&consortium())?, crypto.root())?;
        let mut services = Vec::new();
        let mut addresses = String::new();
        for (msp_id, domain) in ORGANISATIONS {
            let tls = crypto.chaincode(domain, SERVICE).join("tls");
            let service = GoService::start(program, &tls).await?;
            addresses.push_str(&format!("{msp_id} = '{}'\n", service.address));
            services.push(service);
        }
        let file = folder.path().join("devnet.toml");
        fs::write(&file, network_file(&addresses))?;
        Ok(Self {
            devnet: spawn(process::load(&file)?).await?,
            crypto,
            _services: services,
            _folder: folder,
        })
    }

    pub(crate) fn gateway(&self, msp_id: &str) -> Result<Gateway> {
        let (_, domain) = ORGANISATIONS
            .into_iter()
            .find(|(id, _)| *id == msp_id)
            .context("no such organisation")?;
        let msp = self.crypto.user(domain, "user1").join("msp");
        let signer = SigningIdentity::from_files(msp_id, msp_files(&msp)?)?;
        let at = self.devnet.endpoint(msp_id).context("no endpoint")?;
        let endpoint = Endpoint::new(at.address.to_string())
            .server_name(&at.server_name)
            .tls_roots_pem(at.tls_roots_pem.as_str());
        Ok(Gateway::builder()
            .endpoints([endpoint])
            .signer(Arc::new(signer))
            .connect()?)
    }

    pub(crate) fn contract(&self, msp_id: &str) -> Result<Contract> {
        Ok(self.gateway(msp_id)?.network("energy").contract(SERVICE))
    }
}

fn consortium() -> String {
    let organisation = |(msp_id, domain): (&str, &str)| {
        let orderers = if msp_id == GRID { "orderers = ['orderer0']" } else { "" };
        format!(
            "[[organisation]]\nmsp_id = '{msp_id}'\ndomain = '{domain}'\npeers = ['peer0']\n{orderers}\n\
             chaincodes = ['{SERVICE}']\nhosts = ['localhost', '127.0.0.1']\n[[organisation.user]]\nname = 'user1'\n"
        )
    };
    ORGANISATIONS.map(organisation).concat()
}

fn network_file(addresses: &str) -> String {
    let organisations = ORGANISATIONS.map(|(msp_id, domain)| {
        format!("[[organizations]]\nmsp_id = '{msp_id}'\ndomain = '{domain}'\nlisten = '127.0.0.1:0'\n")
    });
    format!(
        "channel = 'energy'\ndata_dir = 'data'\ncrypto_dir = 'crypto'\n{}\
         [[chaincodes]]\nname = '{SERVICE}'\nversion = '1'\npackage_id = '{PACKAGE_ID}'\n\
         endorsement = \"AND('{GRID}.peer', '{ENERGY}.peer')\"\n[chaincodes.addresses]\n{addresses}\
         [batch]\ntimeout_ms = 20\n",
        organisations.concat()
    )
}

/// A service that listens. It ends when its standard input does, even where this process is killed.
struct GoService {
    address: SocketAddr,
    _child: Child,
    _stdin: ChildStdin,
}

impl GoService {
    /// The official server does not say which free port it took, so it is given one.
    async fn start(program: &Path, tls: &Path) -> Result<Self> {
        for _ in 0..PORTS {
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
            if let Some(service) = Self::start_at(address, program, tls).await? {
                return Ok(service);
            }
        }
        bail!("the Go service did not start at any of {PORTS} free ports; its own words are on stderr")
    }

    /// `None` when it ended at once.
    async fn start_at(address: SocketAddr, program: &Path, tls: &Path) -> Result<Option<Self>> {
        let mut child = Command::new(program)
            .args(["-address", &address.to_string(), "-package-id", PACKAGE_ID])
            .arg("-certificate")
            .arg(tls.join("server.crt"))
            .arg("-key")
            .arg(tls.join("server.key"))
            .arg("-client-roots")
            .arg(tls.join("ca.crt"))
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not start {}", program.display()))?;
        // Waiting for a child closes the standard input that it still has.
        let stdin = child.stdin.take().context("no standard input")?;
        let listens = eventually(START_LIMIT, "the Go service listens", || async {
            TcpStream::connect(address).await.ok()
        });
        tokio::select! {
            listening = listens => { listening?; }
            status = child.wait() => {
                eprintln!("the Go service at {address} ended at once: {}", status?);
                return Ok(None);
            }
        }
        Ok(Some(Self {
            address,
            _child: child,
            _stdin: stdin,
        }))
    }
}
