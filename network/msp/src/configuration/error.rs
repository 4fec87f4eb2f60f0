use crate::policy::PolicyRefusal;

/// Why an update does not apply, in Fabric's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// A name in the read set, the write set or a modification policy.
    #[error("{place}: {reason}")]
    Name {
        /// Where it stands.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The read set names what is not there.
    #[error("error validating ReadSet: existing config does not contain element for {key} but was in the read set")]
    ReadAbsent {
        /// The element.
        key: String,
    },
    /// The configuration has changed since the update was computed.
    #[error(
        "error validating ReadSet: proposed update requires that key {key} be at version {wanted}, but it is currently at version {current}"
    )]
    ReadStale {
        /// The element.
        key: String,
        /// The read set's version.
        wanted: u64,
        /// The configuration's version.
        current: u64,
    },
    /// Nothing would change.
    #[error("error validating DeltaSet: delta set was empty -- update would have no effect")]
    NoEffect,
    /// A new element's version is not 0.
    #[error("error validating DeltaSet: attempted to set key {key} to version {version}, but key does not exist")]
    NewVersion {
        /// The element.
        key: String,
        /// The version asked for.
        version: u64,
    },
    /// A changed element's version is not the next one.
    #[error(
        "error validating DeltaSet: attempt to set key {key} to version {version}, but key is at version {current}"
    )]
    NextVersion {
        /// The element.
        key: String,
        /// The version asked for.
        version: u64,
        /// The configuration's version.
        current: u64,
    },
    /// The policy that guards an element is not there: nobody can change the element.
    #[error("error validating DeltaSet: unexpected missing policy {policy} for item {key}")]
    NoPolicy {
        /// The element.
        key: String,
        /// Its modification policy.
        policy: String,
    },
    /// Too few or the wrong ones signed.
    #[error("error validating DeltaSet: policy for {key} not satisfied: {refusal}")]
    Policy {
        /// The element.
        key: String,
        /// Why.
        refusal: PolicyRefusal,
    },
    /// A changed group names an element that neither the configuration nor the update holds.
    #[error("could not turn configMap back to channelGroup: missing {kind} at path: {key}")]
    Missing {
        /// Group, value or policy.
        kind: &'static str,
        /// The element.
        key: String,
    },
}
