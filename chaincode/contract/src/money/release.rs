//! `Account:Release`: the caller takes back what its orders hold in vain. Neither clearing nor planning nor settling touches a
//! participant's funds; what they decided is read here.

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::contract::ContractTerms;
use der_api::event::FundsMoved;
use der_api::request::{RELEASE_LIMIT, ReleaseHolds};
use der_market::billing::BillingDay;
use der_market::credit::{HoldRates, at_entry, at_match};
use der_market::id::{ContractId, OrderId};
use der_market::parameters::{Prices, Profile};
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::{Energy, Money};

use super::funds::{funds_of, funds_view};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{PricesOf, price_book, require_gate};
use crate::planning::direct_energy;
use crate::rows::{HeldOrder, Hold};
use crate::schema;
use crate::view::LedgerView;

/// How far an auction has come, as far as holds care.
enum Stage {
    /// Every order may still become a contract.
    Under,
    /// What each order of the caller has in confirmed contracts.
    Planned(Planned),
    /// The money has moved.
    Settled,
}

/// A planned auction as a participant's holds see it.
struct Planned {
    /// Energy in confirmed contracts, by order.
    direct: BTreeMap<OrderId, Energy>,
    profile: Profile,
    /// R and F by which its orders were entered.
    at_entry: Prices,
    /// The named contracts, each with R and F of its buyer.
    terms: Vec<(ContractTerms, Prices)>,
}

pub(crate) async fn release_holds<V: LedgerView>(
    cx: &Context<'_, V>,
    request: ReleaseHolds,
) -> Result<Decision, ContractError> {
    let ReleaseHolds {
        mut auctions,
        contracts,
        mut days,
    } = request;
    days.sort();
    days.dedup();
    auctions.sort();
    auctions.dedup();
    if [auctions.len(), contracts.len(), days.len()]
        .iter()
        .any(|items| *items > RELEASE_LIMIT)
    {
        let detail = format!("at most {RELEASE_LIMIT} auctions, contracts and days");
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    let mut releases = Vec::new();
    for auction in auctions {
        let Some(hold) = cx.ledger.get(&schema::hold(&cx.caller, &auction)).await? else {
            continue;
        };
        let stage = stage(cx, auction, &contracts).await?;
        releases.push((auction, hold, stage));
    }
    let mut lumps = Vec::new();
    for day in days {
        lumps.extend(unneeded(cx, day).await?.map(|left| (day, left)));
    }
    decide(cx, releases, lumps).await
}

/// What is left of the money that was set aside for a day, where no sealed order needs it any more: each is revealed, or withdrawn, or
/// its slot is settled.
async fn unneeded<V: LedgerView>(cx: &Context<'_, V>, day: BillingDay) -> Result<Option<Money>, ContractError> {
    let Some(lump) = cx.ledger.get(&schema::lump(&cx.caller, &day)).await? else {
        return Ok(None);
    };
    let rows: Vec<_> = lump
        .auctions
        .iter()
        .map(|auction| schema::settlement(&auction.slot))
        .collect();
    let settled = cx.ledger.all(&rows).await?;
    Ok(settled.iter().all(Option::is_some).then_some(lump.left))
}

async fn stage<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    contracts: &[ContractId],
) -> Result<Stage, ContractError> {
    if cx.ledger.get(&schema::settlement(&auction.slot)).await?.is_some() {
        return Ok(Stage::Settled);
    }
    let Some(direct) = direct_energy(cx, auction, &cx.caller).await? else {
        return Ok(Stage::Under);
    };
    let rows: Vec<_> = contracts.iter().map(|id| schema::contract(&auction, id)).collect();
    let terms = cx.ledger.all(&rows).await?.into_iter().flatten().map(|row| row.terms);
    let terms: Vec<ContractTerms> = terms.collect();
    let gate = require_gate(cx, auction).await?;
    let parameters = cx.parameters(gate.parameters).await?;
    let book = price_book(cx, gate.pinned, parameters.prices).await?;
    let buyers = terms.iter().map(|terms| &terms.buyer).collect();
    let prices = PricesOf::read(cx, auction.slot, &book, buyers).await?;
    let priced = |terms: ContractTerms| {
        let prices = prices.of(&terms.buyer);
        (terms, prices)
    };
    Ok(Stage::Planned(Planned {
        direct,
        profile: parameters.profile,
        at_entry: gate.at_entry(&parameters),
        terms: terms.into_iter().map(priced).collect(),
    }))
}

async fn decide<V: LedgerView>(
    cx: &Context<'_, V>,
    releases: Vec<(Auction, Hold, Stage)>,
    lumps: Vec<(BillingDay, Money)>,
) -> Result<Decision, ContractError> {
    let who = &cx.caller;
    let mut funds = funds_of(cx, who).await?;
    let mut left = Vec::new();
    for (auction, hold, stage) in releases {
        let after = released(&hold, &stage)?;
        let freed = total(&hold)?.minus(total(&after)?)?;
        if freed != Money::ZERO {
            funds.held = funds.held.minus(freed)?;
            left.push((auction, after));
        }
    }
    for (_, freed) in &lumps {
        funds.held = funds.held.minus(*freed)?;
    }
    let mut decision = Decision::replying(&funds_view(who, &funds)?)?;
    for (day, _) in &lumps {
        decision.delete(schema::lump(who, day))?;
    }
    if left.is_empty() && lumps.is_empty() {
        return Ok(decision);
    }
    decision.put(schema::funds(who), &funds)?;
    for (auction, hold) in left {
        let at = schema::hold(who, &auction);
        if hold.orders.is_empty() {
            decision.delete(at)?;
        } else {
            decision.put(at, &hold)?;
        }
    }
    decision.emit(FundsMoved {
        participant: who.clone(),
    })?;
    Ok(decision)
}

fn total(hold: &Hold) -> Result<Money, ContractError> {
    let amounts = hold.orders.values().map(|held| held.amount);
    Ok(der_market::journal::sum_of(amounts)?)
}

fn released(hold: &Hold, stage: &Stage) -> Result<Hold, ContractError> {
    let planned = match stage {
        Stage::Under => return Ok(hold.clone()),
        Stage::Settled => return Ok(Hold::default()),
        Stage::Planned(planned) => planned,
    };
    let mut after = Hold::default();
    for (order, held) in &hold.orders {
        let amount = needed(order, held, planned)?.min(held.amount);
        if amount != Money::ZERO {
            let held = HeldOrder { amount, ..held.clone() };
            after.orders.insert(order.clone(), held);
        }
    }
    Ok(after)
}

/// What confirmed contracts of an order need: by their own prices where all of them are named, else by the order's limit.
fn needed(order: &OrderId, held: &HeldOrder, planned: &Planned) -> Result<Money, ContractError> {
    let direct = planned.direct.get(order).copied().unwrap_or(Energy::ZERO);
    let rates = |prices: Prices| HoldRates {
        tier: held.tier,
        prices,
        profile: planned.profile,
    };
    let own = |(terms, _): &&(ContractTerms, Prices)| match held.side {
        Side::Buyer => terms.buyer_order == *order,
        Side::Seller => terms.seller_order == *order,
    };
    let (mut energy, mut amount) = (Energy::ZERO, Money::ZERO);
    for (terms, prices) in planned.terms.iter().filter(own) {
        energy = energy.plus(terms.energy_wh)?;
        let (price, tariff) = (terms.price, terms.tariff);
        amount = amount.plus(at_match(held.side, price, tariff, terms.energy_wh, &rates(*prices))?)?;
    }
    if energy == direct {
        return Ok(amount);
    }
    Ok(at_entry(held.side, held.limit, direct, &rates(planned.at_entry))?)
}
