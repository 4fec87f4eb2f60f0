//! Organisations with keys, and a BFT channel of four of them.

use std::{fs, path::Path, sync::OnceLock};

use fabric_admin::{ChannelConfig, NewOrganization, OrderingNode, edit};
use fabric_cryptogen::{Consortium, Tree, generate, revoke, tree::msp_files};
use fabric_devnet::channel::{self, BatchConfig, HostPort, OrganizationConfig, genesis_block};
use fabric_msp::{Msp, SigningIdentity};
use fabric_protos::{
    common::{ConfigGroup, ConfigValue, Orderers},
    orderer::ConsensusType,
};
use prost::Message;
use tempfile::TempDir;

/// The channel's founders, in the order of the mapping.
pub(crate) const FOUNDERS: [&str; 4] = ["GridMSP", "RegulatorMSP", "EnergyMSP", "MicrogridMSP"];
/// Who wants to join.
pub(crate) const NEWCOMER: &str = "NorthMSP";

/// One tree of keys for all tests; none of them writes to it.
fn tree() -> &'static (TempDir, Tree) {
    static TREE: OnceLock<(TempDir, Tree)> = OnceLock::new();
    TREE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        generate(&consortium(), folder.path()).unwrap();
        let tree = Tree::new(folder.path());
        (folder, tree)
    })
}

/// Five organisations with a peer, two ordering nodes and a client each.
fn consortium() -> Consortium {
    let mut text = "[validity]\nauthority_days = 30\ncertificate_days = 3\n".to_owned();
    for msp_id in FOUNDERS.iter().chain(&[NEWCOMER]) {
        let domain = domain(msp_id);
        text.push_str(&format!(
            "[[organisation]]\nmsp_id = \"{msp_id}\"\ndomain = \"{domain}\"\npeers = [\"peer0\"]\n\
             orderers = [\"orderer0\", \"orderer1\"]\nchaincodes = []\nhosts = [\"localhost\", \"127.0.0.1\"]\n\
             [[organisation.user]]\nname = \"ann\"\n[[organisation.user]]\nname = \"bob\"\n"
        ));
    }
    Consortium::from_toml(&text).unwrap()
}

fn domain(msp_id: &str) -> String {
    format!("{}.example", msp_id.trim_end_matches("MSP").to_lowercase())
}

fn port(msp_id: &str) -> u16 {
    let place = FOUNDERS
        .iter()
        .position(|founder| *founder == msp_id)
        .unwrap_or(FOUNDERS.len());
    7000 + 100 * u16::try_from(place).unwrap()
}

/// Where an organisation's ordering node listens.
pub(crate) fn endpoint(msp_id: &str, node: u16) -> String {
    format!("127.0.0.1:{}", port(msp_id) + 50 + node)
}

pub(crate) fn msp_folder(msp_id: &str) -> Vec<(String, Vec<u8>)> {
    msp_files(&tree().1.msp(&domain(msp_id))).unwrap()
}

pub(crate) fn msp(msp_id: &str) -> Msp {
    Msp::from_folder(msp_id, msp_folder(msp_id)).unwrap()
}

pub(crate) fn admin(msp_id: &str) -> SigningIdentity {
    user(msp_id, "Admin")
}

pub(crate) fn user(msp_id: &str, name: &str) -> SigningIdentity {
    let folder = tree().1.user(&domain(msp_id), name).join("msp");
    SigningIdentity::from_files(msp_id, msp_files(&folder).unwrap()).unwrap()
}

pub(crate) fn ordering_node(msp_id: &str, node: u16) -> OrderingNode {
    let folder = tree().1.orderer(&domain(msp_id), &format!("orderer{node}"));
    let files = msp_files(&folder.join("msp")).unwrap();
    let signs = files.iter().find(|(name, _)| name.starts_with("signcerts/")).unwrap();
    OrderingNode {
        endpoint: endpoint(msp_id, node),
        identity: String::from_utf8(signs.1.clone()).unwrap(),
        tls_certificate: fs::read_to_string(folder.join("tls/server.crt")).unwrap(),
    }
}

/// An organisation as it describes itself, with its ordering node of that number.
pub(crate) fn described(msp_id: &str, node: u16) -> NewOrganization {
    let anchor = format!("127.0.0.1:{}", port(msp_id) + 51);
    NewOrganization::describe(
        msp_id,
        msp_folder(msp_id),
        vec![anchor],
        Some(ordering_node(msp_id, node)),
    )
    .unwrap()
}

/// The newest revocation list of an organisation after these users were revoked: in a copy of its keys.
pub(crate) fn revoked(msp_id: &str, users: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    copy(tree().1.root(), folder.path());
    let copied = Tree::new(folder.path());
    for name in users {
        let holder = copied.user(&domain(msp_id), name);
        revoke(folder.path(), msp_id, &holder).unwrap();
    }
    fs::read(copied.msp(&domain(msp_id)).join("crls/crl.pem")).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The channel of the founders, ordering by BFT: the devnet's genesis block, with the consenters of another kind.
pub(crate) fn channel() -> ChannelConfig {
    let organization = |msp_id: &str| OrganizationConfig {
        name: msp_id.to_owned(),
        msp: msp(msp_id),
        anchor_peers: vec![host_port(port(msp_id) + 51)],
        orderer_endpoints: vec![host_port(port(msp_id) + 50)],
    };
    let config = channel::ChannelConfig {
        id: "energy".to_owned(),
        organizations: FOUNDERS.into_iter().map(organization).collect(),
        consenters: Vec::new(),
        batch: BatchConfig::default(),
    };
    let raft = ChannelConfig::from_block(&genesis_block(&config).unwrap()).unwrap();
    let mut root = raft.root().clone();
    let orderer = root.groups.get_mut("Orderer").unwrap();
    set(orderer, "Orderers", &Orderers::default());
    let bft = ConsensusType {
        r#type: "BFT".to_owned(),
        ..ConsensusType::default()
    };
    set(orderer, "ConsensusType", &bft);
    let mut config = at_first(root);
    for founder in FOUNDERS {
        config = at_first(edit::add_consenter(&config, &described(founder, 0)).unwrap());
    }
    config
}

fn host_port(port: u16) -> HostPort {
    HostPort {
        host: "127.0.0.1".to_owned(),
        port,
    }
}

fn set(group: &mut ConfigGroup, key: &str, value: &impl Message) {
    let value = ConfigValue {
        version: 0,
        value: value.encode_to_vec().into(),
        mod_policy: "Admins".to_owned(),
    };
    group.values.insert(key.to_owned(), value);
}

/// A tree as the configuration of a new channel.
pub(crate) fn at_first(root: ConfigGroup) -> ChannelConfig {
    let config = fabric_protos::common::Config {
        sequence: 0,
        channel_group: Some(root),
    };
    ChannelConfig::from_config("energy", config).unwrap()
}
