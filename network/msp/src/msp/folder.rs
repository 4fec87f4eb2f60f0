//! An MSP folder as names and bytes. Source: Fabric `msp/configbuilder.go`.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_protos::msp::{FabricCryptoConfig, FabricMspConfig, FabricNodeOUs, FabricOuIdentifier};

use super::MspError;

type Files = BTreeMap<String, Vec<u8>>;

/// Gathers a folder's files into the message that a channel's configuration holds.
pub(super) fn read(
    msp_id: &str,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
) -> Result<FabricMspConfig, MspError> {
    let files: Files = files
        .into_iter()
        .map(|(name, bytes)| (name.replace('\\', "/"), bytes))
        .collect();
    let node_ous = match files.get("config.yaml") {
        Some(text) => node_ous(&String::from_utf8_lossy(text), &files)?,
        None => None,
    };
    Ok(FabricMspConfig {
        name: msp_id.to_owned(),
        root_certs: inside(&files, "cacerts"),
        intermediate_certs: inside(&files, "intermediatecerts"),
        admins: inside(&files, "admincerts"),
        revocation_list: inside(&files, "crls"),
        tls_root_certs: inside(&files, "tlscacerts"),
        tls_intermediate_certs: inside(&files, "tlsintermediatecerts"),
        crypto_config: Some(FabricCryptoConfig {
            signature_hash_family: "SHA2".to_owned(),
            identity_identifier_hash_function: "SHA256".to_owned(),
        }),
        fabric_node_ous: node_ous,
        ..FabricMspConfig::default()
    })
}

/// The files directly in `folder`, by name, without hidden ones.
fn inside(files: &Files, folder: &str) -> Vec<Bytes> {
    let direct = files.iter().filter(|(name, _)| {
        name.strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|name| !name.starts_with('.') && !name.contains('/'))
    });
    direct.map(|(_, bytes)| Bytes::copy_from_slice(bytes)).collect()
}

/// Reads the part of YAML that MSP folders use: `NodeOUs`, `Enable`, and for each role a certificate and a unit.
fn node_ous(text: &str, files: &Files) -> Result<Option<FabricNodeOUs>, MspError> {
    let mut ous: Option<FabricNodeOUs> = None;
    let mut role: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        let fail = |reason: &str| MspError::Config {
            line: number + 1,
            reason: reason.to_owned(),
        };
        let content = line.split_once(" #").map_or(line, |(before, _)| before).trim_end();
        if content.trim().is_empty() || content.trim_start().starts_with('#') || content == "---" {
            continue;
        }
        let (key, value) = content
            .trim_start()
            .split_once(':')
            .ok_or_else(|| fail("expected `name: value`"))?;
        let value = value.trim().trim_matches(['\'', '"']);
        let indented = content.starts_with([' ', '\t']);
        match (key, &mut ous) {
            ("NodeOUs", None) if !indented => ous = Some(FabricNodeOUs::default()),
            ("Enable", Some(ous)) => {
                ous.enable = value.parse().map_err(|_| fail("Enable must be true or false"))?;
            }
            ("Certificate" | "OrganizationalUnitIdentifier", Some(ous)) => {
                let role = role
                    .as_deref()
                    .ok_or_else(|| fail("belongs beneath a role such as ClientOUIdentifier"))?;
                let identifier = slot(ous, role)
                    .ok_or_else(|| fail("unknown role"))?
                    .get_or_insert_default();
                set(identifier, key, value, files).map_err(|reason| fail(&reason))?;
            }
            (name, Some(_)) if slot(&mut FabricNodeOUs::default(), name).is_some() => role = Some(name.to_owned()),
            ("OrganizationalUnitIdentifiers", _) => {
                return Err(fail(
                    "OrganizationalUnitIdentifiers are read from a channel's configuration only",
                ));
            }
            (other, _) => return Err(fail(&format!("unknown entry {other}"))),
        }
    }
    Ok(ous.filter(|ous| ous.enable))
}

fn slot<'a>(ous: &'a mut FabricNodeOUs, role: &str) -> Option<&'a mut Option<FabricOuIdentifier>> {
    match role {
        "ClientOUIdentifier" => Some(&mut ous.client_ou_identifier),
        "PeerOUIdentifier" => Some(&mut ous.peer_ou_identifier),
        "AdminOUIdentifier" => Some(&mut ous.admin_ou_identifier),
        "OrdererOUIdentifier" => Some(&mut ous.orderer_ou_identifier),
        _ => None,
    }
}

fn set(identifier: &mut FabricOuIdentifier, key: &str, value: &str, files: &Files) -> Result<(), String> {
    if key == "OrganizationalUnitIdentifier" {
        identifier.organizational_unit_identifier = value.to_owned();
    } else if !value.is_empty() {
        let bytes = files
            .get(value)
            .ok_or_else(|| format!("the folder holds no file {value}"))?;
        identifier.certificate = Bytes::copy_from_slice(bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "NodeOUs:\n  Enable: true\n  ClientOUIdentifier:\n    Certificate: cacerts/ca.pem\n    \
        OrganizationalUnitIdentifier: client # who asks\n  # peers\n  PeerOUIdentifier:\n    \
        OrganizationalUnitIdentifier: 'peer'\n";

    fn files(config: &str) -> Vec<(String, Vec<u8>)> {
        let names = [
            ("config.yaml", config),
            ("cacerts/ca.pem", "CA"),
            ("cacerts/.hidden", "x"),
            ("keystore/priv_sk", "K"),
        ];
        names
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .to_vec()
    }

    #[test]
    fn reads_units_and_certificates() {
        let config = read("A", files(CONFIG)).unwrap();
        assert_eq!(config.root_certs, [Bytes::from_static(b"CA")]);
        let ous = config.fabric_node_ous.unwrap();
        let client = ous.client_ou_identifier.unwrap();
        assert_eq!(
            (client.organizational_unit_identifier.as_str(), &client.certificate[..]),
            ("client", &b"CA"[..])
        );
        assert_eq!(ous.peer_ou_identifier.unwrap().organizational_unit_identifier, "peer");
        assert_eq!(ous.admin_ou_identifier, None);
    }

    #[test]
    fn disabled_units_are_none_at_all() {
        let config = read("A", files(&CONFIG.replace("true", "false"))).unwrap();
        assert_eq!(config.fabric_node_ous, None);
    }

    #[test]
    fn errors_name_their_line() {
        for (text, line) in [
            (CONFIG.replace("cacerts/ca.pem", "cacerts/no.pem"), 4),
            (CONFIG.replace("true", "maybe"), 2),
            ("NodeOUs:\n  Surprise: 1\n".to_owned(), 2),
            ("hello\n".to_owned(), 1),
        ] {
            let error = read("A", files(&text)).unwrap_err();
            assert!(
                matches!(error, MspError::Config { line: found, .. } if found == line),
                "{error}"
            );
        }
    }
}
