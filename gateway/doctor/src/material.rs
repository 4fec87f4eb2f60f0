//! Certificates in folders and in a channel's configuration.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use fabric_protos::{
    common::{ConfigGroup, Orderers},
    etcdraft::ConfigMetadata,
    msp::{FabricMspConfig, MspConfig},
    orderer::ConsensusType,
};
use prost::Message;

use crate::Calendar;

/// No PEM file of an identity comes near this size in bytes; larger files are passed over.
const MAX_FILE: u64 = 1024 * 1024;

/// How deep folders may nest: deeper than any layout of Fabric.
const MAX_DEPTH: usize = 12;

/// Adds every certificate and revocation list in the PEM files of a folder, and in the folders beneath.
///
/// # Errors
/// When the folder cannot be read. What a single file's trouble is, `trouble` is told.
pub fn add_folder(calendar: &mut Calendar, folder: &Path, trouble: &mut dyn FnMut(String)) -> io::Result<()> {
    for file in files(folder, MAX_DEPTH)? {
        let source = file.display().to_string();
        let added = fs::read(&file).map_err(|error| error.to_string());
        if let Err(error) = added.and_then(|pem| calendar.add_pem(&source, &pem)) {
            trouble(format!("{source}: {error}"));
        }
    }
    Ok(())
}

/// The files that may hold certificates, by name.
fn files(folder: &Path, depth: usize) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let about = fs::symlink_metadata(&path)?;
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if about.is_dir() && depth > 0 {
            found.extend(files(&path, depth - 1)?);
        } else if matches!(ending, "pem" | "crt" | "cert" | "crl") && fs::metadata(&path)?.len() <= MAX_FILE {
            found.push(path);
        }
    }
    Ok(found)
}

/// Adds what a channel's configuration holds: authorities, administrators and revocation lists of every organisation, and
/// the certificates of the ordering nodes.
///
/// # Errors
/// When a part of it is damaged.
pub fn add_channel(calendar: &mut Calendar, root: &ConfigGroup) -> Result<(), String> {
    for (name, section) in &root.groups {
        for (organization, group) in &section.groups {
            let source = format!("channel: {name} {organization}");
            if let Some(value) = group.values.get("MSP") {
                add_msp(calendar, &source, &value.value).map_err(|error| format!("{source}: {error}"))?;
            }
        }
        add_consenters(calendar, section).map_err(|error| format!("channel: {name}: {error}"))?;
    }
    Ok(())
}

fn add_msp(calendar: &mut Calendar, source: &str, value: &[u8]) -> Result<(), String> {
    let outer = MspConfig::decode(value).map_err(|error| error.to_string())?;
    let msp = FabricMspConfig::decode(outer.config).map_err(|error| error.to_string())?;
    for (what, texts) in [
        ("root", &msp.root_certs),
        ("intermediate", &msp.intermediate_certs),
        ("administrator", &msp.admins),
        ("TLS root", &msp.tls_root_certs),
        ("TLS intermediate", &msp.tls_intermediate_certs),
        ("revocation list", &msp.revocation_list),
    ] {
        for text in texts {
            calendar.add_pem(&format!("{source} {what}"), text)?;
        }
    }
    Ok(())
}

/// SmartBFT's are in the mapping of the orderer's group, Raft's in the metadata of its consensus type.
fn add_consenters(calendar: &mut Calendar, section: &ConfigGroup) -> Result<(), String> {
    let damaged = |error: prost::DecodeError| error.to_string();
    if let Some(value) = section.values.get("Orderers") {
        for node in Orderers::decode(value.value.clone())
            .map_err(damaged)?
            .consenter_mapping
        {
            let source = format!("channel: consenter {}:{}", node.host, node.port);
            calendar.add_pem(&format!("{source} signing"), &node.identity)?;
            calendar.add_pem(&format!("{source} TLS client"), &node.client_tls_cert)?;
            calendar.add_pem(&format!("{source} TLS server"), &node.server_tls_cert)?;
        }
    }
    if let Some(value) = section.values.get("ConsensusType") {
        let kind = ConsensusType::decode(value.value.clone()).map_err(damaged)?;
        if kind.r#type == "etcdraft" {
            for node in ConfigMetadata::decode(kind.metadata).map_err(damaged)?.consenters {
                let source = format!("channel: consenter {}:{}", node.host, node.port);
                calendar.add_pem(&format!("{source} TLS client"), &node.client_tls_cert)?;
                calendar.add_pem(&format!("{source} TLS server"), &node.server_tls_cert)?;
            }
        }
    }
    Ok(())
}
