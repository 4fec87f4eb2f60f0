//! `der demo`: a network, a market, one day of the paper, in one command.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::network::{Launch, LocalNetwork};
use crate::output::Output;
use crate::session::runtime;
use crate::{case, table2};

const EXAMPLE: &str = "\
Starts a Fabric network and a chaincode service for each organisation as child processes, plays the paper's Table 1,
and ends with Table 2. Exits with 0 only if every value equals the paper's.

Examples:
  der demo
  der demo --keep net";

/// One sale from offer to settlement event, on a network of its own.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Demo {
    /// Keep keys, ledger, profiles and logs in this folder, for `der network up`; else they go with the demo.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Demo {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.keep {
            Some(folder) => play(&folder, global),
            None => in_temporary_folder(global),
        }
    }
}

/// The folder stays when something failed: the logs are in it.
fn in_temporary_folder(global: &Global) -> Result<Exit, Failure> {
    let folder = tempfile::Builder::new()
        .prefix("der-demo-")
        .tempdir()
        .map_err(|error| Failure::usage(format!("cannot make a temporary folder: {error}")))?;
    play(folder.path(), global).map_err(|failure| {
        let kept = folder.keep();
        failure.advise(format!(
            "Logs are in {}; remove that folder afterwards.",
            kept.join("logs").display()
        ))
    })
}

fn play(folder: &Path, global: &Global) -> Result<Exit, Failure> {
    let (output, begin) = (global.output(), Instant::now());
    let network = Launch::new(folder)
        .and_then(Launch::start)
        .map_err(|error| Failure::from(&error))?;
    introduce(&network, output, begin);
    let runtime = runtime()?;
    let rows = runtime.block_on(async {
        let cast = case::cast(&network.layout().profiles(), &global.overrides())?;
        case::play(cast, output).await
    })?;
    table2::print(&rows, output)?;
    table2::assert_equal(&rows)?;
    output.progress(&format!(
        "every value equals the paper's; {:.1} s",
        begin.elapsed().as_secs_f64()
    ));
    Ok(Exit::Done)
}

fn introduce(network: &LocalNetwork, output: Output, begin: Instant) {
    for child in network.children() {
        output.progress(&format!("up     {:<20}  pid {}", child.spec().name, child.pid()));
    }
    let (root, seconds) = (network.layout().root().display(), begin.elapsed().as_secs_f64());
    output.progress(&format!("up     after {seconds:.1} s, in {root}"));
}
