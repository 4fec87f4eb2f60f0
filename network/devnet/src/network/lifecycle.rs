//! Commits chaincode definitions as a `_lifecycle` transaction that the organisations' peers endorse.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use bytes::Bytes;
use fabric_msp::{Signer, SigningIdentity};
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, HeaderType, SignatureHeader},
    protos::{
        ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload,
        ChaincodeSpec, Endorsement, Proposal as ProposalMessage, SignedProposal, TxValidationCode, chaincode_spec,
    },
};
use prost::Message;

use super::SpawnError;
use crate::{
    channel::{ChaincodeDefinition, LIFECYCLE},
    config::Chaincode,
    endorse::{Proposal, commit_arguments, prepare_transaction, transaction_id},
    service::Core,
};

/// Defines chaincodes, each with its next sequence, in one block.
pub(super) async fn define(
    core: &Core,
    operator: &SigningIdentity,
    chaincodes: &[Chaincode],
) -> Result<(), SpawnError> {
    let mut ordered = Vec::with_capacity(chaincodes.len());
    for chaincode in chaincodes {
        let failed = |reason: String| SpawnError::Definition {
            name: chaincode.name.clone(),
            reason,
        };
        let definition = next_definition(core, chaincode)?;
        let (txid, envelope) = endorse(core, operator, &definition).await.map_err(failed)?;
        let submitted = core.orderer.submit(envelope.encode_to_vec().into()).await;
        submitted.map_err(|error| failed(error.to_string()))?;
        ordered.push((chaincode, txid));
    }
    if ordered.is_empty() {
        return Ok(());
    }
    let cut = core.orderer.cut().await;
    for (chaincode, txid) in ordered {
        let failed = |reason: String| SpawnError::Definition {
            name: chaincode.name.clone(),
            reason,
        };
        cut.as_ref().map_err(|error| failed(error.to_string()))?;
        let code = core.ledger.transaction(&txid)?.map(|place| place.code);
        if code != Some(TxValidationCode::Valid) {
            let code = code.map_or("not committed", |code| code.as_str_name());
            return Err(failed(format!("its transaction is {code}")));
        }
        tracing::info!(
            chaincode = chaincode.name,
            version = chaincode.version,
            "chaincode defined"
        );
    }
    Ok(())
}

fn next_definition(core: &Core, chaincode: &Chaincode) -> Result<ChaincodeDefinition, SpawnError> {
    let current = ChaincodeDefinition::read(&core.ledger.snapshot(), &chaincode.name)?;
    Ok(ChaincodeDefinition {
        name: chaincode.name.clone(),
        version: chaincode.version.clone(),
        sequence: current.map_or(0, |current| current.sequence) + 1,
        endorsement: chaincode.endorsement.clone(),
    })
}

/// A signed transaction with the endorsements of all peers that agree with most others.
async fn endorse(
    core: &Core,
    operator: &SigningIdentity,
    definition: &ChaincodeDefinition,
) -> Result<(String, Envelope), String> {
    let signed = propose(core.channel.id(), operator, definition)?;
    let proposal = Proposal::unpack(&signed).map_err(|error| error.to_string())?;
    let mut groups: Vec<(Bytes, Vec<Endorsement>)> = Vec::new();
    for peer in &core.peers {
        let response = peer.process_proposal(&signed).await?;
        let Some(endorsement) = response.endorsement else {
            let message = response.response.map(|inner| inner.message).unwrap_or_default();
            return Err(format!("the peer of {} does not endorse it: {message}", peer.msp_id()));
        };
        match groups.iter_mut().find(|(payload, _)| *payload == response.payload) {
            Some((_, endorsements)) => endorsements.push(endorsement),
            None => groups.push((response.payload, vec![endorsement])),
        }
    }
    let (payload, endorsements) = groups
        .into_iter()
        .max_by_key(|(_, endorsements)| endorsements.len())
        .ok_or("there are no peers")?;
    let mut envelope = prepare_transaction(&proposal, payload, endorsements);
    envelope.signature = operator
        .sign(&envelope.payload)
        .map_err(|error| error.to_string())?
        .into();
    Ok((proposal.txid().to_owned(), envelope))
}

fn propose(
    channel: &str,
    operator: &SigningIdentity,
    definition: &ChaincodeDefinition,
) -> Result<SignedProposal, String> {
    let mut nonce = [0; 24];
    rand::fill(&mut nonce).map_err(|_| "the system gives no random numbers")?;
    let creator = operator.serialized_identity();
    let chaincode_id = ChaincodeId {
        name: LIFECYCLE.to_owned(),
        ..Default::default()
    };
    let extension = ChaincodeHeaderExtension {
        chaincode_id: Some(chaincode_id.clone()),
    };
    let channel_header = ChannelHeader {
        r#type: HeaderType::EndorserTransaction.into(),
        timestamp: Some(now()),
        channel_id: channel.to_owned(),
        tx_id: transaction_id(&nonce, &creator),
        extension: extension.encode_to_vec().into(),
        ..Default::default()
    };
    let signature_header = SignatureHeader {
        creator,
        nonce: Bytes::copy_from_slice(&nonce),
    };
    let header = Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: signature_header.encode_to_vec().into(),
    };
    let input = ChaincodeInput {
        args: commit_arguments(definition),
        ..Default::default()
    };
    let spec = ChaincodeSpec {
        r#type: chaincode_spec::Type::Golang.into(),
        chaincode_id: Some(chaincode_id),
        input: Some(input),
        timeout: 0,
    };
    let input = ChaincodeInvocationSpec {
        chaincode_spec: Some(spec),
    }
    .encode_to_vec()
    .into();
    let payload = ChaincodeProposalPayload {
        input,
        ..Default::default()
    };
    let proposal = ProposalMessage {
        header: header.encode_to_vec().into(),
        payload: payload.encode_to_vec().into(),
        extension: Bytes::new(),
    };
    let proposal_bytes: Bytes = proposal.encode_to_vec().into();
    let signature = operator
        .sign(&proposal_bytes)
        .map_err(|error| error.to_string())?
        .into();
    Ok(SignedProposal {
        proposal_bytes,
        signature,
    })
}

fn now() -> prost_types::Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    prost_types::Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
    }
}
