/// Why identities do not satisfy a policy, in Fabric's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// A signature policy.
    #[error("signature set did not satisfy policy")]
    Signature,
    /// A policy over policies.
    #[error(
        "implicit policy evaluation failed - {met} sub-policies were satisfied, but this policy requires {needed} of the '{sub_policy}' sub-policies to be satisfied"
    )]
    ImplicitMeta {
        /// How many of the policies beneath hold.
        met: usize,
        /// How many must.
        needed: usize,
        /// Their name.
        sub_policy: String,
    },
    /// There is no policy of that path.
    #[error("no such policy: '{0}'")]
    Missing(String),
}
