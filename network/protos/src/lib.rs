#![doc = include_str!("../README.md")]
#![allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]

include!(concat!(env!("OUT_DIR"), "/fabric.rs"));

/// SHA-256 of the compiled descriptor set: changes when, and only when, a message or a service does.
pub const DESCRIPTOR_HASH: &str = include_str!(concat!(env!("OUT_DIR"), "/descriptor_hash.txt"));

#[cfg(test)]
mod tests {
    #[test]
    fn descriptor_set_is_the_pinned_one() {
        assert_eq!(
            super::DESCRIPTOR_HASH,
            "5aaa5f8bcd0f0e6863d718067639016580c8f762b876c5baefb74d221aab174e"
        );
    }
}
