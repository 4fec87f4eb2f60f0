//! Figures of a book's participants that the score and the pilot rule ask for.

use std::collections::BTreeSet;

use der_market::id::ParticipantId;
use der_market::merit::{Merit, Merits};
use der_market::order::Order;
use der_market::parameters::Parameters;
use der_market::participant::{Side, Source};
use der_market::units::Ppm;

use crate::context::Context;
use crate::error::ContractError;
use crate::money::{stabilities, store_cleanliness, tiers};
use crate::schema;
use crate::view::LedgerView;

/// The figures of those who do not have the defaults. Nothing is read where the rules ask for none.
pub(super) async fn merits<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
    parameters: &Parameters,
) -> Result<Merits, ContractError> {
    let pilot = parameters.clearing.as_ref().is_some_and(|rules| rules.pilot.is_some());
    let mut merits = if pilot {
        capacities(cx, book).await?
    } else {
        Merits::new()
    };
    if parameters.weights.credit > 0 {
        for (who, tier) in tiers(cx, book, parameters).await? {
            merits.entry(who).or_default().credit = tier.ppm();
        }
    }
    if parameters.weights.stability > 0 {
        for (who, stability) in stabilities(cx, book, parameters).await? {
            merits.entry(who).or_default().stability = stability;
        }
    }
    if parameters.weights.cleanliness > 0 {
        for (who, cleanliness) in stores(cx, book, parameters).await? {
            merits.entry(who).or_default().cleanliness = Some(cleanliness);
        }
    }
    Ok(merits)
}

/// S of the book's sellers, and Q of its stores: what OGSC asks for.
pub(crate) async fn of_sellers<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
    parameters: &Parameters,
) -> Result<Merits, ContractError> {
    let mut merits = Merits::new();
    for (who, stability) in stabilities(cx, book, parameters).await? {
        merits.entry(who).or_default().stability = stability;
    }
    for (who, cleanliness) in stores(cx, book, parameters).await? {
        merits.entry(who).or_default().cleanliness = Some(cleanliness);
    }
    Ok(merits)
}

/// Q of the stores that sell in a book, by their lots.
async fn stores<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
    parameters: &Parameters,
) -> Result<Vec<(ParticipantId, Ppm)>, ContractError> {
    let sales = book.iter().filter(|order| order.side == Side::Seller);
    let stores = sales.filter(|order| order.source == Source::Storage);
    let stores: BTreeSet<&ParticipantId> = stores.map(|order| &order.participant).collect();
    let (table, mut found) = (parameters.cleanliness(), Vec::new());
    for who in stores {
        found.push((who.clone(), store_cleanliness(cx, who, &table).await?));
    }
    Ok(found)
}

async fn capacities<V: LedgerView>(cx: &Context<'_, V>, book: &[Order]) -> Result<Merits, ContractError> {
    let sellers = book.iter().filter(|order| order.side == Side::Seller);
    let sellers: BTreeSet<&ParticipantId> = sellers.map(|order| &order.participant).collect();
    let rows: Vec<_> = sellers.into_iter().map(schema::user).collect();
    let users = cx.ledger.all(&rows).await?.into_iter().flatten();
    let merit = |capacity_w| Merit {
        capacity_w: Some(capacity_w),
        ..Merit::default()
    };
    Ok(users.map(|user| (user.participant, merit(user.capacity_w))).collect())
}
