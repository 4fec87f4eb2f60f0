//! What is done to a running network.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use der_e2e::{Node, ORGANISATIONS, World};
use serde::{Deserialize, Serialize};

use crate::{leader, random::Random};

/// The organisation whose users run the market: its peer is the gateway that they ask first.
pub(crate) const GATEWAY: &str = "grid";
/// A killed process is started again after this time, as a supervisor would.
const KILLED: Duration = Duration::from_millis(1_500);
/// A stopped process goes on after this time.
const STOPPED: Duration = Duration::from_secs(4);

/// A fault, by what it does and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// kill -9 of another organisation's peer.
    KillPeer,
    /// SIGSTOP of another organisation's peer.
    StopPeer,
    /// kill -9 of the peer that the market's operators ask.
    KillGateway,
    /// SIGSTOP of the peer that the market's operators ask.
    StopGateway,
    /// kill -9 of a chaincode service.
    KillService,
    /// SIGSTOP of a chaincode service.
    StopService,
    /// kill -9 of an ordering node that does not lead.
    KillOrderer,
    /// SIGSTOP of an ordering node that does not lead.
    StopOrderer,
    /// kill -9 of the leading ordering node.
    KillLeader,
    /// SIGSTOP of the leading ordering node.
    StopLeader,
    /// kill -9 of every process, then a start of all.
    RestartAll,
    /// A seller's certificate is revoked by its organisation, while it trades.
    Revoke,
}

impl Fault {
    /// The name in the record and on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whom it strikes this time.
    pub(crate) fn targets(self, world: &World, random: &mut Random) -> Result<Vec<Node>> {
        let pick = |nodes: &[Node], random: &mut Random| {
            let at = usize::try_from(random.below(nodes.len() as u64))?;
            nodes.get(at).cloned().context("there is no such process")
        };
        let others: Vec<Node> = ORGANISATIONS
            .iter()
            .filter(|of| **of != GATEWAY)
            .map(|of| Node::peer(of))
            .collect();
        let node = match self {
            Self::RestartAll => return Ok(world.nodes()),
            Self::Revoke => return Ok(Vec::new()),
            Self::KillPeer | Self::StopPeer => pick(&others, random)?,
            Self::KillGateway | Self::StopGateway => Node::peer(GATEWAY),
            Self::KillService | Self::StopService => pick(&ORGANISATIONS.map(Node::service), random)?,
            Self::KillLeader | Self::StopLeader => leader::find(world)?,
            Self::KillOrderer | Self::StopOrderer => {
                let leader = leader::find(world)?;
                let is_follower = |node: &Node| matches!(node, Node::Orderer(_)) && *node != leader;
                let followers: Vec<Node> = world.nodes().into_iter().filter(is_follower).collect();
                pick(&followers, random)?
            }
        };
        Ok(vec![node])
    }

    const fn stops(self) -> bool {
        matches!(
            self,
            Self::StopPeer | Self::StopGateway | Self::StopService | Self::StopOrderer | Self::StopLeader
        )
    }

    /// Strikes.
    pub(crate) fn inject(self, world: &mut World, targets: &[Node]) -> Result<()> {
        for node in targets {
            if self.stops() {
                world.pause(node)?
            } else {
                world.kill(node)?
            }
        }
        Ok(())
    }

    /// How long it lasts until [`Fault::heal`].
    pub(crate) const fn lasts(self) -> Duration {
        match self {
            Self::Revoke => Duration::ZERO,
            _ if self.stops() => STOPPED,
            _ => KILLED,
        }
    }

    /// What an operator or a supervisor would do: the process goes on, or is started again.
    pub(crate) fn heal(self, world: &mut World, targets: &[Node]) -> Result<()> {
        if self.stops() {
            targets.iter().try_for_each(|node| world.resume(node))
        } else {
            world.restart_all(targets)
        }
    }
}
