//! Figures of a book's participants that the score and the pilot rule ask for.

use std::collections::BTreeSet;

use der_market::id::ParticipantId;
use der_market::merit::{Merit, Merits};
use der_market::order::Order;
use der_market::parameters::Parameters;
use der_market::participant::Side;

use crate::context::Context;
use crate::error::ContractError;
use crate::money::tiers;
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
    Ok(merits)
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
