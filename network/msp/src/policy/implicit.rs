//! Policies over the policies of the groups beneath.

use std::fmt;

use fabric_protos::common as wire;

use super::PolicyError;

/// How many of the policies beneath must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// One.
    Any,
    /// Each.
    All,
    /// More than half: `n / 2 + 1`.
    Majority,
}

impl Rule {
    /// How many of `count` policies must hold. Of none, none. Source: Fabric `common/policies/implicitmeta.go`.
    pub fn threshold(self, count: usize) -> usize {
        match self {
            _ if count == 0 => 0,
            Self::Any => 1,
            Self::All => count,
            Self::Majority => count / 2 + 1,
        }
    }
}

/// Asks the policy of one name in every group beneath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImplicitMetaPolicy {
    /// How many must hold.
    pub rule: Rule,
    /// The name of the policies asked, such as `Endorsement`.
    pub sub_policy: String,
}

impl ImplicitMetaPolicy {
    /// Reads `ANY Readers`, `ALL Writers`, `MAJORITY Endorsement`.
    ///
    /// # Errors
    /// When the text is not a rule and a name.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let bad = PolicyError::Syntax {
            at: 0,
            expected: "ANY, ALL or MAJORITY and the name of a policy",
        };
        let mut words = text.split_whitespace();
        let (Some(rule), Some(name), None) = (words.next(), words.next(), words.next()) else {
            return Err(bad);
        };
        let rule = match rule {
            "ANY" => Rule::Any,
            "ALL" => Rule::All,
            "MAJORITY" => Rule::Majority,
            _ => return Err(bad),
        };
        Ok(Self {
            rule,
            sub_policy: name.to_owned(),
        })
    }

    /// The policy as Fabric's message.
    pub fn to_wire(&self) -> wire::ImplicitMetaPolicy {
        use wire::implicit_meta_policy::Rule as Wire;
        let rule = match self.rule {
            Rule::Any => Wire::Any,
            Rule::All => Wire::All,
            Rule::Majority => Wire::Majority,
        };
        wire::ImplicitMetaPolicy {
            sub_policy: self.sub_policy.clone(),
            rule: rule.into(),
        }
    }

    /// Reads Fabric's message.
    ///
    /// # Errors
    /// When the rule is unknown.
    pub fn from_wire(message: &wire::ImplicitMetaPolicy) -> Result<Self, PolicyError> {
        use wire::implicit_meta_policy::Rule as Wire;
        let rule = match Wire::try_from(message.rule) {
            Ok(Wire::Any) => Rule::Any,
            Ok(Wire::All) => Rule::All,
            Ok(Wire::Majority) => Rule::Majority,
            Err(_) => return Err(PolicyError::Damaged(format!("unknown rule {}", message.rule))),
        };
        Ok(Self {
            rule,
            sub_policy: message.sub_policy.clone(),
        })
    }
}

impl fmt::Display for ImplicitMetaPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.rule {
            Rule::Any => "ANY",
            Rule::All => "ALL",
            Rule::Majority => "MAJORITY",
        };
        write!(f, "{rule} {}", self.sub_policy)
    }
}
