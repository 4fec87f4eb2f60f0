//! `der org remove | leave`: an organisation goes, and nothing of the market is left that only it could change.

use clap::Args;
use der_api::ErrorCode;
use der_client::{Departure, DepartureStep};
use der_market::id::MspId;
use fabric_admin::edit;
use serde::Serialize;

use super::change::Out;
use super::session::AdminSession;
use super::{file, proposal};
use crate::args::Global;
use crate::connection;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::profile::{Profile, locate};

pub(super) const REMOVE: &str = "\
Refused while records of the market are guarded by the organisation, since after its removal nobody could change them
(`der org leave` rewrites them first), and while it owns an ordering node.

Example:
  der org remove NorthMSP --market grid-clock --profile grid-admin --out remove-north.update";

pub(super) const LEAVE: &str = "\
The profile is the administrator's, who computes the update. --market is that of an operator or regulator of the grid
company or the regulator, who ends the membership in the market and rewrites its guards. Safe to repeat after a failure.

Examples:
  der org leave NorthMSP --market grid-clock --profile grid-admin --out leave-north.update --dry-run
  der org leave NorthMSP --market grid-clock --profile grid-admin --out leave-north.update";

/// Who goes, and who speaks with the market about it: an administrator has no role in it.
#[derive(Debug, Args)]
pub struct Leaver {
    /// MSP id of the organisation.
    #[arg(value_name = "MSP")]
    leaver: MspId,
    /// Profile of a user of the market.
    #[arg(long, value_name = "FILE|NAME")]
    market: String,
    #[command(flatten)]
    out: Out,
}

/// Who goes after its guards are rewritten.
#[derive(Debug, Args)]
pub struct Leave {
    #[command(flatten)]
    who: Leaver,
    /// Count the guards and write nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Counted {
    dry_run: bool,
    guards: u64,
}

impl Leaver {
    pub(super) fn remove(&self, global: &Global) -> Result<Exit, Failure> {
        let session = self.open(global)?;
        let departure = self.departure(&session)?;
        self.propose(&session, &departure)
    }

    /// Refuses what the channel would not let go before the market is touched: a rewritten guard stays rewritten.
    fn open(&self, global: &Global) -> Result<AdminSession, Failure> {
        file::must_be_free(&self.out.file)?;
        let session = AdminSession::open(global)?;
        edit::remove_organization(&session.config()?, self.leaver.as_str())?;
        Ok(session)
    }

    fn departure(&self, session: &AdminSession) -> Result<Departure, Failure> {
        let profile = Profile::read(&locate(Some(&self.market))?)?;
        let client = session.inside(|| connection::connect(&profile))?;
        Ok(Departure::new(client, self.leaver.clone()))
    }

    fn propose(&self, session: &AdminSession, departure: &Departure) -> Result<Exit, Failure> {
        let guards = remaining(session, departure)?;
        if guards > 0 {
            let leaver = &self.leaver;
            let words = format!("{guards} records of the market are guarded by {leaver}");
            return Err(Failure::new(Exit::Refused, words)
                .with_code("GUARDS_REMAIN")
                .advise("Without it nobody could change them: rewrite them first with `der org leave`."));
        }
        let config = session.config()?;
        let root = edit::remove_organization(&config, self.leaver.as_str())?;
        proposal::propose(session, &config, &root, &self.out.file)
    }
}

impl Leave {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        let session = self.who.open(global)?;
        let departure = self.who.departure(&session)?;
        if self.dry_run {
            let guards = remaining(&session, &departure)?;
            session.output().result(&Counted { dry_run: true, guards })?;
            return Ok(Exit::Done);
        }
        let told = |step: DepartureStep| session.output().progress(&words(&step));
        session
            .wait(departure.run(told))
            .map_err(|error| Failure::from(&error))?;
        self.who.propose(&session, &departure)
    }
}

/// How many guards name the organisation; a market that was never founded has none.
fn remaining(session: &AdminSession, departure: &Departure) -> Result<u64, Failure> {
    match session.wait(departure.remaining()) {
        Err(error) if error.code() == ErrorCode::NotBootstrapped => Ok(0),
        other => other.map_err(|error| Failure::from(&error)),
    }
}

fn words(step: &DepartureStep) -> String {
    match step {
        DepartureStep::Dismissed { transaction_id } => format!("no member of the market any more ({transaction_id})"),
        DepartureStep::Examined { keys } => format!("{keys} keys examined"),
        DepartureStep::Rewritten { done, .. } => format!("{done} guards rewritten"),
    }
}
