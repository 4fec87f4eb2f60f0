//! Guards as Fabric's key-level endorsement policies.

use fabric_msp::SignaturePolicy;
use prost::Message;

/// A guard that Fabric's policy language cannot say.
#[derive(Debug, thiserror::Error)]
#[error("the guard {expression} is no signature policy: {reason}")]
pub struct GuardError {
    /// The guard in Fabric's policy language.
    expression: String,
    /// Why it does not parse.
    reason: String,
}

/// The metadata value of a guarded key under `VALIDATION_PARAMETER`: a marshalled `SignaturePolicyEnvelope`, which is
/// what an endorsing peer reads back (Fabric core/endorser/endorser.go, `parseWritesetMetadata`).
///
/// # Errors
/// [`GuardError`] where the expression does not parse.
pub fn encode_policy(expression: &str) -> Result<Vec<u8>, GuardError> {
    let refuse = |e: fabric_msp::PolicyError| GuardError { expression: expression.to_owned(), reason: e.to_string() };
    Ok(SignaturePolicy::parse(expression).map_err(refuse)?.to_envelope().encode_to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by hand from Fabric's common/policies.proto and msp/msp_principal.proto.
    #[test]
    fn golden_bytes() {
        let bytes = encode_policy("OutOf(1, 'A.peer', 'B.peer')").unwrap();
        let rule = "120c 120a 0801 1202 0800 1202 0801";
        // Principal: classification ROLE (0, omitted), MSPRole{msp_identifier, role PEER = 3}.
        let principals = "1a07 1205 0a0141 1003 1a07 1205 0a0142 1003";
        assert_eq!(hex::encode(bytes), format!("{rule}{principals}").replace(' ', ""));
    }

    #[test]
    fn nonsense_is_refused_with_its_words() {
        let error = encode_policy("OutOf(3, 'A.peer')").unwrap_err().to_string();
        assert!(error.contains("OutOf(3, 'A.peer')"), "{error}");
    }
}
