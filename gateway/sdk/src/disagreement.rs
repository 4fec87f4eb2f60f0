//! In what organisations differ when their peers simulate one proposal with different outcomes.
//!
//! Fabric's gateway says only that the payloads do not match. Asked for one organisation's endorsement alone, it returns that one's
//! outcome; compared by name, the outcomes tell which organisation differs and where. Values are never told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fabric_msp::sha256;
use fabric_protos::{
    gateway::EndorseRequest,
    kvrwset::{KvrwSet, RangeQueryInfo},
    protos::ChaincodeAction,
    rwset::TxReadWriteSet,
};
use futures_util::future::join_all;
use prost::{DecodeError, Message};

use crate::{connection::Connection, prepared::Prepared};

/// Organisations asked one by one.
const MOST_ASKED: usize = 16;
/// Places named for each organisation.
const MOST_NAMED: usize = 20;

/// One organisation's outcome beside that of most others, or why it could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The organisation.
    pub msp_id: String,
    /// Where it differs: `write of CHAINCODE/KEY`, `read of …`, `range of …`, `metadata of …`, `event`, `response`,
    /// `chaincode version`; at most 20.
    pub places: Vec<String>,
    /// What kept it from endorsing alone.
    pub refusal: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refusal {
            Some(refusal) => write!(f, "{} does not endorse alone: {refusal}", self.msp_id),
            None => write!(f, "{} differs at {}", self.msp_id, self.places.join(", ")),
        }
    }
}

/// What an outcome holds, by name, as digests.
type Facts = BTreeMap<String, [u8; 32]>;

/// Asks each organisation of the request alone. Empty where fewer than two can be compared, or where they agree by now.
pub(crate) async fn explain(connection: &Connection, request: &EndorseRequest) -> Vec<Difference> {
    let organizations: BTreeSet<&String> = request.endorsing_organizations.iter().collect();
    let asked = organizations
        .into_iter()
        .take(MOST_ASKED)
        .map(|organization| async move {
            let alone = EndorseRequest {
                endorsing_organizations: vec![organization.clone()],
                ..request.clone()
            };
            let facts = match connection.endorse(&alone).await {
                Ok(envelope) => Prepared::decode(&envelope)
                    .and_then(|prepared| facts(prepared.outcome))
                    .map_err(|error| error.to_string()),
                Err(failure) => Err(failure.to_string()),
            };
            (organization.clone(), facts)
        });
    compare(join_all(asked).await)
}

fn compare(outcomes: Vec<(String, Result<Facts, String>)>) -> Vec<Difference> {
    let Some(common) = common(&outcomes) else {
        return Vec::new();
    };
    let differences = outcomes.iter().map(|(msp_id, outcome)| Difference {
        msp_id: msp_id.clone(),
        places: outcome.as_ref().map(|facts| places(&common, facts)).unwrap_or_default(),
        refusal: outcome.as_ref().err().cloned(),
    });
    differences
        .filter(|difference| !difference.places.is_empty() || difference.refusal.is_some())
        .collect()
}

/// What most organisations have; of several, what the first of them has.
fn common(outcomes: &[(String, Result<Facts, String>)]) -> Option<Facts> {
    let known: Vec<&Facts> = outcomes
        .iter()
        .filter_map(|(_, outcome)| outcome.as_ref().ok())
        .collect();
    let shared = |facts: &&&Facts| known.iter().filter(|other| **other == **facts).count();
    known.iter().rev().max_by_key(shared).map(|facts| (*facts).clone())
}

fn places(common: &Facts, own: &Facts) -> Vec<String> {
    let names: BTreeSet<&String> = common.keys().chain(own.keys()).collect();
    let differing = names.into_iter().filter(|name| common.get(*name) != own.get(*name));
    let mut places: Vec<String> = differing.cloned().collect();
    let more = places.len().saturating_sub(MOST_NAMED);
    places.truncate(MOST_NAMED);
    if more > 0 {
        places.push(format!("{more} more places"));
    }
    places
}

fn facts(outcome: ChaincodeAction) -> Result<Facts, DecodeError> {
    let mut facts = Facts::new();
    facts.insert("event".to_owned(), sha256(&outcome.events));
    let response = outcome.response.unwrap_or_default();
    facts.insert("response".to_owned(), sha256(&response.encode_to_vec()));
    let version = outcome.chaincode_id.unwrap_or_default().version;
    facts.insert("chaincode version".to_owned(), sha256(version.as_bytes()));
    for namespace in TxReadWriteSet::decode(outcome.results)?.ns_rwset {
        let set = KvrwSet::decode(namespace.rwset)?;
        let mut add = |kind: &str, key: &str, message: Vec<u8>| {
            let name = format!("{kind} of {}/{}", namespace.namespace, key.escape_debug());
            facts.insert(name, sha256(&message));
        };
        set.reads
            .iter()
            .for_each(|read| add("read", &read.key, read.encode_to_vec()));
        set.writes
            .iter()
            .for_each(|write| add("write", &write.key, write.encode_to_vec()));
        let metadata = set.metadata_writes.iter();
        metadata.for_each(|write| add("metadata", &write.key, write.encode_to_vec()));
        let ranges = set.range_queries_info.iter();
        ranges.for_each(|range: &RangeQueryInfo| add("range", &range.start_key, range.encode_to_vec()));
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(facts: &[(&str, u8)]) -> Result<Facts, String> {
        Ok(facts
            .iter()
            .map(|(name, value)| ((*name).to_owned(), [*value; 32]))
            .collect())
    }

    fn compared(outcomes: &[(&str, Result<Facts, String>)]) -> Vec<String> {
        let owned = outcomes
            .iter()
            .map(|(msp, outcome)| ((*msp).to_owned(), outcome.clone()));
        compare(owned.collect()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_odd_one_is_named_with_its_places() {
        let plain = outcome(&[("write of cc/a", 1), ("response", 1)]);
        let odd = outcome(&[("write of cc/a", 2), ("write of cc/b", 1), ("response", 1)]);
        let found = compared(&[("E", odd), ("G", plain.clone()), ("R", plain.clone())]);
        assert_eq!(found, ["E differs at write of cc/a, write of cc/b"]);
        assert!(compared(&[("G", plain.clone()), ("R", plain)]).is_empty());
    }

    #[test]
    fn of_two_the_second_differs_from_the_first() {
        let found = compared(&[("G", outcome(&[("event", 1)])), ("R", outcome(&[("event", 2)]))]);
        assert_eq!(found, ["R differs at event"]);
    }

    #[test]
    fn who_refuses_alone_is_told_and_many_places_are_counted() {
        let many: Vec<String> = (0..30).map(|n| format!("write of cc/{n:02}")).collect();
        let many: Vec<(&str, u8)> = many.iter().map(|name| (name.as_str(), 1)).collect();
        let found = compared(&[
            ("E", Err("no peer".to_owned())),
            ("G", outcome(&[])),
            ("R", outcome(&many)),
        ]);
        assert_eq!(found[0], "E does not endorse alone: no peer");
        assert!(found[1].ends_with("write of cc/19, 10 more places"), "{}", found[1]);
        assert!(compared(&[("E", Err("no peer".to_owned()))]).is_empty());
    }
}
