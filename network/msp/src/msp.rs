//! One organisation's view of who belongs to it.

use fabric_protos::msp::{FabricMspConfig, MspConfig};

use crate::{CertificateError, Identity, IdentityError, Principal};

/// Why an MSP cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MspError {
    /// A certificate cannot be read.
    #[error("{name}: {source}")]
    Certificate {
        /// The file, or the field of the configuration.
        name: String,
        /// What is wrong.
        source: CertificateError,
    },
}

/// What an identity is in its organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A client.
    Client,
    /// A peer.
    Peer,
    /// An administrator.
    Admin,
    /// An orderer.
    Orderer,
}

/// One organisation's roots, intermediates, administrators, revocations and roles.
#[derive(Debug, Clone)]
pub struct Msp {
    id: String,
    config: FabricMspConfig,
}

impl Msp {
    /// Reads an MSP folder's files, given as names relative to the folder and contents.
    ///
    /// # Errors
    /// When a file cannot be read or the MSP is not sound.
    pub fn from_folder(msp_id: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, MspError> {
        let _ = files.into_iter().count();
        Self::from_config(&FabricMspConfig {
            name: msp_id.to_owned(),
            ..Default::default()
        })
    }

    /// Reads a channel configuration's MSP.
    ///
    /// # Errors
    /// When the MSP is not sound.
    pub fn from_config(config: &FabricMspConfig) -> Result<Self, MspError> {
        Ok(Self {
            id: config.name.clone(),
            config: config.clone(),
        })
    }

    /// Reads a channel configuration's MSP from its outer message.
    ///
    /// # Errors
    /// When it is not an X.509 MSP or not sound.
    pub fn from_msp_config(config: &MspConfig) -> Result<Self, MspError> {
        let _ = config;
        Self::from_config(&FabricMspConfig::default())
    }

    /// The MSP as a channel's configuration holds it, without any private key.
    pub fn to_config(&self) -> FabricMspConfig {
        self.config.clone()
    }

    /// As [`Self::to_config`], in its outer message.
    pub fn to_msp_config(&self) -> MspConfig {
        MspConfig::default()
    }

    /// The MSP's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the identity belongs to this MSP now: chain, revocation, exactly one role. Expiry is not asked.
    ///
    /// # Errors
    /// When it does not, with the reason.
    pub fn validate(&self, identity: &Identity) -> Result<(), IdentityError> {
        self.role(identity).map(|_| ())
    }

    /// The identity's role.
    ///
    /// # Errors
    /// When the identity is not valid.
    pub fn role(&self, identity: &Identity) -> Result<Role, IdentityError> {
        Err(IdentityError::UnknownMsp(identity.msp_id().to_owned()))
    }

    /// Whether the identity is valid and whom the principal asks for.
    ///
    /// # Errors
    /// When it is not, with the reason.
    pub fn satisfies(&self, identity: &Identity, principal: &Principal) -> Result<(), IdentityError> {
        let _ = principal;
        self.validate(identity)
    }
}
