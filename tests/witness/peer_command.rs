//! Fabric's `peer` command as a user of a network.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use der_cli::profile::Profile;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use super::program::run;

const LIMIT: Duration = Duration::from_secs(60);
/// The least that the command wants of a configuration file.
const CORE: &str = "peer: { tls: { enabled: true }, client: { connTimeout: 10s }, \
                    BCCSP: { Default: SW, SW: { Hash: SHA2, Security: 256 } } }\n";

/// The command, as one user of one network.
pub(crate) struct PeerCommand {
    program: PathBuf,
    profile: Profile,
    /// `host:port` of an orderer, and its TLS roots.
    orderer: (String, PathBuf),
    folder: TempDir,
}

impl PeerCommand {
    pub(crate) fn new(binaries: PathBuf, profile: Profile, orderer: (String, PathBuf)) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("core.yaml"), CORE)?;
        Ok(Self {
            program: binaries.join("peer"),
            profile,
            orderer,
            folder,
        })
    }

    fn command(&self, verb: &str, function: &str, argument: &str) -> Result<Command> {
        let own = self.profile.endpoints.first().context("an endpoint")?;
        let mut command = Command::new(&self.program);
        command
            .args([
                "chaincode",
                verb,
                "-C",
                &self.profile.channel,
                "-n",
                &self.profile.chaincode,
            ])
            .args(["-c", &json!({ "Args": [function, argument] }).to_string()])
            .env("FABRIC_CFG_PATH", self.folder.path())
            .env("FABRIC_LOGGING_SPEC", "error")
            .env("CORE_PEER_LOCALMSPID", &self.profile.msp_id)
            .env("CORE_PEER_MSPCONFIGPATH", &self.profile.identity)
            .env("CORE_PEER_ADDRESS", &own.address)
            .env("CORE_PEER_TLS_ROOTCERT_FILE", &own.tls_roots);
        Ok(command)
    }

    /// What `peer chaincode query` prints.
    pub(crate) async fn query(&self, function: &str, argument: &str) -> Result<String> {
        run(
            "peer chaincode query",
            &mut self.command("query", function, argument)?,
            LIMIT,
        )
        .await
    }

    /// `peer chaincode invoke`, endorsed by so many organisations; ends when the peer of each has told that the
    /// transaction is valid.
    pub(crate) async fn invoke(&self, function: &str, argument: &Value, endorsers: usize) -> Result<()> {
        let mut command = self.command("invoke", function, &argument.to_string())?;
        command
            .args(["-o", &self.orderer.0, "--tls", "--cafile"])
            .arg(&self.orderer.1)
            .args(["--waitForEvent", "--waitForEventTimeout", "30s"]);
        for endpoint in self.profile.endpoints.iter().take(endorsers) {
            command.args(["--peerAddresses", &endpoint.address, "--tlsRootCertFiles"]);
            command.arg(&endpoint.tls_roots);
        }
        run("peer chaincode invoke", &mut command, LIMIT).await.map(drop)
    }
}
