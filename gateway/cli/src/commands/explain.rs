//! `der explain`: why an order was not matched, or at this price.

use clap::Args;
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;

use super::parse;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, line};
use crate::session::Session;

const EXAMPLE: &str = "\
Example:
  der explain --profile microgrid-alice --order B-1 --slot 100
  der explain --profile grid-operator --order S-1 --slot 100 --participant EnergyMSP:solar1 -o json";

/// Tells why an order of a cleared slot was matched as it was: its contracts, the pairs that came before, rooms, minima and filters.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Explain {
    /// Which order.
    #[arg(long, value_name = "ID")]
    order: OrderId,
    /// Its auction, where that was opened at schema 3: a slot, or slot.round for an intraday one.
    #[arg(long, value_name = "SLOT", value_parser = parse::auction)]
    slot: Option<Auction>,
    /// Its owner, if it is not the caller.
    #[arg(long, value_name = "MSP:ID")]
    participant: Option<ParticipantId>,
}

impl Explain {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        let participant = self.participant.unwrap_or_else(|| session.caller());
        let explained = {
            let _spins = session.output().spinner("walking the slot's pairs again");
            let explained = session.wait(session.client().explain(participant, self.order, self.slot));
            explained.map_err(|error| Failure::from(&error))?
        };
        match session.output().format() {
            Format::Json => session.output().result(&explained)?,
            Format::Table => line(&explained.words.join("\n"))?,
        }
        Ok(Exit::Done)
    }
}
