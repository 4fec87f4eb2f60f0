//! One chaincode of the channel.

use std::collections::BTreeMap;

use fabric_msp::{PolicyError, SignaturePolicy};

use crate::{ccaas::ChaincodeService, channel::EndorsementPolicy};

/// One chaincode: its definition, and where each organisation's service listens.
#[derive(Debug, Clone)]
pub struct Chaincode {
    /// Its name on the channel.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The package id that its services register with (`label:hash`).
    pub package_id: String,
    /// Who must endorse.
    pub endorsement: EndorsementPolicy,
    /// Services by MSP id. An organisation without one cannot endorse.
    pub services: BTreeMap<String, ChaincodeService>,
}

/// Reads an endorsement policy: what begins with a slash names a policy of the channel
/// (`/Channel/Application/Endorsement`), all else is a signature policy (`AND('GridMSP.peer', 'EnergyMSP.peer')`).
///
/// # Errors
/// A signature policy that does not parse.
pub fn parse_policy(text: &str) -> Result<EndorsementPolicy, PolicyError> {
    if text.starts_with('/') {
        return Ok(EndorsementPolicy::ChannelReference(text.to_owned()));
    }
    SignaturePolicy::parse(text).map(EndorsementPolicy::Signature)
}
