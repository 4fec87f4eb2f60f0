//! `der market`: found it, read its rules.

use std::path::PathBuf;

use clap::Subcommand;
use der_api::Organisations;
use der_api::request::{Bootstrap, QueryMarket};
use der_market::id::{MarketId, MspId};

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const BOOTSTRAP: &str = "\
The parameters are a TOML or JSON file with the fields that `der market show` prints under `parameters`.

Example:
  der market bootstrap --profile grid-operator --market der-1 --parameters parameters.toml";

/// The market and its rules.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Founds the market, once per channel: by an operator of the grid company.
    #[command(after_help = BOOTSTRAP)]
    Bootstrap {
        /// The market's id; contracts and readings name it.
        #[arg(long, value_name = "ID")]
        market: MarketId,
        /// Version 1 of the rules.
        #[arg(long, value_name = "FILE")]
        parameters: PathBuf,
        /// MSP id of the grid company.
        #[arg(long, value_name = "MSP", default_value = "GridMSP")]
        grid: MspId,
        /// MSP id of the regulator.
        #[arg(long, value_name = "MSP", default_value = "RegulatorMSP")]
        regulator: MspId,
        /// MSP id of the generation companies.
        #[arg(long, value_name = "MSP", default_value = "EnergyMSP")]
        energy: MspId,
        /// MSP id of the distributed-energy users.
        #[arg(long, value_name = "MSP", default_value = "MicrogridMSP")]
        microgrid: MspId,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows the market and the rules in force.
    #[command(after_help = "Example:\n  der market show --profile grid-operator --output json")]
    Show,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Bootstrap {
                market,
                parameters,
                grid,
                regulator,
                energy,
                microgrid,
                dry,
            } => {
                let organisations = Organisations {
                    grid,
                    regulator,
                    energy,
                    microgrid,
                };
                let parameters = parse::file(&parameters)?;
                Session::open(global)?.submit(
                    &Bootstrap {
                        market,
                        organisations,
                        parameters,
                    },
                    dry,
                )
            }
            Self::Show => Session::open(global)?.query(&QueryMarket {}),
        }
    }
}
