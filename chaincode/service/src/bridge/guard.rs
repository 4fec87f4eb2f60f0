//! Guards as Fabric's key-level endorsement policies.

use der_contract::guard::Rule;
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
/// [`GuardError`] where the rule asks for more than its members can give.
pub fn encode_policy(rule: &Rule) -> Result<Vec<u8>, GuardError> {
    let expression = counted_once(rule).expression();
    let policy = SignaturePolicy::parse(&expression);
    let policy = policy.map_err(|e| GuardError {
        reason: e.to_string(),
        expression,
    })?;
    Ok(policy.to_envelope().encode_to_vec())
}

/// Says "M and a majority with M in it" so that Fabric understands it.
///
/// Fabric counts an identity in one place of a policy only (common/cauthdsl/cauthdsl.go): who is demanded outright
/// cannot count towards a majority beside it. So it is taken out of that majority, which then needs one less.
fn counted_once(rule: &Rule) -> Rule {
    let Rule::OutOf(least, rules) = rule else {
        return rule.clone();
    };
    let rules: Vec<Rule> = rules.iter().map(counted_once).collect();
    if *least != rules.len() {
        return Rule::OutOf(*least, rules);
    }
    let demanded: Vec<Rule> = rules
        .iter()
        .filter(|rule| matches!(rule, Rule::Peer(_)))
        .cloned()
        .collect();
    let rest = rules.into_iter().filter_map(|rule| match rule {
        Rule::Peer(_) => Some(rule),
        Rule::OutOf(least, members) => without(least, members, &demanded),
    });
    let rules: Vec<Rule> = rest.collect();
    Rule::OutOf(rules.len(), rules)
}

fn without(least: usize, members: Vec<Rule>, demanded: &[Rule]) -> Option<Rule> {
    let count = members.len();
    let left: Vec<Rule> = members
        .into_iter()
        .filter(|member| !demanded.contains(member))
        .collect();
    let least = least.saturating_sub(count.saturating_sub(left.len()));
    (least > 0).then_some(Rule::OutOf(least, left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fabric_msp::Principal;

    fn peer(msp: &str) -> Rule {
        Rule::Peer(msp.parse().unwrap())
    }

    fn all() -> Vec<Rule> {
        ["G", "R", "E", "M"].map(peer).into()
    }

    /// Whether one peer of each of these organisations satisfies the rule as encoded.
    fn satisfied(rule: &Rule, msps: &[&str]) -> bool {
        let bytes = encode_policy(rule).unwrap();
        let envelope = fabric_protos::common::SignaturePolicyEnvelope::decode(bytes.as_slice()).unwrap();
        let policy = SignaturePolicy::from_envelope(&envelope).unwrap();
        policy.satisfied_by(msps.len(), &|index, principal| match principal {
            Principal::Role { msp_id, .. } => msp_id == msps[index],
            _ => false,
        })
    }

    /// Written by hand from Fabric's common/policies.proto and msp/msp_principal.proto.
    #[test]
    fn golden_bytes() {
        let bytes = encode_policy(&Rule::OutOf(1, vec![peer("A"), peer("B")])).unwrap();
        let rule = "120c 120a 0801 1202 0800 1202 0801";
        // Principal: classification ROLE (0, omitted), MSPRole{msp_identifier, role PEER = 3}.
        let principals = "1a07 1205 0a0141 1003 1a07 1205 0a0142 1003";
        assert_eq!(hex::encode(bytes), format!("{rule}{principals}").replace(' ', ""));
    }

    #[test]
    fn a_guardian_counts_towards_the_majority_beside_it() {
        let guard = Rule::OutOf(1, vec![Rule::OutOf(2, vec![peer("M"), Rule::OutOf(3, all())])]);
        assert!(satisfied(&guard, &["M", "G", "E"]));
        assert!(satisfied(&guard, &["R", "E", "M"]));
        assert!(!satisfied(&guard, &["G", "R", "E"]), "without the guardian");
        assert!(!satisfied(&guard, &["M", "G"]), "without a majority");
    }

    #[test]
    fn two_guardians_count_both() {
        let guard = Rule::OutOf(3, vec![peer("G"), peer("R"), Rule::OutOf(3, all())]);
        assert!(satisfied(&guard, &["G", "R", "M"]));
        assert!(!satisfied(&guard, &["G", "R"]));
        assert!(!satisfied(&guard, &["G", "E", "M"]));
    }

    #[test]
    fn every_set_of_signers_is_judged_as_the_guard_means_it() {
        let msps = ["G", "R", "E", "M"];
        for guardians in [&["M"][..], &["G"], &["G", "R"]] {
            let mut demanded: Vec<Rule> = guardians.iter().map(|msp| peer(msp)).collect();
            demanded.push(Rule::OutOf(3, all()));
            let guard = Rule::OutOf(1, vec![Rule::OutOf(demanded.len(), demanded)]);
            for chosen in 0_u8..16 {
                let signers: Vec<&str> = (0..4)
                    .filter(|bit| chosen & (1 << bit) != 0)
                    .map(|bit| msps[bit])
                    .collect();
                let meant = signers.len() >= 3 && guardians.iter().all(|msp| signers.contains(msp));
                assert_eq!(satisfied(&guard, &signers), meant, "{guardians:?} by {signers:?}");
            }
        }
    }

    #[test]
    fn an_alternative_is_left_as_it_is() {
        let rule = Rule::OutOf(1, vec![peer("M"), Rule::OutOf(2, vec![peer("M"), peer("G")])]);
        assert_eq!(counted_once(&rule), rule);
    }

    #[test]
    fn nonsense_is_refused_with_its_words() {
        let error = encode_policy(&Rule::OutOf(3, vec![peer("A")])).unwrap_err().to_string();
        assert!(error.contains("OutOf(3, 'A.peer')"), "{error}");
    }
}
