//! `der audit`: what a supervisor looks at. Nothing is written.

use clap::Subcommand;
use der_api::request::QueryMarketAudit;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// What a supervisor looks at.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Members, versions, proposals with their votes, and whether the market is suspended: by the regulator.
    #[command(after_help = "Example:\n  der audit market --profile regulator-regulator --output json")]
    Market,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Market => Session::open(global)?.query(&QueryMarketAudit {}),
        }
    }
}
