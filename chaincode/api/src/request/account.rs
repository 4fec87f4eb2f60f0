//! Accounts: what is available, what is held, what a day came to.

use der_market::billing::BillingDay;
use der_market::id::ContractId;
use der_market::journal::Account;
use der_market::slot::Auction;

use super::request;
use crate::reply::{AccountView, AccountsView, FoldedView, FundsView};

/// Accounts of one `Account:Fold`.
pub const FOLD_LIMIT: usize = 100;
/// Auctions of one `Account:Release`.
pub const RELEASE_LIMIT: usize = 192;
/// Accounts of one answer to `Query:Accounts`.
pub const ACCOUNTS_LIMIT: u32 = 500;

request! { Collect => FundsView,
    /// The caller takes confirmed deposits and refused withdrawals into what is available to it.
    Collect {}
}
request! { ReleaseHolds => FundsView,
    /// The caller takes back what is held for orders that need it no more: all of it once the slot is settled; once it is planned,
    /// what the plan gives no contract for.
    ReleaseHolds {
        /// At most 192 auctions.
        auctions: Vec<Auction>,
        /// The caller's confirmed contracts of these auctions; where they are all of an order's, its hold follows their prices.
        contracts: Vec<ContractId>,
        /// Billing days whose sums set aside are given back, as far as no sealed order needs them any more; at most 192.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        days: Vec<BillingDay>,
    }
}
request! { FoldAccounts => FoldedView,
    /// Sums up what the settlements of a day posted to accounts. Repeating it changes nothing unless more was posted since.
    FoldAccounts {
        /// Which day.
        day: BillingDay,
        /// At most 100.
        accounts: Vec<Account>,
    }
}
request! { QueryAccount => AccountView,
    /// An account by its folds.
    QueryAccount {
        /// Whose.
        account: Account,
    }
}
request! { QueryAccounts => AccountsView,
    /// Accounts with an opening row, page by page. To be evaluated: what it reads is checked by nobody.
    QueryAccounts {
        /// Where the page before ended; none for the first page.
        after: Option<Account>,
        /// Accounts of the page, 1 to 500.
        page: u32,
    }
}
