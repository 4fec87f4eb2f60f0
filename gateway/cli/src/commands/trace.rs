//! `der trace`: a contract's energy from the meter to the money.

use clap::Args;
use der_client::trace::{auction_of, trace};
use der_market::id::ContractId;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Follows a contract's energy: readings, fill, contract, confirmations, settlement, postings and certificate, each with its key and the
/// transaction that wrote it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  der trace --profile microgrid-alice --contract 1980000-00001 --output json")]
pub struct Trace {
    /// Which contract.
    #[arg(long, value_name = "ID")]
    contract: ContractId,
}

impl Trace {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        let auction = auction_of(&self.contract);
        let auction = auction.ok_or_else(|| Failure::usage("a contract's id is SLOT-RANK, as clearing gave it"))?;
        let session = Session::open(global)?;
        let steps = {
            let _spins = session.output().spinner("following the contract");
            session.wait(trace(session.client(), auction, &self.contract))
        };
        session
            .output()
            .result(&steps.map_err(|error| Failure::from(&error))?)?;
        Ok(Exit::Done)
    }
}
