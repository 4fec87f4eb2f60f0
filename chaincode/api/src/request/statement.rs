//! Monthly statements.

use der_market::billing::Month;
use der_market::id::ParticipantId;
use der_market::journal::Account;
use der_market::slot::Slot;

use super::request;
use crate::reply::{ClosedView, MonthStatementView};

/// Accounts of one `Statement:Close`.
pub const CLOSE_LIMIT: usize = 50;

request! { CloseStatements => ClosedView,
    /// Closes a month for accounts: all that was folded through its last day and is on no statement yet. It never changes again.
    CloseStatements {
        /// Which month.
        month: Month,
        /// The latest settled slot: from it on the time for answers runs.
        at: Slot,
        /// At most 50.
        accounts: Vec<Account>,
    }
}
request! { AcknowledgeStatement => MonthStatementView,
    /// The account's owner accepts lines.
    AcknowledgeStatement {
        /// Which month.
        month: Month,
        /// Whose.
        account: Account,
        /// Numbers of lines; none for every line that is not disputed.
        lines: Vec<u32>,
    }
}
request! { DisputeStatement => MonthStatementView,
    /// The account's owner disputes lines. Their money waits for the regulator, all other money flows.
    DisputeStatement {
        /// Which month.
        month: Month,
        /// Whose.
        account: Account,
        /// Numbers of lines.
        lines: Vec<u32>,
    }
}
request! { DecideLine => MonthStatementView,
    /// The regulator decides a disputed line.
    DecideLine {
        /// Which month.
        month: Month,
        /// Whose.
        account: Account,
        /// Which line.
        line: u32,
        /// True when the line stands; a line that falls is booked back.
        stands: bool,
    }
}
request! { PayStatement => MonthStatementView,
    /// The caller settles its own statement: what it owes leaves what is available to it, what it is owed is added.
    PayStatement {
        /// Which month.
        month: Month,
    }
}
request! { DeclareDefault => MonthStatementView,
    /// A statement that is unpaid after its time: 200 points, and no trading until it is paid.
    DeclareDefault {
        /// Which month.
        month: Month,
        /// Whose.
        participant: ParticipantId,
    }
}
request! { QueryMonthStatement => MonthStatementView,
    /// A closed statement and what became of it.
    QueryMonthStatement {
        /// Which month.
        month: Month,
        /// Whose.
        account: Account,
    }
}
