//! `der version`.

use clap::Args;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;

/// The version of this program.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  der version --output json")]
pub struct Version {}

#[derive(Serialize)]
struct Shown {
    name: &'static str,
    version: &'static str,
    fabric: &'static str,
}

impl Version {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let shown = Shown {
            name: "der",
            version: env!("CARGO_PKG_VERSION"),
            fabric: "3.1",
        };
        global.output().result(&shown)?;
        Ok(Exit::Done)
    }
}
