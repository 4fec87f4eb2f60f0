//! One block in the log: `length u32 | crc of the block u32 | crc of the two u32 | block`, little endian.
//!
//! The header has its own checksum, so that a damaged length is never taken for a torn tail.

pub(super) const HEADER: usize = 12;

/// What the first bytes of a frame say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) length: u32,
    checksum: u32,
}

impl FrameHeader {
    /// Reads a header, or `None` when its checksum does not hold.
    pub(super) fn parse(bytes: [u8; HEADER]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
        let header = Self {
            length: u32::from_le_bytes([a, b, c, d]),
            checksum: u32::from_le_bytes([e, f, g, h]),
        };
        (header.own_checksum() == u32::from_le_bytes([i, j, k, l])).then_some(header)
    }

    pub(super) fn holds(&self, block: &[u8]) -> bool {
        crc32c::crc32c(block) == self.checksum
    }

    fn own_checksum(&self) -> u32 {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4..].copy_from_slice(&self.checksum.to_le_bytes());
        crc32c::crc32c(&bytes)
    }
}

/// The frame of an encoded block, or `None` above 4 GiB.
pub(super) fn encode(block: &[u8]) -> Option<Vec<u8>> {
    let header = FrameHeader {
        length: u32::try_from(block.len()).ok()?,
        checksum: crc32c::crc32c(block),
    };
    let mut frame = Vec::with_capacity(HEADER + block.len());
    frame.extend_from_slice(&header.length.to_le_bytes());
    frame.extend_from_slice(&header.checksum.to_le_bytes());
    frame.extend_from_slice(&header.own_checksum().to_le_bytes());
    frame.extend_from_slice(block);
    Some(frame)
}
