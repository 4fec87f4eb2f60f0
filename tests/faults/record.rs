//! The record: one JSON line for each round, so that a broken run goes on where it ended.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// One fault, struck once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Round {
    /// The network under it.
    pub(crate) network: String,
    /// What was done.
    pub(crate) fault: Fault,
    /// To whom.
    pub(crate) targets: Vec<String>,
    /// Of the round's chance: target and moment.
    pub(crate) seed: u64,
    /// When, in ms since 1970.
    pub(crate) injected_at_ms: u64,
    /// Until every struck process ran again, ms.
    pub(crate) back_ms: Option<u64>,
    /// Until the first commit of a transaction begun after the fault, ms.
    pub(crate) recovery_ms: Option<u64>,
    /// Until the running market settled the slot that was under way, ms.
    pub(crate) settled_ms: Option<u64>,
    /// Transactions acknowledged so far, all found valid exactly once.
    pub(crate) acknowledged: usize,
    /// Slots settled so far, each exactly once.
    pub(crate) settled: usize,
    /// Blocks at every peer, all with one hash.
    pub(crate) height: u64,
    /// What was broken; nothing, or the round failed.
    pub(crate) broken: Option<String>,
}

/// The rounds so far, in a file.
pub(crate) struct Record {
    file: File,
    rounds: Vec<Round>,
}

impl Record {
    /// Opens or begins the record of a network. A torn last line, of a run that was killed, is cut off.
    pub(crate) fn open(folder: &Path, network: &str) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let path = Self::path(folder, network);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let rounds = text[..whole]
            .lines()
            .map(|line| serde_json::from_str(line).with_context(|| format!("{}: {line}", path.display())))
            .collect::<Result<_>>()?;
        let file = File::options().create(true).append(true).open(&path)?;
        file.set_len(whole as u64)?;
        Ok(Self { file, rounds })
    }

    fn path(folder: &Path, network: &str) -> PathBuf {
        folder.join(format!("{network}.jsonl"))
    }

    pub(crate) fn append(&mut self, round: Round) -> Result<()> {
        let mut line = serde_json::to_vec(&round)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        self.rounds.push(round);
        Ok(())
    }

    pub(crate) fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// Rounds of a fault that are done.
    pub(crate) fn count(&self, fault: Fault) -> usize {
        self.rounds.iter().filter(|round| round.fault == fault).count()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::{Fault, Record, Round};

    fn round(seed: u64) -> Round {
        Round {
            network: "fabric-bft".into(),
            fault: Fault::KillPeer,
            targets: vec!["peer-energy".into()],
            seed,
            injected_at_ms: 1,
            back_ms: Some(2),
            recovery_ms: Some(3),
            settled_ms: None,
            acknowledged: 4,
            settled: 5,
            height: 6,
            broken: None,
        }
    }

    #[test]
    fn a_torn_line_is_cut_and_the_record_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::open(folder.path(), "fabric-bft").unwrap();
        record.append(round(1)).unwrap();
        record.file.write_all(b"{\"network\":\"fab").unwrap();
        let mut record = Record::open(folder.path(), "fabric-bft").unwrap();
        assert_eq!(record.count(Fault::KillPeer), 1);
        record.append(round(2)).unwrap();
        let text = fs::read_to_string(folder.path().join("fabric-bft.jsonl")).unwrap();
        assert_eq!(text.lines().count(), 2);
        let seeds: Vec<u64> = Record::open(folder.path(), "fabric-bft")
            .unwrap()
            .rounds()
            .iter()
            .map(|one| one.seed)
            .collect();
        assert_eq!(seeds, [1, 2]);
    }
}
