//! The MSPs of a channel.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;

use crate::{Identity, IdentityError, Msp, Principal};

/// A channel's MSPs, with bounded caches of identities and verdicts.
pub struct MspManager {
    msps: BTreeMap<String, Msp>,
}

impl MspManager {
    /// A manager of these MSPs; of two with one name the later stands.
    pub fn new(msps: Vec<Msp>) -> Self {
        Self {
            msps: msps.into_iter().map(|msp| (msp.id().to_owned(), msp)).collect(),
        }
    }

    /// The identity of these bytes, parsed and validated by its MSP.
    ///
    /// # Errors
    /// When the bytes are no identity, its MSP is unknown, or its MSP refuses it.
    pub fn identity(&self, serialized: &Bytes) -> Result<Arc<Identity>, IdentityError> {
        let identity = Arc::new(Identity::from_bytes(serialized.clone())?);
        let unknown = || IdentityError::UnknownMsp(identity.msp_id().to_owned());
        self.msp(identity.msp_id()).ok_or_else(unknown)?.validate(&identity)?;
        Ok(identity)
    }

    /// One MSP.
    pub fn msp(&self, msp_id: &str) -> Option<&Msp> {
        self.msps.get(msp_id)
    }

    /// The names of the MSPs, sorted.
    pub fn msp_ids(&self) -> impl Iterator<Item = &str> {
        self.msps.keys().map(String::as_str)
    }

    /// Whether the identity is valid and whom the principal asks for.
    ///
    /// # Errors
    /// When it is not, with the reason.
    pub fn satisfies(&self, identity: &Identity, principal: &Principal) -> Result<(), IdentityError> {
        let unknown = || IdentityError::UnknownMsp(identity.msp_id().to_owned());
        self.msp(identity.msp_id())
            .ok_or_else(unknown)?
            .satisfies(identity, principal)
    }
}
