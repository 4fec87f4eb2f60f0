//! Fabric's own `peer` and `configtxlator` change the devnet's configuration, where they are present.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use fabric_protos::{common::Config, protos::AcLs};
use prost::Message;

use super::world::{ENERGY, GRID, World, domain};

/// The folder of Fabric's binaries, from `FABRIC_BIN` or `PATH`.
fn binaries() -> Option<PathBuf> {
    let named = env::var_os("FABRIC_BIN").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let places: Vec<PathBuf> = named.into_iter().chain(env::split_paths(&path)).collect();
    places
        .into_iter()
        .find(|folder| ["peer", "configtxlator"].iter().all(|name| folder.join(name).is_file()))
}

struct Tools<'a> {
    world: &'a World,
    folder: PathBuf,
    work: tempfile::TempDir,
}

impl Tools<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    /// `peer` as an organisation's administrator, who asks that organisation's peer and the first one's orderer.
    fn peer(&self, msp_id: &str, arguments: &[&str]) -> Output {
        let at = self.world.devnet().endpoint(msp_id).unwrap();
        let orderer = self.world.devnet().endpoint(GRID).unwrap();
        let (roots, orderer_roots) = (self.file("roots.pem"), self.file("orderer-roots.pem"));
        fs::write(&roots, &at.tls_roots_pem).unwrap();
        fs::write(&orderer_roots, &orderer.tls_roots_pem).unwrap();
        let mut command = Command::new(self.folder.join("peer"));
        command
            .args(arguments)
            .env("FABRIC_CFG_PATH", self.work.path())
            .env("CORE_PEER_LOCALMSPID", msp_id)
            .env(
                "CORE_PEER_MSPCONFIGPATH",
                self.world.tree().user(domain(msp_id), "Admin").join("msp"),
            )
            .env("CORE_PEER_ADDRESS", at.address.to_string())
            .env("CORE_PEER_TLS_ENABLED", "true")
            .env("CORE_PEER_TLS_ROOTCERT_FILE", &roots)
            .env("CORE_PEER_TLS_SERVERHOSTOVERRIDE", &at.server_name);
        if matches!(arguments.get(1), Some(&"fetch" | &"update")) {
            let address = orderer.address.to_string();
            command.args([
                "-o",
                &address,
                "--tls",
                "--ordererTLSHostnameOverride",
                &orderer.server_name,
            ]);
            command.arg("--cafile").arg(&orderer_roots);
        }
        command.output().unwrap()
    }

    fn compute(&self, original: &Path, updated: &Path, out: &Path) {
        let mut command = Command::new(self.folder.join("configtxlator"));
        command.args(["compute_update", "--channel_id", "energy"]);
        command
            .arg("--original")
            .arg(original)
            .arg("--updated")
            .arg(updated)
            .arg("--output")
            .arg(out);
        succeeded(&command.output().unwrap());
    }
}

fn succeeded(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// The smallest configuration with which `peer` starts as a client.
const CORE: &str = "peer:\n  BCCSP:\n    Default: SW\n    SW:\n      Hash: SHA2\n      Security: 256\n  client:\n    connTimeout: 10s\n";

#[tokio::test(flavor = "multi_thread")]
async fn fabrics_peer_command_fetches_signs_and_updates() {
    let Some(folder) = binaries() else {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED configuration updates by Fabric's peer command: no peer and configtxlator in FABRIC_BIN or PATH"
        );
        return;
    };
    let world = World::start().await;
    let tools = Tools {
        world: &world,
        folder,
        work: tempfile::tempdir().unwrap(),
    };
    fs::write(tools.file("core.yaml"), CORE).unwrap();
    tokio::task::block_in_place(|| {
        let block = tools.file("config.block");
        succeeded(&tools.peer(
            GRID,
            &["channel", "fetch", "config", block.to_str().unwrap(), "-c", "energy"],
        ));
        let listed = succeeded(&tools.peer(GRID, &["channel", "list"]));
        assert!(listed.contains("energy"), "{listed}");

        let channel = world.devnet().channel().now();
        let stored = fabric_protos::common::Block::decode(fs::read(&block).unwrap().as_slice()).unwrap();
        let original = fabric_devnet::ledger::block::configuration(&stored)
            .unwrap()
            .config
            .unwrap();
        assert_eq!(&original, channel.config());
        let mut wanted = original.clone();
        let application = wanted
            .channel_group
            .as_mut()
            .unwrap()
            .groups
            .get_mut("Application")
            .unwrap();
        let acls = &mut application.values.get_mut("ACLs").unwrap().value;
        let mut changed = AcLs::decode(acls.clone()).unwrap();
        changed.acls.get_mut("event/Block").unwrap().policy_ref = "/Channel/Application/Admins".to_owned();
        *acls = changed.encode_to_vec().into();
        let files = ["original.pb", "wanted.pb", "update.pb", "update.tx"].map(|name| tools.file(name));
        let write = |path: &Path, config: &Config| fs::write(path, config.encode_to_vec()).unwrap();
        write(&files[0], &original);
        write(&files[1], &wanted);
        tools.compute(&files[0], &files[1], &files[2]);
        fs::write(&files[3], unsigned(&fs::read(&files[2]).unwrap())).unwrap();
        let transaction = files[3].to_str().unwrap();

        let alone = tools.peer(GRID, &["channel", "update", "-f", transaction, "-c", "energy"]);
        let words = String::from_utf8_lossy(&alone.stderr).into_owned();
        assert!(!alone.status.success(), "{words}");
        let expected = "BAD_REQUEST -- error applying config update to existing channel 'energy': error authorizing update: error \
                        validating DeltaSet: policy for [Value]  /Channel/Application/ACLs not satisfied: implicit policy \
                        evaluation failed - 1 sub-policies were satisfied, but this policy requires 2 of the 'Admins' \
                        sub-policies to be satisfied";
        assert!(words.contains(expected), "{words}");

        succeeded(&tools.peer(ENERGY, &["channel", "signconfigtx", "-f", transaction]));
        succeeded(&tools.peer(GRID, &["channel", "update", "-f", transaction, "-c", "energy"]));
    });
    world.devnet().orderer().cut().await.unwrap();
    let channel = world.devnet().channel().now();
    assert_eq!(
        (channel.sequence(), channel.policy_of("event/Block")),
        (1, "/Channel/Application/Admins")
    );
}

/// The envelope that `peer channel signconfigtx` takes, with no signature yet.
fn unsigned(update: &[u8]) -> Vec<u8> {
    use fabric_protos::common::{ChannelHeader, ConfigUpdateEnvelope, Envelope, Header, HeaderType, Payload};
    let channel_header = ChannelHeader {
        r#type: HeaderType::ConfigUpdate.into(),
        channel_id: "energy".to_owned(),
        ..ChannelHeader::default()
    };
    let header = Header {
        channel_header: channel_header.encode_to_vec().into(),
        ..Header::default()
    };
    let content = ConfigUpdateEnvelope {
        config_update: bytes::Bytes::copy_from_slice(update),
        signatures: Vec::new(),
    };
    let payload = Payload {
        header: Some(header),
        data: content.encode_to_vec().into(),
    };
    let payload = payload.encode_to_vec().into();
    Envelope {
        payload,
        ..Envelope::default()
    }
    .encode_to_vec()
}
