//! Offers and bids: published once, whatever becomes of the connection.

use der_api::ErrorCode;
use der_api::reply::{OrderAccepted, OrderView};
use der_api::request::{PostBid, PostOffer, QueryOrder, Request};
use der_market::id::OrderId;
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::{Energy, Price};

use crate::{ClientError, MarketClient, Receipt};

/// How often an order with an unknown commit is looked for and sent again.
const ROUNDS: u32 = 3;

/// What the two requests have in common, to recognise the order on the ledger.
struct Content<'a> {
    side: Side,
    order: &'a OrderId,
    slot: Slot,
    energy_wh: Energy,
    min_wh: Energy,
    price: Price,
}

impl Content<'_> {
    fn is(&self, view: &OrderView) -> bool {
        (view.side, view.slot, view.energy_wh) == (self.side, self.slot, self.energy_wh)
            && (view.min_wh, view.price) == (self.min_wh, self.price)
    }
}

impl MarketClient {
    /// Publishes a sale. After an unknown commit the order is looked for by its own id and, where it is not found,
    /// sent again: the contract answers the same content under the same id the same way and writes it once.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code; [`ErrorCode::CommitUnknown`] when the network stays silent.
    pub async fn post_offer(&self, offer: &PostOffer) -> Result<Receipt<OrderAccepted>, ClientError> {
        let PostOffer {
            order,
            slot,
            energy_wh,
            min_wh,
            price,
            point: _,
        } = offer;
        let (slot, energy_wh, min_wh, price) = (*slot, *energy_wh, *min_wh, *price);
        self.post(
            offer,
            Content {
                side: Side::Seller,
                order,
                slot,
                energy_wh,
                min_wh,
                price,
            },
        )
        .await
    }

    /// Publishes a demand, as [`MarketClient::post_offer`] does a sale.
    ///
    /// # Errors
    /// As [`MarketClient::post_offer`].
    pub async fn post_bid(&self, bid: &PostBid) -> Result<Receipt<OrderAccepted>, ClientError> {
        let PostBid {
            order,
            slot,
            energy_wh,
            min_wh,
            price,
            point: _,
        } = bid;
        let (slot, energy_wh, min_wh, price) = (*slot, *energy_wh, *min_wh, *price);
        self.post(
            bid,
            Content {
                side: Side::Buyer,
                order,
                slot,
                energy_wh,
                min_wh,
                price,
            },
        )
        .await
    }

    async fn post<R>(&self, request: &R, content: Content<'_>) -> Result<Receipt<OrderAccepted>, ClientError>
    where
        R: Request<Reply = OrderAccepted>,
    {
        let mut unknown: Option<ClientError> = None;
        for _ in 0..ROUNDS {
            let error = match self.submit(request).await {
                Ok(receipt) => return Ok(receipt),
                Err(error) => error,
            };
            let lost = error.code() == ErrorCode::CommitUnknown;
            if !lost && unknown.is_none() {
                return Err(error);
            }
            // A refusal after a lost answer may be the echo of the first transaction's success.
            if let Some(found) = self.find(&content, unknown.as_ref().unwrap_or(&error)).await {
                return Ok(found);
            }
            if !lost {
                return Err(error);
            }
            tracing::warn!(order = %content.order, %error, "commit unknown and order not seen: sending it again");
            unknown = Some(error);
        }
        Err(unknown.unwrap_or_else(|| ClientError::internal("no round was made")))
    }

    async fn find(&self, content: &Content<'_>, unknown: &ClientError) -> Option<Receipt<OrderAccepted>> {
        let query = QueryOrder {
            participant: self.participant().clone(),
            order: content.order.clone(),
        };
        let view = self.query(&query).await.ok().filter(|view| content.is(view))?;
        let OrderView {
            participant,
            order,
            side,
            slot,
            digest,
            ..
        } = view;
        Some(Receipt {
            reply: OrderAccepted {
                participant,
                order,
                side,
                slot,
                digest,
            },
            transaction_id: unknown.transaction_id().unwrap_or_default().to_owned(),
            block: None,
        })
    }
}
