//! Identities in the folder layout of Fabric's cryptogen.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use fabric_msp::{Msp, SigningIdentity};

use crate::{
    ccaas::ChaincodeTls,
    config::{Organization, TlsIdentity},
};

/// Deepest folder of an MSP that is read.
const DEPTH: usize = 3;

/// One organisation's folders.
pub(super) struct CryptoFolder {
    organization: PathBuf,
    orderer_organization: PathBuf,
}

impl CryptoFolder {
    pub(super) fn new(crypto: &Path, domain: &str) -> Self {
        Self {
            organization: crypto.join("peerOrganizations").join(domain),
            orderer_organization: crypto.join("ordererOrganizations").join(domain),
        }
    }

    pub(super) fn organization(
        &self,
        msp_id: &str,
        peer: Option<&str>,
        listen: SocketAddr,
        lag_blocks: usize,
    ) -> anyhow::Result<Organization> {
        let msp_folder = self.organization.join("msp");
        let msp = Msp::from_folder(msp_id, files(&msp_folder)?)
            .with_context(|| format!("MSP in {}", msp_folder.display()))?;
        let peers = self.organization.join("peers");
        let folder = match peer {
            Some(name) => peers.join(name),
            None => first_folder(&peers)?.with_context(|| format!("{} holds no peer", peers.display()))?,
        };
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        Ok(Organization {
            msp,
            peer: signing_identity(msp_id, &folder)?,
            tls: TlsIdentity {
                certificate_pem: text(&folder.join("tls/server.crt"))?,
                key_pem: text(&folder.join("tls/server.key"))?,
                roots_pem: text(&folder.join("tls/ca.crt"))?,
            },
            orderer: self.orderer(msp_id)?,
            listen,
            server_name: name,
            lag_blocks,
        })
    }

    /// The chaincode's TLS authority, and the peer's own certificate to dial with.
    pub(super) fn chaincode_tls(&self, organization: &Organization) -> anyhow::Result<ChaincodeTls> {
        let services = self.organization.join("chaincode");
        let folder = first_folder(&services)?.with_context(|| {
            format!(
                "{} holds no chaincode service: make its TLS identity, or set tls = false",
                services.display()
            )
        })?;
        Ok(ChaincodeTls {
            roots_pem: text(&folder.join("tls/ca.crt"))?,
            server_name: folder.file_name().map(|name| name.to_string_lossy().into_owned()),
            client: Some((
                organization.tls.certificate_pem.clone(),
                organization.tls.key_pem.clone(),
            )),
        })
    }

    fn orderer(&self, msp_id: &str) -> anyhow::Result<Option<SigningIdentity>> {
        for home in [&self.organization, &self.orderer_organization] {
            if let Some(folder) = first_folder(&home.join("orderers"))? {
                return signing_identity(msp_id, &folder).map(Some);
            }
        }
        Ok(None)
    }
}

fn signing_identity(msp_id: &str, node: &Path) -> anyhow::Result<SigningIdentity> {
    let folder = node.join("msp");
    SigningIdentity::from_files(msp_id, files(&folder)?).with_context(|| format!("identity in {}", folder.display()))
}

/// The first folder by name; `None` when there is none, or no parent.
fn first_folder(parent: &Path) -> anyhow::Result<Option<PathBuf>> {
    if !parent.is_dir() {
        return Ok(None);
    }
    let mut folders = Vec::new();
    for entry in fs::read_dir(parent).with_context(|| format!("reading {}", parent.display()))? {
        let path = entry.with_context(|| format!("reading {}", parent.display()))?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    Ok(folders.into_iter().min())
}

/// All files below a folder as names relative to it, with `/`, and contents.
fn files(folder: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    if !folder.is_dir() {
        bail!("{} is not a folder: create the identities first", folder.display());
    }
    let mut found = Vec::new();
    collect(folder, "", DEPTH, &mut found)?;
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<(String, Vec<u8>)>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry.with_context(|| format!("reading {}", folder.display()))?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let name = format!("{prefix}{name}");
        if path.is_dir() && depth > 0 {
            collect(&path, &format!("{name}/"), depth - 1, found)?;
        } else if path.is_file() {
            let contents = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            found.push((name, contents));
        }
    }
    Ok(())
}

fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}
