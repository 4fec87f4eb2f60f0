//! What each kind of process has used.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use anyhow::Result;
use der_e2e::{NetworkKind, Node, Usage, World};

/// Processes that do the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Peers and orderers in one.
    Devnet,
    Orderer,
    Peer,
    Service,
    /// The load generator.
    Client,
}

impl Kind {
    fn of(node: &Node, network: NetworkKind) -> Self {
        match (node, network) {
            (Node::Service(_), _) => Self::Service,
            (_, NetworkKind::Devnet) => Self::Devnet,
            (Node::Orderer(_), _) => Self::Orderer,
            (Node::Peer(_), _) => Self::Peer,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Devnet => "devnet",
            Self::Orderer => "orderers",
            Self::Peer => "peers",
            Self::Service => "services",
            Self::Client => "client",
        })
    }
}

/// Usage of every process, by kind.
pub(super) struct Snapshot(BTreeMap<Kind, Vec<Usage>>);

impl Snapshot {
    pub(super) fn of(world: &World) -> Result<Self> {
        let mut processes = BTreeSet::from([(Kind::Client, std::process::id())]);
        for node in world.nodes() {
            processes.insert((Kind::of(&node, world.kind()), world.pid(&node)?));
        }
        let mut usage: BTreeMap<Kind, Vec<Usage>> = BTreeMap::new();
        for (kind, id) in processes {
            usage.entry(kind).or_default().push(Usage::of(id)?);
        }
        Ok(Self(usage))
    }

    /// CPU time of all processes of a kind since an earlier snapshot.
    pub(super) fn cpu_since(&self, earlier: &Self) -> BTreeMap<Kind, Duration> {
        let sum = |usage: &[Usage]| usage.iter().map(|one| one.cpu).sum::<Duration>();
        let since = |(kind, now): (&Kind, &Vec<Usage>)| {
            let before = earlier.0.get(kind).map_or(Duration::ZERO, |usage| sum(usage));
            (*kind, sum(now).saturating_sub(before))
        };
        self.0.iter().map(since).collect()
    }

    /// Resident memory of each process of a kind, bytes.
    pub(super) fn resident(&self) -> BTreeMap<Kind, Vec<u64>> {
        let resident = |usage: &Vec<Usage>| usage.iter().map(|one| one.resident).collect();
        self.0.iter().map(|(kind, usage)| (*kind, resident(usage))).collect()
    }
}
