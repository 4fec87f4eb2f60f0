//! The `der` command; see the library for everything it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    der_cli::run(std::env::args_os())
}
