//! Who may depend on whom (docs/adr/0001). Development dependencies may stand on anything above `tests/`.

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Finding;
use crate::cargo;

const ALLOWED: [(&str, &[&str]); 17] = [
    ("fabric-protos", &[]),
    ("fabric-msp", &["fabric-protos"]),
    ("fabric-shim", &["fabric-msp", "fabric-protos"]),
    ("fabric-gateway", &["fabric-msp", "fabric-protos"]),
    ("fabric-admin", &["fabric-gateway", "fabric-msp", "fabric-protos"]),
    ("fabric-doctor", &["fabric-gateway", "fabric-msp", "fabric-protos"]),
    ("fabric-devnet", &["fabric-msp", "fabric-protos"]),
    ("fabric-cryptogen", &["fabric-msp"]),
    ("der-market", &[]),
    ("der-api", &["der-market"]),
    ("der-study", &["der-market"]),
    ("der-contract", &["der-api", "der-market"]),
    (
        "der-chaincode",
        &[
            "der-api",
            "der-contract",
            "der-market",
            "fabric-msp",
            "fabric-protos",
            "fabric-shim",
        ],
    ),
    (
        "der-client",
        &["der-api", "der-market", "fabric-gateway", "fabric-msp", "fabric-protos"],
    ),
    (
        "der-cli",
        &[
            "der-api",
            "der-chaincode",
            "der-client",
            "der-market",
            "der-study",
            "fabric-admin",
            "fabric-cryptogen",
            "fabric-devnet",
            "fabric-doctor",
            "fabric-gateway",
            "fabric-msp",
            "fabric-protos",
        ],
    ),
    ("xtask", &[]),
    (
        "der-e2e",
        &[
            "der-api",
            "der-chaincode",
            "der-cli",
            "der-client",
            "der-contract",
            "der-market",
            "fabric-cryptogen",
            "fabric-devnet",
            "fabric-gateway",
            "fabric-msp",
            "fabric-protos",
            "fabric-shim",
        ],
    ),
];

/// Compares the workspace's own dependencies with the table.
///
/// # Errors
/// When cargo cannot describe the workspace.
pub(super) fn check() -> Result<Vec<Finding>> {
    let metadata = MetadataCommand::new()
        .manifest_path(cargo::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("could not read the workspace")?;
    let members: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some((_, allowed)) = ALLOWED.iter().find(|(member, _)| *member == name) else {
            findings.push(Finding::new(name, "this crate is not in the table of arrows"));
            continue;
        };
        let forbidden = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
            .map(|dependency| dependency.name.as_str())
            .filter(|dependency| members.contains(dependency) && !allowed.contains(dependency));
        findings.extend(forbidden.map(|dependency| Finding::new(name, format!("must not depend on {dependency}"))));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::ALLOWED;

    #[test]
    fn nothing_of_fabric_knows_energy() {
        let knowing = ALLOWED
            .iter()
            .filter(|(name, _)| name.starts_with("fabric-"))
            .filter(|(_, allowed)| allowed.iter().any(|dependency| dependency.starts_with("der-")));
        assert_eq!(knowing.count(), 0);
    }
}
