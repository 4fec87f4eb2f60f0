#![doc = include_str!("../README.md")]

pub mod attributes;
pub mod certificate;
pub mod channel;
pub mod configuration;
pub mod digest;
pub mod identity;
pub mod key;

pub mod msp;
pub mod pem;
pub mod policy;
pub mod principal;
pub mod public_key;
pub mod signature;
pub mod signer;

#[cfg(test)]
mod forge;

pub use attributes::{AttributeError, Attributes};
pub use certificate::{Certificate, CertificateError};
pub use channel::MspManager;
pub use configuration::UpdateError;
pub use digest::sha256;
pub use identity::{Identity, IdentityError};
pub use key::{KeyError, PrivateKey};
pub use msp::{Msp, MspError, RevocationList, Role};
pub use policy::{ImplicitMetaPolicy, Policy, PolicyError, PolicyGroup, PolicyRefusal, Rule, SignaturePolicy};
pub use principal::{Principal, PrincipalRole};
pub use public_key::PublicKey;
pub use signature::SignatureError;
pub use signer::{Signer, SignerError, SigningIdentity};
