//! The comparisons.

use std::collections::BTreeMap;

use der_api::bytes::Digest;
use der_api::codec;
use der_api::contract::ContractTerms;
use der_api::planning::plan_lines;
use der_api::reply::{ContractStatus, PlanView, ProposedContract, SettlementView};
use der_market::grid::{Point, UsedRooms};
use der_market::id::{ContractId, PointId};
use der_market::journal;
use der_market::planning::Sellers;
use der_market::slot::Slot;

use super::{Check, Evidence};
use crate::ClientError;

/// An auction with its contracts.
pub(super) struct Cleared {
    pub(super) evidence: Evidence,
    pub(super) contracts: Vec<ProposedContract>,
}

impl Cleared {
    fn confirmed(&self) -> impl Iterator<Item = &ContractTerms> {
        let confirmed = |contract: &&ProposedContract| contract.status == ContractStatus::Confirmed;
        self.contracts.iter().filter(confirmed).map(|contract| &contract.terms)
    }
}

fn check(what: impl Into<String>, ledger: impl ToString, computed: impl ToString) -> Check {
    let (ledger, computed) = (ledger.to_string(), computed.to_string());
    Check {
        what: what.into(),
        holds: ledger == computed,
        ledger,
        computed,
    }
}

/// Book, fills, proof of priority and contracts of an auction.
pub(super) fn auction(evidence: &Evidence, contracts: &[ProposedContract]) -> Result<Vec<Check>, ClientError> {
    let (view, inputs) = (&evidence.view, &evidence.inputs);
    let of = |what: &str| format!("{what} of {}", view.slot);
    let active = evidence.active();
    let fills = evidence.expected(&active);
    let proof = view
        .proof
        .as_ref()
        .map_or_else(String::new, |proof| proof.digest.to_string());
    let proposal = evidence.proposal(&active);
    let terms = (0_u32..).zip(&fills).map(|(rank, fill)| proposal.terms(rank, fill));
    let terms = terms
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| ClientError::reply(&e))?;
    let hashes = terms.iter().map(ContractTerms::hash).collect::<Result<Vec<_>, _>>();
    let hashes = hashes.map_err(|e| ClientError::reply(&e))?;
    let stored: Vec<Digest> = contracts.iter().map(|contract| contract.hash).collect();
    let told = contracts.iter().map(|contract| contract.terms.hash());
    let told = told
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| ClientError::reply(&e))?;
    Ok(vec![
        check(
            of("number of orders in the book"),
            inputs.seal.orders,
            evidence.book.len(),
        ),
        check(of("digest of the book"), inputs.seal.digest, digest(&evidence.book)?),
        check(of("digest of the fills as told"), view.fills, digest(&evidence.fills)?),
        check(of("digest of the fills by priority"), view.fills, digest(&fills)?),
        check(
            of("proof of priority"),
            proof,
            evidence.proof().digest().map_err(|e| ClientError::reply(&e))?,
        ),
        check(of("number of contracts"), contracts.len(), terms.len()),
        check(
            of("hashes of the contracts by priority"),
            digest(&stored)?,
            digest(&hashes)?,
        ),
        check(of("hashes of the contracts as told"), digest(&stored)?, digest(&told)?),
    ])
}

/// The room that an auction began with, from the confirmed contracts of those before it.
pub(super) fn used_room(before: &[Cleared], auction: &Cleared) -> Result<Check, ClientError> {
    let mut used = UsedRooms::default();
    for terms in before.iter().flat_map(Cleared::confirmed) {
        used.add_trade(&terms.seller_point, &terms.buyer_point, terms.energy_wh);
    }
    let inputs = &auction.evidence.inputs;
    let what = format!("digest of the room used before {}", inputs.slot);
    Ok(check(what, digest(&inputs.used)?, digest(&used.list())?))
}

/// The plan from all books and confirmed contracts.
pub(super) fn plan(slot: Slot, cleared: &[Cleared], plan: &PlanView) -> Result<Check, ClientError> {
    let points: BTreeMap<PointId, Point> = cleared
        .iter()
        .flat_map(|auction| &auction.evidence.inputs.points)
        .map(|point| (point.point.clone(), point.clone()))
        .collect();
    let points: Vec<Point> = points.into_values().collect();
    let books = cleared
        .iter()
        .map(|auction| (auction.evidence.view.slot, auction.evidence.book.clone()));
    let confirmed: Vec<ContractTerms> = cleared.iter().flat_map(Cleared::confirmed).cloned().collect();
    let first = cleared
        .first()
        .map(|auction| auction.evidence.inputs.parameters.cleanliness());
    let sellers = Sellers {
        table: first.unwrap_or_default(),
        merits: &plan.merits,
        consumption: &plan.consumption,
    };
    let lines = plan_lines(slot, &points, books.collect(), &confirmed, &sellers);
    let lines = lines.map_err(|e| ClientError::internal(&e.to_string()))?;
    Ok(check("digest of the plan", plan.digest, digest(&lines)?))
}

/// The settlement as it stands: money sums to zero, and its trades are the confirmed contracts at their terms.
pub(super) fn settlement(cleared: &[Cleared], settlement: &SettlementView) -> Result<Vec<Check>, ClientError> {
    let sum = journal::sum(&settlement.postings).map_err(|e| ClientError::internal(&e.to_string()))?;
    let confirmed = cleared.iter().flat_map(Cleared::confirmed);
    let mut agreed: Vec<(&ContractId, u64)> = confirmed
        .map(|terms| (&terms.contract, terms.energy_wh.get()))
        .collect();
    let trades = settlement.trades.iter();
    let mut settled: Vec<(&ContractId, u64)> = trades.map(|line| (&line.contract, line.energy_wh.get())).collect();
    agreed.sort_unstable();
    settled.sort_unstable();
    Ok(vec![
        check("sum of the postings, nyuan", sum.get(), 0),
        check(
            "digest of settled contracts and energies",
            digest(&settled)?,
            digest(&agreed)?,
        ),
    ])
}

fn digest<T: serde::Serialize>(value: &T) -> Result<Digest, ClientError> {
    let bytes = codec::encode(value).map_err(|e| ClientError::reply(&e))?;
    Ok(Digest::of(&bytes))
}
