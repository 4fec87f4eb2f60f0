//! Monthly statements: closed once, answered line by line, paid as far as they are undisputed.

mod answer;
mod close;
mod decide;
mod default;
mod pay;
mod standing;

pub(crate) use answer::{acknowledge_statement, dispute_statement};
pub(crate) use close::close_statements;
pub(crate) use decide::decide_line;
pub(crate) use default::declare_default;
pub(crate) use pay::pay_statement;
pub(crate) use standing::month_statement;
