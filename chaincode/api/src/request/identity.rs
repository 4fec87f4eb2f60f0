//! Records on the user chain, the grid chain and the energy chain.

use der_market::id::{MeterId, OrderId, ParticipantId, PlantId, PointId};
use der_market::participant::{CustomerClass, Source};
use der_market::slot::{Auction, Slot};
use der_market::units::{Distance, Power};

use super::request;
use crate::bytes::HexBytes;
use crate::reply::{DistancesView, IndexView, MeterView, ParticipantView, PlantView, PointView};

request! { RegisterUser => ParticipantView,
    /// The caller asks to join; the key of its certificate becomes its contract-signing key.
    RegisterUser {
        /// Generating capacity M, W; zero for a pure consumer.
        capacity_w: Power,
        /// The connection point (location D).
        point: PointId,
        /// Energy type G.
        source: Source,
        /// Customer class.
        class: CustomerClass,
    }
}
request! { AddKey => ParticipantView,
    /// Registers the key of the certificate that the caller uses now.
    AddKey {}
}
request! { MoveOut => ParticipantView,
    /// The caller moves out: it publishes no more orders, the named ones are withdrawn, and none of it is matched any more. Its
    /// contracts run out, its records stay.
    MoveOut {
        /// The caller's open orders to withdraw, of auctions that were opened before schema 3; at most 100. Those that are not named
        /// are never matched.
        orders: Vec<OrderId>,
        /// Auctions that were opened at schema 3: all of the caller's orders in them are withdrawn; at most 100.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        slots: Vec<Auction>,
    }
}
request! { Authenticate => ParticipantView,
    /// The regulator accredits; the opening balance is posted.
    Authenticate {
        /// Whom.
        participant: ParticipantId,
    }
}
request! { Suspend => ParticipantView,
    /// The regulator suspends.
    Suspend {
        /// Whom.
        participant: ParticipantId,
    }
}
request! { Reinstate => ParticipantView,
    /// The regulator ends a suspension.
    Reinstate {
        /// Whom.
        participant: ParticipantId,
    }
}
request! { PublishPoint => PointView,
    /// The grid company publishes a connection point.
    PublishPoint {
        /// Its id.
        point: PointId,
        /// Exchange capacity M with the grid, W.
        capacity_w: Power,
        /// Supply area.
        area: PointId,
        /// Voltage level, 0 the lowest.
        level: u8,
    }
}
request! { PublishDistances => DistancesView,
    /// The next version of the whole distance matrix.
    PublishDistances {
        /// The points, in the order of rows and columns; at most 64.
        points: Vec<PointId>,
        /// Electrical distances in mΩ: square, symmetric, 1 on the diagonal.
        rows: Vec<Vec<Distance>>,
    }
}
request! { AcceptConnection => ParticipantView,
    /// The grid company accepts the connection point of a registration.
    AcceptConnection {
        /// Whose.
        participant: ParticipantId,
    }
}
request! { RegisterPlant => PlantView,
    /// The caller's plant.
    RegisterPlant {
        /// Its id.
        plant: PlantId,
        /// Capacity M, W.
        capacity_w: Power,
        /// Location D.
        point: PointId,
        /// Energy type G.
        source: Source,
    }
}
request! { RegisterMeter => MeterView,
    /// A meter, or the next key of a meter that is known.
    RegisterMeter {
        /// Which meter.
        meter: MeterId,
        /// Whose energy it measures, at the point of its registration.
        participant: ParticipantId,
        /// Uncompressed P-256 point: 65 bytes.
        public_key: HexBytes,
        /// First slot in which this key signs.
        valid_from: Slot,
        /// The participant's plant whose energy alone it measures; from schema 3 on, and for a new meter only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plant: Option<PlantId>,
    }
}
request! { ReplaceMeter => MeterView,
    /// A meter's successor: the old one reports up to the slot before, the new one from this slot on.
    ReplaceMeter {
        /// The meter that ends.
        meter: MeterId,
        /// Its successor, which is not known yet.
        by: MeterId,
        /// The successor's key, an uncompressed P-256 point: 65 bytes.
        public_key: HexBytes,
        /// The successor's first slot.
        from: Slot,
    }
}
request! { ChangePlant => PlantView,
    /// The capacity of the caller's plant from now on.
    ChangePlant {
        /// Which.
        plant: PlantId,
        /// Capacity M, W.
        capacity_w: Power,
    }
}
request! { SetIndex => IndexView,
    /// The regulator sets a plant's energy-consumption index L, by which feed-in is ordered.
    SetIndex {
        /// Which plant.
        plant: PlantId,
        /// L, at least 1.
        index: u32,
    }
}
request! { RetirePlant => PlantView,
    /// Retires the caller's plant, for ever.
    RetirePlant {
        /// Which.
        plant: PlantId,
        /// Its last slot.
        last: Slot,
    }
}
