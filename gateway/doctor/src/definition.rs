//! A chaincode's definition as its channel's peers hold it.

use bytes::Bytes;
use fabric_gateway::Network;
use fabric_msp::SignaturePolicy;
use fabric_protos::{
    lifecycle::{QueryChaincodeDefinitionArgs, QueryChaincodeDefinitionResult},
    protos::{ApplicationPolicy, application_policy::Type},
};
use prost::Message;

use crate::lint::DefinedPolicy;

/// What the members agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Version in the developer's own terms.
    pub version: String,
    /// Counts definitions of this name from 1.
    pub sequence: i64,
    /// Who must endorse.
    pub policy: DefinedPolicy,
    /// The organisations that have not approved it.
    pub unapproved: Vec<String>,
}

/// Why there is no definition to judge.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// No peer tells it.
    #[error("the definition cannot be read: {0}")]
    Read(Box<fabric_gateway::Error>),
    /// The answer is not what Fabric says.
    #[error("the peer's answer is no definition: {0}")]
    Malformed(String),
}

impl Definition {
    /// Asks the gateway's peer; any member that may write to the channel may ask.
    ///
    /// # Errors
    /// When no peer answers, the chaincode is not defined, or the answer is damaged.
    pub async fn read(network: &Network, chaincode: &str) -> Result<Self, DefinitionError> {
        let arguments = QueryChaincodeDefinitionArgs {
            name: chaincode.to_owned(),
        }
        .encode_to_vec();
        let lifecycle = network.contract("_lifecycle");
        let answer = lifecycle.evaluate("QueryChaincodeDefinition", [arguments]).await;
        Self::decode(answer.map_err(|error| DefinitionError::Read(Box::new(error)))?)
    }

    fn decode(answer: Bytes) -> Result<Self, DefinitionError> {
        let malformed = |error: &dyn ToString| DefinitionError::Malformed(error.to_string());
        let found = QueryChaincodeDefinitionResult::decode(answer).map_err(|error| malformed(&error))?;
        let policy = ApplicationPolicy::decode(found.validation_parameter).map_err(|error| malformed(&error))?;
        let policy = match policy.r#type {
            Some(Type::ChannelConfigPolicyReference(path)) => DefinedPolicy::Reference(path),
            Some(Type::SignaturePolicy(envelope)) => {
                let policy = SignaturePolicy::from_envelope(&envelope).map_err(|error| malformed(&error))?;
                DefinedPolicy::Signature(policy)
            }
            None => return Err(malformed(&"it names no endorsement policy")),
        };
        let approvals = found.approvals.into_iter();
        Ok(Self {
            version: found.version,
            sequence: found.sequence,
            policy,
            unapproved: approvals
                .filter(|(_, approved)| !approved)
                .map(|(name, _)| name)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_a_policy_and_damage() {
        let answer = |policy: Option<Type>| {
            let found = QueryChaincodeDefinitionResult {
                sequence: 2,
                version: "7".to_owned(),
                validation_parameter: ApplicationPolicy { r#type: policy }.encode_to_vec().into(),
                approvals: [("A".to_owned(), true), ("B".to_owned(), false)].into(),
                ..QueryChaincodeDefinitionResult::default()
            };
            Definition::decode(found.encode_to_vec().into())
        };
        let referring = answer(Some(Type::ChannelConfigPolicyReference("/P".to_owned()))).unwrap();
        assert_eq!(
            (referring.sequence, referring.policy),
            (2, DefinedPolicy::Reference("/P".to_owned()))
        );
        assert_eq!(referring.unapproved, ["B"]);
        let own = SignaturePolicy::parse("AND('A.peer', 'B.peer')").unwrap();
        let found = answer(Some(Type::SignaturePolicy(own.to_envelope()))).unwrap();
        assert_eq!(found.policy, DefinedPolicy::Signature(own));
        assert!(answer(None).is_err());
        assert!(Definition::decode(Bytes::from_static(b"\xff")).is_err());
    }
}
