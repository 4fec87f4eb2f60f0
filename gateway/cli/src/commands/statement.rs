//! `der statement`: what an account got and paid.

use clap::Subcommand;
use der_api::request::{QueryBalance, QueryStatement, QueryVolumes};
use der_market::journal::Account;
use der_market::slot::Slot;

use super::{month, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Statements. An account is grid, retail, deposits or participant:MSP:ENROLMENT; money is in nyuan (10⁻⁹ yuan).
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Shows an account's postings of one slot.
    #[command(
        after_help = "Example:\n  der statement show --profile microgrid-alice participant:MicrogridMSP:alice 100"
    )]
    Show {
        /// Whose.
        account: Account,
        /// Which slot.
        #[arg(value_parser = parse::number::<Slot>)]
        slot: Slot,
    },
    /// Shows an account's balance over all settled slots.
    #[command(after_help = "Example:\n  der statement balance --profile grid-operator grid")]
    Balance {
        /// Whose.
        account: Account,
    },
    /// Shows the energy accumulated through a slot.
    #[command(after_help = "Example:\n  der statement volumes --profile grid-operator 100")]
    Volumes {
        /// The last slot counted.
        #[arg(value_parser = parse::number::<Slot>)]
        through: Slot,
    },
    /// Shows a closed month, as JSON, table or CSV.
    #[command(
        after_help = "Example:\n  der statement month --profile microgrid-alice participant:MicrogridMSP:alice 2026-11 --csv"
    )]
    Month(month::Read),
    /// Closes a month: by the selling company.
    #[command(after_help = "Example:\n  der statement close --profile grid-retail --month 2026-11 --at 1995616 --all")]
    Close(month::Close),
    /// Accepts lines; without numbers every line that is not disputed. Silence for the days of the rules accepts them too.
    #[command(
        after_help = "Example:\n  der statement acknowledge --profile microgrid-alice participant:MicrogridMSP:alice 2026-11"
    )]
    Acknowledge(month::Lines),
    /// Disputes lines; their money waits for the regulator.
    #[command(
        after_help = "Example:\n  der statement dispute --profile microgrid-alice participant:MicrogridMSP:alice 2026-11 0 3"
    )]
    Dispute(month::Lines),
    /// Decides a disputed line: by the regulator.
    #[command(
        after_help = "Example:\n  der statement decide --profile regulator-officer participant:MicrogridMSP:alice 2026-11 0 --stands --dry-run"
    )]
    Decide(month::Decision),
    /// Pays what you owe on a month, or takes what it owes you.
    #[command(after_help = "Example:\n  der statement pay --profile microgrid-alice 2026-11 --dry-run")]
    Pay(month::Pay),
    /// Declares a payment default: by the selling company.
    #[command(
        after_help = "Example:\n  der statement default --profile grid-retail MicrogridMSP:alice 2026-11 --dry-run"
    )]
    Default(month::Overdue),
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Show { account, slot } => session.query(&QueryStatement { account, slot }),
            Self::Balance { account } => session.query(&QueryBalance { account }),
            Self::Month(read) => read.run(&session),
            Self::Close(close) => close.run(&session),
            Self::Acknowledge(lines) => lines.acknowledge(&session),
            Self::Dispute(lines) => lines.dispute(&session),
            Self::Decide(decision) => decision.run(&session),
            Self::Pay(pay) => pay.run(&session),
            Self::Default(default) => default.run(&session),
            Self::Volumes { through } => session.query(&QueryVolumes { through }),
        }
    }
}
