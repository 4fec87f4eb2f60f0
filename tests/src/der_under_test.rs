//! The `der` command, started by the stories as devnet, as chaincode service and as itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    der_cli::run(std::env::args_os())
}
