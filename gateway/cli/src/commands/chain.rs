//! `der chain`: the user chain, the grid chain and the energy chain, and whether they hold together.

use clap::Subcommand;
use der_api::reply::GuardedKey;
use der_api::request::{QueryHistory, QueryRecord};
use der_client::chain::{Chain, chains, verify};

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const LIST: &str = "Example:\n  der chain list --profile microgrid-alice user --page 20 --output json\n  \
                    der chain list --profile microgrid-alice user --after meter/M-1";
const VERIFY: &str = "\
Reads the three chains from the peer that this profile asks, and follows every reference: user, signing key, connection, point,
plant, meter, device, accreditation, suspension, distances. Compares every key's guard with the one that the members now give it.
Ends with exit code 4 where something does not hold.

Example:
  der chain verify --profile regulator-officer";

/// The three chains. A key is written as its table and its parts, parted by slashes: user/MicrogridMSP/alice.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Lists a chain, a page at a time.
    #[command(after_help = LIST)]
    List {
        /// user, grid or energy.
        chain: Chain,
        /// The key after which the page begins; `next` of the page before.
        #[arg(long, value_name = "KEY", value_parser = key)]
        after: Option<GuardedKey>,
        /// Rows, 1 to 100.
        #[arg(long, value_name = "N", default_value_t = 100)]
        page: u32,
    },
    /// Shows one row.
    #[command(after_help = "Example:\n  der chain show --profile microgrid-alice user/MicrogridMSP/alice")]
    Show {
        /// Its key.
        #[arg(value_parser = key)]
        key: GuardedKey,
    },
    /// Shows what became of one row, newest first, each change with its transaction.
    #[command(after_help = "Example:\n  der chain history --profile microgrid-alice suspension/MicrogridMSP/alice")]
    History {
        /// Its key.
        #[arg(value_parser = key)]
        key: GuardedKey,
        /// Changes, 1 to 100.
        #[arg(long, value_name = "N", default_value_t = 20)]
        most: u32,
    },
    /// Checks that every reference resolves and every guard is the model's.
    #[command(after_help = VERIFY)]
    Verify,
}

fn key(text: &str) -> Result<GuardedKey, String> {
    let mut parts = text.split('/').map(str::to_owned);
    let table = parts.next().filter(|table| !table.is_empty());
    let table = table.ok_or("a key is TABLE/PART/…, for example point/PCC-1")?;
    let parts = parts.collect();
    Ok(GuardedKey { table, parts })
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::List { chain, after, page } => {
                let page = session.wait(session.client().chain_page(chain, after, page));
                session.output().result(&page.map_err(|error| Failure::from(&error))?)?;
                Ok(Exit::Done)
            }
            Self::Show { key } => session.query(&QueryRecord { key }),
            Self::History { key, most } => session.query(&QueryHistory { key, most }),
            Self::Verify => verified(&session),
        }
    }
}

fn verified(session: &Session) -> Result<Exit, Failure> {
    let rows = {
        let _spins = session.output().spinner("reading the chains");
        session.wait(chains(session.client(), |_| {}))
    };
    let verdict = verify(&rows.map_err(|error| Failure::from(&error))?);
    session.output().result(&verdict)?;
    Ok(if verdict.findings.is_empty() {
        Exit::Done
    } else {
        Exit::Refused
    })
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_key_is_its_table_and_parts() {
        let parsed = key("user/MicrogridMSP/alice").unwrap();
        assert_eq!((parsed.table.as_str(), parsed.parts.len()), ("user", 2));
        assert!(key("").is_err());
    }
}
