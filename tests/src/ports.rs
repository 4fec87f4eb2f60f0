//! A block of ports for a network whose nodes must be told their ports beforehand.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// Below the range from which systems take ports for outgoing connections.
const FIRST: u16 = 22_000;
const LAST: u16 = 32_000;
/// More than any network of the stories takes.
const BLOCK: u16 = 100;

/// A hundred ports of loopback. The first is held, so that nobody else who asks this way gets the same block.
#[derive(Debug)]
pub(crate) struct Ports {
    base: u16,
    _held: TcpListener,
}

impl Ports {
    /// The first block of which every port is free.
    pub(crate) fn reserve() -> Result<Self> {
        let blocks = (FIRST..LAST).step_by(usize::from(BLOCK));
        blocks
            .filter_map(Self::at)
            .next()
            .context("there is no free block of 100 ports")
    }

    fn at(base: u16) -> Option<Self> {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, base)).ok()?;
        let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        (base + 1..base + BLOCK).all(free).then_some(Self { base, _held: held })
    }

    /// The port before the first that may be used.
    pub(crate) const fn base(&self) -> u16 {
        self.base
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Ports};

    #[test]
    fn two_networks_never_share_a_block() {
        let one = Ports::reserve().unwrap();
        let other = Ports::reserve().unwrap();
        assert!(one.base().abs_diff(other.base()) >= BLOCK);
    }
}
