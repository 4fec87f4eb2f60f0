//! R and F of a slot, and the prices that its orders may name.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_api::reply::Pinned;
use der_market::id::ParticipantId;
use der_market::parameters::{PriceBounds, Prices};
use der_market::participant::{CustomerClass, Source};
use der_market::schedule::PriceBook;
use der_market::slot::{Auction, Slot};
use der_market::units::Price;

use super::versions::in_force;
use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::not_found;
use crate::schema;
use crate::view::LedgerView;

/// R by customer class and F by energy type under the versions that a slot keeps; the parameters' two prices without a schedule.
pub(crate) async fn price_book<V: LedgerView>(
    cx: &Context<'_, V>,
    pinned: Option<Pinned>,
    flat: Prices,
) -> Result<PriceBook, ContractError> {
    let pinned = pinned.unwrap_or_default();
    let mut book = PriceBook {
        flat,
        schedule: None,
        calendar: None,
    };
    if let Some(version) = pinned.schedule {
        let at = schema::schedule(&version);
        book.schedule = Some(cx.ledger.get(&at).await?.ok_or_else(|| not_found(&at))?);
    }
    if let Some(version) = pinned.calendar {
        let at = schema::calendar(&version);
        book.calendar = Some(cx.ledger.get(&at).await?.ok_or_else(|| not_found(&at))?);
    }
    Ok(book)
}

/// The price book that a slot keeps, or that it would be opened under now.
pub(crate) async fn prices_in_force<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
) -> Result<PriceBook, ContractError> {
    let gate = cx.ledger.get(&schema::gate(&Auction::from(slot))).await?;
    let (pinned, version) = match gate {
        Some(gate) => (gate.pinned, gate.parameters),
        None => {
            let versions = in_force(cx, slot).await?;
            (versions.pinned(), versions.parameters)
        }
    };
    price_book(cx, pinned, cx.parameters(version).await?.prices).await
}

/// R and F of some participants in a slot, each by its customer class and its energy type.
pub(crate) struct PricesOf {
    flat: Prices,
    of: BTreeMap<ParticipantId, Prices>,
}

impl PricesOf {
    /// Reads the participants only where the prices differ among them.
    pub(crate) async fn read<V: LedgerView>(
        cx: &Context<'_, V>,
        slot: Slot,
        book: &PriceBook,
        participants: BTreeSet<&ParticipantId>,
    ) -> Result<Self, ContractError> {
        let flat = book.flat;
        let mut of = BTreeMap::new();
        if book.is_the_same_for_all() {
            return Ok(Self { flat, of });
        }
        let rows: Vec<_> = participants.into_iter().map(schema::user).collect();
        let mut known: BTreeMap<(CustomerClass, Source), Prices> = BTreeMap::new();
        for user in cx.ledger.all(&rows).await?.into_iter().flatten() {
            let (class, source) = (user.class, user.source);
            let prices = known.entry((class, source));
            let prices = *prices.or_insert_with(|| book.prices(class, source, slot));
            of.insert(user.participant, prices);
        }
        Ok(Self { flat, of })
    }

    /// R and F of one of them.
    pub(crate) fn of(&self, who: &ParticipantId) -> Prices {
        self.of.get(who).copied().unwrap_or(self.flat)
    }
}

/// Refuses a limit outside the bounds that the slot was opened under.
///
/// # Errors
/// [`ErrorCode::PriceOutOfBounds`], telling the bounds.
pub(crate) fn require_within(bounds: Option<PriceBounds>, price: Price) -> Result<(), ContractError> {
    match bounds {
        Some(bounds) if !bounds.hold(price) => {
            let detail = format!("{price} uyuan/kWh; this slot takes {} to {}", bounds.floor, bounds.cap);
            Err(ContractError::new(ErrorCode::PriceOutOfBounds, detail))
        }
        _ => Ok(()),
    }
}
