//! One organisation of the network.

use std::{fmt, net::SocketAddr};

use fabric_msp::{Msp, SigningIdentity};

/// One organisation with its peer.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Who belongs to it.
    pub msp: Msp,
    /// Its peer's key, which endorses.
    pub peer: SigningIdentity,
    /// Its peer's TLS material: serves clients, and dials chaincode services.
    pub tls: TlsIdentity,
    /// Its orderer's key, if it has one.
    pub orderer: Option<SigningIdentity>,
    /// Where its peer listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The name that clients find in the peer's TLS certificate.
    pub server_name: String,
    /// How many blocks its peer's simulations lag behind.
    pub lag_blocks: usize,
}

impl Organization {
    /// The organisation's MSP id.
    pub fn msp_id(&self) -> &str {
        self.msp.id()
    }
}

/// A TLS certificate with its key and roots, all PEM.
#[derive(Clone)]
pub struct TlsIdentity {
    /// The certificate.
    pub certificate_pem: String,
    /// Its key.
    pub key_pem: String,
    /// The TLS authorities of the organisation.
    pub roots_pem: String,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity")
            .field("key_pem", &"…")
            .finish_non_exhaustive()
    }
}
