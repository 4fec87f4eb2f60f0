//! Which policies the written keys ask for: what the gateway plans endorsers from.
//!
//! Source: `endorser.go`, `parseWritesetMetadata` and `buildChaincodeInterest`.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use fabric_protos::{
    common::SignaturePolicyEnvelope,
    protos::{ChaincodeCall, ChaincodeInterest},
};
use prost::Message;

/// The written keys of a transaction with the key-level policies they carry in committed state.
#[derive(Debug, Default, Clone)]
pub struct WrittenKeys {
    namespaces: BTreeMap<String, Policies>,
}

#[derive(Debug, Default, Clone)]
struct Policies {
    keys: BTreeMap<String, Option<Bytes>>,
}

impl WrittenKeys {
    pub(super) fn add(&mut self, namespace: &str, key: &str, policy: Option<Bytes>) {
        self.namespaces
            .entry(namespace.to_owned())
            .or_default()
            .keys
            .insert(key.to_owned(), policy);
    }

    /// The interest of a transaction that touched `namespaces`, without the system chaincodes among them.
    ///
    /// # Errors
    /// A key-level policy in the state that is not a `SignaturePolicyEnvelope`.
    pub(super) fn interest<'a>(
        &self,
        namespaces: impl Iterator<Item = &'a str>,
    ) -> Result<ChaincodeInterest, prost::DecodeError> {
        let touched: BTreeSet<&str> = namespaces.filter(|name| !is_system_chaincode(name)).collect();
        let mut chaincodes = Vec::with_capacity(touched.len());
        for name in touched {
            let Some(policies) = self.namespaces.get(name) else {
                chaincodes.push(ChaincodeCall {
                    name: name.to_owned(),
                    ..Default::default()
                });
                continue;
            };
            let key_policies = policies.distinct()?;
            let unguarded = policies.keys.values().any(Option::is_none);
            chaincodes.push(ChaincodeCall {
                name: name.to_owned(),
                disregard_namespace_policy: !unguarded && !key_policies.is_empty(),
                key_policies,
                ..Default::default()
            });
        }
        Ok(ChaincodeInterest { chaincodes })
    }
}

impl Policies {
    fn distinct(&self) -> Result<Vec<SignaturePolicyEnvelope>, prost::DecodeError> {
        let distinct: BTreeSet<&Bytes> = self.keys.values().flatten().collect();
        distinct
            .into_iter()
            .map(|bytes| SignaturePolicyEnvelope::decode(bytes.clone()))
            .collect()
    }
}

/// Fabric's built-in chaincodes, which no endorsement policy of the channel's chaincodes covers.
pub(crate) fn is_system_chaincode(name: &str) -> bool {
    matches!(name, "_lifecycle" | "lscc" | "cscc" | "qscc")
}
