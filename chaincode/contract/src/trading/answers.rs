//! Both sides' answers to contracts: their own signatures and refusals, or a mandate that covers the contract.

use std::collections::{BTreeMap, BTreeSet};

use der_api::bytes::Digest;
use der_api::mandate::SignedMandate;
use der_api::reply::Confirmation;
use der_api::schema::WHOLE_MARKET;
use der_market::id::{ParticipantId, PointId};
use der_market::participant::Side;
use der_market::penalty::{Offence, Penalty};
use der_market::slot::Auction;

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::StoredContract;
use crate::schema::{self, Row};
use crate::view::LedgerView;

const SIDES: [Side; 2] = [Side::Buyer, Side::Seller];

/// The mandates under which orders of an auction were entered.
#[derive(Default)]
struct Mandates(BTreeMap<(PointId, ParticipantId), SignedMandate>);

/// The answers to each contract, the buyer's first. Below schema 3 only signatures and refusals are read.
pub(crate) async fn answers_to<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    contracts: &[StoredContract],
) -> Result<Vec<Vec<Confirmation>>, ContractError> {
    let rows: Vec<_> = contracts
        .iter()
        .flat_map(|contract| answer_rows(auction, contract))
        .collect();
    let mut given = cx.ledger.all(&rows).await?.into_iter();
    let given: Vec<[Option<Confirmation>; 2]> = contracts
        .iter()
        .map(|_| [given.next().flatten(), given.next().flatten()])
        .collect();
    let mandates = mandates(cx, auction, silent(contracts, &given)).await?;
    contracts
        .iter()
        .zip(given)
        .map(|(contract, given)| mandates.complete(contract, given))
        .collect()
}

/// True where a mandate confirms this side of a contract. The other side's answer is not read.
pub(super) async fn is_mandated<V: LedgerView>(
    cx: &Context<'_, V>,
    contract: &StoredContract,
    side: Side,
) -> Result<bool, ContractError> {
    let places = BTreeSet::from([place(contract, side)]);
    let mandates = mandates(cx, contract.terms.slot, places).await?;
    Ok(mandates.answer(contract, side)?.is_some())
}

fn answer_rows(auction: Auction, contract: &StoredContract) -> [Row<Confirmation>; 2] {
    SIDES.map(|side| schema::answer(&auction, &contract.terms.contract, &side))
}

/// Who has not answered, and where.
fn silent(contracts: &[StoredContract], given: &[[Option<Confirmation>; 2]]) -> BTreeSet<(PointId, ParticipantId)> {
    let sides = contracts.iter().zip(given).flat_map(|(contract, given)| {
        let both = SIDES
            .into_iter()
            .zip(given)
            .map(move |(side, answer)| (contract, side, answer));
        both.collect::<Vec<_>>()
    });
    sides
        .filter(|(.., answer)| answer.is_none())
        .map(|(contract, side, _)| place(contract, side))
        .collect()
}

/// Reads the mandates under which orders were entered. After the gate an entry does not change any more, and a mandate never does.
async fn mandates<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    places: BTreeSet<(PointId, ParticipantId)>,
) -> Result<Mandates, ContractError> {
    if cx.schema < WHOLE_MARKET {
        return Ok(Mandates::default());
    }
    let rows: Vec<_> = places
        .iter()
        .map(|(point, who)| schema::entry(&auction, point, who))
        .collect();
    let entries = cx.ledger.all(&rows).await?;
    let pinned: Vec<((PointId, ParticipantId), Digest)> = places
        .into_iter()
        .zip(entries)
        .filter_map(|(place, entry)| Some((place, entry?.mandate?)))
        .collect();
    let rows: Vec<_> = pinned
        .iter()
        .map(|((_, who), hash)| schema::mandate(who, hash))
        .collect();
    let mandates = cx.ledger.all(&rows).await?;
    let found = pinned.into_iter().zip(mandates);
    Ok(Mandates(
        found
            .filter_map(|((place, _), mandate)| Some((place, mandate?)))
            .collect(),
    ))
}

fn place(contract: &StoredContract, side: Side) -> (PointId, ParticipantId) {
    let terms = &contract.terms;
    match side {
        Side::Buyer => (terms.buyer_point.clone(), terms.buyer.clone()),
        Side::Seller => (terms.seller_point.clone(), terms.seller.clone()),
    }
}

impl Mandates {
    fn complete(
        &self,
        contract: &StoredContract,
        given: [Option<Confirmation>; 2],
    ) -> Result<Vec<Confirmation>, ContractError> {
        let mut answers = Vec::with_capacity(2);
        for (side, answer) in SIDES.into_iter().zip(given) {
            answers.extend(match answer {
                Some(answer) => Some(answer),
                None => self.answer(contract, side)?,
            });
        }
        Ok(answers)
    }

    fn answer(&self, contract: &StoredContract, side: Side) -> Result<Option<Confirmation>, ContractError> {
        let Some(mandate) = self.0.get(&place(contract, side)) else {
            return Ok(None);
        };
        let covers = mandate.terms.covers(side, &contract.terms)?;
        Ok(covers.then(|| Confirmation {
            side,
            accepted: true,
            public_key: Some(mandate.public_key.clone()),
            signature: None,
            mandate: Some(mandate.clone()),
            delegation: None,
        }))
    }
}

/// The penalties of a contract that lapses because a side did not answer: that side's, and nobody's where one refused.
pub(crate) fn expiry(contract: &StoredContract, answers: &[Confirmation]) -> Vec<Penalty> {
    if answers.iter().any(|answer| !answer.accepted) {
        return Vec::new();
    }
    let silent = SIDES
        .into_iter()
        .filter(|side| !answers.iter().any(|answer| answer.side == *side));
    silent
        .map(|side| {
            let (_, who) = place(contract, side);
            let terms = &contract.terms;
            Penalty::of(who, terms.slot, Offence::Expired(terms.contract.clone()))
        })
        .collect()
}
