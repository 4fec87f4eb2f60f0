//! An MSP as a list of facts.

use bytes::Bytes;
use fabric_msp::RevocationList;
use fabric_protos::msp::{FabricMspConfig, FabricNodeOUs, FabricOuIdentifier, MspConfig};
use prost::Message;

use super::facts::{pem, raw};

/// Nothing when the MSP is of another type or holds more than is understood.
pub(super) fn facts(config: &MspConfig) -> Option<Vec<String>> {
    let msp = FabricMspConfig::decode(config.config.clone()).ok()?;
    if config.r#type != 0 || msp.encoded_len() != config.config.len() || msp.signing_identity.is_some() {
        return None;
    }
    let mut facts = vec![format!("MSP {}", msp.name)];
    let groups = [
        ("authority", &msp.root_certs),
        ("intermediate authority", &msp.intermediate_certs),
        ("administrator", &msp.admins),
        ("TLS authority", &msp.tls_root_certs),
        ("TLS intermediate authority", &msp.tls_intermediate_certs),
    ];
    for (kind, pems) in groups {
        facts.extend(pems.iter().map(|one| format!("{kind} {}", pem(one))));
    }
    facts.extend(msp.revocation_list.iter().map(list));
    facts.extend(
        msp.organizational_unit_identifiers
            .iter()
            .map(|unit| format!("demands {}", words(unit))),
    );
    if let Some(crypto) = &msp.crypto_config {
        let (family, hash) = (&crypto.signature_hash_family, &crypto.identity_identifier_hash_function);
        facts.push(format!("hashing by {family} and {hash}"));
    }
    facts.extend(msp.fabric_node_ous.iter().flat_map(roles));
    Some(facts)
}

fn list(bytes: &Bytes) -> String {
    let Ok(list) = RevocationList::read(bytes) else {
        return format!("a revocation list that cannot be read: {}", raw(bytes));
    };
    let serials: Vec<String> = list.serials().iter().map(hex::encode).collect();
    let authority = hex::encode(list.authority_key_id());
    format!(
        "revocation list of authority {}… with {} certificates, serials {}",
        authority.get(..16).unwrap_or(&authority),
        serials.len(),
        serials.join(", ")
    )
}

fn roles(ous: &FabricNodeOUs) -> Vec<String> {
    let named = [
        ("clients", &ous.client_ou_identifier),
        ("peers", &ous.peer_ou_identifier),
        ("administrators", &ous.admin_ou_identifier),
        ("orderers", &ous.orderer_ou_identifier),
    ];
    let told = named
        .into_iter()
        .filter_map(|(role, unit)| Some((role, unit.as_ref()?)));
    let mut facts: Vec<String> = told.map(|(role, unit)| format!("{role} by {}", words(unit))).collect();
    facts.push(format!("roles are told apart: {}", ous.enable));
    facts
}

fn words(unit: &FabricOuIdentifier) -> String {
    let name = &unit.organizational_unit_identifier;
    match unit.certificate.is_empty() {
        true => format!("unit {name}"),
        false => format!("unit {name} under {}", pem(&unit.certificate)),
    }
}
