//! One of the scripts in a folder of its own, with Fabric's programs or empty ones in their names.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// Ports that one network may take from its first one on.
const BLOCK: u16 = 60;

/// A place to run `scripts/test-network.sh` or another script in.
pub(crate) struct Script {
    name: &'static str,
    folder: TempDir,
    sources: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Script {
    /// With programs that do nothing but tell a version of Fabric.
    pub(crate) fn with_fake_fabric(version: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let fabric = folder.path().join("fabric");
        fs::create_dir(&fabric)?;
        for tool in ["peer", "orderer", "configtxgen", "osnadmin"] {
            program(&fabric.join(tool), &format!("echo ' Version: v{version}'"))?;
        }
        Self::with_fabric(folder, &fabric)
    }

    /// With Fabric's own programs.
    pub(crate) fn with_real_fabric(fabric: &Path) -> Result<Self> {
        Self::with_fabric(tempfile::tempdir()?, fabric)
    }

    fn with_fabric(folder: TempDir, fabric: &Path) -> Result<Self> {
        let der = folder.path().join("der");
        fs::create_dir(&der)?;
        for (tool, verb) in [
            ("der", ""),
            ("fabric-cryptogen", "crypto"),
            ("der-chaincode", "chaincode"),
        ] {
            let under_test = env!("CARGO_BIN_EXE_der-under-test");
            program(&der.join(tool), &format!("exec '{under_test}' {verb} \"$@\""))?;
        }
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let environment = BTreeMap::from([
            ("FABRIC_BIN".to_owned(), text(fabric)),
            ("DER_BIN".to_owned(), text(&der)),
            ("DER_NETWORK_FOLDER".to_owned(), text(&folder.path().join("network"))),
            ("DER_BASE_PORT".to_owned(), free_block()?.to_string()),
        ]);
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Ok(Self {
            name: "test-network.sh",
            folder,
            sources,
            environment,
        })
    }

    /// Another script than `test-network.sh`.
    pub(crate) const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// The temporary folder, which goes with this value.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where Fabric's programs are.
    pub(crate) fn fabric(&self) -> PathBuf {
        self.path_of("FABRIC_BIN")
    }

    /// Where ours are.
    pub(crate) fn der(&self) -> PathBuf {
        self.path_of("DER_BIN")
    }

    /// Where the network lives.
    pub(crate) fn network(&self) -> PathBuf {
        self.path_of("DER_NETWORK_FOLDER")
    }

    /// The first of its ports, as text.
    pub(crate) fn base_port(&self) -> &str {
        &self.environment["DER_BASE_PORT"]
    }

    fn path_of(&self, variable: &str) -> PathBuf {
        PathBuf::from(&self.environment[variable])
    }

    /// Sets a variable for the runs to come.
    pub(crate) fn set(&mut self, variable: &str, value: &str) {
        self.environment.insert(variable.to_owned(), value.to_owned());
    }

    /// Runs a copy of the scripts and templates from now on, which the test may spoil.
    pub(crate) fn copy_sources(&mut self) -> Result<PathBuf> {
        let copy = self.folder.path().join("sources");
        for part in ["scripts", "network/fabric", "crypto-config"] {
            let target = copy.join(part);
            fs::create_dir_all(target.parent().context("a parent")?)?;
            let status = Command::new("cp")
                .arg("-r")
                .arg(self.sources.join(part))
                .arg(&target)
                .status()?;
            ensure!(status.success(), "cp {part}");
        }
        self.sources.clone_from(&copy);
        Ok(copy)
    }

    /// Makes the network's folder as the script would, with nothing in it yet.
    pub(crate) fn make_network_folder(&self) -> Result<()> {
        fs::create_dir(self.network())?;
        Ok(fs::write(self.network().join("made-by-der-scripts"), "a test\n")?)
    }

    /// A run that must succeed; gives what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments)?;
        let [said, complained] = texts(&output);
        ensure!(
            output.status.success(),
            "{arguments:?}: {}\n{said}\n{complained}",
            output.status
        );
        Ok(said)
    }

    /// A run that must be refused; gives the sentence, after checking that it is one line.
    pub(crate) fn refused(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments)?;
        let [said, complained] = texts(&output);
        if output.status.success() {
            bail!("{arguments:?} was not refused:\n{said}\n{complained}");
        }
        let lines: Vec<&str> = complained.lines().collect();
        match lines.as_slice() {
            [line] if line.starts_with("error: ") => Ok((*line).to_owned()),
            _ => bail!("{arguments:?} was refused in other words than one sentence:\n{said}\n{complained}"),
        }
    }

    fn output(&self, arguments: &[&str]) -> Result<Output> {
        let output = self.command(arguments).output();
        output.context("could not start bash")
    }

    /// The script with these arguments, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command
            .arg(self.sources.join("scripts").join(self.name))
            .args(arguments);
        for variable in [
            "DER_ORGANISATIONS",
            "DER_BATCH_TIMEOUT",
            "DER_BATCH_MESSAGES",
            "DER_CRYPTOGEN",
        ] {
            command.env_remove(variable);
        }
        command.envs(&self.environment).stdin(Stdio::null());
        command
    }

    /// No folder, and therefore no process, is left of what was refused.
    pub(crate) fn nothing_was_made(&self) -> Result<()> {
        ensure!(!self.network().exists(), "{} was made", self.network().display());
        Ok(())
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.name = "test-network.sh";
        if self.network().join("run").is_dir()
            && let Err(error) = self.run(&["down"])
        {
            eprintln!("the network in {} was not stopped: {error:#}", self.network().display());
        }
    }
}

fn texts(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn program(path: &Path, body: &str) -> Result<()> {
    fs::write(path, format!("#!/bin/sh\n{body}\n"))?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
}

/// Ports below those that the system hands out, none of which is taken; each process of a test run looks elsewhere first.
fn free_block() -> Result<u16> {
    let own = u16::try_from(std::process::id() % 150)?;
    let free = |base: &u16| (*base..base + BLOCK).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    (0..150)
        .map(|step| 23_000 + (own + step) % 150 * BLOCK)
        .find(free)
        .context("no free block of ports")
}
