//! One channel.

use std::{fmt, sync::Arc};

use crate::{
    Commit, Contract, Error,
    connection::Connection,
    events::{BlockEventsBuilder, ChaincodeEventsBuilder},
};

/// One channel of the network.
#[derive(Clone)]
pub struct Network {
    connection: Arc<Connection>,
    channel: String,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

impl Network {
    pub(crate) fn new(connection: Arc<Connection>, channel: String) -> Self {
        Self { connection, channel }
    }

    /// The channel's name.
    pub fn name(&self) -> &str {
        &self.channel
    }

    /// The chaincode `name`.
    pub fn contract(&self, name: impl Into<String>) -> Contract {
        Contract::new(Arc::clone(&self.connection), self.channel.clone(), name.into(), None)
    }

    /// One contract of a chaincode that holds several: functions are called as `contract:function`.
    pub fn contract_named(&self, chaincode: impl Into<String>, contract: impl Into<String>) -> Contract {
        Contract::new(
            Arc::clone(&self.connection),
            self.channel.clone(),
            chaincode.into(),
            Some(contract.into()),
        )
    }

    /// A transaction of any client by its id, to wait until the gateway's own peer has committed it.
    ///
    /// # Errors
    /// [`Error::Sign`] when the signer cannot sign the question.
    pub fn commit(&self, transaction_id: &str) -> Result<Commit, Error> {
        Commit::new(Arc::clone(&self.connection), &self.channel, transaction_id)
    }

    /// Listens to the events of one chaincode.
    pub fn chaincode_events(&self, chaincode: impl Into<String>) -> ChaincodeEventsBuilder {
        ChaincodeEventsBuilder::new(Arc::clone(&self.connection), self.channel.clone(), chaincode.into())
    }

    /// Listens to blocks.
    pub fn block_events(&self) -> BlockEventsBuilder {
        BlockEventsBuilder::new(Arc::clone(&self.connection), self.channel.clone())
    }
}
