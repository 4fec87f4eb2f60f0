//! `der credit`: scores by conduct.

use clap::Subcommand;
use der_api::request::{QueryCredit, ROLL_LIMIT, RollCredit};
use der_market::billing::BillingDay;
use der_market::id::ParticipantId;
use der_market::journal::Account;
use der_market::slot::Slot;
use serde::Serialize;

use super::{DryRun, account, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const ROLL: &str = "\
Once a day, after the day's accounts are folded. A participant that is rolled through the day already is left as it is.

Example:
  der credit roll --profile grid-operator --day 20758 --at 1992864 --all";

/// Credit: the tier is public, the number is told to the participant, its organisation and the regulator.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Shows a participant's credit.
    #[command(after_help = "Example:\n  der credit show --profile microgrid-alice MicrogridMSP:alice")]
    Show {
        /// Whose.
        participant: ParticipantId,
    },
    /// Counts what was settled and corrected since the last roll: by an operator.
    #[command(after_help = ROLL)]
    Roll {
        /// The last day that counts.
        #[arg(long, value_name = "DAY", value_parser = parse::number::<BillingDay>)]
        day: BillingDay,
        /// A settled slot after that day.
        #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
        at: Slot,
        /// Whose.
        #[arg(required_unless_present = "all")]
        participants: Vec<ParticipantId>,
        /// Every participant of the market.
        #[arg(long, conflicts_with = "participants")]
        all: bool,
        #[command(flatten)]
        dry: DryRun,
    },
}

#[derive(Serialize)]
struct Rolled {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    day: BillingDay,
    participants: usize,
    rolled: u32,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Show { participant } => session.query(&QueryCredit { participant }),
            Self::Roll {
                day,
                at,
                participants,
                all,
                dry,
            } => {
                let participants = if all { everybody(&session)? } else { participants };
                roll(&session, (day, at), &participants, dry)
            }
        }
    }
}

fn roll(
    session: &Session,
    (day, at): (BillingDay, Slot),
    participants: &[ParticipantId],
    dry: DryRun,
) -> Result<Exit, Failure> {
    let pages = participants.chunks(ROLL_LIMIT).map(|page| RollCredit {
        day,
        at,
        participants: page.to_vec(),
    });
    let replies = session.pages(pages, dry)?;
    session.done(&Rolled {
        dry_run: dry.dry_run,
        day,
        participants: participants.len(),
        rolled: replies.iter().map(|reply| reply.rolled).sum(),
    })
}

fn everybody(session: &Session) -> Result<Vec<ParticipantId>, Failure> {
    let accounts = account::every(session)?.into_iter();
    Ok(accounts
        .filter_map(|account| match account {
            Account::Participant(who) => Some(who),
            _ => None,
        })
        .collect())
}
