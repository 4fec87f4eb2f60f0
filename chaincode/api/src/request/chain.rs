//! Questions about the three chains. They are for evaluation: pages and history are in no read set.

use super::request;
use crate::reply::{ChainPage, ChainRow, GuardedKey, HistoryView};

request! { QueryUserChain => ChainPage,
    /// Users, their keys, accreditations, suspensions, devices and meters.
    QueryUserChain {
        /// Where the page before ended; none for the first page.
        after: Option<GuardedKey>,
        /// Rows, 1 to 100.
        page: u32,
    }
}
request! { QueryGridChain => ChainPage,
    /// Connection points, connections and distances.
    QueryGridChain {
        /// Where the page before ended; none for the first page.
        after: Option<GuardedKey>,
        /// Rows, 1 to 100.
        page: u32,
    }
}
request! { QueryEnergyChain => ChainPage,
    /// Plants, plans and supplied energy.
    QueryEnergyChain {
        /// Where the page before ended; none for the first page.
        after: Option<GuardedKey>,
        /// Rows, 1 to 100.
        page: u32,
    }
}
request! { QueryRecord => ChainRow,
    /// One row of a chain.
    QueryRecord {
        /// Its key.
        key: GuardedKey,
    }
}
request! { QueryHistory => HistoryView,
    /// What became of one key of a chain. It needs a peer that keeps a history.
    QueryHistory {
        /// Which key.
        key: GuardedKey,
        /// Changes, 1 to 100.
        most: u32,
    }
}
