//! Who may do what on the channel: identity, expiry, signature, policy.
//!
//! Source: `core/endorser/msgvalidation.go`, `core/policy/policy.go`, `core/aclmgmt/defaultaclprovider.go`.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use fabric_msp::{Identity, IdentityError};

use crate::channel::Channel;

/// Why someone is refused. The client sees no more than Fabric tells; the log holds the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The creator's bytes are no identity of a known MSP.
    #[error("access denied: channel [{0}] creator org unknown, creator is malformed")]
    Unknown(String),
    /// The creator is invalid, expired, or did not sign.
    #[error("access denied: channel [{channel}] creator org [{msp_id}]{reason}")]
    Denied {
        /// The channel.
        channel: String,
        /// The MSP that the creator names.
        msp_id: String,
        /// Empty, or what the client may know.
        reason: &'static str,
    },
    /// The creator does not satisfy the policy.
    #[error(
        "access denied: failed evaluating policy on signed data during check policy on channel [{channel}] with policy [{policy}]: creator org [{msp_id}] does not satisfy it"
    )]
    Policy {
        /// The channel.
        channel: String,
        /// The policy's path.
        policy: String,
        /// The creator's MSP.
        msp_id: String,
    },
}

/// Checks creators against the channel under one configuration.
#[derive(Debug, Clone)]
pub struct Access {
    channel: Arc<Channel>,
}

impl Access {
    /// Access rules of a channel's configuration.
    pub fn new(channel: Arc<Channel>) -> Self {
        Self { channel }
    }

    /// The MSP ids of the channel's members.
    pub(super) fn members(&self) -> impl Iterator<Item = &str> {
        self.channel.organizations()
    }

    /// Whether `creator` is a valid identity that has not expired and signed `message`.
    ///
    /// # Errors
    /// Why not.
    pub fn authenticate(
        &self,
        creator: &Bytes,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Arc<Identity>, AccessError> {
        let identity = self
            .channel
            .msps()
            .identity(creator)
            .map_err(|error| self.refuse(creator, &error))?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        if identity.expired_at(i64::try_from(now).unwrap_or(i64::MAX)) {
            return Err(self.denied(&identity, ": client identity expired"));
        }
        self.channel.verify(&identity, message, signature).map_err(|error| {
            tracing::warn!(%error, msp_id = identity.msp_id(), "access denied: the creator's signature is not valid");
            self.denied(&identity, "")
        })?;
        Ok(identity)
    }

    /// Whether a validated identity satisfies the policy of a resource such as `peer/Propose`, or a policy that is
    /// named by its path.
    ///
    /// # Errors
    /// It does not.
    pub fn authorize(&self, identity: &Arc<Identity>, resource: &str) -> Result<(), AccessError> {
        let policy = self.channel.policy_of(resource);
        if self.channel.evaluate(policy, std::slice::from_ref(identity)) {
            return Ok(());
        }
        let (channel, msp_id) = (self.channel.id().to_owned(), identity.msp_id().to_owned());
        let policy = policy.to_owned();
        Err(AccessError::Policy {
            channel,
            policy,
            msp_id,
        })
    }

    /// Both questions for a request that its creator signed.
    ///
    /// # Errors
    /// Why not.
    pub fn check(
        &self,
        creator: &Bytes,
        message: &[u8],
        signature: &[u8],
        resource: &str,
    ) -> Result<Arc<Identity>, AccessError> {
        let identity = self.authenticate(creator, message, signature)?;
        self.authorize(&identity, resource)?;
        Ok(identity)
    }

    fn refuse(&self, creator: &Bytes, error: &IdentityError) -> AccessError {
        tracing::warn!(%error, "access denied: the creator is not valid");
        match Identity::from_bytes(creator.clone()) {
            Ok(identity) if self.channel.msps().msp(identity.msp_id()).is_some() => self.denied(&identity, ""),
            _ => AccessError::Unknown(self.channel.id().to_owned()),
        }
    }

    fn denied(&self, identity: &Identity, reason: &'static str) -> AccessError {
        AccessError::Denied {
            channel: self.channel.id().to_owned(),
            msp_id: identity.msp_id().to_owned(),
            reason,
        }
    }
}
