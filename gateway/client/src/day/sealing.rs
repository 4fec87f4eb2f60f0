//! A slot that takes sealed orders: sealed before its gate closes, revealed after it.

use std::sync::{Mutex, PoisonError};

use der_api::request::{EndReveal, NewOrder, PostOffer, QueryMarket};
use der_api::{ErrorCode, Function};
use der_market::participant::Side;
use der_market::slot::Slot;
use futures_util::future::join_all;

use super::out::{Out, note, unless_known};
use super::{DayError, MarketDay, Pair, Sale};
use crate::sealed::{Kept, SaltFile};
use crate::{ClientError, MarketClient};

impl MarketDay {
    /// Every pair seals its sale and its demand, all at once, once all salts are kept.
    pub(super) async fn seal_orders(
        &self,
        slot: Slot,
        sale: Sale,
        salts: &Mutex<SaltFile>,
        out: &mut Out,
    ) -> Result<(), DayError> {
        let market = self.clock.query(&QueryMarket {}).await?.market;
        let offer = sealed(Side::Seller, Pair::offer_of(slot, sale)?);
        let bid = sealed(Side::Buyer, Pair::bid_of(slot, sale)?.into());
        let users: Vec<&MarketClient> = self.users().collect();
        let orders: Vec<_> = users
            .iter()
            .zip([&offer, &bid].into_iter().cycle())
            .map(|(user, order)| (user.participant().clone(), order.clone()))
            .collect();
        let kept = salts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keep(&market, &orders, false);
        let kept = kept.map_err(ClientError::from)?;
        let known = &*out;
        let sealing = users.into_iter().zip(&kept).map(|(user, kept)| async move {
            let sent = unless_known(known, user, user.seal_one(kept)).await;
            self.unless_out(slot, Function::Seal, user, sent)
        });
        Ok(note(join_all(sealing).await, out)?)
    }

    /// Every pair reveals what it has sealed, all at once; then the time for it ends.
    pub(super) async fn reveal_orders(
        &self,
        slot: Slot,
        salts: &Mutex<SaltFile>,
        out: &mut Out,
    ) -> Result<(), DayError> {
        let kept: Vec<Kept> = {
            let salts = salts.lock().unwrap_or_else(PoisonError::into_inner);
            let of_slot = salts.kept().iter().filter(|kept| kept.order.slot == slot.into());
            of_slot.cloned().collect()
        };
        let known = &*out;
        let (kept, all) = (&kept, self.users());
        let revealing = all.map(|user| async move {
            let Some(own) = kept.iter().find(|kept| kept.participant == *user.participant()) else {
                return Ok(None);
            };
            match unless_known(known, user, user.reveal_one(own)).await {
                // It could not act before the gate closed, and sealed nothing.
                Err(error) if error.code() == ErrorCode::RecordNotFound => Ok(None),
                sent => self.unless_out(slot, Function::Reveal, user, sent),
            }
        });
        note(join_all(revealing).await, out)?;
        let receipt = self.clock.end_reveal(&EndReveal { slot: slot.into() }).await?;
        self.committed(Some(slot), Function::EndReveal, receipt);
        Ok(())
    }

    /// Sellers and buyers by turns.
    fn users(&self) -> impl Iterator<Item = &MarketClient> {
        self.pairs.iter().flat_map(|pair| [&pair.seller, &pair.buyer])
    }
}

fn sealed(side: Side, order: PostOffer) -> NewOrder {
    NewOrder {
        participant: None,
        order: order.order,
        side,
        slot: order.slot,
        energy_wh: order.energy_wh,
        min_wh: order.min_wh,
        price: order.price,
        filters: order.filters,
    }
}
