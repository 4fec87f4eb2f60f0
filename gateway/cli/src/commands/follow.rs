//! `der follow`: the market's events as they are committed.

use std::path::{Path, PathBuf};

use clap::Args;
use der_client::ClientError;
use der_client::follow::{FollowFile, Kind, MarketEvent, Start};

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

const EXAMPLE: &str = "\
Prints one JSON line per event, whatever --output says:
  {\"block\":12,\"transaction\":\"…\",\"name\":\"SlotSettled\",\"event\":{…}}
With --out the same lines go to the file first. The file is the checkpoint: a torn last line is cut and the next run
goes on after the last one, so that no event is missed or doubled whenever the process is killed.

Examples:
  der follow --profile grid-operator --from-block 0
  der follow --profile grid-operator --out settlements.jsonl";

/// Settlement events, or all, as they are committed; until it is stopped.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Follow {
    /// Append to this file and resume where it ends; an empty one starts with the first block.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Every event of the market, not only settlements.
    #[arg(long)]
    all: bool,
    /// Start with this block; without it, after the newest.
    #[arg(long, value_name = "N", conflicts_with = "out")]
    from_block: Option<u64>,
    /// Stop after so many events.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

/// Prints events until enough are printed or nobody reads.
struct Printer {
    left: Option<u64>,
    failure: Option<Failure>,
}

impl Follow {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        let kind = if self.all { Kind::All } else { Kind::Settlements };
        let mut printer = Printer {
            left: self.count,
            failure: None,
        };
        let ended = match &self.out {
            Some(path) => {
                let mut file = open(path)?;
                session.wait(
                    session
                        .client()
                        .follow_into(kind, &mut file, |event| printer.print(event)),
                )
            }
            None => {
                let start = self.from_block.map_or(Start::Now, Start::Block);
                session.wait(print_all(&session, kind, start, &mut printer))
            }
        };
        ended.map_err(|error| Failure::from(&error))?;
        printer.failure.map_or(Ok(Exit::Done), Err)
    }
}

fn open(path: &Path) -> Result<FollowFile, Failure> {
    FollowFile::open(path).map_err(|error| {
        Failure::usage(&error).advise("Give --out a file of its own, in a folder that can be written.")
    })
}

async fn print_all(session: &Session, kind: Kind, start: Start, printer: &mut Printer) -> Result<(), ClientError> {
    let mut follow = session.client().follow(kind, start).await?;
    while printer.print(&follow.next().await?) {}
    Ok(())
}

impl Printer {
    /// Whether to go on.
    fn print(&mut self, event: &MarketEvent) -> bool {
        if let Err(failure) = write(event) {
            self.failure = Some(failure);
            return false;
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.left != Some(0)
    }
}

fn write(event: &MarketEvent) -> Result<(), Failure> {
    let json = event.json().map_err(Failure::internal)?;
    output::line(&String::from_utf8_lossy(&json))
}
