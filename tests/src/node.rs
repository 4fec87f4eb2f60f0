//! The processes of a network, in words that both networks understand.

use std::fmt;

/// A process of an organisation. On the devnet every peer and orderer is the one devnet process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// The organisation's peer.
    Peer(String),
    /// The organisation's ordering node.
    Orderer(String),
    /// The organisation's chaincode service.
    Service(String),
}

impl Node {
    /// The peer of an organisation, for example of `grid`.
    #[must_use]
    pub fn peer(of: &str) -> Self {
        Self::Peer(of.to_owned())
    }

    /// The ordering node of an organisation.
    #[must_use]
    pub fn orderer(of: &str) -> Self {
        Self::Orderer(of.to_owned())
    }

    /// The chaincode service of an organisation.
    #[must_use]
    pub fn service(of: &str) -> Self {
        Self::Service(of.to_owned())
    }

    /// The node that `peer-grid` and so on stand for.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, of) = name.split_once('-')?;
        match kind {
            "peer" => Some(Self::peer(of)),
            "orderer" => Some(Self::orderer(of)),
            "service" => Some(Self::service(of)),
            _ => None,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(of) => write!(f, "peer-{of}"),
            Self::Orderer(of) => write!(f, "orderer-{of}"),
            Self::Service(of) => write!(f, "service-{of}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for node in [Node::peer("grid"), Node::orderer("energy"), Node::service("microgrid")] {
            assert_eq!(Node::parse(&node.to_string()), Some(node));
        }
        assert_eq!(Node::parse("devnet"), None);
    }
}
