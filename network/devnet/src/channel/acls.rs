//! Who may use which resource of a peer: as Fabric's sample configuration sets it, and as a peer decides where the
//! configuration says nothing.
//!
//! Source: Fabric, core/aclmgmt/resourceprovider.go, defaultaclprovider.go, common/channelconfig/api.go.

use std::collections::BTreeMap;

use fabric_protos::protos::{AcLs, ApiResource};

use super::{APPLICATION_READERS, APPLICATION_WRITERS};

const WRITERS: [&str; 6] = [
    "_lifecycle/CheckCommitReadiness",
    "_lifecycle/CommitChaincodeDefinition",
    "_lifecycle/QueryChaincodeDefinition",
    "_lifecycle/QueryChaincodeDefinitions",
    "peer/Propose",
    "peer/ChaincodeToChaincode",
];

const READERS: [&str; 9] = [
    "qscc/GetChainInfo",
    "qscc/GetBlockByNumber",
    "qscc/GetBlockByHash",
    "qscc/GetTransactionByID",
    "qscc/GetBlockByTxID",
    "cscc/GetConfigBlock",
    "cscc/GetChannelConfig",
    "event/Block",
    "event/FilteredBlock",
];

/// Where a policy's name is relative.
const APPLICATION: &str = "/Channel/Application/";

/// The policies of resources that a configuration names.
#[derive(Debug, Default)]
pub(super) struct ConfiguredAcls(BTreeMap<String, String>);

impl ConfiguredAcls {
    pub(super) fn new(acls: AcLs) -> Self {
        let named = acls.acls.into_iter().filter(|(_, entry)| !entry.policy_ref.is_empty());
        let absolute = |policy: String| match policy.starts_with('/') {
            true => policy,
            false => format!("{APPLICATION}{policy}"),
        };
        Self(named.map(|(name, entry)| (name, absolute(entry.policy_ref))).collect())
    }

    /// The policy of a resource. Fabric's peer takes readers where its own table names no writers.
    pub(super) fn policy(&self, resource: &str) -> &str {
        let default = match WRITERS.contains(&resource) {
            true => APPLICATION_WRITERS,
            false => APPLICATION_READERS,
        };
        self.0.get(resource).map_or(default, String::as_str)
    }
}

pub(super) fn defaults() -> AcLs {
    let pairs = WRITERS.map(|name| (name, APPLICATION_WRITERS));
    let readers = READERS.map(|name| (name, APPLICATION_READERS));
    let entry = |(name, policy): (&str, &str)| {
        (
            name.to_owned(),
            ApiResource {
                policy_ref: policy.to_owned(),
            },
        )
    };
    AcLs {
        acls: pairs.into_iter().chain(readers).map(entry).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_policy_replaces_the_peers_own() {
        let entry = |name: &str, policy: &str| {
            let policy_ref = policy.to_owned();
            (name.to_owned(), ApiResource { policy_ref })
        };
        let entries = [
            entry("peer/Propose", "Admins"),
            entry("event/Block", "/Channel/Readers"),
            entry("event/FilteredBlock", ""),
        ];
        let acls = ConfiguredAcls::new(AcLs { acls: entries.into() });
        let cases = [
            ("peer/Propose", "/Channel/Application/Admins"),
            ("event/Block", "/Channel/Readers"),
            ("event/FilteredBlock", APPLICATION_READERS),
            ("peer/ChaincodeToChaincode", APPLICATION_WRITERS),
            ("gateway/CommitStatus", APPLICATION_READERS),
        ];
        for (resource, policy) in cases {
            assert_eq!(acls.policy(resource), policy, "{resource}");
        }
    }
}
