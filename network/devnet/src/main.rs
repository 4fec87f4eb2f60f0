//! The command `fabric-devnet`; everything is in the library.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    fabric_devnet::process::run(std::env::args_os())
}
