//! Monthly statements.

use der_market::billing::{BillingDay, Month};
use der_market::journal::{Account, Purpose};
use der_market::slot::Slot;
use der_market::units::Money;
use serde::{Deserialize, Serialize};

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Nobody has said anything.
    Open,
    /// Accepted by its owner.
    Acknowledged,
    /// Accepted by silence.
    Silent,
    /// Disputed; its money waits.
    Disputed,
    /// The regulator let it stand.
    Stands,
    /// The regulator took it back.
    Falls,
}

reply! {
    /// A line of a statement.
    StatementLine {
        /// The day it was delivered; none for the rest of the statement before.
        day: Option<BillingDay>,
        /// What for.
        purpose: Purpose,
        /// Nyuan.
        exact: Money,
        /// In whole fen, as nyuan.
        amount: Money,
    }
}
reply! {
    /// A line and what became of it.
    StatedLine {
        /// Its number, from 0.
        number: u32,
        /// What it says.
        line: StatementLine,
        /// What became of it.
        state: LineState,
    }
}
reply! {
    /// A closed statement.
    MonthStatementView {
        /// Whose.
        account: Account,
        /// Which month.
        month: Month,
        /// The slot from which the time for answers runs.
        closed_at: Slot,
        /// The lines; positive when the account receives.
        lines: Vec<StatedLine>,
        /// Their sum in whole fen, as nyuan.
        total: Money,
        /// What the total leaves of the exact sum; it opens the next statement.
        rest: Money,
        /// Undisputed and not paid yet; negative when the account owes.
        due: Money,
        /// Paid so far; negative when the account paid.
        paid: Money,
        /// True from a payment default until the statement is paid.
        in_default: bool,
    }
}
reply! {
    /// Statements were closed.
    ClosedView {
        /// Which month.
        month: Month,
        /// How many.
        closed: u32,
    }
}
