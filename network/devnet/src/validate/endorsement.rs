//! Endorsement policies: the chaincode's, or for a key that has one of its own, the key's instead.
//!
//! Source: Fabric, core/common/validation/statebased/validator_keylevel.go, v20.go, vpmanagerimpl.go.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use fabric_msp::SignaturePolicy;
use fabric_protos::{common::SignaturePolicyEnvelope, protos::TxValidationCode};
use prost::Message;

use super::dispatch::Candidate;
use crate::{
    channel::{ChaincodeDefinition, Channel, EndorsementPolicy, LIFECYCLE, LIFECYCLE_ENDORSEMENT},
    ledger::{LedgerError, Snapshot, rwset::NsRwSet},
};

/// The policies of one block, taken from the state before it.
pub(super) struct KeyPolicies<'a> {
    channel: &'a Channel,
    committed: &'a Snapshot,
    chaincodes: BTreeMap<String, Option<EndorsementPolicy>>,
    /// Keys whose policy an earlier transaction of the block sets: what they demand is not known yet.
    renewed: BTreeSet<(String, String)>,
}

type Judged = Result<(), TxValidationCode>;

impl<'a> KeyPolicies<'a> {
    pub(super) fn new(channel: &'a Channel, committed: &'a Snapshot) -> Self {
        Self {
            channel,
            committed,
            chaincodes: BTreeMap::new(),
            renewed: BTreeSet::new(),
        }
    }

    /// Judges the next transaction of the block.
    pub(super) fn check(&mut self, candidate: &Candidate) -> Result<Judged, LedgerError> {
        for namespace in candidate.judged_namespaces() {
            let Some(policy) = self.chaincode_policy(namespace)? else {
                return Ok(Err(TxValidationCode::InvalidChaincode));
            };
            let set = candidate.set.namespaces.iter().find(|set| set.namespace == namespace);
            if !self.satisfied(candidate, &policy, set)? {
                return Ok(Err(TxValidationCode::EndorsementPolicyFailure));
            }
            for write in set.iter().flat_map(|set| &set.public.metadata_writes) {
                self.renewed.insert((namespace.to_owned(), write.key.clone()));
            }
        }
        Ok(Ok(()))
    }

    fn chaincode_policy(&mut self, namespace: &str) -> Result<Option<EndorsementPolicy>, LedgerError> {
        if namespace == LIFECYCLE {
            return Ok(Some(EndorsementPolicy::ChannelReference(
                LIFECYCLE_ENDORSEMENT.to_owned(),
            )));
        }
        if let Some(known) = self.chaincodes.get(namespace) {
            return Ok(known.clone());
        }
        let definition = ChaincodeDefinition::read(self.committed, namespace)?;
        let policy = definition.map(|definition| definition.endorsement);
        self.chaincodes.insert(namespace.to_owned(), policy.clone());
        Ok(policy)
    }

    /// Every written key by its own policy or the chaincode's; a transaction that meets no policy that way, such as
    /// one that only reads, by the chaincode's.
    fn satisfied(
        &self,
        candidate: &Candidate,
        policy: &EndorsementPolicy,
        set: Option<&NsRwSet>,
    ) -> Result<bool, LedgerError> {
        // Fabric knows no endorsement policy of a collection that is not defined.
        if set.is_some_and(|set| set.writes_collections) {
            return Ok(false);
        }
        let mut keys_checked = false;
        let mut chaincode_needed = false;
        for key in set.iter().flat_map(|set| written_keys(set)) {
            if self
                .renewed
                .contains(&(set.map(|set| set.namespace.clone()).unwrap_or_default(), key.to_owned()))
            {
                return Ok(false);
            }
            match self.key_policy(set, key)? {
                None => chaincode_needed = true,
                Some(bytes) if self.key_satisfied(candidate, &bytes) => keys_checked = true,
                Some(_) => return Ok(false),
            }
        }
        Ok((keys_checked && !chaincode_needed) || self.channel.satisfies(policy, &candidate.endorsers))
    }

    fn key_policy(&self, set: Option<&NsRwSet>, key: &str) -> Result<Option<Bytes>, LedgerError> {
        let Some(set) = set else { return Ok(None) };
        let found = self.committed.get(&set.namespace, key)?;
        Ok(found
            .and_then(|value| value.metadata)
            .filter(|policy| !policy.is_empty()))
    }

    /// A policy that does not decode freezes its key. (Fabric's peer would stop.)
    fn key_satisfied(&self, candidate: &Candidate, bytes: &Bytes) -> bool {
        SignaturePolicyEnvelope::decode(bytes.as_ref())
            .ok()
            .and_then(|envelope| SignaturePolicy::from_envelope(&envelope).ok())
            .is_some_and(|policy| policy.evaluate(&candidate.endorsers, self.channel.msps()))
    }
}

fn written_keys(set: &NsRwSet) -> impl Iterator<Item = &str> {
    let values = set.public.writes.iter().map(|write| write.key.as_str());
    values.chain(set.public.metadata_writes.iter().map(|write| write.key.as_str()))
}
