#![doc = include_str!("../README.md")]

mod cargo;
mod ci;
mod skipped;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything a submission has to pass.
    Ci,
    /// Checks of form that no compiler makes.
    Tidy,
    /// Builds in release mode and plays the paper's case; further arguments go to `der demo`.
    Demo {
        /// Arguments of `der demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Builds in release mode and measures; further arguments go to the benchmark.
    Bench {
        /// Arguments of the benchmark.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Strikes a running market on Fabric with faults; further arguments go to `der-faults`.
    Faults {
        /// Arguments of `der-faults`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Ci => ci::run(),
        Command::Tidy => tidy::run(),
        Command::Demo { arguments } => demo(&arguments),
        Command::Bench { arguments } => bench(&arguments),
        Command::Faults { arguments } => faults(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn demo(arguments: &[String]) -> anyhow::Result<()> {
    let base = [
        "run",
        "--release",
        "--locked",
        "--package",
        "der-cli",
        "--bin",
        "der",
        "--",
        "demo",
    ];
    cargo::run(base.into_iter().chain(arguments.iter().map(String::as_str)))
}

fn bench(arguments: &[String]) -> anyhow::Result<()> {
    cargo::run([
        "build",
        "--release",
        "--locked",
        "--package=der-cli",
        "--bin=der",
        "--package=der-chaincode",
        "--bin=der-chaincode",
        "--package=der-e2e",
        "--bin=chaincode-under-bench",
    ])?;
    let base = [
        "run",
        "--release",
        "--locked",
        "--package",
        "der-e2e",
        "--bin",
        "der-bench",
        "--",
    ];
    cargo::run(base.into_iter().chain(arguments.iter().map(String::as_str)))
}

fn faults(arguments: &[String]) -> anyhow::Result<()> {
    cargo::run(["build", "--locked", "--package", "der-e2e", "--bins"])?;
    let base = ["run", "--locked", "--package", "der-e2e", "--bin", "der-faults", "--"];
    cargo::run(base.into_iter().chain(arguments.iter().map(String::as_str)))
}
