//! A network on Fabric's own binaries, brought up and taken down by `scripts/test-network.sh`.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Condvar, Mutex, PoisonError},
};

use anyhow::{Context, Result, ensure};
use der_cli::{network::Layout, profile::Profile};
use fabric_cryptogen::Tree;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{Node, native::Native, network_kind::skipped, ports::Ports};

/// What the script drives.
const BINARIES: [&str; 4] = ["peer", "orderer", "configtxgen", "osnadmin"];
/// The first organisation's orderer, counted from the first port.
const ORDERER: u16 = 14;
/// The programs that the script asks for, and how `der` plays each.
const PROGRAMS: [(&str, &str); 3] = [
    ("der-chaincode", "chaincode"),
    ("fabric-cryptogen", "crypto"),
    ("der", ""),
];

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
        skipped(
            what,
            &format!("Fabric's {name} is not {place}; set FABRIC_BIN to the folder of its binaries"),
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
    /// Key material made before, which the network takes over; the script makes it if nothing is said.
    pub crypto: Option<PathBuf>,
    /// Further environment variables of the script, such as `DER_BATCH_TIMEOUT`.
    pub variables: Vec<(&'static str, String)>,
    /// Does not wait until another one of this process is down.
    pub beside_others: bool,
}

/// Four organisations on Fabric's binaries, in a folder of their own. Dropping it takes down what it started and removes the folder; the
/// end of this process, however it comes, takes down as well.
#[derive(Debug)]
pub struct FabricNetwork {
    layout: Layout,
    script: Script,
    processes: BTreeMap<Node, Native>,
    guardian: Guardian,
    _folder: TempDir,
    _turn: Option<Turn>,
}

/// `scripts/test-network.sh` for one network.
#[derive(Debug)]
struct Script {
    network: PathBuf,
    fabric: PathBuf,
    programs: PathBuf,
    ports: Ports,
    variables: Vec<(&'static str, String)>,
}

impl FabricNetwork {
    /// Starts orderers, peers and chaincode services, and commits the market's definition. `fabric` is the folder of Fabric's binaries,
    /// `der` the program whose chaincode service runs.
    ///
    /// # Errors
    /// When the script fails; what it said is in the error.
    pub fn start(fabric: PathBuf, der: &Path, settings: FabricSettings) -> Result<Self> {
        let turn = (!settings.beside_others).then(Turn::take);
        let folder = tempfile::tempdir()?;
        let (network, programs) = (folder.path().join("network"), folder.path().join("bin"));
        write_programs(&programs, &std::path::absolute(der)?)?;
        if let Some(crypto) = settings.crypto {
            take_over(&crypto, &network)?;
        }
        let script = Script {
            network: network.clone(),
            fabric,
            programs,
            ports: Ports::reserve()?,
            variables: settings.variables,
        };
        let mut started = Self {
            layout: Layout::new(network),
            guardian: Guardian::start(&script)?,
            script,
            processes: BTreeMap::new(),
            _folder: folder,
            _turn: turn,
        };
        started.script(if settings.raft { &["up", "--raft"] } else { &["up"] })?;
        started.script(&["deploy"])?;
        started.find_processes()?;
        Ok(started)
    }

    /// Looks up what the script has started; again after the script has started more.
    pub(crate) fn find_processes(&mut self) -> Result<()> {
        let run = self.layout.root().join("run");
        for entry in fs::read_dir(&run).with_context(|| format!("{}", run.display()))? {
            let file = entry?.path();
            let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let Some(node) = Node::parse(name) else { continue };
            let process = Native::read(&file, &self.layout.log(name))?;
            self.processes.insert(node, process);
        }
        Ok(())
    }

    pub(crate) const fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.processes.keys().cloned().collect()
    }

    pub(crate) fn pid(&self, node: &Node) -> Result<u32> {
        Ok(self.process(node)?.id())
    }

    pub(crate) fn signal(&self, node: &Node, signal: Signal) -> Result<()> {
        self.process(node)?.signal(signal)
    }

    pub(crate) fn kill(&self, node: &Node) -> Result<()> {
        self.process(node)?.kill()
    }

    /// Starts all, then waits until each serves: some serve only once others do.
    pub(crate) fn restart(&mut self, nodes: &[Node]) -> Result<()> {
        for node in nodes {
            let process = self
                .processes
                .get_mut(node)
                .with_context(|| format!("there is no {node}"))?;
            process.start().with_context(|| node.to_string())?;
        }
        for node in nodes {
            self.process(node)?.await_ports().with_context(|| node.to_string())?;
        }
        Ok(())
    }

    /// Runs `scripts/test-network.sh` on this network, and gives what it printed.
    ///
    /// # Errors
    /// When it fails, with what it printed.
    pub fn script(&self, arguments: &[&str]) -> Result<String> {
        self.script.run(arguments)
    }

    /// The network's own folder, with `crypto`, `profiles`, `peers`, `logs`.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.layout.root().to_owned()
    }

    /// Keys and certificates.
    #[must_use]
    pub fn crypto(&self) -> Tree {
        self.layout.crypto()
    }

    /// `host:port` of the first organisation's orderer.
    #[must_use]
    pub fn orderer(&self) -> String {
        format!("127.0.0.1:{}", self.script.ports.base() + ORDERER)
    }

    /// The profile of an organisation's user, for example `("grid", "clock")`.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn profile(&self, organisation: &str, user: &str) -> Result<Profile> {
        let file = self.layout.profiles().join(format!("{organisation}-{user}.toml"));
        Profile::read(&file).map_err(|failure| anyhow::anyhow!("{}: {failure:?}", file.display()))
    }

    fn process(&self, node: &Node) -> Result<&Native> {
        self.processes.get(node).with_context(|| format!("there is no {node}"))
    }
}

/// Puts key material where the script will look for it, with the mark without which it writes into no folder.
fn take_over(crypto: &Path, network: &Path) -> Result<()> {
    fs::create_dir_all(network)?;
    fs::write(network.join("made-by-der-scripts"), "")?;
    let copied = Command::new("cp")
        .arg("-a")
        .arg(crypto)
        .arg(network.join("crypto"))
        .status()?;
    ensure!(copied.success(), "{} was not copied", crypto.display());
    Ok(())
}

impl Drop for FabricNetwork {
    fn drop(&mut self) {
        // A stopped process would hear of its end only when it goes on.
        for process in self.processes.values() {
            let _gone = process.signal(Signal::CONT);
        }
        self.guardian.end();
    }
}

impl Script {
    fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/test-network.sh")
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DER_")) {
            command.env_remove(name);
        }
        command
            .env("DER_NETWORK_FOLDER", &self.network)
            .env("DER_BASE_PORT", self.ports.base().to_string())
            .env("DER_BIN", &self.programs)
            .env("FABRIC_BIN", &self.fabric)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        // Into a file: the processes it starts would hold a pipe open.
        let said = self.network.with_extension("said");
        let file = fs::File::create(&said)?;
        let mut command = self.command(Self::path());
        command.args(arguments).stdin(Stdio::null());
        let status = command.stdout(file.try_clone()?).stderr(file).status()?;
        let said = fs::read_to_string(&said)?;
        ensure!(
            status.success(),
            "test-network.sh {}: {status}\n{said}",
            arguments.join(" ")
        );
        Ok(said)
    }
}

/// Takes the network down when its standard input ends: when the network is dropped, or this process ends in any way.
#[derive(Debug)]
struct Guardian {
    process: Child,
    lifeline: Option<ChildStdin>,
}

impl Guardian {
    fn start(script: &Script) -> Result<Self> {
        let mut command = script.command("sh");
        command.args(["-c", "read -r _; exec \"$0\" down"]).arg(Script::path());
        // Its own group: Ctrl-C ends the stories and not the one who tidies up after them.
        let mut process = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let lifeline = process.stdin.take();
        Ok(Self { process, lifeline })
    }

    fn end(&mut self) {
        drop(self.lifeline.take());
        let _status = self.process.wait();
    }
}

/// Small programs around the `der` under test, so that Fabric runs what the stories were built with.
fn write_programs(folder: &Path, der: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, noun) in PROGRAMS {
        let file = folder.join(name);
        fs::write(&file, format!("#!/bin/sh\nexec '{}' {noun} \"$@\"\n", der.display()))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// One Fabric network at a time in a process: each is a dozen processes.
#[derive(Debug)]
struct Turn;

static TAKEN: Mutex<bool> = Mutex::new(false);
static FREE: Condvar = Condvar::new();

impl Turn {
    fn take() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = FREE
            .wait_while(taken, |taken| *taken)
            .unwrap_or_else(PoisonError::into_inner);
        *taken = true;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
        FREE.notify_one();
    }
}
