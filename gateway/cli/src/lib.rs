#![doc = include_str!("../README.md")]

pub mod args;
pub mod case;
pub mod commands;
pub mod connection;
pub mod day;
pub mod doctor;
pub mod exit;
pub mod failure;
mod log;
pub mod market_day;
pub mod network;
pub mod output;
pub mod package;
pub mod parent;
pub mod profile;
pub mod refusal;
pub mod session;
pub mod table2;
#[cfg(test)]
mod verbs;
pub mod verification;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::Cli;
use exit::Exit;

/// Runs the command line, program name first, and returns the exit code.
///
/// Nothing but the arguments is looked at before they are parsed, so help answers at once.
#[must_use]
pub fn run<I>(args: I) -> ExitCode
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return parse_failure(&error),
    };
    let output = cli.global.output();
    cli.noun.run(&cli.global).unwrap_or_else(|failure| {
        output.failure(&failure);
        failure.exit().into()
    })
}

/// Prints help and version on stdout with 0, mistakes on stderr with 2.
fn parse_failure(error: &clap::Error) -> ExitCode {
    let _closed_pipe = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done.into(),
        _ => Exit::Usage.into(),
    }
}
