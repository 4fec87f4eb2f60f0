//! `der operator`: the market's clock.

use std::time::Duration;

use clap::{Args, Subcommand};
use der_client::operator::{Brought, Operator, Status};
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// The longest that the clock sleeps: the market's rules may have changed meanwhile.
const LONGEST: i64 = 30;

const RUN: &str = "\
Opens, closes, seals, matches, ends, plans and settles every slot when the market's gate times say so, from wherever the ledger stands.
It keeps nothing of its own: stop it anywhere, start it again, run several. As an operator of another member it calls for what is overdue
and brings it once a majority has called. Prints one line of JSON per round: what was brought, and how the clock stands.

Examples:
  der operator run --profile grid-clock
  der operator run --profile grid-clock --once
  der operator run --profile grid-clock --simulated-clock 1795276800 --until 1795280400";

/// The operator's clock.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Drives the gates by the clock.
    #[command(after_help = RUN)]
    Run(Run),
}

/// How the clock runs.
#[derive(Debug, Args)]
pub struct Run {
    /// Does what is due now, and ends.
    #[arg(long)]
    once: bool,
    /// Begins at this time (UTC seconds) and goes on to whatever is due next without waiting.
    #[arg(long, value_name = "SECONDS")]
    simulated_clock: Option<i64>,
    /// Ends at this time (UTC seconds).
    #[arg(long, value_name = "SECONDS")]
    until: Option<i64>,
    /// Seconds after a slot's delivery until it is settled; later while readings are missing.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    settle_after: u32,
}

/// A round as it is printed.
#[derive(Serialize)]
struct Round<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    brought: Vec<Brought>,
    status: &'a Status,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let Self::Run(run) = self;
        let session = Session::open(global)?;
        session.learn_members()?;
        let mut operator = Operator::new(session.client().clone(), run.settle_after);
        session.wait(run.rounds(&mut operator))
    }
}

impl Run {
    async fn rounds(&self, operator: &mut Operator) -> Result<Exit, Failure> {
        let mut now = self.simulated_clock.unwrap_or_else(wall_clock);
        loop {
            match operator.tick(now).await {
                Ok(brought) => print(brought, operator.status())?,
                // The network may be away for a while; the next round looks again.
                Err(error) if self.once => return Err(Failure::from(&error)),
                Err(error) => anstream::eprintln!("warning: {error}"),
            }
            let next = operator.status().next.unwrap_or(i64::MAX);
            if self.once || self.until.is_some_and(|until| now.max(next) > until) {
                return Ok(Exit::Done);
            }
            now = match self.simulated_clock {
                Some(_) => next.max(now.saturating_add(1)),
                None => self.sleep(next).await?,
            };
        }
    }

    /// Waits for what is due next, and tells the time then.
    async fn sleep(&self, next: i64) -> Result<i64, Failure> {
        let wait = next.saturating_sub(wall_clock()).clamp(1, LONGEST);
        let wait = Duration::from_secs(wait.unsigned_abs());
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(wall_clock()),
            stopped = tokio::signal::ctrl_c() => {
                stopped.map_err(|error| Failure::internal(format!("cannot hear signals: {error}")))?;
                Err(Failure::usage("stopped; start it again at any time"))
            }
        }
    }
}

fn print(brought: Vec<Brought>, status: &Status) -> Result<(), Failure> {
    let line = serde_json::to_string(&Round { brought, status });
    anstream::println!("{}", line.map_err(Failure::internal)?);
    Ok(())
}

fn wall_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
