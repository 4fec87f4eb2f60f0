//! Which network the stories run on, and saying aloud where they cannot.

use std::{
    env, fmt,
    io::{self, Write as _},
};

use anyhow::{Result, bail};

/// How Fabric's orderers agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consensus {
    /// Four SmartBFT orderers.
    Bft,
    /// Three Raft orderers.
    Raft,
}

/// The network under the stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    /// Everything of Fabric in one process.
    Devnet,
    /// Fabric's own binaries.
    Fabric(Consensus),
}

impl NetworkKind {
    /// What `DER_NETWORK` (`devnet`, `fabric`) and `DER_CONSENSUS` (`bft`, `raft`) ask for; the devnet if they are not set.
    ///
    /// # Errors
    /// When a variable says anything else.
    pub fn chosen() -> Result<Self> {
        let consensus = match variable("DER_CONSENSUS").as_str() {
            "" | "bft" => Consensus::Bft,
            "raft" => Consensus::Raft,
            other => bail!("DER_CONSENSUS is {other:?}; give bft or raft"),
        };
        match variable("DER_NETWORK").as_str() {
            "" | "devnet" => Ok(Self::Devnet),
            "fabric" => Ok(Self::Fabric(consensus)),
            other => bail!("DER_NETWORK is {other:?}; give devnet or fabric"),
        }
    }
}

impl fmt::Display for NetworkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Devnet => "the devnet",
            Self::Fabric(Consensus::Bft) => "Fabric with BFT orderers",
            Self::Fabric(Consensus::Raft) => "Fabric with Raft orderers",
        })
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Says aloud that a story, or a part of it, is not played, and why.
pub fn skipped(what: &str, why: &str) {
    // Not eprintln!: the test harness would keep it to itself.
    let _ = writeln!(io::stderr(), "SKIPPED {what}: {why}");
}
