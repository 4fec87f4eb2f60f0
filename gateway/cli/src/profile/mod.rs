//! A profile: which network to talk to and as whom, so that one command works on any network.

mod find;
mod identity;
mod overrides;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use der_api::Organisations;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

pub use find::locate;
pub use identity::{IdentityFiles, read_identity, read_pem};
pub use overrides::Overrides;

/// A network and an identity, as one TOML file states them. Paths are relative to that file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name of the Fabric channel.
    pub channel: String,
    /// Name of the chaincode on that channel.
    pub chaincode: String,
    /// MSP id of the user's organisation.
    pub msp_id: String,
    /// MSP folder of the user: `signcerts` and `keystore`, as Fabric lays them out.
    pub identity: PathBuf,
    /// Gateways to try, in this order.
    pub endpoints: Vec<Endpoint>,
    /// MSP ids by part in the market, where they are not GridMSP, RegulatorMSP, EnergyMSP and MicrogridMSP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisations: Option<Organisations>,
    /// Limits of the single steps.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// One gateway peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Host and port.
    pub address: String,
    /// The name the peer's TLS certificate must bear.
    pub server_name: String,
    /// PEM file with the TLS roots of the peer's organisation.
    pub tls_roots: PathBuf,
    /// PEM file with the client's TLS certificate, where the peer asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_cert: Option<PathBuf>,
    /// PEM file with the key of `client_cert`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
}

/// Limits in milliseconds, one per step of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Opening a connection.
    pub connect_ms: u64,
    /// A query.
    pub evaluate_ms: u64,
    /// Simulation and endorsement.
    pub endorse_ms: u64,
    /// Handing the transaction to the orderer.
    pub submit_ms: u64,
    /// Waiting for the block.
    pub commit_status_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect_ms: 3_000,
            evaluate_ms: 30_000,
            endorse_ms: 15_000,
            submit_ms: 5_000,
            commit_status_ms: 60_000,
        }
    }
}

impl Timeouts {
    /// One limit for every step, as `--timeout` asks.
    #[must_use]
    pub fn all(limit: Duration) -> Self {
        let ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        Self {
            connect_ms: ms,
            evaluate_ms: ms,
            endorse_ms: ms,
            submit_ms: ms,
            commit_status_ms: ms,
        }
    }
}

impl Profile {
    /// Reads a profile, makes its paths absolute against its own folder, and checks it.
    ///
    /// # Errors
    /// When the file cannot be read, is no profile, or names no endpoint.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|error| {
            Failure::usage(format!("cannot read the profile {}: {error}", file.display())).advise(
                "Name an existing file with --profile FILE, or write one; `der profile show --help` prints an example.",
            )
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|why| {
            Failure::usage(format!("{} is not a profile: {why}", file.display()))
                .advise("Correct the named key; `der profile show --help` prints an example.")
        })
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let mut profile: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        profile.check()?;
        profile.resolve(folder);
        Ok(profile)
    }

    fn check(&self) -> Result<(), String> {
        for (key, value) in [
            ("channel", &self.channel),
            ("chaincode", &self.chaincode),
            ("msp_id", &self.msp_id),
        ] {
            if value.is_empty() {
                return Err(format!("`{key}` is empty"));
            }
        }
        if self.endpoints.is_empty() {
            return Err("it lists no [[endpoints]]".into());
        }
        self.endpoints.iter().try_for_each(Endpoint::check)
    }

    fn resolve(&mut self, folder: &Path) {
        self.identity = folder.join(&self.identity);
        for endpoint in &mut self.endpoints {
            endpoint.tls_roots = folder.join(&endpoint.tls_roots);
            for path in [&mut endpoint.client_cert, &mut endpoint.client_key]
                .into_iter()
                .flatten()
            {
                *path = folder.join(&*path);
            }
        }
    }
}

impl Endpoint {
    fn check(&self) -> Result<(), String> {
        if self.client_cert.is_some() != self.client_key.is_some() {
            return Err(format!(
                "endpoint {}: `client_cert` and `client_key` go together",
                self.address
            ));
        }
        match self.address.rsplit_once(':').map(|(_, port)| port.parse::<u16>()) {
            Some(Ok(_)) => Ok(()),
            _ => Err(format!("endpoint address {:?} is not HOST:PORT", self.address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Profile, Timeouts};

    const EXAMPLE: &str = r#"
        channel = "market"
        chaincode = "der"
        msp_id = "MicrogridMSP"
        identity = "../crypto/alice/msp"
        [[endpoints]]
        address = "127.0.0.1:7051"
        server_name = "peer0.microgrid.example"
        tls_roots = "/etc/der/tls.pem"
        client_cert = "alice.pem"
        client_key = "alice.key"
        [timeouts]
        endorse_ms = 7
    "#;

    #[test]
    fn relative_paths_start_at_the_profile_and_absolute_ones_stay() {
        let profile = Profile::parse(EXAMPLE, Path::new("/net/profiles")).unwrap();
        assert_eq!(profile.identity, PathBuf::from("/net/profiles/../crypto/alice/msp"));
        let endpoint = &profile.endpoints[0];
        assert_eq!(endpoint.tls_roots, PathBuf::from("/etc/der/tls.pem"));
        assert_eq!(endpoint.client_key, Some(PathBuf::from("/net/profiles/alice.key")));
        assert_eq!(
            profile.timeouts,
            Timeouts {
                endorse_ms: 7,
                ..Timeouts::default()
            }
        );
    }

    #[test]
    fn each_mistake_is_named() {
        for (from, to, says) in [
            ("channel =", "chanel =", "chanel"),
            ("\"market\"", "\"\"", "`channel` is empty"),
            ("127.0.0.1:7051", "127.0.0.1", "HOST:PORT"),
            ("client_key = \"alice.key\"", "", "go together"),
        ] {
            let why = Profile::parse(&EXAMPLE.replace(from, to), Path::new("")).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
        let without = EXAMPLE.split("[[endpoints]]").next().unwrap().to_owned() + "endpoints = []";
        assert!(
            Profile::parse(&without, Path::new(""))
                .unwrap_err()
                .contains("no [[endpoints]]")
        );
    }
}
