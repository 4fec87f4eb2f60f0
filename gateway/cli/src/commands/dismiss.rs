//! `der market dismiss`: a member leaves, and every guard that names it follows.

use clap::Args;
use der_api::request::DismissMember;
use der_client::{Departure, DepartureStep};
use der_market::id::MspId;
use serde::Serialize;

use super::DryRun;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Takes an organisation off the members.
#[derive(Debug, Args)]
pub struct Dismiss {
    /// Its MSP id.
    msp: MspId,
    /// Further members whose peers are down, separated by commas; guards may need them all the same.
    #[arg(long, value_name = "MSP,…", value_delimiter = ',')]
    without: Vec<MspId>,
    #[command(flatten)]
    dry: DryRun,
}

/// What a departure would do.
#[derive(Serialize)]
struct Tried {
    dry_run: bool,
    msp: MspId,
    guards: u64,
}

/// What it did.
#[derive(Serialize)]
struct Left {
    msp: MspId,
    rewritten: u64,
    examined: u64,
    remaining: u64,
}

impl Dismiss {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        let departure = Departure::new(session.client().clone(), self.msp.clone()).without(self.without.clone());
        if self.dry.dry_run {
            return self.try_it(&session, &departure);
        }
        let output = session.output();
        let told = |step: DepartureStep| match step {
            DepartureStep::Dismissed { transaction_id } => {
                output.progress(&format!(
                    "{} is no member any more (transaction {transaction_id})",
                    self.msp
                ));
            }
            DepartureStep::Rewritten { done, .. } => output.progress(&format!("{done} guards rewritten")),
            DepartureStep::Examined { .. } => {}
        };
        let done = session
            .wait(departure.run(told))
            .map_err(|error| Failure::from(&error))?;
        output.result(&Left {
            msp: self.msp,
            rewritten: done.rewritten,
            examined: done.examined,
            remaining: done.remaining,
        })?;
        if done.remaining > 0 {
            return Err(Failure::internal(format!(
                "{} guards still named it in the last pass; run this again",
                done.remaining
            )));
        }
        Ok(Exit::Done)
    }

    fn try_it(self, session: &Session, departure: &Departure) -> Result<Exit, Failure> {
        let failed = |error: der_client::ClientError| Failure::from(&error);
        let msp = self.msp;
        session
            .wait(session.client().query(&DismissMember { msp: msp.clone() }))
            .map_err(failed)?;
        let guards = session.wait(departure.remaining()).map_err(failed)?;
        session.output().result(&Tried {
            dry_run: true,
            msp,
            guards,
        })?;
        Ok(Exit::Done)
    }
}
