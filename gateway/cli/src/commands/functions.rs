//! `der functions`: who may call what.

use clap::Args;
use der_api::SCHEMA;
use der_chaincode::functions::table;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;

/// Who may call which function of the market, and who must endorse it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  der functions\n  der functions DTSC:PostOffer\n  der functions --output json")]
pub struct Functions {
    /// Only this function, for example DTSC:PostOffer.
    function: Option<String>,
}

impl Functions {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let mut rows = table(SCHEMA);
        let Some(asked) = self.function else {
            global.output().result(&rows)?;
            return Ok(Exit::Done);
        };
        rows.retain(|row| row.function == asked);
        let row = rows.first().ok_or_else(|| {
            Failure::new(Exit::NotFound, format!("there is no function {asked:?}"))
                .advise("`der functions` lists every function.")
        })?;
        global.output().result(row)?;
        Ok(Exit::Done)
    }
}
