//! Settlement in pages, corrections and estimates.

use der_market::id::{ParticipantId, PointId};
use der_market::settlement::Place;
use der_market::slot::Slot;

use super::request;
use crate::reply::{EstimatesAccepted, PageBooked, ReadingsView, SettlementPageView, SettlementView};

request! { SettlePage => PageBooked,
    /// Books a page that a settlement or a correction allotted. It reads its own part only; a page that is booked is answered the
    /// same way and writes nothing.
    SettlePage {
        /// Which slot.
        slot: Slot,
        /// Which page, from 0.
        page: u32,
    }
}
request! { CorrectSlot => SettlementView,
    /// Allots a settled slot's energy anew from the latest readings: lines that changed are taken back exactly and booked anew, as
    /// the next version. Where nothing changed, nothing is written.
    CorrectSlot {
        /// Which slot.
        slot: Slot,
    }
}
request! { Estimate => EstimatesAccepted,
    /// Estimates missing readings of a settled slot, once the limit has passed: by the final plan's net, else by the same slot seven
    /// days earlier, else by nothing. A reading that arrives later counts instead.
    Estimate {
        /// Which slot.
        slot: Slot,
        /// A later slot that is settled: it shows that the limit has passed.
        seen: Slot,
        /// Whose readings are missing: 1 to 1 000.
        places: Vec<Place>,
    }
}
request! { QuerySettlementPage => SettlementPageView,
    /// A page of a slot's settlement.
    QuerySettlementPage {
        /// Which slot.
        slot: Slot,
        /// Which page, from 0.
        page: u32,
    }
}
request! { QueryReadings => ReadingsView,
    /// The latest readings of a place's meters in a slot, and its estimate.
    QueryReadings {
        /// Which slot.
        slot: Slot,
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
    }
}
