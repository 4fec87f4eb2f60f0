//! What an endorser transaction claims, checked for consistency, and who truly endorsed it.
//!
//! Source: Fabric, core/committer/txvalidator/v20/plugindispatcher/dispatcher.go.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use fabric_msp::Identity;
use fabric_protos::protos::{
    ChaincodeAction, ChaincodeEndorsedAction, ChaincodeEvent, ChaincodeHeaderExtension, ChaincodeId, TxValidationCode,
};
use prost::Message;

use super::structure::Endorsed;
use crate::{
    channel::{Channel, SignedData},
    ledger::rwset::TxRwSet,
};

/// A consistent transaction with its verified endorsers.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) tx_id: String,
    pub(super) chaincode: String,
    pub(super) set: TxRwSet,
    pub(super) endorsers: Vec<Arc<Identity>>,
}

impl Candidate {
    pub(super) fn dispatch(channel: &Channel, transaction: Endorsed) -> Result<Self, TxValidationCode> {
        let extension = ChaincodeHeaderExtension::decode(transaction.header.extension)
            .map_err(|_| TxValidationCode::BadHeaderExtension)?;
        if transaction.response.extension.is_empty() {
            return Err(TxValidationCode::BadResponsePayload);
        }
        let action = ChaincodeAction::decode(transaction.response.extension)
            .map_err(|_| TxValidationCode::BadResponsePayload)?;
        let set = TxRwSet::decode(action.results).map_err(|_| TxValidationCode::BadRwset)?;
        let chaincode = chaincode(extension.chaincode_id, action.chaincode_id)?;
        check_event(&chaincode, action.events)?;
        let mut namespaces = BTreeSet::new();
        if !set
            .namespaces
            .iter()
            .all(|each| namespaces.insert(each.namespace.as_str()))
        {
            return Err(TxValidationCode::IllegalWriteset);
        }
        let endorsers = channel.signers(&signatures(&transaction.action));
        Ok(Self {
            tx_id: transaction.header.tx_id,
            chaincode,
            set,
            endorsers,
        })
    }

    /// The namespaces whose policies must agree: the invoked chaincode's, and all that are written.
    pub(super) fn judged_namespaces(&self) -> BTreeSet<&str> {
        let written = self
            .set
            .namespaces
            .iter()
            .filter(|set| set.writes())
            .map(|set| set.namespace.as_str());
        written.chain([self.chaincode.as_str()]).collect()
    }
}

fn chaincode(invoked: Option<ChaincodeId>, executed: Option<ChaincodeId>) -> Result<String, TxValidationCode> {
    let (Some(invoked), Some(executed)) = (invoked, executed) else {
        return Err(TxValidationCode::InvalidOtherReason);
    };
    if invoked.name.is_empty() || invoked.name != executed.name || executed.version.is_empty() {
        return Err(TxValidationCode::InvalidChaincode);
    }
    Ok(invoked.name)
}

fn check_event(chaincode: &str, bytes: Bytes) -> Result<(), TxValidationCode> {
    if bytes.is_empty() {
        return Ok(());
    }
    match ChaincodeEvent::decode(bytes) {
        Ok(event) if event.chaincode_id == chaincode => Ok(()),
        _ => Err(TxValidationCode::InvalidOtherReason),
    }
}

/// An endorser signs the response payload followed by its own identity.
fn signatures(action: &ChaincodeEndorsedAction) -> Vec<SignedData> {
    let response = &action.proposal_response_payload;
    let signed = action.endorsements.iter().map(|endorsement| SignedData {
        message: [response.as_ref(), &endorsement.endorser].concat().into(),
        identity: endorsement.endorser.clone(),
        signature: endorsement.signature.clone(),
    });
    signed.collect()
}
