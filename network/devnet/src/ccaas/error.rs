//! Why an invocation gave no answer.

/// Why an invocation gave no answer. The texts keep Fabric's endings, which gateways look at.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InvokeError {
    /// The service could not be reached or does not speak as a chaincode should.
    #[error("could not launch chaincode {package} of {msp_id} at {address}: {cause}")]
    Launch {
        /// Package id expected from the service.
        package: String,
        /// The peer's organisation.
        msp_id: String,
        /// Host and port dialled.
        address: String,
        /// What failed.
        cause: String,
    },
    /// The stream broke while the transaction ran (`ErrorStreamTerminated`).
    #[error(
        "chaincode {package} of {msp_id} at {address} broke off ({cause}): error sending: chaincode stream terminated"
    )]
    Terminated {
        /// Package id of the chaincode.
        package: String,
        /// The peer's organisation.
        msp_id: String,
        /// Host and port of the service.
        address: String,
        /// What ended the stream.
        cause: String,
    },
    /// The chaincode did not answer in time (`ErrorExecutionTimeout`).
    #[error("error sending: timeout expired while executing transaction")]
    Timeout,
    /// The chaincode runs this transaction already (`transaction_contexts.go`).
    #[error("error sending: txid: {txid}({channel}) exists")]
    Reentered {
        /// The transaction.
        txid: String,
        /// Its channel.
        channel: String,
    },
    /// The callee is not there, or not for this caller.
    #[error("{0}")]
    Refused(String),
}

impl InvokeError {
    /// Whether the stream broke under the transaction.
    pub fn is_terminated(&self) -> bool {
        matches!(self, Self::Terminated { .. })
    }
}
