//! The channel through time.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use super::{Channel, ChannelError};
use crate::ledger::{Ledger, LedgerError, block};

/// As many configurations as snapshots are kept, and the one before them.
const KEPT: usize = 17;

/// A channel whose configuration changes with its blocks. Whoever asks gets one configuration and should ask again for
/// the next request.
#[derive(Debug)]
pub struct LiveChannel {
    id: String,
    /// Configurations with the numbers of their blocks, the newest last; never empty.
    kept: RwLock<VecDeque<(u64, Arc<Channel>)>>,
}

/// Why a ledger gives no channel.
#[derive(Debug, thiserror::Error)]
pub enum LiveChannelError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Its last configuration block cannot.
    #[error(transparent)]
    Channel(#[from] ChannelError),
}

impl LiveChannel {
    /// The channel as the ledger's last configuration block sets it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or its configuration is not sound.
    pub fn open(ledger: &Ledger) -> Result<Self, LiveChannelError> {
        let config_block = ledger.config_block()?;
        let channel = Channel::from_block(&config_block)?;
        Ok(Self::new(block::number(&config_block), Arc::new(channel)))
    }

    /// Whether an MSP is, or was once, that of one of the channel's members.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or a configuration in it is not sound.
    pub fn has_known(ledger: &Ledger, msp_id: &str) -> Result<bool, LiveChannelError> {
        let mut found = Some(ledger.config_block()?);
        while let Some(config_block) = found {
            if Channel::from_block(&config_block)?.has_member(msp_id) {
                return Ok(true);
            }
            let before = block::number(&config_block).checked_sub(1);
            let before = before.map(|number| ledger.block(number)).transpose()?.flatten();
            found = match before {
                Some(before) => ledger.block(block::last_config(&before))?,
                None => None,
            };
        }
        Ok(false)
    }

    /// A channel whose configuration stands in block `number`.
    pub fn new(number: u64, channel: Arc<Channel>) -> Self {
        Self {
            id: channel.id().to_owned(),
            kept: RwLock::new([(number, channel)].into()),
        }
    }

    /// The channel's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The channel under its newest configuration.
    pub fn now(&self) -> Arc<Channel> {
        self.at(u64::MAX)
    }

    /// The number of the block that holds the newest configuration.
    pub fn config_block(&self) -> u64 {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.back().map_or(0, |(number, _)| *number)
    }

    /// The channel as a ledger of `height` blocks knows it.
    #[allow(
        clippy::expect_used,
        reason = "new() keeps a configuration, and publish() never removes the last one"
    )]
    pub fn at(&self, height: u64) -> Arc<Channel> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().rev().find(|(number, _)| *number < height);
        let (_, channel) = known
            .or(kept.front())
            .expect("a channel keeps its newest configuration");
        channel.clone()
    }

    /// Makes the configuration of block `number` the newest.
    pub fn publish(&self, number: u64, channel: Arc<Channel>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((number, channel));
        while kept.len() > KEPT {
            kept.pop_front();
        }
    }
}
