//! Questions about a clearing, for those who recompute it. They write nothing.

use der_market::slot::Auction;

use super::request;
use crate::reply::{BookKey, BookPage, ClearingInputs, ContractsPage, FillsPage};

request! { QueryClearingInputs => ClearingInputs,
    /// What a slot's clearing stands on, besides its book; of a sealed book that is not cleared, what it would stand on now.
    QueryClearingInputs {
        /// Which slot.
        slot: Auction,
    }
}
request! { QueryBook => BookPage,
    /// A page of a slot's book, in key order. Of a sealed book only: before, orders still come and go between two pages.
    QueryBook {
        /// Which slot.
        slot: Auction,
        /// Where the page before ended; none for the first page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<BookKey>,
    }
}
request! { QueryFills => FillsPage,
    /// A page of a clearing's fills; a small clearing has one page.
    QueryFills {
        /// Which slot.
        slot: Auction,
        /// Which page, from 0.
        page: u32,
    }
}
request! { QueryContracts => ContractsPage,
    /// A page of a clearing's contracts; a small clearing has one page.
    QueryContracts {
        /// Which slot.
        slot: Auction,
        /// Which page, from 0.
        page: u32,
    }
}
