//! What a check found.

use serde::Serialize;

/// How good it is. The order is that of badness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and something should be done.
    Warn,
    /// It does not work, or must not be left so.
    Fail,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How good.
    pub state: State,
    /// What was looked at: a file, an address, a policy.
    pub check: String,
    /// What was found.
    pub found: String,
    /// What to do about it; empty when nothing is to be done.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(State::Ok, check, found, "")
    }

    /// It works, and something should be done.
    pub fn warn(check: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(State::Warn, check, found, advice)
    }

    /// It does not work, or must not be left so.
    pub fn fail(check: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(State::Fail, check, found, advice)
    }

    fn new(state: State, check: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            state,
            check: check.into(),
            found: found.into(),
            advice: advice.into(),
        }
    }
}

/// The worst of these; nothing found is good.
pub fn worst(findings: &[Finding]) -> State {
    findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ok)
}
