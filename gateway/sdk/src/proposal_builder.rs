//! From a function and its arguments to a proposal.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use fabric_protos::{
    common::{ChannelHeader, Header, HeaderType, SignatureHeader},
    gateway::ProposedTransaction,
    protos::{
        ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload,
        ChaincodeSpec, Proposal as ProposalMessage, SignedProposal,
    },
};
use prost::Message;
use prost_types::Timestamp;
use tokio::time::{Instant, sleep};

use crate::{
    Committed, ConflictRetry, Error, Proposal, Submitted, connection::Connection, retry::Backoff,
    signing::transaction_id,
};

const NONCE_BYTES: usize = 24;

/// Describes one call of a chaincode function. Each [`build`](Self::build) gives a new transaction.
#[derive(Clone)]
pub struct ProposalBuilder {
    connection: Arc<Connection>,
    endorsing_organizations: Vec<String>,
    conflicts: Option<ConflictRetry>,
    invocation: Invocation,
}

/// What is called, apart from who calls and when.
#[derive(Clone)]
struct Invocation {
    channel: String,
    chaincode: String,
    args: Vec<Bytes>,
    transient: BTreeMap<String, Bytes>,
}

impl fmt::Debug for ProposalBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProposalBuilder")
            .field("channel", &self.invocation.channel)
            .field("chaincode", &self.invocation.chaincode)
            .field("arguments", &self.invocation.args.len())
            .finish_non_exhaustive()
    }
}

impl ProposalBuilder {
    pub(crate) fn new(connection: Arc<Connection>, channel: String, chaincode: String, function: String) -> Self {
        let args = vec![Bytes::from(function)];
        let invocation = Invocation {
            channel,
            chaincode,
            args,
            transient: BTreeMap::new(),
        };
        Self {
            connection,
            endorsing_organizations: Vec::new(),
            conflicts: None,
            invocation,
        }
    }

    /// Adds arguments after those already given.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item: AsRef<[u8]>>) -> Self {
        self.invocation
            .args
            .extend(args.into_iter().map(|arg| Bytes::copy_from_slice(arg.as_ref())));
        self
    }

    /// Adds transient data, which the endorsers see and the ledger does not. Name the endorsing organisations too.
    #[must_use]
    pub fn transient(mut self, data: impl IntoIterator<Item = (impl Into<String>, impl Into<Bytes>)>) -> Self {
        self.invocation
            .transient
            .extend(data.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Names the organisations (MSP ids) that endorse, or for a query those that may answer; no other gets the proposal.
    /// The last call counts.
    #[must_use]
    pub fn endorsing_organizations(mut self, msp_ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.endorsing_organizations = msp_ids.into_iter().map(Into::into).collect();
        self
    }

    /// Lets [`submit`](Self::submit) send a new transaction when one met a conflict.
    #[must_use]
    pub fn retry_conflicts(mut self, policy: ConflictRetry) -> Self {
        self.conflicts = Some(policy);
        self
    }

    /// A proposal with a fresh transaction id.
    ///
    /// # Errors
    /// [`Error::Sign`] when the system gives no random numbers.
    pub fn build(&self) -> Result<Proposal, Error> {
        let mut nonce = [0; NONCE_BYTES];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| Error::Sign {
            what: "the proposal",
            reason: "the system gives no random numbers".to_owned(),
        })?;
        let creator = self.connection.signing.creator();
        let message = ProposedTransaction {
            transaction_id: transaction_id(&nonce, &creator),
            proposal: Some(SignedProposal {
                proposal_bytes: self
                    .invocation
                    .proposal_bytes(creator, Bytes::copy_from_slice(&nonce), now()),
                signature: Bytes::new(),
            }),
            endorsing_organizations: self.endorsing_organizations.clone(),
        };
        Proposal::new(Arc::clone(&self.connection), message)
    }

    /// Asks one peer. Nothing is written.
    ///
    /// # Errors
    /// [`Error::Sign`] and [`Error::Evaluate`].
    pub async fn evaluate(&self) -> Result<Bytes, Error> {
        self.build()?.evaluate().await
    }

    /// Endorses and submits, and leaves the question whether it is committed to the caller.
    ///
    /// # Errors
    /// As [`Self::submit`], except for those of the commit.
    pub async fn submit_async(&self) -> Result<Submitted, Error> {
        let transaction = self.build()?.endorse().await?;
        let result = transaction.result().clone();
        Ok(Submitted {
            result,
            commit: transaction.submit().await?,
        })
    }

    /// Endorses, submits and waits until the transaction is committed as valid.
    ///
    /// # Errors
    /// One of each stage; [`Error::Commit`] when the peers found it invalid; [`Error::CommitUnknown`] when nobody said.
    pub async fn submit(&self) -> Result<Committed, Error> {
        let policy = self.conflicts.unwrap_or(ConflictRetry {
            attempts: 1,
            ..ConflictRetry::default()
        });
        let begun = Instant::now();
        let mut backoff = Backoff::new(policy.pause, self.connection.limits.longest_pause.max(policy.pause));
        let mut attempts = 1;
        loop {
            let error = match self.submit_once().await {
                Err(error) if error.is_conflict() && attempts < policy.attempts => error,
                outcome => return outcome,
            };
            let pause = backoff.pause();
            if begun.elapsed().saturating_add(pause) >= policy.budget {
                return Err(error);
            }
            tracing::debug!(%error, attempts, "sending a new transaction after a conflict");
            attempts += 1;
            sleep(pause).await;
        }
    }

    async fn submit_once(&self) -> Result<Committed, Error> {
        let Submitted { result, commit } = self.submit_async().await?;
        Ok(Committed {
            result,
            status: commit.status().await?.into_valid()?,
        })
    }
}

impl Invocation {
    fn proposal_bytes(&self, creator: Bytes, nonce: Bytes, timestamp: Timestamp) -> Bytes {
        let id = Some(ChaincodeId {
            name: self.chaincode.clone(),
            ..ChaincodeId::default()
        });
        let channel_header = ChannelHeader {
            r#type: HeaderType::EndorserTransaction as i32,
            timestamp: Some(timestamp),
            channel_id: self.channel.clone(),
            tx_id: transaction_id(&nonce, &creator),
            extension: encode(&ChaincodeHeaderExtension {
                chaincode_id: id.clone(),
            }),
            ..ChannelHeader::default()
        };
        let header = Header {
            channel_header: encode(&channel_header),
            signature_header: encode(&SignatureHeader { creator, nonce }),
        };
        let input = ChaincodeInput {
            args: self.args.clone(),
            ..ChaincodeInput::default()
        };
        let spec = ChaincodeSpec {
            chaincode_id: id,
            input: Some(input),
            ..ChaincodeSpec::default()
        };
        let payload = ChaincodeProposalPayload {
            input: encode(&ChaincodeInvocationSpec {
                chaincode_spec: Some(spec),
            }),
            transient_map: self.transient.clone(),
        };
        encode(&ProposalMessage {
            header: encode(&header),
            payload: encode(&payload),
            extension: Bytes::new(),
        })
    }
}

pub(crate) fn encode(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

/// The time of a message. Fabric does not check it, and chaincode sees it.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Proposal.Bytes()` of fabric-gateway v1.10.0 (Go) for the call below. Nonce and time were read out of the bytes,
    /// as that client draws them itself; everything else was given to it.
    const GO_PROPOSAL: &str = include_str!("../golden/go_proposal.hex");
    const GO_TRANSACTION_ID: &str = "583cbaebb275b4045ca8d2ea341da576639532a11c702451bb1d4194a956fb37";
    const NONCE: &str = "564fa754e0d35ade9ede07c730713ef58bec0f8c745c1105";

    fn golden() -> ProposedTransaction {
        ProposedTransaction::decode(hex::decode(GO_PROPOSAL.trim()).unwrap().as_slice()).unwrap()
    }

    #[test]
    fn the_same_call_gives_the_official_clients_bytes_and_transaction_id() {
        let pem = "-----BEGIN CERTIFICATE-----\ngolden\n-----END CERTIFICATE-----\n";
        let creator = fabric_protos::msp::SerializedIdentity {
            mspid: "EnergyMSP".to_owned(),
            id_bytes: pem.into(),
        };
        let (creator, nonce) = (encode(&creator), Bytes::from(hex::decode(NONCE).unwrap()));
        let invocation = Invocation {
            channel: "energy".to_owned(),
            chaincode: "market".to_owned(),
            args: vec![
                "DTSC:PostOffer".into(),
                "offer-1".into(),
                "".into(),
                Bytes::from_static(&[0, 255]),
            ],
            transient: BTreeMap::from([("price".to_owned(), "42".into())]),
        };
        let timestamp = Timestamp {
            seconds: 1_795_359_990,
            nanos: 158_703_661,
        };
        assert_eq!(transaction_id(&nonce, &creator), GO_TRANSACTION_ID);
        let ours = ProposedTransaction {
            transaction_id: transaction_id(&nonce, &creator),
            proposal: Some(SignedProposal {
                proposal_bytes: invocation.proposal_bytes(creator, nonce, timestamp),
                signature: Bytes::new(),
            }),
            endorsing_organizations: vec!["GridMSP".to_owned(), "EnergyMSP".to_owned()],
        };
        assert_eq!(hex::encode(ours.encode_to_vec()), hex::encode(golden().encode_to_vec()));
        assert_eq!(hex::encode(ours.encode_to_vec()), GO_PROPOSAL.trim());
    }
}
