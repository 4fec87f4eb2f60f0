//! Credit: rolled once a day.

use der_market::billing::BillingDay;
use der_market::id::ParticipantId;
use der_market::slot::Slot;

use super::request;
use crate::reply::{CreditView, RolledView};

/// Participants of one `Credit:Roll`.
pub const ROLL_LIMIT: usize = 32;

request! { RollCredit => RolledView,
    /// Counts what was settled and corrected since the last roll. A participant that is rolled through the day already is left as it is.
    RollCredit {
        /// The last day that counts.
        day: BillingDay,
        /// A settled slot after that day: by it the ledger knows that the day is over.
        at: Slot,
        /// At most 100.
        participants: Vec<ParticipantId>,
    }
}
request! { QueryCredit => CreditView,
    /// A participant's credit: the tier for everybody, the number for itself, its organisation and the regulator.
    QueryCredit {
        /// Whose.
        participant: ParticipantId,
    }
}
