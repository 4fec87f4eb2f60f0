//! From a command line to a running service. `der` calls this too, as a hidden command.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use fabric_shim::Chaincode;

use crate::config::Settings;
use crate::{Market, log, serve};

/// Virtual, not resident: pages never touched cost nothing.
const STACK_BYTES: usize = 1 << 20;
/// Threads for long decisions and for the few file reads at the start.
const BLOCKING_THREADS: usize = 4;

/// Runs the service until SIGTERM or SIGINT. The first argument is the program's name.
///
/// # Errors
/// A wrong configuration, unusable certificates, an address that is taken, a failing HTTP/2 server.
pub fn run(args: impl IntoIterator<Item = OsString>) -> anyhow::Result<ExitCode> {
    run_chaincode(args, Market::new())
}

/// Runs another chaincode as this service: the market of another release, or one that a test has changed.
///
/// # Errors
/// As [`run`].
pub fn run_chaincode<C: Chaincode>(args: impl IntoIterator<Item = OsString>, chaincode: C) -> anyhow::Result<ExitCode> {
    let settings = match Settings::try_parse_from(args) {
        Ok(settings) => settings,
        Err(shown) => {
            shown.print().context("cannot write to the terminal")?;
            return Ok(if shown.use_stderr() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            });
        }
    };
    let config = settings.resolve()?;
    log::start(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.worker_threads)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(serve::serve(&config, chaincode))?;
    Ok(ExitCode::SUCCESS)
}
