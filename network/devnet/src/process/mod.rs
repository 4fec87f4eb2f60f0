//! The command `fabric-devnet`, which `der` embeds as a subcommand. The only part of the crate that reads files of others.

mod crypto;
mod file;
mod inspect;
mod up;

use std::{
    ffi::OsString,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

/// Worker threads of the runtime: a small network on a developer's machine needs no more.
const WORKERS: usize = 2;

#[derive(Debug, Parser)]
#[command(
    name = "fabric-devnet",
    about = "A Hyperledger Fabric network in one process",
    version
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the network and serve until SIGTERM or SIGINT.
    Up {
        /// The network's TOML file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Verify the block log, and that the state is what a replay from genesis gives.
    Inspect {
        /// The data folder of a stopped network.
        #[arg(long)]
        data_dir: PathBuf,
        /// How the result is printed.
        #[arg(long, value_enum, default_value_t = Output::Text)]
        output: Output,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// Runs the command with these arguments, the program's name first. Logs go to stderr, results to stdout.
///
/// # Errors
/// What stopped the network or the inspection, with its causes.
pub fn run<I, A>(arguments: I) -> anyhow::Result<ExitCode>
where
    I: IntoIterator<Item = A>,
    A: Into<OsString> + Clone,
{
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(shown) => {
            shown.print().context("printing the usage")?;
            return Ok(ExitCode::from(u8::try_from(shown.exit_code()).unwrap_or(2)));
        }
    };
    start_log();
    match arguments.command {
        Command::Up { config } => runtime()?.block_on(up::up(&config)),
        Command::Inspect { data_dir, output } => inspect::inspect(&data_dir, output == Output::Json),
    }
}

/// Reads a network's TOML file and the identities it names. Relative paths start at the file's folder.
///
/// # Errors
/// A file that cannot be read or does not fit, with its path.
pub fn load(file: &Path) -> anyhow::Result<crate::Config> {
    file::NetworkFile::read(file)?.config()
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .context("starting the runtime")
}

fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Whoever embeds the command may have set a subscriber already: theirs stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
