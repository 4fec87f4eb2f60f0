//! Orders, confirmations and readings.

use der_market::filters::Filters;
use der_market::id::{ContractId, OrderId, ParticipantId, PointId};
use der_market::slot::Auction;
use der_market::units::{Energy, Price};

use super::request;
use crate::bytes::HexBytes;
use crate::metering::SignedReading;
use crate::reply::{AnswerAccepted, OrderAccepted, OrderView, ReadingsAccepted};

request! { PostOffer => OrderAccepted,
    /// Publishes a sale. The same content under the same id is answered the same way and writes nothing.
    PostOffer {
        /// The owner's id for it.
        order: OrderId,
        /// When it delivers.
        slot: Auction,
        /// Where.
        point: PointId,
        /// How much, Wh.
        energy_wh: Energy,
        /// Least energy of one contract, Wh; 0 for any.
        min_wh: Energy,
        /// Least price at the seller's meter, µyuan/kWh.
        price: Price,
        /// What it asks of its counterpart; schema 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filters: Option<Filters>,
    }
}
request! { PostBid => OrderAccepted,
    /// Publishes a demand. The same content under the same id is answered the same way and writes nothing.
    PostBid {
        /// The owner's id for it.
        order: OrderId,
        /// When it takes.
        slot: Auction,
        /// Where.
        point: PointId,
        /// How much, Wh.
        energy_wh: Energy,
        /// Least energy of one contract, Wh; 0 for any.
        min_wh: Energy,
        /// Highest delivered price, tariff included, µyuan/kWh.
        price: Price,
        /// What it asks of its counterpart; schema 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filters: Option<Filters>,
    }
}
impl From<PostBid> for PostOffer {
    /// The same content; which side it is on is the function's matter.
    fn from(bid: PostBid) -> Self {
        let PostBid {
            order,
            slot,
            point,
            energy_wh,
            min_wh,
            price,
            filters,
        } = bid;
        Self {
            order,
            slot,
            point,
            energy_wh,
            min_wh,
            price,
            filters,
        }
    }
}

impl From<PostOffer> for PostBid {
    /// The same content; which side it is on is the function's matter.
    fn from(offer: PostOffer) -> Self {
        let PostOffer {
            order,
            slot,
            point,
            energy_wh,
            min_wh,
            price,
            filters,
        } = offer;
        Self {
            order,
            slot,
            point,
            energy_wh,
            min_wh,
            price,
            filters,
        }
    }
}

request! { Withdraw => OrderView,
    /// Withdraws an order before the gate closes.
    Withdraw {
        /// Its owner: the caller, or the request is refused.
        participant: ParticipantId,
        /// Which order.
        order: OrderId,
        /// Its auction, where it was opened at schema 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<Auction>,
    }
}
request! { Confirm => AnswerAccepted,
    /// The caller signs a proposed contract, its own or its principal's.
    Confirm {
        /// Its slot.
        slot: Auction,
        /// Which contract.
        contract: ContractId,
        /// ECDSA P-256 over the contract's canonical bytes, low-S DER.
        signature: HexBytes,
        /// For whom, if not for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        participant: Option<ParticipantId>,
    }
}
request! { Refuse => AnswerAccepted,
    /// The caller refuses a proposed contract, its own or its principal's.
    Refuse {
        /// Its slot.
        slot: Auction,
        /// Which contract.
        contract: ContractId,
        /// For whom, if not for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        participant: Option<ParticipantId>,
    }
}
request! { RecordReadings => ReadingsAccepted,
    /// Records readings: all of them or none.
    RecordReadings {
        /// At most 1 000, each of another meter.
        readings: Vec<SignedReading>,
    }
}
