//! The `fabric-cryptogen` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    fabric_cryptogen::cli::run(std::env::args_os())
}
