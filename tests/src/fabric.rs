//! Hyperledger Fabric itself, started by `scripts/test-network.sh` where its binaries are present.

use std::{
    env, fs,
    io::{self, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use der_cli::profile::Profile;
use fabric_cryptogen::Tree;
use tempfile::TempDir;

/// What the script drives.
const BINARIES: [&str; 4] = ["peer", "orderer", "configtxgen", "osnadmin"];
/// Where a free range of ports is sought, and in what steps: a network takes 47 ports from its first one on.
const PORTS: std::ops::Range<u16> = 25_000..32_000;
const PORTS_APART: usize = 60;
const PORTS_TAKEN: u16 = 48;
/// The first organisation's orderer, counted from the first port.
const ORDERER: u16 = 14;

/// The folder of Fabric's binaries: `FABRIC_BIN`, or where `peer` is on `PATH`. Where one is missing, says aloud that
/// `what` is skipped.
#[must_use]
pub fn fabric_binaries(what: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folder = env::var_os("FABRIC_BIN")
        .map(PathBuf::from)
        .or_else(|| env::split_paths(&path).find(|folder| folder.join("peer").is_file()));
    let missing = BINARIES
        .iter()
        .find(|name| !folder.as_ref().is_some_and(|folder| folder.join(name).is_file()));
    if let Some(name) = missing {
        let place = folder.map_or_else(|| "on PATH".to_owned(), |folder| format!("in {}", folder.display()));
        // Not eprintln!: the test harness would keep it to itself.
        let _ = writeln!(
            io::stderr(),
            "SKIPPED {what}: Fabric's {name} is not {place}; set FABRIC_BIN to the folder of its binaries"
        );
        return None;
    }
    folder
}

/// How the network is made.
#[derive(Debug, Clone, Default)]
pub struct FabricSettings {
    /// Raft orderers instead of SmartBFT ones.
    pub raft: bool,
    /// Further environment variables of the script, such as `DER_BATCH_TIMEOUT`.
    pub variables: Vec<(&'static str, String)>,
}

/// A network of Fabric's own processes in a folder of its own. Dropping it stops them and removes the folder.
pub struct FabricNetwork {
    folder: TempDir,
    first_port: u16,
    fabric: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl FabricNetwork {
    /// Starts orderers, peers and chaincode services, and commits the market's definition. `der` is the program whose
    /// chaincode service runs.
    ///
    /// # Errors
    /// When the script fails; what it said is in the error.
    pub fn start(fabric: PathBuf, der: &Path, settings: FabricSettings) -> Result<Self> {
        let network = Self {
            folder: tempfile::tempdir()?,
            first_port: free_ports()?,
            fabric,
            variables: settings.variables,
        };
        for (name, verb) in [
            ("der", ""),
            ("der-chaincode", "chaincode"),
            ("fabric-cryptogen", "crypto"),
        ] {
            network.write_program(name, &format!("exec '{}' {verb} \"$@\"", der.display()))?;
        }
        network.script(if settings.raft { &["up", "--raft"] } else { &["up"] })?;
        network.script(&["deploy"])?;
        Ok(network)
    }

    fn write_program(&self, name: &str, line: &str) -> Result<()> {
        fs::create_dir_all(self.programs())?;
        let file = self.programs().join(name);
        fs::write(&file, format!("#!/bin/sh\n{line}\n"))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o700))?;
        Ok(())
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// The network's own folder, with `crypto`, `profiles`, `peers`, `logs`.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("network")
    }

    /// Keys and certificates.
    #[must_use]
    pub fn crypto(&self) -> Tree {
        Tree::new(self.root().join("crypto"))
    }

    /// `host:port` of the first organisation's orderer.
    #[must_use]
    pub fn orderer(&self) -> String {
        format!("127.0.0.1:{}", self.first_port + ORDERER)
    }

    /// The profile of an organisation's user, for example `("grid", "clock")`.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn profile(&self, organisation: &str, user: &str) -> Result<Profile> {
        let file = self.root().join("profiles").join(format!("{organisation}-{user}.toml"));
        Profile::read(&file).map_err(|failure| anyhow::anyhow!("{}: {failure:?}", file.display()))
    }

    /// Runs `scripts/test-network.sh` on this network.
    ///
    /// # Errors
    /// When it fails.
    pub fn script(&self, arguments: &[&str]) -> Result<()> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/test-network.sh");
        let output = Command::new("bash")
            .arg(script)
            .args(arguments)
            .env("FABRIC_BIN", &self.fabric)
            .env("DER_BIN", self.programs())
            .env("DER_NETWORK_FOLDER", self.root())
            .env("DER_BASE_PORT", self.first_port.to_string())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .context("could not start bash")?;
        let [said, complained] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        ensure!(
            output.status.success(),
            "test-network.sh {}: {}\n{said}\n{complained}",
            arguments.join(" "),
            output.status
        );
        Ok(())
    }
}

impl Drop for FabricNetwork {
    fn drop(&mut self) {
        if let Err(error) = self.script(&["down"]) {
            eprintln!("the network in {} was not stopped: {error:#}", self.root().display());
        }
    }
}

/// A range of ports that are free now. Its start depends on the process, so that networks started together do not meet.
fn free_ports() -> Result<u16> {
    let firsts: Vec<u16> = PORTS.step_by(PORTS_APART).collect();
    let turn = usize::try_from(std::process::id())? % firsts.len();
    let free = |first: &u16| (*first..first + PORTS_TAKEN).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    match firsts
        .iter()
        .cycle()
        .skip(turn)
        .take(firsts.len())
        .find(|first| free(first))
    {
        Some(first) => Ok(*first),
        None => bail!("no {PORTS_TAKEN} ports in a row are free on loopback"),
    }
}
