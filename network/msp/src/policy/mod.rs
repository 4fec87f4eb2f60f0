//! Who must have signed: signature policies, policies over policies, and the groups that hold them.

mod group;
mod implicit;
mod parser;
mod refusal;
mod signature;

pub use group::{Policy, PolicyGroup};
pub use implicit::{ImplicitMetaPolicy, Rule};
pub use refusal::PolicyRefusal;
pub use signature::SignaturePolicy;

/// How deeply policies and principals may nest.
pub const MAX_DEPTH: usize = 32;

/// How many bytes a policy's text may have.
pub const MAX_TEXT: usize = 64 * 1024;

/// Why a policy cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is not a policy.
    #[error("not a policy at byte {at}: expected {expected}; write for instance AND('GridMSP.peer', 'EnergyMSP.peer')")]
    Syntax {
        /// The byte at which reading stopped.
        at: usize,
        /// What should have stood there.
        expected: &'static str,
    },
    /// A principal is not `MSP.role`.
    #[error("'{0}' is not an MSP id, a dot, and one of member, admin, client, peer, orderer")]
    Principal(String),
    /// The number of an `OutOf` cannot be met in Fabric's language.
    #[error("OutOf asks for {n} of {rules} rules")]
    Threshold {
        /// The number asked for.
        n: i64,
        /// How many rules there are.
        rules: usize,
    },
    /// The text is longer than [`MAX_TEXT`].
    #[error("the policy's text is longer than {MAX_TEXT} bytes")]
    TooLong,
    /// The policy nests deeper than [`MAX_DEPTH`].
    #[error("the policy nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The message is damaged.
    #[error("damaged policy message: {0}")]
    Damaged(String),
    /// Something that exists in Fabric and not here.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
}

#[cfg(test)]
mod tests;
