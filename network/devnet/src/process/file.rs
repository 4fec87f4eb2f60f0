//! The network's TOML file.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use serde::Deserialize;

use super::crypto::CryptoFolder;
use crate::{
    ccaas::ChaincodeService,
    channel::BatchConfig,
    config::{Chaincode, Config, Limits, Organization, Switches, parse_policy},
    order::CutMode,
};

/// The file as written. Relative paths start at the file's own folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkFile {
    channel: String,
    data_dir: PathBuf,
    crypto_dir: PathBuf,
    organizations: Vec<OrganizationEntry>,
    #[serde(default)]
    chaincodes: Vec<ChaincodeEntry>,
    #[serde(default)]
    batch: BatchEntry,
    #[serde(default)]
    limits: LimitsEntry,
    #[serde(default)]
    switches: SwitchesEntry,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationEntry {
    msp_id: String,
    domain: String,
    listen: SocketAddr,
    /// Name of the peer's folder; the only one when absent.
    peer: Option<String>,
    #[serde(default)]
    lag_blocks: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChaincodeEntry {
    name: String,
    version: String,
    package_id: String,
    endorsement: String,
    /// `host:port` of each organisation's service, by MSP id.
    addresses: BTreeMap<String, String>,
    /// Mutual TLS to the services.
    #[serde(default = "on")]
    tls: bool,
    /// Domain of the organisation whose service all use; each its own when absent.
    tls_domain: Option<String>,
}

fn on() -> bool {
    true
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchEntry {
    max_message_count: Option<u32>,
    absolute_max_bytes: Option<u32>,
    preferred_max_bytes: Option<u32>,
    timeout_ms: Option<u64>,
    on_demand: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsEntry {
    total_query: Option<usize>,
    gateway_concurrency: Option<usize>,
    execute_timeout_ms: Option<u64>,
    dial_timeout_ms: Option<u64>,
    endorsement_timeout_ms: Option<u64>,
    broadcast_timeout_ms: Option<u64>,
}

/// Sizes; 0 switches off.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchesEntry {
    write_batch: Option<u32>,
    multi_get: Option<u32>,
}

impl NetworkFile {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let mut file: Self = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        let base = path.parent().unwrap_or(Path::new("."));
        file.data_dir = base.join(&file.data_dir);
        file.crypto_dir = base.join(&file.crypto_dir);
        Ok(file)
    }

    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let folders = self
            .organizations
            .iter()
            .map(|entry| CryptoFolder::new(&self.crypto_dir, &entry.domain));
        let folders: Vec<CryptoFolder> = folders.collect();
        let organizations: Vec<Organization> = self
            .organizations
            .iter()
            .zip(&folders)
            .map(|(entry, folder)| {
                let read = folder.organization(&entry.msp_id, entry.peer.as_deref(), entry.listen, entry.lag_blocks);
                read.with_context(|| format!("reading the identities of {}", entry.msp_id))
            })
            .collect::<anyhow::Result<_>>()?;
        let chaincodes = self
            .chaincodes
            .iter()
            .map(|entry| self.chaincode(entry, &organizations, &folders));
        let chaincodes = chaincodes.collect::<anyhow::Result<_>>()?;
        let mut config = Config::new(&self.channel, &self.data_dir, organizations);
        config.chaincodes = chaincodes;
        config.batch = self.batch.config();
        config.limits = self.limits.limits();
        config.switches = self.switches.switches(self.batch.on_demand.unwrap_or_default());
        Ok(config)
    }

    fn chaincode(
        &self,
        entry: &ChaincodeEntry,
        organizations: &[Organization],
        folders: &[CryptoFolder],
    ) -> anyhow::Result<Chaincode> {
        let endorsement = parse_policy(&entry.endorsement)
            .with_context(|| format!("endorsement policy of chaincode {}: {}", entry.name, entry.endorsement))?;
        let mut services = BTreeMap::new();
        for (msp_id, address) in &entry.addresses {
            let place = organizations
                .iter()
                .position(|organization| organization.msp_id() == msp_id);
            let found = place.and_then(|place| Some((organizations.get(place)?, folders.get(place)?)));
            let (organization, folder) =
                found.with_context(|| format!("chaincode {} names {msp_id}, which is no organisation", entry.name))?;
            let shared = entry
                .tls_domain
                .as_deref()
                .map(|domain| CryptoFolder::new(&self.crypto_dir, domain));
            let folder = shared.as_ref().unwrap_or(folder);
            let tls = entry.tls.then(|| folder.chaincode_tls(organization)).transpose()?;
            services.insert(
                msp_id.clone(),
                ChaincodeService {
                    address: address.clone(),
                    tls,
                },
            );
        }
        Ok(Chaincode {
            name: entry.name.clone(),
            version: entry.version.clone(),
            package_id: entry.package_id.clone(),
            endorsement,
            services,
        })
    }
}

impl BatchEntry {
    fn config(&self) -> BatchConfig {
        let default = BatchConfig::default();
        BatchConfig {
            max_message_count: self.max_message_count.unwrap_or(default.max_message_count),
            absolute_max_bytes: self.absolute_max_bytes.unwrap_or(default.absolute_max_bytes),
            preferred_max_bytes: self.preferred_max_bytes.unwrap_or(default.preferred_max_bytes),
            timeout: millis(self.timeout_ms, default.timeout),
        }
    }
}

impl LimitsEntry {
    fn limits(&self) -> Limits {
        let default = Limits::default();
        Limits {
            total_query: self.total_query.unwrap_or(default.total_query),
            gateway_concurrency: self.gateway_concurrency.unwrap_or(default.gateway_concurrency),
            execute_timeout: millis(self.execute_timeout_ms, default.execute_timeout),
            dial_timeout: millis(self.dial_timeout_ms, default.dial_timeout),
            endorsement_timeout: millis(self.endorsement_timeout_ms, default.endorsement_timeout),
            broadcast_timeout: millis(self.broadcast_timeout_ms, default.broadcast_timeout),
        }
    }
}

impl SwitchesEntry {
    fn switches(&self, on_demand: bool) -> Switches {
        let default = Switches::default();
        let size = |given: Option<u32>, default| given.map_or(default, |size| (size > 0).then_some(size));
        Switches {
            write_batch: size(self.write_batch, default.write_batch),
            multi_get: size(self.multi_get, default.multi_get),
            cut: if on_demand { CutMode::OnDemand } else { CutMode::Limits },
        }
    }
}

fn millis(given: Option<u64>, default: Duration) -> Duration {
    given.map_or(default, Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "channel = 'c'\ndata_dir = 'd'\ncrypto_dir = 'x'\norganizations = []\n";

    #[test]
    fn what_is_left_out_has_fabrics_value() {
        let file: NetworkFile = toml::from_str(LEAST).unwrap();
        assert_eq!(file.batch.config(), BatchConfig::default());
        assert_eq!(file.limits.limits(), Limits::default());
        assert_eq!(file.switches.switches(false), Switches::default());
    }

    #[test]
    fn zero_switches_batches_off_and_on_demand_leaves_cutting_to_the_caller() {
        let text = format!("{LEAST}[switches]\nwrite_batch = 0\nmulti_get = 7\n");
        let file: NetworkFile = toml::from_str(&text).unwrap();
        let switches = file.switches.switches(true);
        assert_eq!(
            (switches.write_batch, switches.multi_get, switches.cut),
            (None, Some(7), CutMode::OnDemand)
        );
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = toml::from_str::<NetworkFile>(&format!("{LEAST}[batch]\ntimeout = 5\n")).unwrap_err();
        assert!(error.to_string().contains("timeout"), "{error}");
    }
}
