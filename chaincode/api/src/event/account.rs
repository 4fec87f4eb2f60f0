//! Accounts and credit.

use der_market::billing::BillingDay;

event! {
    /// A day of accounts was summed up.
    AccountsFolded {
        /// Which day.
        day: BillingDay,
        /// Accounts with more on them than before.
        changed: u32,
    }
    /// Credit was rolled.
    CreditRolled {
        /// The last day that counts.
        day: BillingDay,
        /// Participants.
        rolled: u32,
    }
}
