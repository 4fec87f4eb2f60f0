//! The chaincode service as a program of its own; everything is in the library.

fn main() -> anyhow::Result<std::process::ExitCode> {
    der_chaincode::cli::run(std::env::args_os())
}
