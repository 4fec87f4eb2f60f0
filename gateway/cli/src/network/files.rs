//! What a local network writes: the devnet's configuration and the users' profiles.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fabric_cryptogen::{Consortium, Organisation};
use serde::Serialize;

use super::batch::Batch;
use super::error::NetworkError;
use super::layout::{CHAINCODE, CHANNEL, Layout, package_id};
use crate::profile::{Endpoint, Profile, Timeouts};

/// The administrator that every organisation has.
const ADMIN: &str = "Admin";
/// A majority of the channel's organisations endorses.
const ENDORSEMENT: &str = "/Channel/Application/Endorsement";

/// `host:port` by MSP id.
pub(super) type Addresses = BTreeMap<String, String>;

#[derive(Serialize)]
struct DevnetFile<'a> {
    channel: &'a str,
    data_dir: PathBuf,
    crypto_dir: PathBuf,
    batch: Batch,
    switches: Switches,
    organizations: Vec<Organization<'a>>,
    chaincodes: [Chaincode<'a>; 1],
}

/// Sizes; 0 switches off, and what is left out has Fabric's value.
#[derive(Serialize)]
struct Switches {
    #[serde(skip_serializing_if = "Option::is_none")]
    write_batch: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_get: Option<u32>,
}

impl Switches {
    fn offering(batches: bool) -> Self {
        let size = (!batches).then_some(0);
        Self {
            write_batch: size,
            multi_get: size,
        }
    }
}

#[derive(Serialize)]
struct Organization<'a> {
    msp_id: &'a str,
    domain: &'a str,
    listen: &'a str,
}

#[derive(Serialize)]
struct Chaincode<'a> {
    name: &'a str,
    version: &'a str,
    package_id: String,
    endorsement: &'a str,
    addresses: &'a Addresses,
}

/// Writes the devnet's configuration. An organisation without a known address listens on a free port.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write_devnet(
    layout: &Layout,
    consortium: &Consortium,
    batch: Batch,
    batches_offered: bool,
    services: &Addresses,
    peers: &Addresses,
) -> Result<(), NetworkError> {
    let organizations = consortium.organisations.iter().map(|one| Organization {
        msp_id: &one.msp_id,
        domain: &one.domain,
        listen: peers.get(&one.msp_id).map_or("127.0.0.1:0", String::as_str),
    });
    let file = DevnetFile {
        channel: CHANNEL,
        data_dir: layout.data(),
        crypto_dir: layout.crypto().root().to_owned(),
        batch,
        switches: Switches::offering(batches_offered),
        organizations: organizations.collect(),
        chaincodes: [Chaincode {
            name: CHAINCODE,
            version: env!("CARGO_PKG_VERSION"),
            package_id: package_id(),
            endorsement: ENDORSEMENT,
            addresses: services,
        }],
    };
    write(
        &layout.devnet_config(),
        &toml::to_string(&file).map_err(|error| NetworkError::Toml("the devnet", error))?,
    )
}

/// Writes one profile per user and administrator. Each tries its own organisation's peer first.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write_profiles(layout: &Layout, consortium: &Consortium, peers: &Addresses) -> Result<(), NetworkError> {
    for organisation in &consortium.organisations {
        let users = organisation.users.iter().map(|user| user.name.as_str());
        for user in users.chain([ADMIN]) {
            let profile = profile(organisation, user, consortium, peers);
            let text = toml::to_string(&profile).map_err(|error| NetworkError::Toml("a profile", error))?;
            write(&layout.profile(organisation, user), &text)?;
        }
    }
    Ok(())
}

fn profile(organisation: &Organisation, user: &str, consortium: &Consortium, peers: &Addresses) -> Profile {
    let (own, others): (Vec<_>, Vec<_>) = consortium
        .organisations
        .iter()
        .partition(|one| one.msp_id == organisation.msp_id);
    // Relative to the profile, so that the whole folder can be moved.
    let crypto = fabric_cryptogen::Tree::new("../crypto");
    let endpoints = own.into_iter().chain(others).filter_map(|one| {
        let peer = one.peers.first()?;
        Some(Endpoint {
            address: peers.get(&one.msp_id)?.clone(),
            server_name: format!("{peer}.{}", one.domain),
            tls_roots: crypto.peer(&one.domain, peer).join("tls").join("ca.crt"),
            client_cert: None,
            client_key: None,
        })
    });
    Profile {
        channel: CHANNEL.to_owned(),
        chaincode: CHAINCODE.to_owned(),
        msp_id: organisation.msp_id.clone(),
        identity: crypto.user(&organisation.domain, user).join("msp"),
        endpoints: endpoints.collect(),
        organisations: None,
        timeouts: Timeouts::default(),
    }
}

fn write(file: &Path, text: &str) -> Result<(), NetworkError> {
    fs::write(file, text).map_err(NetworkError::file(file))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use fabric_cryptogen::Consortium;

    use super::{Addresses, Batch, write_devnet, write_profiles};
    use crate::network::{CONSORTIUM, Layout};
    use crate::profile::Profile;

    fn layout() -> (tempfile::TempDir, Layout) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path().to_owned());
        fs::create_dir(layout.profiles()).unwrap();
        (folder, layout)
    }

    fn addresses() -> Addresses {
        ["GridMSP", "RegulatorMSP", "EnergyMSP", "MicrogridMSP"]
            .iter()
            .zip(7001..)
            .map(|(msp, port)| ((*msp).to_owned(), format!("127.0.0.1:{port}")))
            .collect()
    }

    #[test]
    fn a_profile_is_read_back_with_its_own_peer_first() {
        let (_folder, layout) = layout();
        let consortium = Consortium::from_toml(CONSORTIUM).unwrap();
        write_profiles(&layout, &consortium, &addresses()).unwrap();
        let profile = Profile::read(&layout.profiles().join("microgrid-prosumer1.toml")).unwrap();
        assert_eq!(profile.endpoints.len(), 4);
        assert_eq!(profile.endpoints[0].address, "127.0.0.1:7004");
        assert!(
            profile.identity.ends_with("users/prosumer1@microgrid.der.example/msp"),
            "{:?}",
            profile.identity
        );
        assert!(layout.profiles().join("grid-admin.toml").is_file());
    }

    #[test]
    fn known_ports_are_kept_and_unknown_ones_are_free() {
        let (_folder, layout) = layout();
        let consortium = Consortium::from_toml(CONSORTIUM).unwrap();
        let mut peers = addresses();
        peers.remove("GridMSP");
        write_devnet(&layout, &consortium, Batch::default(), true, &addresses(), &peers).unwrap();
        let text = fs::read_to_string(layout.devnet_config()).unwrap();
        let file: toml::Table = toml::from_str(&text).unwrap();
        let listen: Vec<_> = file["organizations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["listen"].as_str().unwrap())
            .collect();
        assert_eq!(
            listen,
            ["127.0.0.1:0", "127.0.0.1:7002", "127.0.0.1:7003", "127.0.0.1:7004"]
        );
        assert_eq!(
            file["chaincodes"][0]["addresses"]["MicrogridMSP"].as_str(),
            Some("127.0.0.1:7004")
        );
    }
}
