//! The contract's signature checks, by the library that also checks Fabric's.

use der_contract::Verifier;
use fabric_msp::PublicKey;

/// ECDSA P-256 over SHA-256; a high S or loose DER is refused, so that a signature has one form.
#[derive(Debug)]
pub(super) struct MspVerifier;

impl Verifier for MspVerifier {
    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        PublicKey::from_sec1(public_key).is_ok_and(|key| key.verify(message, signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fabric_msp::PrivateKey;

    #[test]
    fn only_the_own_key_and_the_own_message_verify() {
        let (ours, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let signature = ours.sign(b"terms").unwrap();
        let check = |key: &PrivateKey, message| MspVerifier.verify(key.public_key().sec1(), message, &signature);
        assert!(check(&ours, b"terms"));
        assert!(!check(&ours, b"other terms"));
        assert!(!check(&other, b"terms"));
        assert!(!MspVerifier.verify(b"no key", b"terms", &signature));
        assert!(!MspVerifier.verify(ours.public_key().sec1(), b"terms", b"no signature"));
    }
}
