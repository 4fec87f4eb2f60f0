//! Monthly statements.

use der_market::billing::Month;
use der_market::id::ParticipantId;
use der_market::journal::Account;

event! {
    /// Statements were closed.
    StatementsClosed {
        /// Which month.
        month: Month,
        /// How many.
        closed: u32,
    }
    /// An owner answered lines of a statement.
    StatementAnswered {
        /// Which month.
        month: Month,
        /// Whose.
        account: Account,
        /// Lines now disputed.
        disputed: u32,
    }
    /// The regulator decided a line.
    LineDecided {
        /// Which month.
        month: Month,
        /// Whose.
        account: Account,
        /// Which line.
        line: u32,
        /// True when it stands.
        stands: bool,
    }
    /// A statement was paid as far as it is undisputed.
    StatementPaid {
        /// Which month.
        month: Month,
        /// Whose.
        participant: ParticipantId,
    }
    /// A statement is in default.
    PaymentDefaulted {
        /// Which month.
        month: Month,
        /// Whose.
        participant: ParticipantId,
    }
}
