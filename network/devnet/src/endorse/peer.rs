//! One organisation's peer: admits proposals, simulates them and signs what came out.
//!
//! Source: `core/endorser/endorser.go`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use fabric_msp::{Identity, Signer, SigningIdentity};
use fabric_protos::protos::{
    ChaincodeAction, ChaincodeEvent, ChaincodeId, ChaincodeInterest, ChaincodeMessage, Endorsement, ProposalResponse,
    ProposalResponsePayload, Response, SignedProposal, chaincode_message::Type,
};
use futures_util::future::BoxFuture;
use prost::Message;

use super::{
    Access, Proposal, definition,
    query_configuration::{self, CSCC},
    query_definition,
    query_ledger::{self, QSCC},
};
use crate::{
    ccaas::{Callee, ChaincodeLink, Invocation, InvokeError},
    channel::{ChaincodeDefinition, LIFECYCLE, LiveChannel, sequence_key},
    ledger::{Ledger, Snapshot},
    simulate::{Simulator, guards::is_system_chaincode},
};

const ERROR: i32 = 500;
const ERROR_THRESHOLD: i32 = 400;
const SYSTEM_VERSION: &str = "syscc";
/// The right to have a transaction endorsed.
const PROPOSE: &str = "peer/Propose";

/// Who a peer is.
#[derive(Debug, Clone)]
pub struct PeerSettings {
    /// `host:port`, as clients see it.
    pub address: String,
    /// The key that endorses.
    pub signer: SigningIdentity,
    /// How many blocks its simulations lag behind.
    pub lag_blocks: usize,
    /// Serialised identities that may commit chaincode definitions: the network's own peers.
    pub operators: BTreeSet<Bytes>,
}

/// A chaincode that a peer can reach.
#[derive(Debug, Clone)]
pub struct InstalledChaincode {
    /// The stream to its service.
    pub link: Arc<ChaincodeLink>,
}

/// One organisation's peer.
pub struct Peer {
    settings: PeerSettings,
    channel: Arc<LiveChannel>,
    ledger: Arc<Ledger>,
    lag: AtomicUsize,
    chaincodes: RwLock<BTreeMap<String, InstalledChaincode>>,
}

/// What a chaincode function came to.
struct Outcome {
    response: Response,
    event: Option<ChaincodeEvent>,
    results: Bytes,
    interest: Option<ChaincodeInterest>,
    version: String,
}

impl Peer {
    /// A peer without chaincodes.
    pub fn new(settings: PeerSettings, channel: Arc<LiveChannel>, ledger: Arc<Ledger>) -> Self {
        let lag = AtomicUsize::new(settings.lag_blocks);
        Self {
            settings,
            channel,
            ledger,
            lag,
            chaincodes: RwLock::default(),
        }
    }

    /// The organisation.
    pub fn msp_id(&self) -> &str {
        self.settings.signer.msp_id()
    }

    /// `host:port`, as clients see it.
    pub fn address(&self) -> &str {
        &self.settings.address
    }

    /// The identity that its endorsements bear.
    pub fn identity(&self) -> &Identity {
        self.settings.signer.identity()
    }

    /// Lets its simulations lag `blocks` behind the ledger.
    pub fn set_lag(&self, blocks: usize) {
        self.lag.store(blocks, Ordering::Relaxed);
    }

    /// How many blocks its simulations lag behind.
    pub fn lag(&self) -> usize {
        self.lag.load(Ordering::Relaxed)
    }

    /// Makes a chaincode reachable, in place of an earlier one of the name.
    pub fn install(&self, name: &str, chaincode: InstalledChaincode) {
        self.chaincodes
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), chaincode);
    }

    /// The link to a chaincode.
    pub fn installed(&self, name: &str) -> Option<InstalledChaincode> {
        self.chaincodes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Simulates and endorses a proposal. A failed simulation is a response with status 500.
    ///
    /// # Errors
    /// The proposal is refused before simulation: unreadable, not from a writer of the channel, or a duplicate.
    pub async fn process_proposal(self: &Arc<Self>, signed: &SignedProposal) -> Result<ProposalResponse, String> {
        let proposal = Proposal::unpack(signed).map_err(|error| error.to_string())?;
        let channel = &proposal.channel_header.channel_id;
        if !channel.is_empty() && channel != self.channel.id() {
            return Ok(failure(format!("channel '{channel}' not found")));
        }
        let snapshot = self.ledger.snapshot_behind(self.lag());
        let access = Access::new(self.channel.at(snapshot.height()));
        self.admit(&proposal, &access)?;
        Ok(self
            .simulate(&proposal, &access, snapshot)
            .await
            .map_or_else(failure, |outcome| self.respond(&proposal, outcome)))
    }

    fn admit(&self, proposal: &Proposal, access: &Access) -> Result<(), String> {
        proposal
            .check()
            .map_err(|error| format!("error validating proposal: {error}"))?;
        let creator = &proposal.signature_header.creator;
        let signed = &proposal.signed;
        let identity = access
            .authenticate(creator, &signed.proposal_bytes, &signed.signature)
            .map_err(|error| format!("error validating proposal: {error}"))?;
        if proposal.channel_header.channel_id.is_empty() {
            return self.admit_own(&identity);
        }
        if self
            .ledger
            .transaction(proposal.txid())
            .map_err(|error| error.to_string())?
            .is_some()
        {
            let creator = hex::encode(creator);
            return Err(format!(
                "duplicate transaction found [{}]. Creator [{creator}]",
                proposal.txid()
            ));
        }
        if !is_system_chaincode(&proposal.chaincode) {
            access
                .authorize(&identity, PROPOSE)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// A proposal without a channel is between a peer and its own organisation.
    fn admit_own(&self, identity: &Identity) -> Result<(), String> {
        match identity.msp_id() {
            own if own == self.msp_id() => Ok(()),
            other => Err(format!(
                "error validating proposal: access denied: channel [] creator org [{other}]"
            )),
        }
    }

    async fn simulate(
        self: &Arc<Self>,
        proposal: &Proposal,
        access: &Access,
        snapshot: Snapshot,
    ) -> Result<Outcome, String> {
        let (ledger, channel) = (&self.ledger, self.channel.id());
        let system = match proposal.chaincode.as_str() {
            QSCC => Some(query_ledger::query(ledger, access, channel, proposal)),
            CSCC => Some(query_configuration::query(ledger, access, channel, proposal)),
            _ if proposal.channel_header.channel_id.is_empty() => {
                return Err(format!(
                    "{} needs a channel: name it in the proposal",
                    proposal.chaincode
                ));
            }
            LIFECYCLE if query_definition::is_asked(proposal) => {
                Some(query_definition::query(&snapshot, access, proposal))
            }
            _ => None,
        };
        if let Some(response) = system {
            return Ok(Outcome {
                response,
                event: None,
                results: Bytes::new(),
                interest: None,
                version: SYSTEM_VERSION.to_owned(),
            });
        }
        let simulator = Arc::new(Mutex::new(Simulator::new(proposal.txid(), snapshot)));
        let (response, event, version) = if proposal.chaincode == LIFECYCLE {
            self.run_lifecycle(proposal, &simulator)?
        } else {
            self.run_chaincode(proposal, &simulator).await?
        };
        // The stream's tasks may hold the simulator for a moment longer: what they do then is not endorsed.
        let simulator = std::mem::replace(
            &mut *simulator.lock().unwrap_or_else(PoisonError::into_inner),
            Simulator::new(proposal.txid(), self.ledger.snapshot()),
        );
        let simulation = simulator
            .finish()
            .map_err(|error| format!("error in simulation: {error}"))?;
        let event = event.filter(|_| response.status < ERROR_THRESHOLD);
        Ok(Outcome {
            response,
            event,
            results: simulation.results,
            interest: Some(simulation.interest),
            version,
        })
    }

    async fn run_chaincode(
        self: &Arc<Self>,
        proposal: &Proposal,
        simulator: &Arc<Mutex<Simulator>>,
    ) -> Result<(Response, Option<ChaincodeEvent>, String), String> {
        let mut input = proposal.input.clone();
        input.decorations.clear();
        let invocation = Invocation {
            channel_id: self.channel.id().to_owned(),
            txid: proposal.txid().to_owned(),
            namespace: proposal.chaincode.clone(),
            input,
            proposal: proposal.signed.clone(),
            simulator: simulator.clone(),
            callee: self.clone(),
        };
        let (link, version) = self.resolve(&invocation)?;
        let txid = proposal.txid();
        let answer = link.invoke(invocation).await;
        let answer =
            answer.map_err(|error| format!("error in simulation: failed to execute transaction {txid}: {error}"))?;
        let (response, event) = self
            .read_answer(proposal, answer)
            .map_err(|error| format!("error in simulation: {error}"))?;
        Ok((response, event, version))
    }

    fn read_answer(
        &self,
        proposal: &Proposal,
        answer: ChaincodeMessage,
    ) -> Result<(Response, Option<ChaincodeEvent>), String> {
        let txid = proposal.txid();
        if answer.r#type() == Type::Error {
            return Err(format!(
                "transaction returned with failure: {}",
                String::from_utf8_lossy(&answer.payload)
            ));
        }
        let response = Response::decode(answer.payload)
            .map_err(|error| format!("failed to unmarshal response for transaction {txid}: {error}"))?;
        let event = answer.chaincode_event.map(|event| ChaincodeEvent {
            chaincode_id: proposal.chaincode.clone(),
            tx_id: txid.to_owned(),
            ..event
        });
        Ok((response, event))
    }

    fn run_lifecycle(
        &self,
        proposal: &Proposal,
        simulator: &Arc<Mutex<Simulator>>,
    ) -> Result<(Response, Option<ChaincodeEvent>, String), String> {
        if !self.settings.operators.contains(&proposal.signature_header.creator) {
            return Err(
                "definitions of this network are set by its configuration: _lifecycle takes no proposals".to_owned(),
            );
        }
        let mut simulator = simulator.lock().unwrap_or_else(PoisonError::into_inner);
        let (response, event) = definition::commit(&mut simulator, proposal)?;
        Ok((response, event, SYSTEM_VERSION.to_owned()))
    }

    /// The link to the chaincode of an invocation and its version. Reading the definition's sequence records it, so
    /// that an upgrade invalidates the transaction (`endorsement_info.go`).
    fn resolve(&self, invocation: &Invocation) -> Result<(Arc<ChaincodeLink>, String), String> {
        let name = &invocation.namespace;
        let channel = self.channel.id();
        let mut simulator = invocation.simulator();
        let sequence = simulator
            .get(LIFECYCLE, &sequence_key(name))
            .map_err(|error| error.to_string())?;
        let undefined = || {
            format!(
                "make sure the chaincode {name} has been successfully defined on channel {channel} and try again: chaincode {name} not found"
            )
        };
        sequence.ok_or_else(undefined)?;
        let found = ChaincodeDefinition::read(simulator.snapshot(), name).map_err(|error| error.to_string())?;
        let version = found.ok_or_else(undefined)?.version;
        let installed = self.installed(name).ok_or_else(|| {
            format!(
                "chaincode definition for '{name}' exists, but chaincode is not installed on the peer of {}",
                self.msp_id()
            )
        })?;
        Ok((installed.link, version))
    }

    fn respond(&self, proposal: &Proposal, outcome: Outcome) -> ProposalResponse {
        let action = ChaincodeAction {
            results: outcome.results,
            events: outcome
                .event
                .map(|event| event.encode_to_vec().into())
                .unwrap_or_default(),
            response: Some(outcome.response.clone()),
            chaincode_id: Some(ChaincodeId {
                name: proposal.chaincode.clone(),
                version: outcome.version,
                path: String::new(),
            }),
        };
        let payload = ProposalResponsePayload {
            proposal_hash: Bytes::copy_from_slice(&proposal.hash()),
            extension: action.encode_to_vec().into(),
        };
        let payload: Bytes = payload.encode_to_vec().into();
        let status = outcome.response.status;
        let response = Some(outcome.response);
        if status >= ERROR {
            return ProposalResponse {
                response,
                payload,
                interest: outcome.interest,
                ..Default::default()
            };
        }
        if status >= ERROR_THRESHOLD {
            return ProposalResponse {
                response,
                ..Default::default()
            };
        }
        let endorser = self.settings.signer.serialized_identity();
        match self
            .settings
            .signer
            .sign(&[payload.as_ref(), endorser.as_ref()].concat())
        {
            Ok(signature) => ProposalResponse {
                version: 1,
                response,
                payload,
                endorsement: Some(Endorsement {
                    endorser,
                    signature: signature.into(),
                }),
                interest: outcome.interest,
                ..Default::default()
            },
            Err(error) => failure(format!("endorsing with plugin failed: {error}")),
        }
    }
}

impl Callee for Peer {
    fn call(self: Arc<Self>, invocation: Invocation) -> BoxFuture<'static, Result<ChaincodeMessage, InvokeError>> {
        Box::pin(async move {
            if is_system_chaincode(&invocation.namespace) {
                let refusal = format!("{} cannot be called from a chaincode", invocation.namespace);
                return Err(InvokeError::Refused(refusal));
            }
            let (link, _) = self.resolve(&invocation).map_err(InvokeError::Refused)?;
            link.invoke(invocation).await
        })
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer")
            .field("msp_id", &self.msp_id())
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

fn failure(message: String) -> ProposalResponse {
    tracing::warn!(error = message, "a proposal failed");
    ProposalResponse {
        response: Some(Response {
            status: ERROR,
            message,
            payload: Bytes::new(),
        }),
        ..ProposalResponse::default()
    }
}
