//! CPU time of the processes behind a day, and bytes on disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::network::{DEVNET, LocalNetwork, NetworkError, Usage};

/// The process of this command.
const CLIENT: &str = "client";
/// The chaincode services, together.
const SERVICES: &str = "chaincode services";

/// CPU time by kind of process, and what lies on disk, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Costs {
    cpu: BTreeMap<&'static str, Duration>,
    /// Bytes of the ledger's folder; none where the network is not this command's own.
    disk: Option<u64>,
}

impl Costs {
    /// What this process and its network have used so far.
    ///
    /// # Errors
    /// When a process has ended or the ledger's folder cannot be read.
    pub fn now(network: Option<&LocalNetwork>) -> Result<Self, NetworkError> {
        let mut costs = Self::default();
        costs.cpu.insert(CLIENT, Usage::of(std::process::id())?.cpu);
        let Some(network) = network else { return Ok(costs) };
        for child in network.children() {
            let kind = if child.spec().name == DEVNET { DEVNET } else { SERVICES };
            *costs.cpu.entry(kind).or_default() += Usage::of(child.pid())?.cpu;
        }
        costs.disk = Some(bytes_in(&network.layout().data())?);
        Ok(costs)
    }

    /// CPU time since an earlier look, by kind of process.
    #[must_use]
    pub fn cpu_since(&self, earlier: &Self) -> BTreeMap<&'static str, Duration> {
        let since = |(kind, now): (&&'static str, &Duration)| {
            let before = earlier.cpu.get(kind).copied().unwrap_or_default();
            (*kind, now.saturating_sub(before))
        };
        self.cpu.iter().map(since).collect()
    }

    /// Bytes that the ledger has grown by since an earlier look.
    #[must_use]
    pub fn disk_since(&self, earlier: &Self) -> Option<u64> {
        Some(self.disk?.saturating_sub(earlier.disk?))
    }
}

fn bytes_in(folder: &Path) -> Result<u64, NetworkError> {
    let wrong = NetworkError::file(folder);
    let mut sum = 0;
    let entries: Vec<_> = fs::read_dir(folder).and_then(Iterator::collect).map_err(wrong)?;
    for entry in entries {
        let file = entry.path();
        let about = entry.metadata().map_err(NetworkError::file(&file))?;
        sum += if about.is_dir() { bytes_in(&file)? } else { about.len() };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Costs, bytes_in};

    #[test]
    fn a_folder_weighs_what_is_in_it_and_below() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("a"), [0; 10]).unwrap();
        fs::write(folder.path().join("below/b"), [0; 5]).unwrap();
        assert_eq!(bytes_in(folder.path()).unwrap(), 15);
    }

    #[test]
    fn without_a_network_of_its_own_only_the_client_is_counted() {
        let costs = Costs::now(None).unwrap();
        assert_eq!(costs.cpu_since(&costs).len(), 1);
        assert_eq!(costs.disk_since(&costs), None);
    }
}
