//! Starting, steering and ending a local network.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fabric_cryptogen::{Consortium, Organisation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::batch::Batch;
use super::child::{ChildProcess, ChildSpec};
use super::error::NetworkError;
use super::files::{Addresses, write_devnet, write_profiles};
use super::layout::{CONSORTIUM, DEVNET, Layout, package_id, service};

/// How long one child may take until it serves.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// How long a service lets running transactions finish, in seconds; below the limit after which it is killed.
const DRAIN_SECONDS: &str = "2";

/// What to start, and where.
#[derive(Debug, Clone)]
pub struct Launch {
    folder: PathBuf,
    program: PathBuf,
    limit: Duration,
    batch: Batch,
    batches_offered: bool,
}

/// A network of child processes. Dropping it ends them.
#[derive(Debug)]
pub struct LocalNetwork {
    layout: Layout,
    program: PathBuf,
    limit: Duration,
    batch: Batch,
    batches_offered: bool,
    children: Vec<ChildProcess>,
}

#[derive(Deserialize)]
struct ServiceReady {
    address: String,
}

#[derive(Deserialize)]
struct DevnetReady {
    organizations: Vec<PeerReady>,
}

#[derive(Deserialize)]
struct PeerReady {
    msp_id: String,
    endpoint: String,
}

impl Launch {
    /// A network in `folder`, by the program that is running now. Keys, ledger and profiles that are there are used.
    ///
    /// # Errors
    /// When the running program's own path is unknown.
    pub fn new(folder: impl Into<PathBuf>) -> Result<Self, NetworkError> {
        let program = std::env::current_exe().map_err(NetworkError::file(Path::new("the running program")))?;
        Ok(Self::with_program(folder, program))
    }

    /// A network in `folder`, by another `der` than the running program.
    pub fn with_program(folder: impl Into<PathBuf>, program: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            program: program.into(),
            limit: READY_LIMIT,
            batch: Batch::default(),
            batches_offered: true,
        }
    }

    /// Peers that offer neither write batches nor reads of many keys, as Fabric 2.5's.
    #[must_use]
    pub const fn without_batches(mut self) -> Self {
        self.batches_offered = false;
        self
    }

    /// How long one child may take until it serves; 30 seconds if nothing is said.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// How the orderer of a new ledger cuts blocks.
    #[must_use]
    pub const fn batch(mut self, batch: Batch) -> Self {
        self.batch = batch;
        self
    }

    /// Makes keys, starts the services, then the devnet, and writes the profiles.
    ///
    /// # Errors
    /// When a file cannot be written or a child does not come up; children already started are ended.
    pub fn start(self) -> Result<LocalNetwork, NetworkError> {
        let consortium = Consortium::from_toml(CONSORTIUM)?;
        let layout = prepare(&self.folder)?;
        fabric_cryptogen::generate(&consortium, layout.crypto().root())?;
        let mut network = LocalNetwork {
            layout,
            program: self.program,
            limit: self.limit,
            batch: self.batch,
            batches_offered: self.batches_offered,
            children: Vec::new(),
        };
        let services = network.start_services(&consortium)?;
        let peers = network.start_devnet(&consortium, &services)?;
        write_profiles(&network.layout, &consortium, &peers)?;
        Ok(network)
    }
}

/// Makes the folders; paths must be absolute, because children resolve them from their own working folder.
fn prepare(folder: &Path) -> Result<Layout, NetworkError> {
    fs::create_dir_all(folder).map_err(NetworkError::file(folder))?;
    let layout = Layout::new(folder.canonicalize().map_err(NetworkError::file(folder))?);
    for part in [layout.profiles(), layout.logs(), layout.data()] {
        fs::create_dir_all(&part).map_err(NetworkError::file(&part))?;
    }
    Ok(layout)
}

impl LocalNetwork {
    /// Where everything lies.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The children: `devnet`, and `chaincode-grid` and so on for each organisation.
    pub fn children(&self) -> impl Iterator<Item = &ChildProcess> {
        self.children.iter()
    }

    /// The process id of a child.
    ///
    /// # Errors
    /// When there is no child of this name.
    pub fn pid(&self, name: &str) -> Result<u32, NetworkError> {
        let child = self.children.iter().find(|child| child.spec().name == name);
        child
            .map(ChildProcess::pid)
            .ok_or_else(|| NetworkError::NoSuchChild(name.to_owned()))
    }

    /// Kills a child as `kill -9` does; [`LocalNetwork::restart`] brings it back.
    ///
    /// # Errors
    /// When there is no child of this name.
    pub fn kill(&mut self, name: &str) -> Result<(), NetworkError> {
        self.child(name)?.kill();
        Ok(())
    }

    /// Starts a child again on its old port; one that still runs is asked to finish first.
    ///
    /// # Errors
    /// When there is no child of this name, or it does not come up.
    pub fn restart(&mut self, name: &str) -> Result<(), NetworkError> {
        let (program, limit) = (self.program.clone(), self.limit);
        let child = self.child(name)?;
        child.stop();
        *child = ChildProcess::spawn(&program, child.spec().clone())?;
        child.await_ready(limit).map(drop)
    }

    fn child(&mut self, name: &str) -> Result<&mut ChildProcess, NetworkError> {
        let child = self.children.iter_mut().find(|child| child.spec().name == name);
        child.ok_or_else(|| NetworkError::NoSuchChild(name.to_owned()))
    }

    /// All at once, because each takes a moment; then the ports they chose become theirs.
    fn start_services(&mut self, consortium: &Consortium) -> Result<Addresses, NetworkError> {
        for organisation in &consortium.organisations {
            let spec = self.service_spec(organisation, "127.0.0.1:0");
            self.children.push(ChildProcess::spawn(&self.program, spec)?);
        }
        let mut addresses = Addresses::new();
        for organisation in &consortium.organisations {
            let (name, limit) = (service(organisation), self.limit);
            let ready: ServiceReady = parse(&name, self.child(&name)?.await_ready(limit)?)?;
            let fixed = self.service_spec(organisation, &ready.address);
            self.child(&name)?.respecify(fixed);
            addresses.insert(organisation.msp_id.clone(), ready.address);
        }
        Ok(addresses)
    }

    fn service_spec(&self, organisation: &Organisation, address: &str) -> ChildSpec {
        let name = organisation.chaincodes.first().map_or("", String::as_str);
        let tls = self.layout.crypto().chaincode(&organisation.domain, name).join("tls");
        let mut args = words(&["chaincode", "--exit-with-parent", "--drain-seconds", DRAIN_SECONDS]);
        args.extend(words(&["--chaincode-id", &package_id(), "--server-address", address]));
        for (flag, file) in [
            ("--tls-key", "server.key"),
            ("--tls-cert", "server.crt"),
            ("--client-ca-cert", "ca.crt"),
        ] {
            args.extend([flag.into(), tls.join(file).into()]);
        }
        let name = service(organisation);
        ChildSpec {
            log: self.layout.log(&name),
            name,
            args,
        }
    }

    fn start_devnet(&mut self, consortium: &Consortium, services: &Addresses) -> Result<Addresses, NetworkError> {
        write_devnet(
            &self.layout,
            consortium,
            self.batch,
            self.batches_offered,
            services,
            &Addresses::new(),
        )?;
        let mut args = words(&[DEVNET, "--exit-with-parent", "up", "--config"]);
        args.push(self.layout.devnet_config().into());
        let spec = ChildSpec {
            name: DEVNET.to_owned(),
            log: self.layout.log(DEVNET),
            args,
        };
        let mut devnet = ChildProcess::spawn(&self.program, spec)?;
        let ready: DevnetReady = parse(DEVNET, devnet.await_ready(self.limit)?)?;
        self.children.push(devnet);
        let peers = ready
            .organizations
            .into_iter()
            .map(|peer| (peer.msp_id, peer.endpoint))
            .collect();
        // So that a restart listens where the profiles point.
        write_devnet(
            &self.layout,
            consortium,
            self.batch,
            self.batches_offered,
            services,
            &peers,
        )?;
        Ok(peers)
    }
}

impl Drop for LocalNetwork {
    fn drop(&mut self) {
        // Together, so that the waits in each child's own drop overlap.
        self.children.iter_mut().for_each(ChildProcess::terminate);
    }
}

fn words(words: &[&str]) -> Vec<std::ffi::OsString> {
    words.iter().map(Into::into).collect()
}

fn parse<T: DeserializeOwned>(name: &str, line: Value) -> Result<T, NetworkError> {
    let shown = line.to_string();
    serde_json::from_value(line).map_err(|error| NetworkError::ReadyLine {
        name: name.to_owned(),
        why: error.to_string(),
        line: shown,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Launch;

    #[test]
    fn a_program_that_is_no_der_is_reported_with_the_log_of_its_first_child() {
        let folder = tempfile::tempdir().unwrap();
        let error = Launch::with_program(folder.path(), "/bin/false")
            .limit(Duration::from_secs(20))
            .start()
            .unwrap_err();
        let words = error.to_string();
        for part in ["chaincode-grid", "exit status: 1", "logs/chaincode-grid.log"] {
            assert!(words.contains(part), "{words}");
        }
    }
}
