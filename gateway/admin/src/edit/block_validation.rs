use fabric_protos::{
    common::{
        Consenter, MspPrincipal, Policy, SignaturePolicy, SignaturePolicyEnvelope, msp_principal::Classification,
        policy::PolicyType, signature_policy::NOutOf, signature_policy::Type,
    },
    msp::SerializedIdentity,
};
use prost::Message;

use crate::Tolerance;

/// The policy that every BFT channel must hold for its consenters: a quorum of exactly these identities, in the order
/// of the mapping. SmartBFT compares it message by message. Source: Fabric `common/policies/bft.go`,
/// `orderer/consensus/smartbft/configverifier.go`.
pub(super) fn block_validation(consenters: &[Consenter]) -> Policy {
    let quorum = Tolerance::bft(consenters.len()).quorum;
    let rule = NOutOf {
        n: i32::try_from(quorum).unwrap_or(i32::MAX),
        rules: (0i32..).zip(consenters).map(|(index, _)| signed_by(index)).collect(),
    };
    let envelope = SignaturePolicyEnvelope {
        version: 0,
        rule: Some(SignaturePolicy {
            r#type: Some(Type::NOutOf(rule)),
        }),
        identities: consenters.iter().map(principal).collect(),
    };
    Policy {
        r#type: PolicyType::Signature.into(),
        value: envelope.encode_to_vec().into(),
    }
}

fn signed_by(index: i32) -> SignaturePolicy {
    SignaturePolicy {
        r#type: Some(Type::SignedBy(index)),
    }
}

fn principal(consenter: &Consenter) -> MspPrincipal {
    let identity = SerializedIdentity {
        mspid: consenter.msp_id.clone(),
        id_bytes: consenter.identity.clone(),
    };
    MspPrincipal {
        principal_classification: Classification::Identity.into(),
        principal: identity.encode_to_vec().into(),
    }
}
