//! `der mandate`: confirm beforehand what stays within limits.

use clap::{Args, Subcommand};
use der_api::mandate::MandateTerms;
use der_api::request::{QueryMandate, QueryMarket, RevokeMandate};
use der_market::id::ParticipantId;
use der_market::slot::{Auction, Slot};

use super::limits::Limits;
use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const GRANT: &str = "Example:\n  der mandate grant --profile microgrid-alice --from 100 --until 195 --buy-wh 200000 \
                     --buy-price 620000";

/// Standing mandates.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Signs a mandate: contracts within its limits need no confirmation. It counts for orders entered from then on.
    #[command(after_help = GRANT)]
    Grant(Grant),
    /// Ends the mandate for orders to come, and for open orders in the named slots.
    #[command(after_help = "Example:\n  der mandate revoke --profile microgrid-alice --slot 100 --slot 101")]
    Revoke {
        /// A slot whose gate is open; may be given again.
        #[arg(long = "slot", value_name = "SLOT", value_parser = parse::auction)]
        slots: Vec<Auction>,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows a participant's mandate with its signature.
    #[command(after_help = "Example:\n  der mandate show --profile microgrid-alice MicrogridMSP:alice --output json")]
    Show {
        /// Whose.
        participant: ParticipantId,
    },
}

/// Limits of a mandate.
#[derive(Debug, Args)]
pub struct Grant {
    /// The first delivery slot.
    #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
    from: Slot,
    /// The last delivery slot.
    #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
    until: Slot,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    dry: DryRun,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Grant(grant) => grant.run(&session),
            Self::Revoke { slots, dry } => session.submit(&RevokeMandate { slots }, dry),
            Self::Show { participant } => session.query(&QueryMandate { participant }),
        }
    }
}

impl Grant {
    fn run(self, session: &Session) -> Result<Exit, Failure> {
        let client = session.client();
        let failed = |error| Failure::from(&error);
        let terms = MandateTerms {
            market: session.wait(client.market(&QueryMarket {})).map_err(failed)?.market,
            participant: session.caller(),
            buy: self.limits.buy(),
            sell: self.limits.sell(),
            from: self.from,
            until: self.until,
        };
        session.submit(&client.signed_mandate(terms).map_err(failed)?, self.dry)
    }
}
