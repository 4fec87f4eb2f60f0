//! Which organisations must endorse: every smallest set of peers that satisfies all policies a transaction meets.
//!
//! Fabric computes this in discovery (`discovery/endorsement`) and calls one set a layout.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{BufMut, Bytes, BytesMut};
use fabric_msp::{Identity, SignaturePolicy};
use fabric_protos::protos::ChaincodeInterest;
use lru::LruCache;
use prost::Message;

use crate::{
    channel::{ChaincodeDefinition, Channel, EndorsementPolicy, LiveChannel},
    ledger::{Ledger, LedgerError},
};

/// Above this many organisations only the whole network is tried.
const MOST_SEARCHED: usize = 16;
const CACHED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// Why no set of peers will do.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A chaincode of the transaction is not defined.
    #[error("chaincode {0} not found")]
    Undefined(String),
    /// A policy that does not read.
    #[error("a key-level policy of chaincode {0} does not read: {1}")]
    Policy(String, String),
    /// All peers together do not satisfy the policies.
    #[error(
        "no combination of peers can be derived which satisfy the endorsement policy: chaincodes {0} ask for more than this network's peers can sign"
    )]
    Unsatisfiable(String),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Plans endorsements.
pub struct Planner {
    channel: Arc<LiveChannel>,
    ledger: Arc<Ledger>,
    endorsers: Vec<Arc<Identity>>,
    cache: Mutex<LruCache<Bytes, Arc<Vec<Vec<usize>>>>>,
}

impl Planner {
    /// A planner over the endorsing identities, one a peer.
    pub fn new(channel: Arc<LiveChannel>, ledger: Arc<Ledger>, endorsers: Vec<Arc<Identity>>) -> Self {
        Self {
            channel,
            ledger,
            endorsers,
            cache: Mutex::new(LruCache::new(CACHED)),
        }
    }

    /// The layouts of a transaction, as indices of peers: smaller before larger.
    ///
    /// # Errors
    /// A chaincode is not defined, a policy does not read, or no set of peers satisfies all of them.
    pub fn layouts(&self, interest: &ChaincodeInterest) -> Result<Arc<Vec<Vec<usize>>>, PlanError> {
        let snapshot = self.ledger.snapshot();
        let channel = self.channel.now();
        let mut key = BytesMut::from(interest.encode_to_vec().as_slice());
        key.put_u64(channel.sequence());
        let mut requirements = Vec::new();
        for call in &interest.chaincodes {
            if call.disregard_namespace_policy {
                continue;
            }
            let found = ChaincodeDefinition::read(&snapshot, &call.name)?;
            let found = found.ok_or_else(|| PlanError::Undefined(call.name.clone()))?;
            key.put_i64(found.sequence);
            requirements.push(found.endorsement);
        }
        let key = key.freeze();
        if let Some(known) = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        for call in &interest.chaincodes {
            for envelope in &call.key_policies {
                let policy = SignaturePolicy::from_envelope(envelope);
                let policy = policy.map_err(|error| PlanError::Policy(call.name.clone(), error.to_string()))?;
                requirements.push(EndorsementPolicy::Signature(policy));
            }
        }
        let layouts = self.search(&channel, &requirements);
        if layouts.is_empty() {
            let names: Vec<_> = interest.chaincodes.iter().map(|call| call.name.as_str()).collect();
            return Err(PlanError::Unsatisfiable(names.join(", ")));
        }
        let layouts = Arc::new(layouts);
        self.cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .put(key, layouts.clone());
        Ok(layouts)
    }

    fn search(&self, channel: &Channel, requirements: &[EndorsementPolicy]) -> Vec<Vec<usize>> {
        let count = self.endorsers.len();
        if count > MOST_SEARCHED {
            let all: Vec<usize> = (0..count).collect();
            return if self.satisfied(channel, requirements, &all) {
                vec![all]
            } else {
                Vec::new()
            };
        }
        let mut masks: Vec<u32> = (1..1_u32 << count).collect();
        masks.sort_by_key(|mask| (mask.count_ones(), mask.reverse_bits()));
        let mut smallest: Vec<u32> = Vec::new();
        for mask in masks {
            let covered = smallest.iter().any(|known| known & mask == *known);
            if !covered && self.satisfied(channel, requirements, &members(mask)) {
                smallest.push(mask);
            }
        }
        smallest.into_iter().map(members).collect()
    }

    fn satisfied(&self, channel: &Channel, requirements: &[EndorsementPolicy], chosen: &[usize]) -> bool {
        let identities: Vec<Arc<Identity>> = chosen
            .iter()
            .filter_map(|index| self.endorsers.get(*index))
            .cloned()
            .collect();
        requirements.iter().all(|policy| channel.satisfies(policy, &identities))
    }
}

fn members(mask: u32) -> Vec<usize> {
    (0..32_usize).filter(|bit| mask & (1 << bit) != 0).collect()
}
