//! `der completions` and `der man`: both generated from the command line's own definition.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

/// A completion script for a shell, on stdout.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  der completions bash > ~/.local/share/bash-completion/completions/der")]
pub struct Completions {
    /// Which shell.
    shell: Shell,
}

/// Man pages: the first on stdout, or all of them into a folder.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  der man | man -l -\n  der man --dir ~/.local/share/man/man1")]
pub struct Man {
    /// Folder that takes one page per command.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Completions {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "der", &mut script);
        write(&script)
    }
}

impl Man {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.dir {
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(Cli::command())
                    .render(&mut page)
                    .map_err(Failure::internal)?;
                write(&page)
            }
            Some(dir) => {
                fs::create_dir_all(&dir)
                    .and_then(|()| clap_mangen::generate_to(Cli::command(), &dir))
                    .map_err(|error| Failure::usage(format!("cannot write to {}: {error}", dir.display())))?;
                Ok(Exit::Done)
            }
        }
    }
}

fn write(bytes: &[u8]) -> Result<Exit, Failure> {
    match std::io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::internal(error)),
        _ => Ok(Exit::Done),
    }
}
