//! One chaincode on one channel.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use crate::{Commit, Error, ProposalBuilder, Status, connection::Connection};

/// The arguments of a function that takes none.
pub const NO_ARGS: [&str; 0] = [];

/// A chaincode, or one contract of it.
#[derive(Clone)]
pub struct Contract {
    connection: Arc<Connection>,
    channel: String,
    chaincode: String,
    name: Option<String>,
}

/// What a committed transaction returned, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// What the chaincode returned.
    pub result: Bytes,
    /// Its block and code.
    pub status: Status,
}

/// What a submitted transaction returned, and how to ask whether it is committed.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// What the chaincode returned.
    pub result: Bytes,
    /// The question, already signed where the gateway signs.
    pub commit: Commit,
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contract")
            .field("channel", &self.channel)
            .field("chaincode", &self.chaincode)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Contract {
    pub(crate) fn new(connection: Arc<Connection>, channel: String, chaincode: String, name: Option<String>) -> Self {
        Self {
            connection,
            channel,
            chaincode,
            name,
        }
    }

    /// The chaincode's name.
    pub fn chaincode(&self) -> &str {
        &self.chaincode
    }

    /// The contract's name inside its chaincode.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Describes a call of `function`.
    pub fn proposal(&self, function: &str) -> ProposalBuilder {
        let function = match &self.name {
            Some(name) => format!("{name}:{function}"),
            None => function.to_owned(),
        };
        ProposalBuilder::new(
            Arc::clone(&self.connection),
            self.channel.clone(),
            self.chaincode.clone(),
            function,
        )
    }

    /// Asks one peer. Nothing is written.
    ///
    /// # Errors
    /// [`Error::Sign`] and [`Error::Evaluate`].
    pub async fn evaluate(&self, function: &str, args: impl IntoIterator<Item: AsRef<[u8]>>) -> Result<Bytes, Error> {
        self.proposal(function).args(args).evaluate().await
    }

    /// Endorses, submits and waits until the transaction is committed as valid.
    ///
    /// # Errors
    /// One of each stage; [`Error::Commit`] when the peers found it invalid; [`Error::CommitUnknown`] when nobody said.
    pub async fn submit(&self, function: &str, args: impl IntoIterator<Item: AsRef<[u8]>>) -> Result<Committed, Error> {
        self.proposal(function).args(args).submit().await
    }

    /// Endorses and submits, and leaves the question whether it is committed to the caller.
    ///
    /// # Errors
    /// As [`Self::submit`], except for those of the commit.
    pub async fn submit_async(
        &self,
        function: &str,
        args: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Result<Submitted, Error> {
        self.proposal(function).args(args).submit_async().await
    }
}
