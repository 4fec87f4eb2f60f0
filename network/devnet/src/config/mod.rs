//! What a network is made of. Values only: files are read by [`crate::process`].

mod chaincode;
mod limits;
mod organization;

pub use chaincode::{Chaincode, parse_policy};
pub use limits::{Limits, Switches};
pub use organization::{Organization, TlsIdentity};

use std::path::PathBuf;

use fabric_msp::Signer;

use crate::channel::BatchConfig;

/// A network: one channel, its organisations, its chaincodes.
#[derive(Debug, Clone)]
pub struct Config {
    /// The channel's name.
    pub channel_id: String,
    /// Where the ledger lives.
    pub data_dir: PathBuf,
    /// The organisations; each has one peer. The first one with an orderer identity orders.
    pub organizations: Vec<Organization>,
    /// The chaincodes defined when the network first starts.
    pub chaincodes: Vec<Chaincode>,
    /// When a block is cut.
    pub batch: BatchConfig,
    /// What is bounded, and how.
    pub limits: Limits,
    /// What is on and off.
    pub switches: Switches,
}

/// Why a configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No organisation.
    #[error("a network needs at least one organisation")]
    NoOrganization,
    /// Two organisations with one MSP id.
    #[error("organisation {0} is configured twice")]
    Duplicate(String),
    /// No organisation has an orderer identity.
    #[error("no organisation has an orderer identity: give one of them an orderer")]
    NoOrderer,
    /// An identity of another MSP.
    #[error("the {what} identity of organisation {msp_id} belongs to {found}")]
    ForeignIdentity {
        /// The organisation.
        msp_id: String,
        /// Peer or orderer.
        what: &'static str,
        /// The identity's MSP.
        found: String,
    },
    /// A chaincode service for an organisation that is not there.
    #[error("chaincode {chaincode} has a service for {msp_id}, which is not an organisation of the network")]
    ForeignService {
        /// The chaincode.
        chaincode: String,
        /// The unknown organisation.
        msp_id: String,
    },
}

impl Config {
    /// A network without chaincodes, with Fabric's limits.
    pub fn new(channel_id: impl Into<String>, data_dir: impl Into<PathBuf>, organizations: Vec<Organization>) -> Self {
        Self {
            channel_id: channel_id.into(),
            data_dir: data_dir.into(),
            organizations,
            chaincodes: Vec::new(),
            batch: BatchConfig::default(),
            limits: Limits::default(),
            switches: Switches::default(),
        }
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.organizations.is_empty() {
            return Err(ConfigError::NoOrganization);
        }
        if self
            .organizations
            .iter()
            .all(|organization| organization.orderer.is_none())
        {
            return Err(ConfigError::NoOrderer);
        }
        for (index, organization) in self.organizations.iter().enumerate() {
            let msp_id = organization.msp_id();
            if self
                .organizations
                .iter()
                .take(index)
                .any(|other| other.msp_id() == msp_id)
            {
                return Err(ConfigError::Duplicate(msp_id.to_owned()));
            }
            for (what, identity) in [
                ("peer", Some(&organization.peer)),
                ("orderer", organization.orderer.as_ref()),
            ] {
                if let Some(identity) = identity.filter(|identity| identity.msp_id() != msp_id) {
                    let (msp_id, found) = (msp_id.to_owned(), identity.msp_id().to_owned());
                    return Err(ConfigError::ForeignIdentity { msp_id, what, found });
                }
            }
        }
        self.chaincodes
            .iter()
            .try_for_each(|chaincode| self.check_chaincode(chaincode))
    }

    fn check_chaincode(&self, chaincode: &Chaincode) -> Result<(), ConfigError> {
        let known = |msp_id: &str| {
            self.organizations
                .iter()
                .any(|organization| organization.msp_id() == msp_id)
        };
        if let Some(msp_id) = chaincode.services.keys().find(|msp_id| !known(msp_id)) {
            return Err(ConfigError::ForeignService {
                chaincode: chaincode.name.clone(),
                msp_id: msp_id.clone(),
            });
        }
        Ok(())
    }
}
