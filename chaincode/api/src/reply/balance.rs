//! Accounts slot by slot, and what the slots moved.

use der_market::journal::{Account, Posting};
use der_market::settlement::Volume;
use der_market::slot::Slot;
use der_market::units::{Energy, Money};
use serde::{Deserialize, Serialize};

reply! {
    /// One account in one slot.
    StatementView {
        /// Whose.
        account: Account,
        /// Which slot.
        slot: Slot,
        /// The opening balance of the parameters.
        opening: Money,
        /// The slot's postings to the account.
        postings: Vec<Posting>,
        /// Their sum.
        net: Money,
        /// Opening and net together.
        closing: Money,
    }
}
reply! {
    /// One account over all settled slots.
    BalanceView {
        /// Whose.
        account: Account,
        /// Its opening balance; zero before authentication.
        opening: Money,
        /// Opening and all postings together.
        balance: Money,
    }
}
reply! {
    /// Accumulated energy.
    VolumesView {
        /// The last slot counted.
        through: Slot,
        /// By branch.
        volume: Volume,
        /// Direct and PPSC together: the paper's trading volume.
        traded_wh: Energy,
    }
}
