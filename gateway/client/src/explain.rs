//! Why an order was matched as it was, from what one peer tells.

use der_api::reply::ClearingView;
use der_api::request::QueryOrder;
use der_market::id::{OrderId, ParticipantId};
use der_market::matching::{Explanation, Fill, Lost, Missed, OrderName, Won, explain};
use der_market::order::Order;
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::welfare::WelfareProposal;
use serde::Serialize;

use crate::audit::Evidence;
use crate::{ClientError, MarketClient};

/// An order's fate in figures and in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The figures; none for an order that was left out of the matching, and in a slot that was cleared by welfare.
    pub figures: Option<Explanation>,
    /// The words.
    pub words: Vec<String>,
}

impl MarketClient {
    /// Explains an order of a cleared slot. `slot` is its auction, where that was opened at schema 3.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code: there is no such order, or its slot is not cleared.
    pub async fn explain(
        &self,
        participant: ParticipantId,
        order: OrderId,
        slot: Option<Auction>,
    ) -> Result<Explained, ClientError> {
        let query = QueryOrder {
            participant,
            order,
            slot,
        };
        let slot = self.order(&query).await?.slot;
        let evidence = Evidence::of(self, slot).await?;
        let active = evidence.active();
        let is_it = |(_, one): &(u32, &Order)| one.participant == query.participant && one.order == query.order;
        let place = (0_u32..).zip(&active).find(is_it).map(|(place, _)| place);
        if let Some((place, proposal)) = place.zip(evidence.proposal_that_won()) {
            let words = by_welfare(&active, &evidence.fills, place, proposal);
            return Ok(Explained { figures: None, words });
        }
        let figures = place.and_then(|place| explain(&active, &evidence.rules(), &evidence.fills, place));
        let words = match &figures {
            Some(figures) => words(figures, &evidence.view),
            None => vec![left_out(&evidence, &query)],
        };
        Ok(Explained { figures, words })
    }
}

/// Of a slot that was cleared by welfare: the order's contracts, and what another Wh of it would have been worth.
fn by_welfare(book: &[Order], fills: &[Fill], place: u32, proposal: &WelfareProposal) -> Vec<String> {
    let mut words =
        vec!["The slot was cleared by a proposal that was proved to be of the greatest welfare.".to_owned()];
    let own = fills.iter().filter(|fill| fill.bid == place || fill.offer == place);
    words.extend(own.filter_map(|fill| {
        let other = if fill.bid == place { fill.offer } else { fill.bid };
        let other = book.get(usize::try_from(other).ok()?)?;
        Some(format!(
            "{} Wh with {} of {}, at {} µyuan/kWh and {} of tariff.",
            fill.energy_wh, other.order, other.participant, fill.price, fill.tariff
        ))
    }));
    let dual = usize::try_from(place)
        .ok()
        .and_then(|place| proposal.duals.orders.get(place));
    words.extend(dual.map(|dual| match dual / u64::from(proposal.duals.scale.max(1)) {
        0 => "It is not filled up, or another Wh of it would have added nothing.".to_owned(),
        worth => format!("Another Wh of it would have been worth {worth} µyuan/kWh."),
    }));
    words
}

fn left_out(evidence: &Evidence, query: &QueryOrder) -> String {
    let QueryOrder { participant, order, .. } = query;
    let sealed = |one: &Order| one.participant == *participant && one.order == *order;
    if evidence.book.iter().any(sealed) {
        format!("Order {order} was left out: {participant} was suspended, or its organisation had left, at clearing.")
    } else {
        format!("Order {order} of {participant} was withdrawn before the gate closed.")
    }
}

fn words(of: &Explanation, view: &ClearingView) -> Vec<String> {
    let side = match of.side {
        Side::Buyer => "bid",
        Side::Seller => "offer",
    };
    let mut words = vec![format!(
        "The {side} {} asked for {} Wh and got {} Wh in slot {}.",
        of.of.order, of.energy_wh, of.filled_wh, view.slot
    )];
    words.extend(of.uniform_price.map(|price| {
        format!("All contracts of the slot are at {price} µyuan/kWh, the price at which the most energy can be traded.")
    }));
    words.extend(of.won.iter().map(won));
    words.extend(of.missed.iter().map(missed));
    let told = u32::try_from(of.missed.len()).unwrap_or(u32::MAX);
    if of.missed_pairs > told {
        words.push(format!(
            "{} further feasible pairs of lower score got nothing.",
            of.missed_pairs - told
        ));
    }
    words.extend(of.barred.iter().map(|(barrier, count)| {
        let orders = if *count == 1 { "order" } else { "orders" };
        format!("{count} {orders} of the other side could not trade with it: {barrier}.")
    }));
    words.extend(
        of.generation_ppm
            .map(|ppm| format!("G_α = W_G / Q is {ppm} ppm, with W_G = 1; the lower, the cleaner.")),
    );
    words
}

fn name(of: &OrderName) -> String {
    format!("{} of {}", of.order, of.participant)
}

fn won(won: &Won) -> String {
    format!(
        "{} Wh with {}: rank {}, score {}, at {} µyuan/kWh and {} of tariff; {} lay between the two limits.",
        won.energy_wh,
        name(&won.with),
        won.rank + 1,
        won.score,
        won.price,
        won.tariff,
        won.spread
    )
}

fn ranks(ranks: &[u32]) -> String {
    let told: Vec<String> = ranks.iter().take(10).map(|rank| (rank + 1).to_string()).collect();
    let more = if ranks.len() > 10 { " and more" } else { "" };
    format!("{}{more}", told.join(", "))
}

fn missed(missed: &Missed) -> String {
    let (with, score) = (name(&missed.with), missed.score);
    let because = match &missed.because {
        Lost::OwnFilled => "this order was filled by better pairs before".to_owned(),
        Lost::OtherFilled(by) => format!("it was filled by better pairs before, of rank {}", ranks(by)),
        Lost::NoRoom { point, by } if by.is_empty() => {
            format!("connection point {point} had no room: it has none, or the slot's earlier auctions use it")
        }
        Lost::NoRoom { point, by } => format!("connection point {point} had no room left after rank {}", ranks(by)),
        Lost::BelowMinimum { of, left_wh } => {
            format!("{left_wh} Wh were left, below the minimum per contract of {}", name(of))
        }
    };
    format!("Nothing with {with} (score {score}): {because}.")
}
