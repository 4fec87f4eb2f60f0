//! Signature policies.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use fabric_protos::common as wire;

use super::{MAX_DEPTH, PolicyError, parser};
use crate::{Identity, MspManager, Principal};

/// A tree of thresholds over principals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignaturePolicy {
    /// One identity that satisfies the principal must have signed.
    SignedBy(Principal),
    /// At least `n` of the rules must hold, each over identities that no other rule has used.
    OutOf {
        /// How many rules must hold.
        n: u32,
        /// The rules, in the order in which they take identities.
        rules: Vec<SignaturePolicy>,
    },
}

impl SignaturePolicy {
    /// Reads Fabric's policy language: `AND(…)`, `OR(…)`, `OutOf(n, …)` over quoted `'MSP.role'`.
    ///
    /// # Errors
    /// When the text is not of that language, too long, too deep, or asks for more than its rules can give.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        parser::parse(text)
    }

    /// The policy as Fabric's message. Principals are numbered in the order in which Fabric's own parser meets them,
    /// one number for each place: the innermost gates first, as its arguments are evaluated before the call.
    pub fn to_envelope(&self) -> wire::SignaturePolicyEnvelope {
        let mut identities = Vec::new();
        let rule = self.number(&mut identities);
        wire::SignaturePolicyEnvelope {
            version: 0,
            rule: Some(rule),
            identities,
        }
    }

    /// Reads Fabric's message.
    ///
    /// # Errors
    /// When it is damaged, of another version than 0, too deep, or points at a principal that it does not hold.
    pub fn from_envelope(envelope: &wire::SignaturePolicyEnvelope) -> Result<Self, PolicyError> {
        if envelope.version != 0 {
            return Err(PolicyError::Unsupported("a signature policy of another version than 0"));
        }
        let principals = envelope
            .identities
            .iter()
            .map(Principal::from_wire)
            .collect::<Result<Vec<_>, _>>()?;
        let rule = envelope
            .rule
            .as_ref()
            .ok_or_else(|| PolicyError::Damaged("no rule".to_owned()))?;
        Self::from_rule(rule, &principals, 0)
    }

    /// Whether validated identities satisfy the policy, as Fabric decides it: an identity that stands twice counts
    /// once; each rule takes the first unused identity that satisfies it; a rule that fails gives back what it took.
    /// Source: Fabric `common/cauthdsl/cauthdsl.go`.
    pub fn evaluate(&self, identities: &[Arc<Identity>], manager: &MspManager) -> bool {
        let mut seen = BTreeSet::new();
        let distinct: Vec<&Identity> = identities
            .iter()
            .map(Arc::as_ref)
            .filter(|identity| seen.insert((identity.msp_id(), identity.certificate().canonical_hash())))
            .collect();
        self.satisfied_by(distinct.len(), &|index, principal| {
            distinct
                .get(index)
                .is_some_and(|identity| manager.satisfies(identity, principal).is_ok())
        })
    }

    /// As [`Self::evaluate`] over `count` distinct identities known only by what principals they satisfy: a planner
    /// can ask about identities that have not signed yet.
    pub fn satisfied_by(&self, count: usize, satisfies: &dyn Fn(usize, &Principal) -> bool) -> bool {
        self.take(&mut vec![false; count], satisfies)
    }

    /// Every principal of the policy, by place.
    pub fn principals(&self) -> Vec<&Principal> {
        match self {
            Self::SignedBy(principal) => vec![principal],
            Self::OutOf { rules, .. } => rules.iter().flat_map(Self::principals).collect(),
        }
    }

    /// The MSPs that the policy names, sorted.
    pub fn msp_ids(&self) -> BTreeSet<String> {
        self.principals().into_iter().filter_map(Principal::msp_id).collect()
    }

    fn take(&self, used: &mut Vec<bool>, satisfies: &dyn Fn(usize, &Principal) -> bool) -> bool {
        match self {
            Self::SignedBy(principal) => {
                let free = used
                    .iter_mut()
                    .enumerate()
                    .find(|(index, used)| !**used && satisfies(*index, principal));
                free.map(|(_, used)| *used = true).is_some()
            }
            Self::OutOf { n, rules } => {
                let mut met = 0_u64;
                for rule in rules {
                    let mut trial = used.clone();
                    if rule.take(&mut trial, satisfies) {
                        met += 1;
                        *used = trial;
                    }
                }
                met >= u64::from(*n)
            }
        }
    }

    fn number(&self, principals: &mut Vec<wire::MspPrincipal>) -> wire::SignaturePolicy {
        use wire::signature_policy::{NOutOf, Type};
        let kind = match self {
            Self::SignedBy(principal) => {
                principals.push(principal.to_wire());
                Type::SignedBy(principals.len() as i32 - 1)
            }
            Self::OutOf { n, rules } => Type::NOutOf(NOutOf {
                n: i32::try_from(*n).unwrap_or(i32::MAX),
                rules: Self::number_rules(rules, principals),
            }),
        };
        wire::SignaturePolicy { r#type: Some(kind) }
    }

    /// Gates before principals: an inner gate is an argument, evaluated before the outer call numbers its strings.
    fn number_rules(rules: &[Self], principals: &mut Vec<wire::MspPrincipal>) -> Vec<wire::SignaturePolicy> {
        let mut numbered = vec![wire::SignaturePolicy::default(); rules.len()];
        for gates in [true, false] {
            for (rule, target) in rules.iter().zip(&mut numbered) {
                if matches!(rule, Self::OutOf { .. }) == gates {
                    *target = rule.number(principals);
                }
            }
        }
        numbered
    }

    fn from_rule(rule: &wire::SignaturePolicy, principals: &[Principal], depth: usize) -> Result<Self, PolicyError> {
        use wire::signature_policy::Type;
        if depth > MAX_DEPTH {
            return Err(PolicyError::TooDeep);
        }
        match &rule.r#type {
            Some(Type::SignedBy(index)) => {
                let principal = usize::try_from(*index).ok().and_then(|index| principals.get(index));
                let missing = || PolicyError::Damaged(format!("principal {index} of {}", principals.len()));
                Ok(Self::SignedBy(principal.ok_or_else(missing)?.clone()))
            }
            Some(Type::NOutOf(gate)) => {
                let rules = gate
                    .rules
                    .iter()
                    .map(|rule| Self::from_rule(rule, principals, depth + 1));
                // Fabric counts a negative threshold as met, which zero says too.
                Ok(Self::OutOf {
                    n: u32::try_from(gate.n).unwrap_or(0),
                    rules: rules.collect::<Result<_, _>>()?,
                })
            }
            None => Err(PolicyError::Damaged("a rule without a type".to_owned())),
        }
    }
}

/// Prints the language that [`SignaturePolicy::parse`] reads, as long as every principal is a role.
impl fmt::Display for SignaturePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedBy(principal) => write!(f, "'{principal}'"),
            Self::OutOf { n, rules } => {
                let texts: Vec<String> = rules.iter().map(ToString::to_string).collect();
                let texts = texts.join(", ");
                match usize::try_from(*n) {
                    Ok(n) if n == rules.len() => write!(f, "AND({texts})"),
                    Ok(1) => write!(f, "OR({texts})"),
                    _ => write!(f, "OutOf({n}, {texts})"),
                }
            }
        }
    }
}

impl FromStr for SignaturePolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Self::parse(text)
    }
}
