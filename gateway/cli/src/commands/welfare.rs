//! `der welfare`: fills of the greatest welfare, found here and proved to the contract.

use clap::Subcommand;
use der_api::request::{ProposeWelfare, QueryWelfare};
use der_market::slot::Auction;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const PROPOSE: &str = "\
Between sealing and clearing. The book is solved on this machine; the contract checks the proof and takes one proposal of each organisation.
At clearing the proved one with the smallest hash wins; without one the score decides.

Example:
  der welfare propose --profile energy-keeper 100 --dry-run";

/// Slots whose rules have the price mode welfare.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Solves a sealed book and proposes its fills: by an operator of any member.
    #[command(after_help = PROPOSE)]
    Propose {
        /// Which auction: a slot, or slot.round for an intraday one.
        #[arg(value_parser = parse::auction)]
        slot: Auction,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows what was proposed for a slot.
    #[command(after_help = "Example:\n  der welfare show --profile energy-keeper 100 -o json")]
    Show {
        /// Which auction: a slot, or slot.round for an intraday one.
        #[arg(value_parser = parse::auction)]
        slot: Auction,
    },
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Propose { slot, dry } => propose(&session, slot, dry),
            Self::Show { slot } => session.query(&QueryWelfare { slot }),
        }
    }
}

fn propose(session: &Session, slot: Auction, dry: DryRun) -> Result<Exit, Failure> {
    let proposal = {
        let _spins = session.output().spinner("solving the book");
        let solved = session.wait(session.client().welfare_proposal(slot));
        solved.map_err(|error| Failure::from(&error))?
    };
    session.submit(&ProposeWelfare { slot, proposal }, dry)
}
