//! Whether the client of an open stream may still read. Source: `common/deliver/acl.go`.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use fabric_msp::Identity;

use super::Core;
use crate::channel::SignedData;

/// One delivery's client. Its right is asked for again whenever the channel's configuration has changed, and the end
/// of its certificate at every block.
pub(super) struct Session {
    core: Arc<Core>,
    signed: SignedData,
    resource: &'static str,
    /// Who it was found to be, and under which configuration.
    known: Option<(u64, Arc<Identity>)>,
}

/// The client may not read, or no longer; the log holds the reason.
#[derive(Debug)]
pub(super) struct Refused;

impl Session {
    pub(super) fn new(core: Arc<Core>, signed: SignedData, resource: &'static str) -> Self {
        Self {
            core,
            signed,
            resource,
            known: None,
        }
    }

    pub(super) fn evaluate(&mut self) -> Result<(), Refused> {
        let sequence = self.core.channel.now().sequence();
        match &self.known {
            Some((known, identity)) if *known == sequence => still_valid(identity),
            _ => self.check(sequence),
        }
    }

    fn check(&mut self, sequence: u64) -> Result<(), Refused> {
        let SignedData {
            message,
            identity,
            signature,
        } = &self.signed;
        let checked = self.core.access().check(identity, message, signature, self.resource);
        let identity = checked.map_err(|error| {
            tracing::warn!(%error, "a deliver request is not authorised");
            Refused
        })?;
        self.known = Some((sequence, identity));
        Ok(())
    }
}

fn still_valid(identity: &Identity) -> Result<(), Refused> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    if identity.expired_at(i64::try_from(now).unwrap_or(i64::MAX)) {
        tracing::warn!(msp_id = identity.msp_id(), "deliver client identity expired");
        return Err(Refused);
    }
    Ok(())
}
