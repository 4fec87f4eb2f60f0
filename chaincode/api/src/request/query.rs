//! Questions. They write nothing.

use der_market::id::{ContractId, MeterId, MspId, OrderId, ParticipantId, PlantId, PointId};
use der_market::journal::Account;
use der_market::slot::{Auction, Slot};

use super::request;
use crate::reply::{
    BalanceView, ClearingView, ContractView, GuardedKey, GuardsView, MarketView, MembersView, MeterView, OrderView,
    ParticipantView, PlanView, PlantView, PointView, SettlementView, SlotView, StatementView, VolumesView,
};

request! { QueryMarket => MarketView,
    /// The market and its rules.
    QueryMarket {}
}
request! { QueryMembers => MembersView,
    /// The members and the ledger's schema.
    QueryMembers {}
}
request! { QueryGuardsOf => GuardsView,
    /// Keys whose guard names an organisation. To be evaluated: what it reads is checked by nobody.
    QueryGuardsOf {
        /// Which organisation.
        msp: MspId,
        /// Where the page before ended; none for the first page.
        after: Option<GuardedKey>,
        /// Keys to examine, 1 to 100.
        page: u32,
    }
}
request! { QueryParticipant => ParticipantView,
    /// A participant on all chains.
    QueryParticipant {
        /// Who.
        participant: ParticipantId,
    }
}
request! { QueryPoint => PointView,
    /// A connection point.
    QueryPoint {
        /// Which.
        point: PointId,
    }
}
request! { QueryPlant => PlantView,
    /// A plant.
    QueryPlant {
        /// Which.
        plant: PlantId,
    }
}
request! { QueryMeter => MeterView,
    /// A meter.
    QueryMeter {
        /// Which.
        meter: MeterId,
    }
}
request! { QueryOrder => OrderView,
    /// An order by its owner's id: the way to resolve an unknown commit.
    QueryOrder {
        /// Its owner.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Its auction, where it was opened at schema 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<Auction>,
    }
}
request! { QuerySlot => SlotView,
    /// A slot's stage.
    QuerySlot {
        /// Which.
        slot: Auction,
    }
}
request! { QueryClearing => ClearingView,
    /// A slot's clearing.
    QueryClearing {
        /// Which slot.
        slot: Auction,
    }
}
request! { QueryContract => ContractView,
    /// A contract with its confirmations.
    QueryContract {
        /// Its slot.
        slot: Auction,
        /// Which.
        contract: ContractId,
    }
}
request! { QueryPlan => PlanView,
    /// A slot's plan.
    QueryPlan {
        /// Which slot.
        slot: Slot,
    }
}
request! { QuerySettlement => SettlementView,
    /// A slot's settlement.
    QuerySettlement {
        /// Which slot.
        slot: Slot,
    }
}
request! { QueryStatement => StatementView,
    /// An account's postings of one slot, from its opening balance: the paper's Table 2 begins anew in each test.
    QueryStatement {
        /// Whose.
        account: Account,
        /// Which slot.
        slot: Slot,
    }
}
request! { QueryBalance => BalanceView,
    /// An account's balance over all settled slots.
    QueryBalance {
        /// Whose.
        account: Account,
    }
}
request! { QueryVolumes => VolumesView,
    /// Energy accumulated over all settled slots through this one.
    QueryVolumes {
        /// The last slot counted.
        through: Slot,
    }
}
