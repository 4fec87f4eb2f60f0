//! `der batch`: many orders in one transaction.

use std::path::PathBuf;

use clap::Subcommand;
use der_api::request::PostMany;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const POST: &str = "\
The file holds {\"orders\": [...]} with at most 5000 orders: order, side (seller or buyer), slot, energy_wh, price, and as
wanted min_wh and filters. Sent again, it writes only what is not there yet.

Example:
  der batch post --profile microgrid-alice orders.json";

/// Many orders at once, all of them or none.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Publishes sales and demands.
    #[command(after_help = POST)]
    Post {
        /// JSON or, by its ending, TOML.
        file: PathBuf,
        #[command(flatten)]
        dry: DryRun,
    },
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let Self::Post { file, dry } = self;
        let orders: PostMany = parse::file(&file)?;
        Session::open(global)?.submit(&orders, dry)
    }
}
