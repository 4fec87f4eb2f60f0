//! `TSSC:ProposeWelfare`: the fills of greatest welfare come from outside; the contract checks the proof that no others are worth more.
//!
//! An organisation proposes once for a slot, in rows of its own. The clearing takes the proposal with the smallest hash among those that
//! are proved for the book as it is then: who was suspended in between is in no proposal that holds.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_api::bytes::Digest;
use der_api::clearing::active_book;
use der_api::event::WelfareProposed as Proposed;
use der_api::reply::{WelfareInputs, WelfareProposed, WelfareView};
use der_api::request::ProposeWelfare;
use der_market::eligibility::Rules;
use der_market::id::{MspId, ParticipantId};
use der_market::order::Order;
use der_market::parameters::{Parameters, PriceMode};
use der_market::participant::{CustomerClass, Side};
use der_market::schedule::PriceBook;
use der_market::slot::Auction;
use der_market::units::Price;
use der_market::welfare::{Proved, WelfareProposal, fills_hash, prove};

use super::clear::{Inputs, read};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{price_book, require_gate};
use crate::rows::{ClearingRecord, Gate, WelfareHead};
use crate::schema;
use crate::view::LedgerView;

/// Orders of a book for which a proposal is taken: every pair is checked, and the proof stays far below 1 MB.
const WELFARE_LIMIT: usize = 2_000;

/// What a slot that clears by welfare asks for besides its book.
pub(super) struct Welfare {
    prices: PriceBook,
    classes: BTreeMap<ParticipantId, CustomerClass>,
    /// The proposals, the smallest hash first.
    pub(super) proposals: Vec<(MspId, Digest, WelfareProposal)>,
}

impl Welfare {
    /// None where the slot does not clear by welfare.
    pub(super) async fn read<V: LedgerView>(
        cx: &Context<'_, V>,
        slot: Auction,
        gate: &Gate,
        parameters: &Parameters,
        book: &[Order],
    ) -> Result<Option<Self>, ContractError> {
        if parameters.price_mode != PriceMode::Welfare {
            return Ok(None);
        }
        Ok(Some(Self {
            prices: price_book(cx, gate.pinned, parameters.prices).await?,
            classes: classes(cx, book).await?,
            proposals: proposals(cx, slot).await?,
        }))
    }

    /// R of each bid's owner and F of each offer's.
    pub(super) fn grid_prices(&self, slot: Auction, book: &[Order]) -> Vec<Price> {
        let price = |order: &Order| {
            let class = self.classes.get(&order.participant).copied();
            let class = class.unwrap_or(CustomerClass::Residential);
            let prices = self.prices.prices(class, order.source, slot.slot);
            match order.side {
                Side::Buyer => prices.retail,
                Side::Seller => prices.feed_in,
            }
        };
        book.iter().map(price).collect()
    }

    fn of(&self, member: &MspId) -> Option<&(MspId, Digest, WelfareProposal)> {
        self.proposals.iter().find(|(msp, ..)| msp == member)
    }

    /// The hash of an organisation's proposal.
    pub(super) fn digest_of(&self, member: &MspId) -> Option<Digest> {
        self.of(member).map(|(_, digest, _)| *digest)
    }

    /// The proposal that wins: the smallest hash of those that are proved.
    pub(super) fn best(&self, slot: Auction, book: &[Order], rules: &Rules<'_>) -> Option<(MspId, Proved)> {
        let prices = self.grid_prices(slot, book);
        self.proposals.iter().find_map(|(member, _, proposal)| {
            let proved = prove(book, rules, &prices, proposal).ok()?;
            Some((member.clone(), proved))
        })
    }
}

async fn classes<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
) -> Result<BTreeMap<ParticipantId, CustomerClass>, ContractError> {
    let people: BTreeSet<&ParticipantId> = book.iter().map(|order| &order.participant).collect();
    let rows: Vec<_> = people.into_iter().map(schema::user).collect();
    let users = cx.ledger.all(&rows).await?.into_iter().flatten();
    Ok(users.map(|user| (user.participant, user.class)).collect())
}

async fn heads<V: LedgerView>(cx: &Context<'_, V>, slot: Auction) -> Result<Vec<(MspId, WelfareHead)>, ContractError> {
    let members = cx.market.organisations.members();
    let rows: Vec<_> = members.iter().map(|(_, msp)| schema::welfare(&slot, msp)).collect();
    let found = members.iter().zip(cx.ledger.all(&rows).await?);
    let mut heads: Vec<_> = found
        .filter_map(|((_, msp), head)| Some(((*msp).clone(), head?)))
        .collect();
    heads.sort_by(|(one, head), (other, others)| head.digest.cmp(&others.digest).then_with(|| one.cmp(other)));
    Ok(heads)
}

async fn proposals<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
) -> Result<Vec<(MspId, Digest, WelfareProposal)>, ContractError> {
    let heads = heads(cx, slot).await?;
    let rows: Vec<_> = heads.iter().map(|(msp, _)| schema::welfare_proof(&slot, msp)).collect();
    let proofs = cx.ledger.all(&rows).await?;
    let proposals = heads.into_iter().zip(proofs);
    Ok(proposals
        .filter_map(|((msp, head), proof)| Some((msp, head.digest, proof?)))
        .collect())
}

pub(crate) async fn propose_welfare<V: LedgerView>(
    cx: &Context<'_, V>,
    request: ProposeWelfare,
) -> Result<Decision, ContractError> {
    let slot = request.slot;
    let own = cx.caller.msp.clone();
    let inputs = read(cx, slot).await?;
    let digest = Digest::from(fills_hash(slot, &request.proposal.fills));
    if let Some(head) = cx.ledger.get(&schema::welfare(&slot, &own)).await? {
        return before(slot, own, &head, digest);
    }
    decide(&inputs, request.proposal, own, cx.caller.clone(), digest)
}

/// A proposal that is sent again gets its first answer.
fn before(slot: Auction, member: MspId, head: &WelfareHead, digest: Digest) -> Result<Decision, ContractError> {
    if head.digest != digest {
        let detail = format!("{member} proposed {} for slot {slot}", head.digest);
        return Err(ContractError::new(ErrorCode::WelfareProposedBefore, detail));
    }
    Decision::replying(&reply(slot, member, head))
}

fn reply(slot: Auction, member: MspId, head: &WelfareHead) -> WelfareProposed {
    WelfareProposed {
        slot,
        member,
        digest: head.digest,
        welfare: head.welfare,
    }
}

fn decide(
    inputs: &Inputs,
    proposal: WelfareProposal,
    member: MspId,
    by: ParticipantId,
    digest: Digest,
) -> Result<Decision, ContractError> {
    let slot = inputs.slot;
    let Some(welfare) = &inputs.welfare else {
        let detail = format!("slot {slot} clears by score");
        return Err(ContractError::new(ErrorCode::NotByWelfare, detail));
    };
    let book = inputs.active()?;
    if book.len() > WELFARE_LIMIT {
        let detail = format!("{} orders, {WELFARE_LIMIT} are allowed", book.len());
        return Err(ContractError::new(ErrorCode::WelfareBookTooLarge, detail));
    }
    let unproved = |error| ContractError::new(ErrorCode::WelfareUnproved, format!("slot {slot}: {error}"));
    let prices = welfare.grid_prices(slot, &book);
    let proved = prove(&book, &inputs.rules(), &prices, &proposal).map_err(unproved)?;
    let head = WelfareHead {
        by,
        digest,
        welfare: proved.welfare,
    };
    let mut decision = Decision::replying(&reply(slot, member.clone(), &head))?;
    decision.put(schema::welfare(&slot, &member), &head)?;
    decision.put(schema::welfare_proof(&slot, &member), &proposal)?;
    decision.emit(Proposed { slot, member, digest })?;
    Ok(decision)
}

/// What a clearing by welfare stands on, for those who compute it again; none where the slot clears by score.
pub(crate) async fn welfare_inputs<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
    book: &[Order],
    record: &ClearingRecord,
) -> Result<Option<WelfareInputs>, ContractError> {
    let gate = require_gate(cx, slot).await?;
    let parameters = cx.parameters(gate.parameters).await?;
    let welfare = Welfare::read(cx, slot, &gate, &parameters, book).await?;
    Ok(welfare.map(|welfare| WelfareInputs {
        grid_prices: welfare.grid_prices(slot, &active_book(book.to_vec(), &record.excluded)),
        proposal: record
            .welfare
            .as_ref()
            .and_then(|member| welfare.of(member))
            .map(|(.., proposal)| proposal.clone()),
    }))
}

/// What was proposed for a slot.
pub(crate) async fn welfare_view<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
) -> Result<WelfareView, ContractError> {
    let heads = heads(cx, slot).await?;
    let told = |(member, head): (MspId, WelfareHead)| reply(slot, member, &head);
    Ok(WelfareView {
        slot,
        proposals: heads.into_iter().map(told).collect(),
    })
}
