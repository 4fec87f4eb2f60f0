//! `der codes`: every error code of the market.

use clap::Args;
use der_api::ErrorCode;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::refusal::exit_of;

/// Every error code with its meaning.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  der codes\n  der codes DER-3006 --output json")]
pub struct Codes {
    /// Only this code, for example DER-3006.
    code: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    code: String,
    what: &'static str,
    retry: String,
    exit: u8,
    advice: &'static str,
}

impl Codes {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let all = ErrorCode::all().iter().copied();
        match self.code {
            None => global.output().result(&all.map(shown).collect::<Vec<_>>())?,
            Some(asked) => {
                let code = all.into_iter().find(|code| code.to_string() == asked).ok_or_else(|| {
                    Failure::new(Exit::NotFound, format!("there is no code {asked:?}"))
                        .advise("`der codes` lists every code.")
                })?;
                global.output().result(&shown(code))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn shown(code: ErrorCode) -> Shown {
    Shown {
        code: code.to_string(),
        what: code.title(),
        retry: code.retry_class().to_string(),
        exit: exit_of(code).number(),
        advice: code.advice(),
    }
}
