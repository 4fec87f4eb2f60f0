mod private;
mod query;
mod state;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use fabric_msp::Identity;
use fabric_protos::protos::{
    ChaincodeEvent, ChaincodeId, ChaincodeInput, ChaincodeMessage, ChaincodeSpec, SignedProposal,
    chaincode_message::Type,
};
use prost::Message as _;
use prost_types::Timestamp;

use crate::{Response, ShimError, transaction::Transaction};

/// One transaction, seen from the chaincode: its arguments, its caller, and the ledger.
///
/// Cheap to clone. Reads see the committed state only, never this transaction's own writes; writes are kept here and
/// reach the peer together when the transaction ends with a status below 400, so a failed one sends none (the peer
/// would discard them). After the transaction every ledger request fails with [`ShimError::Ended`].
///
/// Ledger requests of one transaction take turns, because the protocol has no request ids. Run transactions side by
/// side, not requests.
#[derive(Debug, Clone)]
pub struct Stub(Arc<Transaction>);

impl Stub {
    pub(crate) fn new(transaction: Arc<Transaction>) -> Self {
        Self(transaction)
    }

    /// The arguments; the first is by custom the function.
    #[must_use]
    pub fn args(&self) -> &[Bytes] {
        &self.0.input.args
    }

    /// The first argument as text, and the rest. An absent function is empty; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn function_and_parameters(&self) -> (Cow<'_, str>, &[Bytes]) {
        match self.args() {
            [function, parameters @ ..] => (String::from_utf8_lossy(function), parameters),
            [] => (Cow::Borrowed(""), &[]),
        }
    }

    /// Fabric's transaction id.
    #[must_use]
    pub fn transaction_id(&self) -> &str {
        text(&self.0.key.txid)
    }

    /// The channel the transaction runs on.
    #[must_use]
    pub fn channel_id(&self) -> &str {
        text(&self.0.key.channel)
    }

    /// The client's own clock at the time of the proposal. Informational only: the client chooses it freely.
    #[must_use]
    pub fn timestamp(&self) -> Option<&Timestamp> {
        self.0.proposal.timestamp.as_ref()
    }

    /// The caller, as a marshalled `SerializedIdentity`. Empty for the peer's own calls.
    #[must_use]
    pub fn creator(&self) -> &Bytes {
        &self.0.proposal.creator
    }

    /// The caller's MSP id, certificate and attributes. The peer has validated the certificate.
    ///
    /// # Errors
    /// If the creator does not parse.
    pub fn identity(&self) -> Result<Identity, ShimError> {
        Identity::from_bytes(self.creator().clone()).map_err(|error| ShimError::Argument(format!("creator: {error}")))
    }

    /// Data for the endorsers' eyes only, which enters no block.
    #[must_use]
    pub fn transient(&self) -> &BTreeMap<String, Bytes> {
        &self.0.proposal.transient
    }

    /// SHA-256 of the proposal's nonce, creator and epoch, for data that must belong to this proposal alone.
    #[must_use]
    pub fn binding(&self) -> Option<[u8; 32]> {
        self.0.proposal.binding()
    }

    /// What the peer's decorators added.
    #[must_use]
    pub fn decorations(&self) -> &BTreeMap<String, Bytes> {
        &self.0.input.decorations
    }

    /// The proposal as the client signed it.
    #[must_use]
    pub fn signed_proposal(&self) -> Option<&SignedProposal> {
        self.0.proposal.signed.as_ref()
    }

    /// Whether the client asked for initialisation.
    #[must_use]
    pub fn is_init(&self) -> bool {
        self.0.input.is_init
    }

    /// Sets the transaction's one event, replacing an earlier one. Listeners see it if the transaction is valid.
    ///
    /// # Errors
    /// If the name is empty.
    pub fn set_event(&self, name: impl Into<String>, payload: impl Into<Bytes>) -> Result<(), ShimError> {
        let event_name = name.into();
        if event_name.is_empty() {
            return Err(ShimError::argument("event name can not be empty string"));
        }
        self.0.set_event(ChaincodeEvent {
            event_name,
            payload: payload.into(),
            ..ChaincodeEvent::default()
        });
        Ok(())
    }

    /// Hands the buffered writes to the peer now, to learn here whether it takes them.
    ///
    /// # Errors
    /// [`ShimError::Flush`]; the transaction can no longer succeed.
    pub async fn flush(&self) -> Result<(), ShimError> {
        self.0.flush().await
    }

    /// Calls another chaincode within this transaction. An empty `channel` means this one; on another channel the call
    /// only reads. Writes buffered so far are handed over first. The callee's event is lost.
    ///
    /// # Errors
    /// If the peer cannot run the call; a callee that fails gives its [`Response`].
    pub async fn invoke_chaincode(&self, name: &str, args: Vec<Bytes>, channel: &str) -> Result<Response, ShimError> {
        self.flush().await?;
        let name = if channel.is_empty() {
            name.to_owned()
        } else {
            format!("{name}/{channel}")
        };
        let request = ChaincodeSpec {
            chaincode_id: Some(ChaincodeId {
                name,
                ..ChaincodeId::default()
            }),
            input: Some(ChaincodeInput {
                args,
                ..ChaincodeInput::default()
            }),
            ..ChaincodeSpec::default()
        };
        let answer = self
            .0
            .ask(Type::InvokeChaincode, request.encode_to_vec().into())
            .await?;
        read_called(answer)
    }
}

fn read_called(answer: Bytes) -> Result<Response, ShimError> {
    let malformed = |_| ShimError::Malformed(Type::InvokeChaincode.as_str_name());
    let message = ChaincodeMessage::decode(answer).map_err(malformed)?;
    if message.r#type() != Type::Completed {
        return Err(ShimError::Peer(String::from_utf8_lossy(&message.payload).into_owned()));
    }
    fabric_protos::protos::Response::decode(message.payload)
        .map(Response::from)
        .map_err(malformed)
}

/// The session accepts no transaction whose ids are not UTF-8.
fn text(bytes: &Bytes) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
