//! The MSPs of a channel.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use lru::LruCache;

use crate::{Identity, IdentityError, Msp, Principal, msp::Standing, sha256};

/// How many valid identities are remembered.
const ACCEPTED: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// How many refused identities are remembered: fewer, and apart, so that garbage cannot push out the valid ones.
const REFUSED: NonZeroUsize = NonZeroUsize::new(256).unwrap();

type Fingerprint = [u8; 32];

/// A channel's MSPs, with bounded caches of identities and verdicts. Expiry is not part of a verdict, so that a
/// verdict holds for as long as the MSPs stand; a change of the configuration makes a new manager.
pub struct MspManager {
    msps: BTreeMap<String, Msp>,
    cache: Mutex<Cache>,
}

struct Cache {
    accepted: LruCache<Fingerprint, (Arc<Identity>, Standing)>,
    refused: LruCache<Fingerprint, IdentityError>,
}

impl MspManager {
    /// A manager of these MSPs; of two with one name the later stands.
    pub fn new(msps: Vec<Msp>) -> Self {
        let cache = Cache {
            accepted: LruCache::new(ACCEPTED),
            refused: LruCache::new(REFUSED),
        };
        Self {
            msps: msps.into_iter().map(|msp| (msp.id().to_owned(), msp)).collect(),
            cache: Mutex::new(cache),
        }
    }

    /// The identity of these bytes, parsed and validated by its MSP.
    ///
    /// # Errors
    /// When the bytes are no identity, its MSP is unknown, or its MSP refuses it.
    pub fn identity(&self, serialized: &Bytes) -> Result<Arc<Identity>, IdentityError> {
        let fingerprint = sha256(serialized);
        if let Some(known) = self.known(&fingerprint) {
            return known.map(|(identity, _)| identity);
        }
        let identity = Arc::new(Identity::from_bytes(serialized.clone())?);
        self.judge(&identity)?;
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
        let standing = match self.known(identity.fingerprint()) {
            Some(known) => known.map(|(_, standing)| standing),
            None => self.judge(&Arc::new(identity.clone())),
        };
        self.msp_of(identity)?.answers(identity, &standing, principal)
    }

    /// Asks the MSP and remembers its verdict.
    fn judge(&self, identity: &Arc<Identity>) -> Result<Standing, IdentityError> {
        let verdict = self.msp_of(identity)?.standing(identity);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        match &verdict {
            Ok(standing) => {
                cache
                    .accepted
                    .put(*identity.fingerprint(), (Arc::clone(identity), standing.clone()));
            }
            Err(error) => {
                cache.refused.put(*identity.fingerprint(), error.clone());
            }
        }
        verdict
    }

    fn known(&self, fingerprint: &Fingerprint) -> Option<Result<(Arc<Identity>, Standing), IdentityError>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(accepted) = cache.accepted.get(fingerprint) {
            return Some(Ok(accepted.clone()));
        }
        cache.refused.get(fingerprint).cloned().map(Err)
    }

    fn msp_of(&self, identity: &Identity) -> Result<&Msp, IdentityError> {
        self.msp(identity.msp_id())
            .ok_or_else(|| IdentityError::UnknownMsp(identity.msp_id().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PrincipalRole, forge::Forge};

    #[test]
    fn verdicts_are_remembered_and_stay_right() {
        let (forge, stranger) = (Forge::new("AMSP"), Forge::new("AMSP"));
        let manager = MspManager::new(vec![forge.msp()]);
        let good = forge.issue("ann", &["client"]);
        let bad = stranger.issue("eve", &["client"]);
        for _ in 0..2 {
            let identity = manager.identity(good.serialized()).unwrap();
            assert_eq!(*identity, good);
            assert!(matches!(
                manager.identity(bad.serialized()),
                Err(IdentityError::Chain { .. })
            ));
        }
        assert!(Arc::ptr_eq(
            &manager.identity(good.serialized()).unwrap(),
            &manager.identity(good.serialized()).unwrap()
        ));
        assert!(
            manager
                .satisfies(&good, &Principal::role("AMSP", PrincipalRole::Client))
                .is_ok()
        );
        assert!(
            manager
                .satisfies(&good, &Principal::role("AMSP", PrincipalRole::Peer))
                .is_err()
        );
        assert!(
            manager
                .satisfies(&bad, &Principal::role("AMSP", PrincipalRole::Member))
                .is_err()
        );
    }

    #[test]
    fn unknown_msp_and_garbage_are_refused() {
        let manager = MspManager::new(vec![Forge::new("AMSP").msp()]);
        let other = Forge::new("BMSP").issue("bob", &["client"]);
        assert_eq!(
            manager.identity(other.serialized()),
            Err(IdentityError::UnknownMsp("BMSP".to_owned()))
        );
        assert!(manager.identity(&Bytes::from_static(b"\xff\xff")).is_err());
        assert_eq!(manager.identity(&Bytes::new()), Err(IdentityError::NoMsp));
    }
}
