//! What the service must be told: flags, environment variables and a TOML file with the same names.

use anyhow::{Context, bail, ensure};
use clap::Parser;
use serde::Deserialize;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

/// What `--version` tells: the schemas of the ledger that this build serves are what an upgrade asks for.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (ledger schemas 1 to 3)");

const EXAMPLE: &str = "\
Example:
  der-chaincode --chaincode-id market:0123…cdef --server-address 127.0.0.1:9999 \\
      --tls-key server.key --tls-cert server.crt --client-ca-cert peers-ca.crt

The names of the variables are those of Fabric's chaincode-as-a-service samples. A flag wins over a variable,
a variable over the file. Mutual TLS is the default; plaintext needs --tls-disabled and a loopback address.
When it is ready, one JSON line goes to stdout; the log goes to stderr.";

/// Flags, environment variables and TOML keys alike; what is missing takes its default.
#[derive(Debug, Clone, Default, Parser, Deserialize)]
#[command(name = "der-chaincode", version = VERSION, about = "The market's chaincode service, dialled by Fabric peers", after_help = EXAMPLE)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// TOML file with the long names of these flags as keys.
    #[arg(long, env = "DER_CHAINCODE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Package id `label:hash` under which the peers installed this chaincode.
    #[arg(long, env = "CHAINCODE_ID", value_name = "LABEL:HASH")]
    pub chaincode_id: Option<String>,
    /// Address to listen on; port 0 takes a free one. Default 127.0.0.1:9999.
    #[arg(long, env = "CHAINCODE_SERVER_ADDRESS", value_name = "ADDRESS:PORT")]
    pub server_address: Option<String>,
    /// The server's private key, PEM (PKCS #8).
    #[arg(long, env = "CHAINCODE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// The server's certificate chain, PEM.
    #[arg(long, env = "CHAINCODE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Root certificates, PEM, of the peers that may dial this service.
    #[arg(long, env = "CHAINCODE_CLIENT_CA_CERT", value_name = "FILE")]
    pub client_ca_cert: Option<PathBuf>,
    /// Serve plaintext; only on a loopback address.
    #[arg(long, env = "CHAINCODE_TLS_DISABLED", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub tls_disabled: Option<bool>,
    /// Threads that run transactions, 1 to 64. Default 1: a second one costs more to wake than it gains until a core is full.
    #[arg(long, env = "DER_CHAINCODE_WORKER_THREADS", value_name = "N")]
    pub worker_threads: Option<usize>,
    /// Transactions executed at once per peer, 1 to 4096. Default 256.
    #[arg(long, env = "DER_CHAINCODE_MAX_TRANSACTIONS", value_name = "N")]
    pub max_transactions: Option<usize>,
    /// Seconds to let running transactions finish on SIGTERM or SIGINT, 0 to 600. Default 10.
    #[arg(long, env = "DER_CHAINCODE_DRAIN_SECONDS", value_name = "SECONDS")]
    pub drain_seconds: Option<u64>,
    /// Log filter, for example `info` or `fabric_shim=debug`. Default info.
    #[arg(long, env = "DER_CHAINCODE_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Write the log as JSON lines.
    #[arg(long, env = "DER_CHAINCODE_LOG_JSON", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub log_json: Option<bool>,
}

/// Checked configuration of the service.
#[derive(Debug, Clone)]
pub struct Config {
    /// Package id to register with.
    pub chaincode_id: String,
    /// Where to listen.
    pub address: SocketAddr,
    /// Key and certificates; `None` is plaintext on loopback.
    pub tls: Option<TlsFiles>,
    /// Threads that run transactions.
    pub worker_threads: usize,
    /// Transactions executed at once per peer.
    pub max_transactions: usize,
    /// How long a drain may take.
    pub drain: std::time::Duration,
    /// Log filter.
    pub log: String,
    /// Whether the log is JSON.
    pub log_json: bool,
}

/// Where key and certificates of mutual TLS are.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The server's private key.
    pub key: PathBuf,
    /// The server's certificate chain.
    pub cert: PathBuf,
    /// Roots of the peers that may dial.
    pub client_ca: PathBuf,
}

impl Settings {
    /// Completes flags and variables with the TOML file, if one is named, and checks everything.
    ///
    /// # Errors
    /// An unreadable or unknown file key, a missing package id, incomplete TLS, plaintext off loopback,
    /// a number out of its bounds.
    pub fn resolve(self) -> anyhow::Result<Config> {
        let file = self.config.as_deref().map(read_file).transpose()?.unwrap_or_default();
        self.or(file).check()
    }

    fn or(self, file: Self) -> Self {
        Self {
            config: self.config,
            chaincode_id: self.chaincode_id.or(file.chaincode_id),
            server_address: self.server_address.or(file.server_address),
            tls_key: self.tls_key.or(file.tls_key),
            tls_cert: self.tls_cert.or(file.tls_cert),
            client_ca_cert: self.client_ca_cert.or(file.client_ca_cert),
            tls_disabled: self.tls_disabled.or(file.tls_disabled),
            worker_threads: self.worker_threads.or(file.worker_threads),
            max_transactions: self.max_transactions.or(file.max_transactions),
            drain_seconds: self.drain_seconds.or(file.drain_seconds),
            log: self.log.or(file.log),
            log_json: self.log_json.or(file.log_json),
        }
    }

    fn check(self) -> anyhow::Result<Config> {
        let chaincode_id = self.chaincode_id.clone().unwrap_or_default();
        ensure!(
            !chaincode_id.is_empty(),
            "no package id: give --chaincode-id LABEL:HASH or set CHAINCODE_ID"
        );
        let text = self.server_address.clone().unwrap_or_else(|| "127.0.0.1:9999".into());
        let mut found = text
            .to_socket_addrs()
            .with_context(|| format!("--server-address {text}: give it as ADDRESS:PORT"))?;
        let address = found
            .next()
            .with_context(|| format!("--server-address {text} names no address"))?;
        Ok(Config {
            chaincode_id,
            address,
            tls: self.tls(address)?,
            worker_threads: bounded("worker-threads", self.worker_threads.unwrap_or(1), 1, 64)?,
            max_transactions: bounded("max-transactions", self.max_transactions.unwrap_or(256), 1, 4096)?,
            drain: std::time::Duration::from_secs(bounded("drain-seconds", self.drain_seconds.unwrap_or(10), 0, 600)?),
            log: self.log.unwrap_or_else(|| "info".into()),
            log_json: self.log_json.unwrap_or(false),
        })
    }

    fn tls(&self, address: SocketAddr) -> anyhow::Result<Option<TlsFiles>> {
        if self.tls_disabled.unwrap_or(false) {
            ensure!(
                address.ip().is_loopback(),
                "plaintext is served on loopback only, not on {address}: give --tls-key, --tls-cert and --client-ca-cert"
            );
            return Ok(None);
        }
        match (&self.tls_key, &self.tls_cert, &self.client_ca_cert) {
            (Some(key), Some(cert), Some(ca)) => Ok(Some(TlsFiles {
                key: key.clone(),
                cert: cert.clone(),
                client_ca: ca.clone(),
            })),
            _ => bail!(
                "mutual TLS needs --tls-key, --tls-cert and --client-ca-cert (or --tls-disabled on a loopback address)"
            ),
        }
    }
}

fn bounded<N: PartialOrd + std::fmt::Display>(name: &str, value: N, low: N, high: N) -> anyhow::Result<N> {
    ensure!(
        (&low..=&high).contains(&&value),
        "--{name} {value} is not within {low} to {high}"
    );
    Ok(value)
}

fn read_file(path: &Path) -> anyhow::Result<Settings> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is no configuration of this service", path.display()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_tells_the_schemas() {
        let schemas = format!("schemas {} to {}", der_api::schema::FIRST, der_api::SCHEMA);
        assert!(super::VERSION.contains(&schemas), "{}", super::VERSION);
    }

    use super::*;

    fn parse(args: &[&str]) -> anyhow::Result<Config> {
        Settings::try_parse_from([&["der-chaincode"], args].concat())?.resolve()
    }

    #[test]
    fn plaintext_is_refused_off_loopback() {
        let open = [
            "--chaincode-id",
            "m:1",
            "--tls-disabled",
            "--server-address",
            "0.0.0.0:9999",
        ];
        assert!(parse(&open).unwrap_err().to_string().contains("loopback only"));
        assert!(
            parse(&["--chaincode-id", "m:1", "--tls-disabled"])
                .unwrap()
                .tls
                .is_none()
        );
    }

    #[test]
    fn tls_is_the_default_and_must_be_complete() {
        let half = ["--chaincode-id", "m:1", "--tls-key", "k", "--tls-cert", "c"];
        assert!(parse(&half).unwrap_err().to_string().contains("--client-ca-cert"));
        assert!(
            parse(&[&half[..], &["--client-ca-cert", "a"]].concat())
                .unwrap()
                .tls
                .is_some()
        );
    }

    #[test]
    fn a_package_id_is_demanded() {
        assert!(
            parse(&["--tls-disabled"])
                .unwrap_err()
                .to_string()
                .contains("CHAINCODE_ID")
        );
    }

    #[test]
    fn numbers_are_bounded() {
        let many = ["--chaincode-id", "m:1", "--tls-disabled", "--worker-threads", "65"];
        assert!(parse(&many).unwrap_err().to_string().contains("1 to 64"));
    }

    #[test]
    fn a_flag_wins_over_the_file_and_unknown_keys_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("service.toml");
        let name = path.to_str().unwrap();
        std::fs::write(
            &path,
            "chaincode-id = 'file:1'\ntls-disabled = true\nworker-threads = 3\n",
        )
        .unwrap();
        let config = parse(&["--config", name, "--chaincode-id", "flag:1"]).unwrap();
        assert_eq!((config.chaincode_id.as_str(), config.worker_threads), ("flag:1", 3));
        std::fs::write(&path, "chaincode_id = 'file:1'").unwrap();
        assert!(parse(&["--config", name]).is_err());
    }
}
