//! Accounts.

use std::collections::BTreeMap;

use der_market::billing::BillingDay;
use der_market::id::ParticipantId;
use der_market::journal::{Account, Purpose};
use der_market::units::Money;

use serde::{Deserialize, Serialize};

reply! {
    /// What a participant may dispose of.
    FundsView {
        /// Whose.
        participant: ParticipantId,
        /// Opening, collected deposits and paid statements, less requested withdrawals, nyuan.
        balance: Money,
        /// Held for orders and contracts, nyuan.
        held: Money,
        /// What is left of the balance, nyuan.
        available: Money,
    }
}
reply! {
    /// What a fold changed.
    FoldedView {
        /// Which day.
        day: BillingDay,
        /// Accounts with more on them than before.
        changed: u32,
    }
}
reply! {
    /// An account by its folds.
    AccountView {
        /// Whose.
        account: Account,
        /// What it began with, nyuan.
        opening: Money,
        /// Sums of the folded days, nyuan.
        folded: BTreeMap<Purpose, Money>,
        /// Deposits, withdrawals and decisions, nyuan.
        paid: BTreeMap<Purpose, Money>,
        /// Opening, folded and paid together, nyuan.
        booked: Money,
        /// The last day with anything folded.
        through: Option<BillingDay>,
        /// Folded and on no statement yet, nyuan.
        unbilled: Money,
        /// What the last statement in whole fen left over, nyuan.
        rest: Money,
        /// What a participant may dispose of.
        funds: Option<FundsView>,
    }
}
reply! {
    /// A page of accounts.
    AccountsView {
        /// In the order of their keys.
        accounts: Vec<Account>,
        /// Where the next page goes on; none at the end.
        next: Option<Account>,
    }
}
