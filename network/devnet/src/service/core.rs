//! What the services of all organisations share.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    channel::LiveChannel,
    config::Limits,
    endorse::{Access, Peer, Planner},
    ledger::Ledger,
    order::Orderer,
};

pub(crate) struct Core {
    pub(crate) channel: Arc<LiveChannel>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) orderer: Orderer,
    pub(crate) peers: Vec<Arc<Peer>>,
    pub(crate) planner: Planner,
    pub(crate) limits: Limits,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Core {
    /// Ends when the network stops, or its owner is gone.
    pub(crate) async fn stopped(mut stopping: watch::Receiver<bool>) {
        // An error says that the owner is gone, which stops the network too.
        let _ = stopping.wait_for(|stop| *stop).await;
    }

    /// Access under the newest configuration.
    pub(crate) fn access(&self) -> Access {
        Access::new(self.channel.now())
    }

    /// The peer of one of the channel's members.
    pub(crate) fn peer_of(&self, msp_id: &str) -> Option<usize> {
        self.peers
            .iter()
            .position(|peer| peer.msp_id() == msp_id)
            .filter(|_| self.channel.now().has_member(msp_id))
    }
}
