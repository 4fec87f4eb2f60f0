//! `der market`: found it, read its rules.

use std::path::PathBuf;

use clap::Subcommand;
use der_api::Organisations;
use der_api::organisations::Part;
use der_api::request::{
    AdmitMember, Bootstrap, Migrate, PublishParameters, QueryMarket, QueryMembers, QueryPrices, QueryVersion,
    QueryVersions, ResumeMarket, SuspendMarket,
};
use der_api::version::Subject;
use der_market::id::{MarketId, MspId};
use der_market::participant::{CustomerClass, Source};
use der_market::slot::Slot;

use super::dismiss::Dismiss;
use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const BOOTSTRAP: &str = "\
The parameters are a TOML or JSON file with the fields that `der market show` prints under `parameters`.

Example:
  der market bootstrap --profile grid-operator --market der-1 --parameters parameters.toml";

const MIGRATE: &str = "\
Before this, a majority of the organisations runs a chaincode that knows the schema: der-chaincode --version tells. A peer with an older
one refuses everything from then on.

Example:
  der market migrate --profile grid-clock --to 2 --dry-run";

const RULES: &str = "\
The file has the fields that `der market show` prints under `parameters`. Slots that are open keep the version they were opened under.
From schema 3 on rules are proposed and approved instead: `der proposal make ID --subject parameters --from SLOT FILE`.

Example:
  der market rules --profile grid-clock parameters.toml --dry-run";

const DISMISS: &str = "\
From then on its users may neither order nor confirm; open orders are not matched, unconfirmed contracts lapse, confirmed ones settle.
It comes before the channel's own update (`der org`). Finish one departure before the next begins.

Example:
  der market dismiss --profile grid-clock NorthMSP --dry-run";

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
        /// MSP ids of the generation companies, separated by commas.
        #[arg(long, value_name = "MSP,…", default_value = "EnergyMSP", value_delimiter = ',')]
        energy: Vec<MspId>,
        /// MSP ids of the distributed-energy users' organisations, separated by commas.
        #[arg(long, value_name = "MSP,…", default_value = "MicrogridMSP", value_delimiter = ',')]
        microgrid: Vec<MspId>,
        /// Schema of the ledger: 1 while peers run a chaincode that knows no other.
        #[arg(long, value_name = "N", default_value_t = der_api::SCHEMA)]
        schema: u32,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows the market and the rules in force.
    #[command(after_help = "Example:\n  der market show --profile grid-operator --output json")]
    Show,
    /// Shows the members, what majority of them counts, and the ledger's schema.
    #[command(after_help = "Example:\n  der market members --profile grid-operator --output json")]
    Members,
    /// Raises the ledger to a later schema, for ever: by an operator or regulator of the grid company or the regulator.
    #[command(after_help = MIGRATE)]
    Migrate {
        /// Which schema.
        #[arg(long, value_name = "N", default_value_t = der_api::SCHEMA)]
        to: u32,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Publishes the next version of the rules for slots that are opened from then on.
    #[command(after_help = RULES)]
    Rules {
        /// TOML or JSON file with the parameters.
        file: PathBuf,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Lists the versions of parameters, schedule, calendar or distances.
    #[command(after_help = "Example:\n  der market versions --profile grid-clock schedule")]
    Versions {
        /// Of what.
        #[arg(value_parser = parse::word::<Subject>)]
        subject: Subject,
    },
    /// Shows a version's content, an old one's too.
    #[command(after_help = "Example:\n  der market version --profile grid-clock schedule 1 --output json")]
    Version {
        /// Of what.
        #[arg(value_parser = parse::word::<Subject>)]
        subject: Subject,
        /// Which.
        version: u32,
    },
    /// Shows R of a customer class and F of an energy type in a slot.
    #[command(
        after_help = "Example:\n  der market prices --profile microgrid-alice 1980000 --class residential --source wind"
    )]
    Prices {
        /// Which slot.
        #[arg(value_parser = parse::number::<Slot>)]
        slot: Slot,
        /// residential, commercial or industrial.
        #[arg(long, value_name = "CLASS", value_parser = parse::word::<CustomerClass>)]
        class: CustomerClass,
        /// thermal, cogeneration, hydro, photovoltaic, wind or storage.
        #[arg(long, value_name = "SOURCE", value_parser = parse::word::<Source>)]
        source: Source,
    },
    /// Stops the opening of gates, order entry and matching, never metering or settlement: by the regulator.
    #[command(after_help = "Example:\n  der market suspend --profile regulator-regulator --dry-run")]
    Suspend {
        #[command(flatten)]
        dry: DryRun,
    },
    /// Ends the suspension: by the regulator.
    #[command(after_help = "Example:\n  der market resume --profile regulator-regulator")]
    Resume {
        #[command(flatten)]
        dry: DryRun,
    },
    /// Admits an organisation that the channel knows, as a generation company or a users' organisation.
    #[command(after_help = "Example:\n  der market admit --profile grid-clock NorthMSP --part energy")]
    Admit {
        /// Its MSP id.
        msp: MspId,
        /// energy or microgrid.
        #[arg(long, value_name = "PART", value_parser = parse::word::<Part>)]
        part: Part,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Takes an organisation off the members and rewrites every guard that names it; may be repeated after a failure.
    #[command(after_help = DISMISS)]
    Dismiss(Dismiss),
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
                schema,
                dry,
            } => {
                let organisations = Organisations {
                    grid,
                    regulator,
                    energy: energy.into(),
                    microgrid: microgrid.into(),
                };
                let parameters = parse::file(&parameters)?;
                Session::open(global)?.submit(
                    &Bootstrap {
                        market,
                        organisations,
                        parameters,
                        schema,
                    },
                    dry,
                )
            }
            Self::Show => Session::open(global)?.query(&QueryMarket {}),
            Self::Members => Session::open(global)?.query(&QueryMembers {}),
            Self::Migrate { to, dry } => Session::open(global)?.submit(&Migrate { to }, dry),
            Self::Rules { file, dry } => {
                let parameters = parse::file(&file)?;
                Session::open(global)?.submit(&PublishParameters { parameters }, dry)
            }
            Self::Versions { subject } => Session::open(global)?.query(&QueryVersions { subject }),
            Self::Version { subject, version } => Session::open(global)?.query(&QueryVersion { subject, version }),
            Self::Prices { slot, class, source } => Session::open(global)?.query(&QueryPrices { slot, class, source }),
            Self::Suspend { dry } => Session::open(global)?.submit(&SuspendMarket {}, dry),
            Self::Resume { dry } => Session::open(global)?.submit(&ResumeMarket {}, dry),
            Self::Admit { msp, part, dry } => Session::open(global)?.submit(&AdmitMember { msp, part }, dry),
            Self::Dismiss(dismiss) => dismiss.run(global),
        }
    }
}
