//! A fifth organisation, driven as its administrator would: by the scripts and by `der`.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use der_cli::{connection, profile::Profile};
use der_client::MarketClient;
use der_e2e::World;
use fabric_gateway::{Endpoint, Gateway, Network};
use tempfile::TempDir;

/// A world holds a hundred ports and uses the first fifty.
pub(crate) fn first_port(world: &World) -> Result<u16> {
    let base: u16 = fs::read_to_string(world.layout().root().join("base-port"))?
        .trim()
        .parse()?;
    Ok(base + 50)
}

/// NorthMSP, with nodes of its own in a folder of its own. Dropping it stops them.
pub(crate) struct Newcomer {
    folder: TempDir,
    fabric: PathBuf,
    first_port: u16,
}

impl Newcomer {
    /// `first_port` begins a block of free ports; `der` is the program that plays all of ours.
    pub(crate) fn new(fabric: &Path, der: &Path, first_port: u16) -> Result<Self> {
        let newcomer = Self {
            folder: tempfile::tempdir()?,
            fabric: fabric.to_owned(),
            first_port,
        };
        fs::create_dir(newcomer.programs())?;
        for (name, verb) in [
            ("der", ""),
            ("der-chaincode", "chaincode"),
            ("fabric-cryptogen", "crypto"),
        ] {
            let file = newcomer.programs().join(name);
            fs::write(&file, format!("#!/bin/sh\nexec '{}' {verb} \"$@\"\n", der.display()))?;
            let status = Command::new("chmod").arg("700").arg(&file).status()?;
            ensure!(status.success(), "chmod {name}");
        }
        Ok(newcomer)
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// Where its nodes live.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("north")
    }

    /// What goes to the members: certificates and addresses.
    pub(crate) fn description(&self) -> String {
        self.root().join("new-org.json").to_string_lossy().into_owned()
    }

    /// A step of `scripts/join-org.sh`; gives what it printed.
    pub(crate) fn step(&self, arguments: &[&str]) -> Result<String> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut command = Command::new("bash");
        command
            .arg(sources.join("scripts/join-org.sh"))
            .args(arguments)
            .env("FABRIC_BIN", &self.fabric)
            .env("DER_BIN", self.programs())
            .env("DER_NETWORK_FOLDER", self.root())
            .env("DER_BASE_PORT", self.first_port.to_string())
            .env("DER_ORGANISATIONS", sources.join("crypto-config/newcomer.toml"));
        printed(&mut command)
    }

    /// `der` with the profile in this file; gives what it printed.
    pub(crate) fn der(&self, arguments: &[impl AsRef<OsStr>], profile: &Path) -> Result<String> {
        printed(&mut self.command(arguments, profile))
    }

    /// `der` with a profile, where it must refuse; gives what it complained of.
    pub(crate) fn refused(&self, arguments: &[impl AsRef<OsStr>], profile: &Path) -> Result<String> {
        let mut command = self.command(arguments, profile);
        let output = command.stdin(Stdio::null()).output()?;
        ensure!(!output.status.success(), "{command:?} was not refused");
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn command(&self, arguments: &[impl AsRef<OsStr>], profile: &Path) -> Command {
        let mut command = Command::new(self.programs().join("der"));
        command
            .args(arguments)
            .args(["--output", "json", "--profile"])
            .arg(profile);
        command
    }

    /// The profile file of one of its users.
    pub(crate) fn profile(&self, user: &str) -> PathBuf {
        self.root().join("profiles").join(format!("north-{user}.toml"))
    }

    /// The market as one of its users sees it, with the members of now.
    pub(crate) async fn client(&self, user: &str) -> Result<MarketClient> {
        let client = connection::connect(&read(&self.profile(user))?);
        let client = client.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        client.learn_members().await?;
        Ok(client)
    }

    /// The channel as its own peer serves it, and no other.
    pub(crate) fn peer(&self) -> Result<Network> {
        let profile = read(&self.profile("admin"))?;
        let signer = connection::identity(&profile).map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        let own = profile.endpoints.first().context("an endpoint")?;
        let endpoint = Endpoint::new(&own.address)
            .server_name(&own.server_name)
            .tls_roots_pem(fs::read(&own.tls_roots)?);
        let gateway = Gateway::builder()
            .endpoints([endpoint])
            .signer(Arc::new(signer))
            .connect()?;
        Ok(gateway.network(&profile.channel))
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        if let Err(error) = self.step(&["stop"]) {
            eprintln!("the newcomer in {} was not stopped: {error:#}", self.root().display());
        }
    }
}

fn read(file: &Path) -> Result<Profile> {
    Profile::read(file).map_err(|failure| anyhow::anyhow!("{}: {failure:?}", file.display()))
}

fn printed(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    let [said, complained] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{said}\n{complained}",
        output.status
    );
    Ok(said)
}
