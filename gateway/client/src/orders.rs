//! Orders: published, amended, withdrawn and sealed once, whatever becomes of the connection.

use der_api::reply::OrderAccepted;
use der_api::request::{
    Amend, EndReveal, PostBid, PostOffer, QueryDelegations, QuerySeals, QuerySetAside, Request, RevokeDelegation,
    SetAside, WithdrawMany,
};

use crate::market_client::{acts, queries, submits};
use crate::{ClientError, MarketClient, Receipt};

acts! {
    /// Ends the time for revealing an auction's sealed orders.
    end_reveal: EndReveal;
    /// Replaces open orders by their next versions.
    amend: Amend;
    /// Withdraws many orders, sealed ones too.
    withdraw_many: WithdrawMany;
}

submits! {
    /// Sets money aside for a day's sealed orders.
    set_aside: SetAside;
    /// Ends what the caller delegated to an agent.
    revoke_delegation: RevokeDelegation;
}

queries! {
    /// A participant's sealed orders in an auction.
    seals: QuerySeals;
    /// What a participant has set aside for a day's sealed orders.
    money_set_aside: QuerySetAside;
    /// What a participant delegated, or what was delegated to it, page by page.
    delegations: QueryDelegations;
}

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
