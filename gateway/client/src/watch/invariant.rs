//! What must hold after every block.

use std::fmt;

use serde::Serialize;

/// What must hold of the ledger after every block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invariant {
    /// Every block has the next number, holds what its header says and links to the one before.
    Chain,
    /// Every row is within the bounds of its units.
    Range,
    /// An auction takes orders only while its gate is open.
    OpenGate,
    /// A contract keeps both orders' limits.
    Limits,
    /// Of no order more is contracted than was ordered.
    FilledWithinOffered,
    /// Direct, grid and unserved energy is the demand; direct, fed in and curtailed energy the supply.
    Balance,
    /// An auction is cleared once, a slot is planned once and settled once, a page is booked once.
    Once,
    /// The postings of every settlement sum to zero, and are what its accounts got.
    ZeroSum,
    /// A settlement moves what was metered, and what was bought was sold.
    Metered,
    /// Nobody's funds or holds are negative.
    Funds,
    /// Credit is between 0 and 1 000 points.
    Credit,
    /// A plant's certificates are for no more than its owner's settled energy.
    Certificates,
}

impl Invariant {
    /// Every invariant.
    pub const ALL: [Self; 12] = [
        Self::Chain,
        Self::Range,
        Self::OpenGate,
        Self::Limits,
        Self::FilledWithinOffered,
        Self::Balance,
        Self::Once,
        Self::ZeroSum,
        Self::Metered,
        Self::Funds,
        Self::Credit,
        Self::Certificates,
    ];
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Chain => "chain",
            Self::Range => "range",
            Self::OpenGate => "open-gate",
            Self::Limits => "limits",
            Self::FilledWithinOffered => "filled-within-offered",
            Self::Balance => "balance",
            Self::Once => "once",
            Self::ZeroSum => "zero-sum",
            Self::Metered => "metered",
            Self::Funds => "funds",
            Self::Credit => "credit",
            Self::Certificates => "certificates",
        })
    }
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("block {block} breaks the invariant {invariant}: {what}")]
pub struct Broken {
    /// Which block.
    pub block: u64,
    /// Which invariant.
    pub invariant: Invariant,
    /// What was found, with the figures.
    pub what: String,
}

/// Holds, or says what is wrong.
pub(super) fn require(
    holds: bool,
    invariant: Invariant,
    what: impl FnOnce() -> String,
) -> Result<(), (Invariant, String)> {
    if holds { Ok(()) } else { Err((invariant, what())) }
}
