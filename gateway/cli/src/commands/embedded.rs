//! Programs that `der` carries: the devnet, the maker of keys, the chaincode service. `der demo` starts them as children.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::parent::exit_with_parent;

/// A Fabric network in one process.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, after_help = "Example:\n  der devnet up --help")]
pub struct Devnet {
    /// End when stdin ends.
    #[arg(long, hide = true)]
    exit_with_parent: bool,
    /// Arguments of fabric-devnet.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    args: Vec<OsString>,
}

/// Keys and certificates of a consortium.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, after_help = "Example:\n  der crypto --help")]
pub struct Crypto {
    /// Arguments of fabric-cryptogen.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    args: Vec<OsString>,
}

/// The market's chaincode service.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, after_help = "Example:\n  der chaincode --help")]
pub struct Chaincode {
    /// End when stdin ends.
    #[arg(long, hide = true)]
    exit_with_parent: bool,
    /// Arguments of der-chaincode.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    args: Vec<OsString>,
}

impl Devnet {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if self.exit_with_parent {
            exit_with_parent();
        }
        fabric_devnet::process::run(named("der devnet", self.args)).map_err(failed)
    }
}

impl Crypto {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        Ok(fabric_cryptogen::cli::run(named("der crypto", self.args)))
    }
}

impl Chaincode {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if self.exit_with_parent {
            exit_with_parent();
        }
        der_chaincode::cli::run(named("der chaincode", self.args)).map_err(failed)
    }
}

fn named(program: &str, args: Vec<OsString>) -> impl Iterator<Item = OsString> {
    std::iter::once(program.into()).chain(args)
}

/// What these programs refuse is what they were told: files, addresses, numbers.
fn failed(error: anyhow::Error) -> Failure {
    Failure::usage(format!("{error:#}"))
}
