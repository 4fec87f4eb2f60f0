//! Commits chaincode definitions under `_lifecycle`. Source: `core/chaincode/lifecycle`.

use bytes::Bytes;
use fabric_msp::SignaturePolicy;
use fabric_protos::{
    lifecycle::CommitChaincodeDefinitionArgs,
    protos::{ApplicationPolicy, ChaincodeEvent, LifecycleEvent, Response, application_policy},
};
use prost::Message;

use super::Proposal;
use crate::{
    channel::{ChaincodeDefinition, EndorsementPolicy, LIFECYCLE, sequence_key},
    simulate::Simulator,
};

const COMMIT: &str = "CommitChaincodeDefinition";

/// The arguments of the proposal that commits a definition.
pub(crate) fn commit_arguments(definition: &ChaincodeDefinition) -> Vec<Bytes> {
    let arguments = CommitChaincodeDefinitionArgs {
        sequence: definition.sequence,
        name: definition.name.clone(),
        version: definition.version.clone(),
        endorsement_plugin: "escc".to_owned(),
        validation_plugin: "vscc".to_owned(),
        validation_parameter: definition.endorsement.to_wire().encode_to_vec().into(),
        ..Default::default()
    };
    vec![Bytes::from_static(COMMIT.as_bytes()), arguments.encode_to_vec().into()]
}

/// Runs `CommitChaincodeDefinition`. Approvals are not kept: the organisations approve by endorsing.
pub(super) fn commit(
    simulator: &mut Simulator,
    proposal: &Proposal,
) -> Result<(Response, Option<ChaincodeEvent>), String> {
    let definition = requested(proposal)?;
    let name = &definition.name;
    let current = ChaincodeDefinition::read(simulator.snapshot(), name).map_err(|error| error.to_string())?;
    let next = current.as_ref().map_or(0, |current| current.sequence) + 1;
    if definition.sequence != next {
        let asked = definition.sequence;
        return Err(format!(
            "requested sequence is {asked}, but new definition must be sequence {next}"
        ));
    }
    read_previous(simulator, name, current.as_ref())?;
    for (key, value) in definition.writes_after(current.as_ref()) {
        simulator
            .put(LIFECYCLE, &key, value)
            .map_err(|error| error.to_string())?;
    }
    let event = ChaincodeEvent {
        chaincode_id: LIFECYCLE.to_owned(),
        tx_id: proposal.txid().to_owned(),
        event_name: COMMIT.to_owned(),
        payload: LifecycleEvent {
            chaincode_name: name.clone(),
        }
        .encode_to_vec()
        .into(),
    };
    Ok((
        Response {
            status: 200,
            ..Default::default()
        },
        Some(event),
    ))
}

fn requested(proposal: &Proposal) -> Result<ChaincodeDefinition, String> {
    let [function, arguments] = proposal.input.args.as_slice() else {
        return Err(format!("{LIFECYCLE} takes a function and its arguments"));
    };
    if function != COMMIT.as_bytes() {
        return Err(format!("{LIFECYCLE} of this network serves {COMMIT} only"));
    }
    let arguments = CommitChaincodeDefinitionArgs::decode(arguments.clone()).map_err(|error| error.to_string())?;
    if arguments
        .collections
        .is_some_and(|collections| !collections.config.is_empty())
    {
        return Err("private data collections are not kept by this network".to_owned());
    }
    let policy = ApplicationPolicy::decode(arguments.validation_parameter).map_err(|error| error.to_string())?;
    let endorsement = match policy.r#type {
        Some(application_policy::Type::ChannelConfigPolicyReference(path)) => EndorsementPolicy::ChannelReference(path),
        Some(application_policy::Type::SignaturePolicy(envelope)) => {
            let policy = SignaturePolicy::from_envelope(&envelope).map_err(|error| error.to_string())?;
            EndorsementPolicy::Signature(policy)
        }
        None => return Err("the definition has no endorsement policy".to_owned()),
    };
    Ok(ChaincodeDefinition {
        name: arguments.name,
        version: arguments.version,
        sequence: arguments.sequence,
        endorsement,
    })
}

/// Records what the definition before was: of two upgrades in flight only one is valid.
fn read_previous(simulator: &mut Simulator, name: &str, previous: Option<&ChaincodeDefinition>) -> Result<(), String> {
    let mut keys = vec![sequence_key(name), format!("namespaces/metadata/{name}")];
    keys.extend(
        previous
            .map(ChaincodeDefinition::writes)
            .unwrap_or_default()
            .into_iter()
            .map(|(key, _)| key),
    );
    keys.iter()
        .try_for_each(|key| simulator.get(LIFECYCLE, key).map(drop))
        .map_err(|error| error.to_string())
}
