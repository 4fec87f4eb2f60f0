//! Intraday orders that undo a position: split in two where they go beyond it, because settlement takes a cover apart from a purchase.

use der_api::reply::OrderAccepted;
use der_api::request::{PostBid, PostOffer, QueryPosition};
use der_market::id::{IdError, OrderId, PointId};
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::Energy;

use crate::{ClientError, MarketClient, Receipt};

/// An order in two parts: what undoes the position under the order's own id, the rest under the id with `.rest`.
macro_rules! split {
    ($order:expr, $undone:expr) => {{
        let (order, undone): (_, Energy) = ($order, $undone);
        if undone.is_zero() || order.energy_wh <= undone {
            Ok(vec![order.clone()])
        } else {
            rest_of(&order.order).map(|rest| {
                let mut parts = vec![order.clone(), order.clone()];
                if let [cover, beyond] = parts.as_mut_slice() {
                    cover.energy_wh = undone;
                    beyond.energy_wh = order.energy_wh.less(undone);
                    beyond.order = rest;
                }
                for part in &mut parts {
                    part.min_wh = part.min_wh.min(part.energy_wh);
                }
                parts
            })
        }
    }};
}

fn rest_of(order: &OrderId) -> Result<OrderId, IdError> {
    OrderId::new(format!("{order}.rest"))
}

impl MarketClient {
    /// Publishes a sale; in an intraday auction as two where it goes beyond what it sells back.
    ///
    /// # Errors
    /// As [`MarketClient::post_offer`].
    pub async fn post_split_offer(&self, offer: &PostOffer) -> Result<Vec<Receipt<OrderAccepted>>, ClientError> {
        let undone = self.undone(offer.slot, &offer.point, Side::Seller).await?;
        let mut receipts = Vec::new();
        for part in split!(offer, undone).map_err(ClientError::identifier)? {
            receipts.push(self.post_offer(&part).await?);
        }
        Ok(receipts)
    }

    /// Publishes a demand; in an intraday auction as two where it goes beyond what it covers.
    ///
    /// # Errors
    /// As [`MarketClient::post_bid`].
    pub async fn post_split_bid(&self, bid: &PostBid) -> Result<Vec<Receipt<OrderAccepted>>, ClientError> {
        let undone = self.undone(bid.slot, &bid.point, Side::Buyer).await?;
        let mut receipts = Vec::new();
        for part in split!(bid, undone).map_err(ClientError::identifier)? {
            receipts.push(self.post_bid(&part).await?);
        }
        Ok(receipts)
    }

    async fn undone(&self, auction: Auction, point: &PointId, side: Side) -> Result<Energy, ClientError> {
        if auction.is_day_ahead() {
            return Ok(Energy::ZERO);
        }
        let query = QueryPosition {
            participant: self.participant().clone(),
            point: point.clone(),
            slot: auction.slot,
        };
        Ok(self.query(&query).await?.position.undone_by(side))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_market::units::Price;

    #[test]
    fn what_goes_beyond_the_position_is_an_order_of_its_own() {
        let energy = |wh| Energy::new(wh).unwrap();
        let bid = PostBid {
            order: OrderId::new("B-1").unwrap(),
            slot: Auction::new(der_market::slot::Slot::new(7).unwrap(), 1).unwrap(),
            point: PointId::new("p").unwrap(),
            energy_wh: energy(100),
            min_wh: energy(80),
            price: Price::ZERO,
            filters: None,
        };
        let parts = |undone| split!(&bid, energy(undone)).unwrap();
        assert_eq!(parts(0), vec![bid.clone()]);
        assert_eq!(parts(100), vec![bid.clone()]);
        let [cover, rest] = &parts(60)[..] else {
            panic!("two parts")
        };
        assert_eq!(
            (cover.order.as_str(), cover.energy_wh.get(), cover.min_wh.get()),
            ("B-1", 60, 60)
        );
        assert_eq!(
            (rest.order.as_str(), rest.energy_wh.get(), rest.min_wh.get()),
            ("B-1.rest", 40, 40)
        );
    }
}
