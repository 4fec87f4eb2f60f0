//! Signatures that were found true, so that the same bytes are not verified again by the next peer or the next stage.
//!
//! A client's proposal comes before every endorsing peer, and its envelope before the orderer and the validation. Whether
//! a key made a signature does not change; whether its owner is valid, and may do what it asks, is asked every time.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest::{Context, Digest, SHA256};
use fabric_msp::{Identity, SignatureError};
use lru::LruCache;

/// Several times what the gateways and the ordering queue hold in flight.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);

type Key = [u8; 32];

/// The newest true signatures, by hash. A false one is never kept.
pub(super) struct VerifiedSignatures(Mutex<LruCache<Key, ()>>);

impl Default for VerifiedSignatures {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl VerifiedSignatures {
    pub(super) fn verify(&self, identity: &Identity, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let key = key(identity, message, signature);
        if self.known().get(&key).is_some() {
            return Ok(());
        }
        identity.verify(message, signature)?;
        self.known().put(key, ());
        Ok(())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, LruCache<Key, ()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every part has its length before it: no two triples have the same bytes.
fn key(identity: &Identity, message: &[u8], signature: &[u8]) -> Key {
    let mut context = Context::new(&SHA256);
    for part in [identity.fingerprint().as_slice(), signature, message] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    array(&context.finish())
}

fn array(digest: &Digest) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(digest.as_ref());
    key
}

impl fmt::Debug for VerifiedSignatures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VerifiedSignatures").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use fabric_msp::Signer;

    use super::{super::fixture::Member, *};

    #[test]
    fn only_the_very_signature_that_was_verified_is_known() {
        let (ann, other) = (Member::new("AMSP").client, Member::new("AMSP").client);
        let signature = ann.sign(b"message").unwrap();
        let verified = VerifiedSignatures::default();
        verified.verify(ann.identity(), b"message", &signature).unwrap();
        verified.verify(ann.identity(), b"message", &signature).unwrap();
        assert_eq!(verified.known().len(), 1);
        let false_ones: [(&Identity, &[u8], &[u8]); 4] = [
            (other.identity(), b"message", &signature),
            (ann.identity(), b"messagf", &signature),
            (ann.identity(), b"message", &signature[..signature.len() - 1]),
            (ann.identity(), b"", b""),
        ];
        for (identity, message, signature) in false_ones {
            assert!(verified.verify(identity, message, signature).is_err());
        }
        assert_eq!(verified.known().len(), 1, "a false signature is not kept");
    }
}
