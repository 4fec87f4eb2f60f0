//! Who may use which resource of a peer, as Fabric's sample configuration sets it.

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
