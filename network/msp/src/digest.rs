//! SHA-256, the only hash that this crate signs, verifies and names things by.

/// The SHA-256 of `message`.
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message).as_ref());
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn empty_message_has_the_well_known_hash() {
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(super::sha256(b"")), expected);
    }
}
