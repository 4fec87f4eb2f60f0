//! Money, credit and statements.

use std::collections::{BTreeMap, BTreeSet};

use der_api::reply::{PaymentKind, PaymentState, StatementLine};
use der_market::billing::{BillingDay, Month};
use der_market::credit::{Counted, Kept, MonthWeights, Points, Stability, Tier};
use der_market::id::{OrderId, PaymentId};
use der_market::journal::{Account, Posting, Purpose};
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::{Money, Ppm, Price};
use serde::{Deserialize, Serialize};

use super::row;

row! {
    /// What a participant may dispose of. Only its own acts move it, so that no settlement and no other trader is ever in its way.
    Funds {
        /// Opening, collected deposits and paid statements, less requested withdrawals.
        balance: Money,
        /// Held for orders and contracts.
        held: Money,
    }
}
row! {
    /// A deposit or a withdrawal.
    Payment {
        /// How much.
        amount: Money,
        /// What the selling company said.
        state: PaymentState,
    }
}
row! {
    /// Money that its owner may collect.
    Incoming {
        /// Paid in, or coming back.
        kind: PaymentKind,
        /// Which payment.
        payment: PaymentId,
        /// How much.
        amount: Money,
    }
}
/// What one auction's orders of a participant hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// By order.
    pub orders: BTreeMap<OrderId, HeldOrder>,
}

row! {
    /// What one order holds.
    HeldOrder {
        /// Offer or bid.
        side: Side,
        /// Its limit.
        limit: Price,
        /// The share that its owner's tier held then.
        tier: Ppm,
        /// How much.
        amount: Money,
    }
}
row! {
    /// What the settlements of a day posted to an account.
    Fold {
        /// Which day.
        day: BillingDay,
        /// By purpose.
        sums: BTreeMap<Purpose, Money>,
    }
}
row! {
    /// What of a day's fold is on no statement yet; deleted by the statement that takes it.
    Unbilled {
        /// Which day.
        day: BillingDay,
        /// By purpose.
        sums: BTreeMap<Purpose, Money>,
    }
}
row! {
    /// A participant's credit.
    Credit {
        /// The score.
        points: Points,
        /// The last day that counts.
        day: BillingDay,
        /// Whose month the weights are.
        month: Month,
        /// Spent in it.
        weights: MonthWeights,
        /// How sales were kept.
        #[serde(default, skip_serializing_if = "Stability::is_empty")]
        stability: Stability,
    }
}
row! {
    /// What order entry reads of credit: moved once a day, at a payment default and at its end.
    CreditDay {
        /// The day of the roll.
        day: BillingDay,
        /// The tier.
        tier: Tier,
        /// Owed for settled slots and unpaid statements: so much less may be held.
        owed: Money,
        /// Statements in payment default.
        defaults: u32,
        /// S of the score and of OGSC.
        #[serde(default = "steady", skip_serializing_if = "is_steady")]
        stability: Ppm,
    }
}
const fn steady() -> Ppm {
    Ppm::ONE
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_steady(stability: &Ppm) -> bool {
    *stability == Ppm::ONE
}

row! {
    /// How a participant kept a slot's contracts; deleted by the roll that counts it.
    Conduct {
        /// Which slot.
        slot: Slot,
        /// Which page of its settlement.
        page: u32,
        /// Tolerated deviation by the slot's rules.
        band: Ppm,
        /// Contract by contract, as the page books them.
        kept: Vec<Kept>,
        /// Contract by contract, as the pages had booked them whose lines it takes back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        taken_back: Vec<Kept>,
    }
}
row! {
    /// What a day's slots have moved of a participant's credit, so that a correction can replace it.
    CountedDay {
        /// In the order of the slots.
        slots: Vec<CountedSlot>,
    }
}
row! {
    /// What a slot has moved.
    CountedSlot {
        /// Which.
        slot: Slot,
        /// By the participant's purchases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        buyer: Option<Counted>,
        /// By its sales.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seller: Option<Counted>,
        /// Whether the sales were kept within the band.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<bool>,
    }
}
row! {
    /// A closed month. It never changes.
    Statement {
        /// Whose.
        account: Account,
        /// Which month.
        month: Month,
        /// The slot from which the time for answers runs.
        closed_at: Slot,
        /// The lines.
        lines: Vec<StatementLine>,
        /// Their sum in whole fen.
        total: Money,
        /// What the total leaves of the exact sum.
        rest: Money,
        /// What rounding moved between the account and the rounding account; sums to zero.
        rounding: Vec<Posting>,
    }
}

/// What the regulator said to a disputed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Nothing yet.
    Pending,
    /// It stands.
    Stands,
    /// It is booked back.
    Falls,
}

/// What became of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementState {
    /// Lines that their owner accepted.
    pub acknowledged: BTreeSet<u32>,
    /// Lines that their owner disputed.
    pub disputed: BTreeMap<u32, Ruling>,
    /// What has moved between the owner's funds and the statement.
    pub paid: Money,
    /// True from a payment default until it is paid.
    pub in_default: bool,
}

row! {
    /// An account's latest statement, and what is open of all of them.
    StatementHead {
        /// The last closed month.
        month: Month,
        /// Its rest.
        rest: Money,
        /// Not paid yet, by month; negative when the account owes.
        unpaid: BTreeMap<Month, Money>,
    }
}
row! {
    /// Postings outside settlement: a payment's, or a decision's.
    Booking {
        /// They sum to zero with the other account's.
        postings: Vec<Posting>,
    }
}
