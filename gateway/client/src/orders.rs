//! Offers and bids: published once, whatever becomes of the connection.

use der_api::reply::OrderAccepted;
use der_api::request::{PostBid, PostOffer};

use crate::{ClientError, MarketClient, Receipt};

impl MarketClient {
    /// Publishes a sale. After an unknown commit the order is looked for by its own id and, where it is not found,
    /// sent again: the contract answers the same content under the same id the same way and writes it once.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code; [`der_api::ErrorCode::CommitUnknown`] when the network stays silent.
    pub async fn post_offer(&self, offer: &PostOffer) -> Result<Receipt<OrderAccepted>, ClientError> {
        self.act(offer).await
    }

    /// Publishes a demand, as [`MarketClient::post_offer`] does a sale.
    ///
    /// # Errors
    /// As [`MarketClient::post_offer`].
    pub async fn post_bid(&self, bid: &PostBid) -> Result<Receipt<OrderAccepted>, ClientError> {
        self.act(bid).await
    }
}
