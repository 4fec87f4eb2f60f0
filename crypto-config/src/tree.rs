//! Where things lie: the layout of Fabric's own cryptogen, with orderers and chaincode services beside the peers.

use std::path::{Path, PathBuf};

use crate::{CryptogenError, store};

/// The folder of a consortium's identity material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The tree under `root`, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The tree's own folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// An organisation's folder.
    pub fn organisation(&self, domain: &str) -> PathBuf {
        self.root.join("peerOrganizations").join(domain)
    }

    /// An organisation's MSP folder for channels: authorities, roles, revocations, and no key.
    pub fn msp(&self, domain: &str) -> PathBuf {
        self.organisation(domain).join("msp")
    }

    /// A peer's folder, with `msp/` and `tls/{ca.crt,server.crt,server.key}`.
    pub fn peer(&self, domain: &str, name: &str) -> PathBuf {
        self.organisation(domain).join("peers").join(format!("{name}.{domain}"))
    }

    /// An orderer's folder, laid out as a peer's.
    pub fn orderer(&self, domain: &str, name: &str) -> PathBuf {
        self.organisation(domain)
            .join("orderers")
            .join(format!("{name}.{domain}"))
    }

    /// A chaincode service's folder, with `tls/{ca.crt,server.crt,server.key}`.
    pub fn chaincode(&self, domain: &str, name: &str) -> PathBuf {
        self.organisation(domain)
            .join("chaincode")
            .join(format!("{name}.{domain}"))
    }

    /// A user's folder, with `msp/` and `tls/{ca.crt,client.crt,client.key}`.
    pub fn user(&self, domain: &str, name: &str) -> PathBuf {
        self.organisation(domain).join("users").join(format!("{name}@{domain}"))
    }

    /// The MSP ids and domains of the organisations that are there, by domain.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn organisations(&self) -> Result<Vec<(String, String)>, CryptogenError> {
        let folders = store::list(&self.root.join("peerOrganizations"))?;
        let named = folders
            .iter()
            .filter(|folder| folder.join(MSP_ID).is_file())
            .map(|folder| {
                let msp_id = String::from_utf8_lossy(&store::read(&folder.join(MSP_ID))?)
                    .trim()
                    .to_owned();
                Ok((
                    msp_id,
                    folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                ))
            });
        named.collect()
    }

    /// The MSP id and domain of the organisation that `name`, one of both, denotes.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, name: &str) -> Result<(String, String), CryptogenError> {
        let found = self
            .organisations()?
            .into_iter()
            .find(|(msp_id, domain)| msp_id == name || domain == name);
        found.ok_or_else(|| CryptogenError::UnknownOrganisation(name.to_owned()))
    }
}

/// The file in an organisation's folder that tells its MSP id, which Fabric's layout does not record.
pub(crate) const MSP_ID: &str = "msp_id";

/// An MSP folder's files as names relative to it and contents, as `fabric_msp::Msp::from_folder` and
/// `fabric_msp::SigningIdentity::from_files` take them.
///
/// # Errors
/// When a file cannot be read or is too large.
pub fn msp_files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, CryptogenError> {
    let mut files = Vec::new();
    for entry in store::list(folder)? {
        let inside = if entry.is_dir() {
            store::list(&entry)?
        } else {
            vec![entry]
        };
        for path in inside.into_iter().filter(|path| path.is_file()) {
            let name = path
                .strip_prefix(folder)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            files.push((name, store::read(&path)?));
        }
    }
    Ok(files)
}
