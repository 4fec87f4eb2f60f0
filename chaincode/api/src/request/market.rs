//! The market's own life and a slot's stages.

use der_market::id::MarketId;
use der_market::parameters::Parameters;
use der_market::slot::{Auction, Slot};

use super::request;
use crate::organisations::Organisations;
use crate::reply::{ClearingView, ContractsWritten, MarketView, PlanView, SettlementView, SlotView};
use crate::schema;

request! { Bootstrap => MarketView,
    /// Founds the market: by an operator of the grid company, once per channel.
    Bootstrap {
        /// The market's id; contracts and readings name it.
        market: MarketId,
        /// Who plays which part.
        organisations: Organisations,
        /// Version 1 of the rules.
        parameters: Parameters,
        /// Schema of the ledger; absent for the first, so that the first release founds it alike.
        #[serde(default = "schema::first", skip_serializing_if = "schema::is_first")]
        schema: u32,
    }
}
request! { OpenSlot => SlotView,
    /// Opens a slot's gate; the slot keeps the versions of rules and distances now in force.
    OpenSlot {
        /// Which slot.
        slot: Auction,
    }
}
request! { CloseGate => SlotView,
    /// Closes a slot's gate. It reads no order, so that a busy book cannot keep it open.
    CloseGate {
        /// Which slot.
        slot: Auction,
    }
}
request! { SealBook => SlotView,
    /// Fixes count and digest of a closed book.
    SealBook {
        /// Which slot.
        slot: Auction,
    }
}
request! { Clear => ClearingView,
    /// TSSC: matches the sealed book and proposes contracts.
    Clear {
        /// Which slot.
        slot: Auction,
    }
}
request! { WriteContracts => ContractsWritten,
    /// TSSC: writes a page of a large clearing's contracts. A page is written once; pages do not depend on each other.
    WriteContracts {
        /// Which slot.
        slot: Auction,
        /// Which page, from 0.
        page: u32,
    }
}
request! { Plan => PlanView,
    /// TSSC: ends confirmation; unconfirmed contracts expire, and what is left goes to OGSC and PPSC.
    Plan {
        /// Which slot.
        slot: Slot,
    }
}
request! { Settle => SettlementView,
    /// Settles a planned slot whose readings are in.
    Settle {
        /// Which slot.
        slot: Slot,
    }
}
