//! Guards as Fabric's key-level endorsement policies.

use std::collections::BTreeSet;

use der_contract::guard::Rule;
use fabric_msp::{Principal, SignaturePolicy};
use fabric_protos::common::SignaturePolicyEnvelope;
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
/// [`GuardError`] where the rule asks for more than its members can give.
pub fn encode_policy(rule: &Rule) -> Result<Vec<u8>, GuardError> {
    let expression = rule.expression();
    let policy = SignaturePolicy::parse(&expression);
    let policy = policy.map_err(|e| GuardError {
        reason: e.to_string(),
        expression,
    })?;
    Ok(policy.to_envelope().encode_to_vec())
}

/// The MSP ids that a key's policy names: [`encode_policy`] read back.
///
/// # Errors
/// What is wrong with bytes that are no signature policy; such a key was not guarded by this chaincode.
pub(super) fn named_organisations(policy: &[u8]) -> Result<Vec<String>, String> {
    let envelope = SignaturePolicyEnvelope::decode(policy).map_err(|e| e.to_string())?;
    let policy = SignaturePolicy::from_envelope(&envelope).map_err(|e| e.to_string())?;
    let named = policy.principals().into_iter().filter_map(|principal| match principal {
        Principal::Role { msp_id, .. } => Some(msp_id.clone()),
        _ => None,
    });
    Ok(named.collect::<BTreeSet<_>>().into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_api::endorsers::Naming;
    use der_api::organisations::Organisations;
    use der_contract::Guard;
    use der_market::id::MspId;

    const MSPS: [&str; 4] = ["G", "R", "E", "M"];

    fn organisations() -> Organisations {
        let [grid, regulator, energy, microgrid] = MSPS.map(|msp| msp.parse::<MspId>().unwrap());
        Organisations {
            grid,
            regulator,
            energy: energy.into(),
            microgrid: microgrid.into(),
        }
    }

    fn guard(guardians: &[&str]) -> Guard {
        match guardians {
            ["G"] => Guard::of_grid(&organisations()),
            ["R"] => Guard::of_regulator(&organisations()),
            [one] => Guard::of_organisation(one.parse().unwrap(), &organisations()),
            _ => Guard::of_grid_and_regulator(&organisations()),
        }
    }

    /// Whether these organisations' peers satisfy the guard as encoded, by Fabric's way of counting.
    fn satisfied(guard: &Guard, msps: &[&str]) -> bool {
        let bytes = encode_policy(&guard.rule()).unwrap();
        let envelope = fabric_protos::common::SignaturePolicyEnvelope::decode(bytes.as_slice()).unwrap();
        let policy = SignaturePolicy::from_envelope(&envelope).unwrap();
        policy.satisfied_by(msps.len(), &|index, principal| match principal {
            Principal::Role { msp_id, .. } => msp_id == msps[index],
            _ => false,
        })
    }

    /// Every set of signers, in both orders of their endorsements.
    fn signer_sets() -> impl Iterator<Item = Vec<&'static str>> {
        (0_u8..16).flat_map(|chosen| {
            let signers: Vec<&str> = (0..4)
                .filter(|bit| chosen & (1 << bit) != 0)
                .map(|bit| MSPS[bit])
                .collect();
            [signers.iter().rev().copied().collect(), signers]
        })
    }

    /// Written by hand from Fabric's common/policies.proto and msp/msp_principal.proto. A `NOutOf` is its n and its
    /// rules, each with its length; a leaf is the place of its principal. As in Fabric (common/policydsl), an inner rule
    /// places its principals before the rule around it does.
    #[test]
    fn golden_bytes_of_a_user_s_record() {
        let two_others = "12 0e 0802 12020800 12020801 12020802";
        let guarded = format!("12 18 0802 12020803 1210 {two_others}");
        let recovery = "12 0e 0803 12020804 12020805 12020806";
        let rule = format!("12 32 12 30 0801 121a {guarded} 1210 {recovery}");
        // Principal: classification ROLE (0, omitted), MSPRole{msp_identifier, role PEER = 3}.
        let principals: String = ["G", "R", "E", "M", "G", "R", "E"]
            .map(|msp| format!("1a07 1205 0a01 {} 1003", hex::encode(msp)))
            .concat();
        let bytes = encode_policy(&guard(&["M"]).rule()).unwrap();
        assert_eq!(hex::encode(bytes), format!("{rule}{principals}").replace(' ', ""));
    }

    #[test]
    fn a_guardian_is_in_a_majority_or_all_others_recover() {
        for (guardian, others) in [("E", ["G", "R", "M"]), ("M", ["G", "R", "E"])] {
            for signers in signer_sets() {
                let guarded = signers.contains(&guardian) && signers.len() >= 3;
                let recovered = others.iter().all(|other| signers.contains(other));
                let meant = guarded || recovered;
                assert_eq!(
                    satisfied(&guard(&[guardian]), &signers),
                    meant,
                    "{guardian} by {signers:?}"
                );
            }
        }
    }

    #[test]
    fn grid_and_regulator_are_never_done_without() {
        for guardians in [&["G"][..], &["R"], &["G", "R"]] {
            for signers in signer_sets() {
                let meant = guardians.iter().all(|msp| signers.contains(msp)) && signers.len() >= 3;
                assert_eq!(
                    satisfied(&guard(guardians), &signers),
                    meant,
                    "{guardians:?} by {signers:?}"
                );
            }
        }
    }

    #[test]
    fn one_organisation_s_peers_count_once() {
        for guardians in [&["M"][..], &["G"], &["G", "R"]] {
            for msp in MSPS {
                assert!(!satisfied(&guard(guardians), &[msp; 4]), "{guardians:?} by {msp}");
            }
        }
        assert!(!satisfied(&guard(&["M"]), &["M", "M", "G", "G"]));
    }

    #[test]
    fn what_a_client_names_satisfies_the_guards_of_what_it_writes() {
        use der_api::Function as F;
        use der_api::endorsers::endorsing_organisations;

        // The caller is of the guardian's organisation in each.
        for (function, guardian) in [
            (F::RegisterUser, "M"),
            (F::AddKey, "M"),
            (F::RegisterPlant, "E"),
            (F::Authenticate, "R"),
            (F::Suspend, "R"),
            (F::PublishPoint, "G"),
            (F::RegisterMeter, "G"),
        ] {
            let caller = guardian.parse().unwrap();
            let named = endorsing_organisations(function, &organisations(), &caller, &Naming::default());
            let named: Vec<String> = named.iter().map(ToString::to_string).collect();
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            assert!(satisfied(&guard(&[guardian]), &named), "{function:?} by {named:?}");
        }
    }

    #[test]
    fn the_organisations_of_a_policy_are_read_back() {
        let policy = encode_policy(&guard(&["M"]).rule()).unwrap();
        assert_eq!(named_organisations(&policy).unwrap(), ["E", "G", "M", "R"]);
        assert!(named_organisations(b"\xff").is_err());
    }

    #[test]
    fn nonsense_is_refused_with_its_words() {
        let rule = Rule::OutOf(3, vec![Rule::Peer("A".parse().unwrap())]);
        let error = encode_policy(&rule).unwrap_err().to_string();
        assert!(error.contains("OutOf(3, 'A.peer')"), "{error}");
    }
}
