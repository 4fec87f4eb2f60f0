//! Compiles the Fabric messages from the `.proto` tree of the fetched crate `fabric-sdk`, with no protoc.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{CargoOpt, MetadataCommand};
use prost::Message;
use sha2::{Digest, Sha256};

const SOURCE: &str = "fabric-sdk";

const FILES: [&str; 34] = [
    "common/collection.proto",
    "common/common.proto",
    "common/configtx.proto",
    "common/configuration.proto",
    "common/ledger.proto",
    "common/policies.proto",
    "discovery/protocol.proto",
    "gateway/gateway.proto",
    "ledger/queryresult/kv_query_result.proto",
    "ledger/rwset/kvrwset/kv_rwset.proto",
    "ledger/rwset/rwset.proto",
    "msp/identities.proto",
    "msp/msp_config.proto",
    "msp/msp_principal.proto",
    "orderer/ab.proto",
    "orderer/cluster.proto",
    "orderer/clusterserver.proto",
    "orderer/configuration.proto",
    "orderer/etcdraft/configuration.proto",
    "orderer/etcdraft/metadata.proto",
    "orderer/smartbft/configuration.proto",
    "peer/chaincode_shim.proto",
    "peer/configuration.proto",
    "peer/events.proto",
    "peer/lifecycle/chaincode_definition.proto",
    "peer/lifecycle/db.proto",
    "peer/lifecycle/lifecycle.proto",
    "peer/peer.proto",
    "peer/query.proto",
    "peer/resources.proto",
    "peer/signed_cc_dep_spec.proto",
    "peer/snapshot.proto",
    "peer/transaction.proto",
    "transientstore/transientstore.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.toml");
    let tree = proto_tree()?;
    let descriptors = protox::compile(FILES.map(|file| tree.join(file)), [&tree])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let hash = hex::encode(Sha256::digest(descriptors.encode_to_vec()));
    fs::write(out.join("descriptor_hash.txt"), hash)?;
    tonic_prost_build::configure()
        .bytes(".")
        .btree_map(".")
        .emit_rerun_if_changed(false)
        .include_file("fabric.rs")
        .compile_fds(descriptors)?;
    Ok(())
}

fn proto_tree() -> Result<PathBuf, Box<dyn Error>> {
    let manifest = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let query = |options: &[&str]| {
        MetadataCommand::new()
            .manifest_path(&manifest)
            .features(CargoOpt::AllFeatures)
            .other_options(options.iter().map(|option| (*option).to_owned()).collect::<Vec<_>>())
            .exec()
    };
    let metadata = query(&["--offline", "--locked"]).or_else(|_| query(&["--locked"]))?;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == SOURCE)
        .ok_or("fabric-sdk, which ships the .proto tree, is not in Cargo.lock: run `cargo fetch --locked`")?;
    let root = package.manifest_path.parent().ok_or("fabric-sdk has no folder")?;
    Ok(root.join("fabric-protos").into())
}
