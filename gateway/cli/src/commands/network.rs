//! `der network`: a whole network on this machine that stays until it is told to go.

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::network::{Launch, LocalNetwork};
use crate::session::runtime;

const UP: &str = "\
Makes keys where there are none, starts a devnet and a chaincode service for each organisation, and writes a profile
for each user to DIR/profiles. Ends with Ctrl-C or SIGTERM; run again in the same folder, the ledger goes on.

Example:
  der network up net
  der market show --profile net/profiles/grid-operator.toml";

/// A whole network on this machine.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Starts it and stays until Ctrl-C or SIGTERM.
    #[command(after_help = UP)]
    Up {
        /// Folder of keys, ledger, profiles and logs.
        dir: PathBuf,
    },
}

#[derive(Serialize)]
struct Up {
    ready: bool,
    profiles: PathBuf,
    logs: PathBuf,
    processes: Vec<Process>,
}

#[derive(Serialize)]
struct Process {
    name: String,
    pid: u32,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let Self::Up { dir } = self;
        let runtime = runtime()?;
        let stop = runtime.block_on(async { listen() })?;
        let network = Launch::new(dir)
            .and_then(Launch::start)
            .map_err(|error| Failure::from(&error))?;
        global.output().result(&up(&network))?;
        runtime.block_on(stop);
        Ok(Exit::Done)
    }
}

/// Listens from now on, so that a signal during the start is not lost.
fn listen() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let on = |kind| signal(kind).map_err(|error| Failure::internal(format!("cannot listen for signals: {error}")));
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn up(network: &LocalNetwork) -> Up {
    let processes = network
        .children()
        .map(|child| Process {
            name: child.spec().name.clone(),
            pid: child.pid(),
        })
        .collect();
    Up {
        ready: true,
        profiles: network.layout().profiles(),
        logs: network.layout().logs(),
        processes,
    }
}
