//! `der case`: the paper's case, or a running market, on a network that is there.

use std::path::PathBuf;

use clap::Subcommand;

use super::case_loop;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::runtime;
use crate::{case, table2};

const PAPER: &str = "\
The folder holds a profile for each player: grid-operator, grid-meters, grid-clock, regulator-regulator,
energy-plant1 and microgrid-consumer1, each .toml; `der network up` writes them.

Example:
  der case paper --network net/profiles --assert";

/// Cases.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Plays Table 1 of He et al. (2021) as four organisations would, and prints Table 2 beside the paper's values.
    #[command(after_help = PAPER)]
    Paper {
        /// Folder with a profile for each player.
        #[arg(long, value_name = "PROFILE_DIR", env = "DER_NETWORK", default_value = "profiles")]
        network: PathBuf,
        /// Fail if a value differs from the paper's by a single nyuan.
        #[arg(long)]
        assert: bool,
    },
    /// Plays slot after slot as a running market, until it is stopped.
    Loop(case_loop::Loop),
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let (network, assert) = match self {
            Self::Paper { network, assert } => (network, assert),
            Self::Loop(case) => return case.run(global),
        };
        let runtime = runtime()?;
        let rows = runtime.block_on(async {
            let cast = case::cast(&network, &global.overrides())?;
            case::play(cast, global.output()).await
        })?;
        table2::print(&rows, global.output())?;
        if assert {
            table2::assert_equal(&rows)?;
        }
        Ok(Exit::Done)
    }
}
