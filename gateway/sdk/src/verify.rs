//! Checking that an endorsed transaction is the one that was proposed, before it is signed.

use std::collections::BTreeSet;

use fabric_msp::MspManager;
use fabric_protos::{
    common::{Envelope, HeaderType},
    protos::{ChaincodeEvent, ChaincodeInvocationSpec, ChaincodeProposalPayload},
};
use prost::Message;

use crate::{
    prepared::Prepared,
    proposal::Outline,
    signing::{sha256, transaction_id},
};

/// How an endorsed transaction differs from the one proposed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Undecodable(String),
    /// It already bears a signature, which only its creator may give.
    #[error("it already bears a signature")]
    Signed,
    /// It is of another kind, such as a change of the channel's configuration.
    #[error("its type is {0}, not that of an endorser transaction")]
    Type(i32),
    /// It is for another channel.
    #[error("it is for channel `{found}`, not `{expected}`")]
    Channel {
        /// As proposed.
        expected: String,
        /// As returned.
        found: String,
    },
    /// It bears another transaction id, or one that does not follow from nonce and creator.
    #[error("it bears transaction id {found}, not {expected}")]
    TransactionId {
        /// As proposed, or computed.
        expected: String,
        /// As returned.
        found: String,
    },
    /// It names another creator.
    #[error("it names another creator")]
    Creator,
    /// It bears another nonce.
    #[error("it bears another nonce")]
    Nonce,
    /// Its header differs elsewhere, such as in the time.
    #[error("its header is not the proposal's")]
    Header,
    /// It holds no action, or several.
    #[error("it holds {0} actions instead of one")]
    Actions(usize),
    /// It carries the transient data, which must not reach the ledger.
    #[error("it carries transient data")]
    Transient,
    /// It calls another chaincode.
    #[error("it calls chaincode `{found}`, not `{expected}`")]
    Chaincode {
        /// As proposed.
        expected: String,
        /// As returned.
        found: String,
    },
    /// It calls another function or with other arguments.
    #[error("its function or its arguments are not those proposed")]
    Arguments,
    /// The endorsers simulated another proposal.
    #[error("the endorsed proposal hash is not the proposal's")]
    ProposalHash,
    /// The endorsed answer is a refusal.
    #[error("the chaincode's answer has status {0}")]
    Status(i32),
    /// Its event names another transaction or chaincode.
    #[error("its event belongs to another transaction or chaincode")]
    Event,
    /// Nobody endorsed it.
    #[error("nobody endorsed it")]
    NoEndorsement,
    /// One endorser is listed twice.
    #[error("an endorser is listed twice")]
    EndorserTwice,
    /// An endorsement does not stand.
    #[error("the endorsement by {endorser} does not stand: {reason}")]
    Endorsement {
        /// MSP id, or what is known of the endorser.
        endorser: String,
        /// Why not.
        reason: String,
    },
}

/// Checks a transaction against the proposal it was made from.
pub(crate) fn against_proposal(
    envelope: &Envelope,
    prepared: &Prepared,
    proposal: &Outline,
) -> Result<(), VerifyError> {
    if !envelope.signature.is_empty() {
        return Err(VerifyError::Signed);
    }
    let found = &prepared.channel_header;
    same(&found.channel_id, &proposal.channel, |expected, found| {
        VerifyError::Channel { expected, found }
    })?;
    same(&found.tx_id, &proposal.transaction_id, |expected, found| {
        VerifyError::TransactionId { expected, found }
    })?;
    refuse_if(
        prepared.signature_header.creator != proposal.signature_header.creator,
        VerifyError::Creator,
    )?;
    refuse_if(
        prepared.signature_header.nonce != proposal.signature_header.nonce,
        VerifyError::Nonce,
    )?;
    refuse_if(prepared.header != proposal.header, VerifyError::Header)?;
    refuse_if(prepared.actions != 1, VerifyError::Actions(prepared.actions))?;
    let called = called_chaincode(&prepared.proposal)?;
    same(&called, &proposal.chaincode, |expected, found| VerifyError::Chaincode {
        expected,
        found,
    })?;
    refuse_if(prepared.proposal.input != proposal.input, VerifyError::Arguments)?;
    in_itself(prepared, &proposal.signature_header.creator)
}

/// Checks that a transaction's parts agree with each other and that `creator` made it.
pub(crate) fn in_itself(prepared: &Prepared, creator: &[u8]) -> Result<(), VerifyError> {
    let (channel_header, signature_header) = (&prepared.channel_header, &prepared.signature_header);
    let kind = channel_header.r#type;
    refuse_if(kind != HeaderType::EndorserTransaction as i32, VerifyError::Type(kind))?;
    refuse_if(signature_header.creator != creator, VerifyError::Creator)?;
    let id = transaction_id(&signature_header.nonce, &signature_header.creator);
    same(&channel_header.tx_id, &id, |expected, found| {
        VerifyError::TransactionId { expected, found }
    })?;
    refuse_if(prepared.actions != 1, VerifyError::Actions(prepared.actions))?;
    refuse_if(
        prepared.action_header != prepared.header.signature_header,
        VerifyError::Header,
    )?;
    refuse_if(!prepared.proposal.transient_map.is_empty(), VerifyError::Transient)?;
    let plain = ChaincodeProposalPayload {
        input: prepared.proposal.input.clone(),
        ..Default::default()
    };
    refuse_if(
        prepared.proposal_payload != plain.encode_to_vec(),
        VerifyError::Arguments,
    )?;
    outcome(prepared)
}

fn outcome(prepared: &Prepared) -> Result<(), VerifyError> {
    let header = &prepared.header;
    let hash = sha256(&[
        &header.channel_header,
        &header.signature_header,
        &prepared.proposal_payload,
    ]);
    refuse_if(prepared.proposal_hash != hash.as_slice(), VerifyError::ProposalHash)?;
    let chaincode = called_chaincode(&prepared.proposal)?;
    let answered = prepared.outcome.chaincode_id.clone().unwrap_or_default().name;
    same(&answered, &chaincode, |expected, found| VerifyError::Chaincode {
        expected,
        found,
    })?;
    let status = prepared.outcome.response.as_ref().map_or(0, |response| response.status);
    refuse_if(!(200..400).contains(&status), VerifyError::Status(status))?;
    let event = ChaincodeEvent::decode(prepared.outcome.events.clone()).map_err(undecodable)?;
    let own_event = event.tx_id == prepared.channel_header.tx_id && event.chaincode_id == chaincode;
    refuse_if(!prepared.outcome.events.is_empty() && !own_event, VerifyError::Event)?;
    let endorsements = &prepared.endorsed.endorsements;
    refuse_if(endorsements.is_empty(), VerifyError::NoEndorsement)?;
    let endorsers: BTreeSet<_> = endorsements.iter().map(|endorsement| &endorsement.endorser).collect();
    refuse_if(endorsers.len() != endorsements.len(), VerifyError::EndorserTwice)
}

/// Checks each endorsement's signature, and its endorser against the channel's MSPs.
pub(crate) fn endorsements(prepared: &Prepared, msps: &MspManager) -> Result<(), VerifyError> {
    for endorsement in &prepared.endorsed.endorsements {
        let fails = |endorser: &str, reason: String| VerifyError::Endorsement {
            endorser: endorser.to_owned(),
            reason,
        };
        let endorser = msps
            .identity(&endorsement.endorser)
            .map_err(|error| fails("an unknown peer", error.to_string()))?;
        let message = [
            prepared.endorsed.proposal_response_payload.as_ref(),
            endorsement.endorser.as_ref(),
        ]
        .concat();
        endorser
            .verify(&message, &endorsement.signature)
            .map_err(|error| fails(endorser.msp_id(), error.to_string()))?;
    }
    Ok(())
}

fn called_chaincode(proposal: &ChaincodeProposalPayload) -> Result<String, VerifyError> {
    let spec = ChaincodeInvocationSpec::decode(proposal.input.clone()).map_err(undecodable)?;
    Ok(spec
        .chaincode_spec
        .unwrap_or_default()
        .chaincode_id
        .unwrap_or_default()
        .name)
}

fn undecodable(error: prost::DecodeError) -> VerifyError {
    VerifyError::Undecodable(error.to_string())
}

fn refuse_if(wrong: bool, error: VerifyError) -> Result<(), VerifyError> {
    if wrong { Err(error) } else { Ok(()) }
}

fn same(found: &str, expected: &str, error: fn(String, String) -> VerifyError) -> Result<(), VerifyError> {
    if found == expected {
        Ok(())
    } else {
        Err(error(expected.to_owned(), found.to_owned()))
    }
}
