//! `der statement`: what an account got and paid.

use clap::Subcommand;
use der_api::request::{QueryBalance, QueryStatement, QueryVolumes};
use der_market::journal::Account;
use der_market::slot::Slot;

use super::parse;
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
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Show { account, slot } => session.query(&QueryStatement { account, slot }),
            Self::Balance { account } => session.query(&QueryBalance { account }),
            Self::Volumes { through } => session.query(&QueryVolumes { through }),
        }
    }
}
