//! From a signed update into force.

use std::time::Duration;

use fabric_gateway::Network;
use fabric_msp::Signer;
use tokio::time::{Instant, sleep};

use super::{UpdateFile, in_force};
use crate::{AdminError, ChannelConfig, Review, node::NodeAddress};

/// How often the peer is asked while the block is awaited.
const PAUSE: Duration = Duration::from_millis(300);

/// What is happening, for whoever waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The update is handed to this orderer.
    Sending(String),
    /// This orderer did not take it, or nothing came of it.
    Refused(String, String),
    /// This orderer took it; its block is awaited.
    Awaiting(String),
}

/// How a submission ended well.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    /// The channel was as the update wants it before anything was sent.
    WasInForce(ChannelConfig),
    /// The peer has committed the new configuration.
    InForce(ChannelConfig),
}

/// Sends an approved update to the channel's own orderers, one after the other, until the gateway's peer has committed
/// it. One that took the update and let it lie is passed over after `limit`: under BFT a node may lie.
///
/// # Errors
/// When the update is stale, not approved, refused by every orderer, or nowhere in force in time. Sending it again is
/// safe: an update takes effect once.
pub async fn submit(
    network: &Network,
    file: &UpdateFile,
    sender: &dyn Signer,
    limit: Duration,
    mut told: impl FnMut(Progress),
) -> Result<Submission, AdminError> {
    let config = ChannelConfig::read(network).await?;
    let review = Review::of(&config, file)?;
    if review.in_force {
        return Ok(Submission::WasInForce(config));
    }
    review.must_be_approved()?;
    let envelope = file.envelope(sender)?;
    let mut failures = Vec::new();
    for node in NodeAddress::all(&config)? {
        told(Progress::Sending(node.to_string()));
        let reason = match node.broadcast(&envelope, limit).await {
            Ok(()) => {
                told(Progress::Awaiting(node.to_string()));
                if let Some(config) = awaited(network, file, limit).await? {
                    return Ok(Submission::InForce(config));
                }
                format!("took it, and nothing came of it within {} s", limit.as_secs())
            }
            Err(reason) => reason,
        };
        told(Progress::Refused(node.to_string(), reason.clone()));
        failures.push(format!("{node}: {reason}"));
    }
    // An orderer that refused may have been told before, by a sender who gave up.
    match awaited(network, file, Duration::ZERO).await? {
        Some(config) => Ok(Submission::InForce(config)),
        None => Err(AdminError::NotInForce(failures.join("; "))),
    }
}

/// The configuration as soon as the update is in force at the gateway's peer; nothing when the limit has passed.
async fn awaited(network: &Network, file: &UpdateFile, limit: Duration) -> Result<Option<ChannelConfig>, AdminError> {
    let deadline = Instant::now() + limit;
    loop {
        let read = ChannelConfig::read(network).await;
        if let Ok(config) = &read
            && in_force(config.root(), file.update())
        {
            return read.map(Some);
        }
        if Instant::now() >= deadline {
            return read.map(|_| None);
        }
        sleep(PAUSE).await;
    }
}
