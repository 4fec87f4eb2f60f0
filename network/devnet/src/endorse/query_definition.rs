//! `QueryChaincodeDefinition` of `_lifecycle`: what the channel agreed on. Source: `core/chaincode/lifecycle/scc.go`.

use bytes::Bytes;
use fabric_protos::{
    lifecycle::{QueryChaincodeDefinitionArgs, QueryChaincodeDefinitionResult},
    protos::Response,
};
use prost::Message;

use super::{Access, Proposal};
use crate::{channel::ChaincodeDefinition, ledger::StateView};

const QUERY: &str = "QueryChaincodeDefinition";

/// Whether the proposal asks for a definition.
pub(super) fn is_asked(proposal: &Proposal) -> bool {
    proposal.input.args.first().is_some_and(|function| function == QUERY)
}

/// Answers whoever the channel's rules allow to ask.
pub(super) fn query(state: &dyn StateView, access: &Access, proposal: &Proposal) -> Response {
    match answer(state, access, proposal) {
        Ok(payload) => Response {
            status: 200,
            message: String::new(),
            payload,
        },
        Err(message) => Response {
            status: 500,
            message: format!("failed to invoke backing implementation of '{QUERY}': {message}"),
            payload: Bytes::new(),
        },
    }
}

/// Every member counts as having approved: here they approve by endorsing.
fn answer(state: &dyn StateView, access: &Access, proposal: &Proposal) -> Result<Bytes, String> {
    let signed = &proposal.signed;
    let creator = &proposal.signature_header.creator;
    let resource = format!("_lifecycle/{QUERY}");
    access
        .check(creator, &signed.proposal_bytes, &signed.signature, &resource)
        .map_err(|error| error.to_string())?;
    let arguments = proposal.input.args.get(1).cloned().unwrap_or_default();
    let arguments = QueryChaincodeDefinitionArgs::decode(arguments).map_err(|error| error.to_string())?;
    let name = arguments.name;
    let found = ChaincodeDefinition::read(state, &name).map_err(|error| error.to_string())?;
    let found = found.ok_or_else(|| format!("namespace {name} is not defined"))?;
    let answer = QueryChaincodeDefinitionResult {
        sequence: found.sequence,
        version: found.version,
        endorsement_plugin: "escc".to_owned(),
        validation_plugin: "vscc".to_owned(),
        validation_parameter: found.endorsement.to_wire().encode_to_vec().into(),
        approvals: access.members().map(|msp_id| (msp_id.to_owned(), true)).collect(),
        ..QueryChaincodeDefinitionResult::default()
    };
    Ok(answer.encode_to_vec().into())
}
