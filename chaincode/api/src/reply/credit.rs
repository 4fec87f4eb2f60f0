//! Credit.

use der_market::billing::BillingDay;
use der_market::credit::{Points, Tier};
use der_market::id::ParticipantId;
use der_market::units::Money;

use serde::{Deserialize, Serialize};

reply! {
    /// What a roll did. It names no score.
    RolledView {
        /// The last day that counts.
        day: BillingDay,
        /// Participants that were not rolled so far before.
        rolled: u32,
    }
}
reply! {
    /// A participant's credit.
    CreditView {
        /// Whose.
        participant: ParticipantId,
        /// Public.
        tier: Tier,
        /// The day of the last roll; none before the first.
        day: Option<BillingDay>,
        /// True while a statement is in default: no trading until it is paid.
        in_default: bool,
        /// Thousandths of a point; only for the participant, its organisation and the regulator.
        points: Option<Points>,
        /// Owed for settled slots at the last roll, nyuan; for the same.
        owed: Option<Money>,
    }
}
