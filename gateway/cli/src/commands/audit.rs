//! `der audit`: what a supervisor looks at, and a slot computed again. Nothing is written.

use clap::Subcommand;
use der_api::request::QueryMarketAudit;
use der_client::audit::Audit;
use der_market::slot::Slot;

use super::parse;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const SLOT: &str = "\
Digest of the book, fills by priority, proof, contracts, plan and settlement are computed by the same rules as on the ledger and compared.
Point the profile at your own organisation's peer. Exit code 4 where anything differs.

Example:
  der audit slot --profile microgrid-alice 100 -o json";

/// What a supervisor looks at, and audits of a slot.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Members, versions, proposals with their votes, and whether the market is suspended: by the regulator.
    #[command(after_help = "Example:\n  der audit market --profile regulator-regulator --output json")]
    Market,
    /// Computes a slot again and compares it with the ledger, as far as the slot has come.
    #[command(after_help = SLOT)]
    Slot {
        /// Which slot: UTC seconds / 900, rounded down.
        #[arg(value_parser = parse::number::<Slot>)]
        slot: Slot,
    },
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Market => session.query(&QueryMarketAudit {}),
            Self::Slot { slot } => of_slot(&session, slot),
        }
    }
}

fn of_slot(session: &Session, slot: Slot) -> Result<Exit, Failure> {
    let audit = {
        let _spins = session.output().spinner("computing the slot again");
        let audit = session.wait(Audit::of_slot(session.client(), slot));
        audit.map_err(|error| Failure::from(&error))?
    };
    session.output().result(&audit)?;
    Ok(if audit.holds { Exit::Done } else { Exit::Refused })
}
