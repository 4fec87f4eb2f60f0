//! The command line: `der NOUN VERB`, and the flags every noun takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser};

use crate::commands::Noun;
use crate::failure::Failure;
use crate::output::{Format, Output};
use crate::profile::{Overrides, Profile, locate};

const AFTER: &str = "\
Exit codes: 0 done, 2 usage, 3 network or time-out, 4 refused by endorsement or contract, 5 conflict (safe to
retry), 6 not found, 7 not authorised, 70 internal.

Examples:
  der demo
  der --profile profiles/microgrid-prosumer1.toml offer post --order S-1 --slot 100 --point PCC-1 --energy-wh 200000 --price 530000
  der --profile profiles/grid-clock.toml --output json slot show 100";

/// The market's command line.
#[derive(Debug, Parser)]
#[command(
    name = "der",
    version,
    about = "Energy market on Hyperledger Fabric, from the command line"
)]
#[command(after_help = AFTER, propagate_version = false, disable_help_subcommand = true, term_width = 110)]
pub struct Cli {
    /// Flags every noun takes.
    #[command(flatten)]
    pub global: Global,
    /// What to act on.
    #[command(subcommand)]
    pub noun: Noun,
}

/// Flags every noun takes. A flag wins over its variable, the variable over the profile.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Which network and user: a profile file, or its name in ./profiles or ~/.config/der/profiles.
    #[arg(
        long,
        global = true,
        env = "DER_PROFILE",
        value_name = "FILE|NAME",
        help_heading = "Network and user"
    )]
    pub profile: Option<String>,
    /// MSP folder of the user, instead of the profile's.
    #[arg(
        long,
        global = true,
        env = "DER_IDENTITY",
        value_name = "DIR",
        help_heading = "Network and user"
    )]
    pub identity: Option<PathBuf>,
    /// MSP id of the user's organisation, instead of the profile's.
    #[arg(
        long,
        global = true,
        env = "DER_MSP_ID",
        value_name = "ID",
        help_heading = "Network and user"
    )]
    pub msp_id: Option<String>,
    /// Channel, instead of the profile's.
    #[arg(
        long,
        global = true,
        env = "DER_CHANNEL",
        value_name = "NAME",
        help_heading = "Network and user"
    )]
    pub channel: Option<String>,
    /// Chaincode, instead of the profile's.
    #[arg(
        long,
        global = true,
        env = "DER_CHAINCODE",
        value_name = "NAME",
        help_heading = "Network and user"
    )]
    pub chaincode: Option<String>,
    /// Limit of each step of a transaction, in seconds; fractions are allowed.
    #[arg(long, global = true, env = "DER_TIMEOUT", value_name = "SECONDS", value_parser = seconds)]
    #[arg(help_heading = "Network and user")]
    pub timeout: Option<Duration>,
    /// Form of the result on stdout.
    #[arg(long, short, global = true, env = "DER_OUTPUT", value_enum, default_value = "table")]
    pub output: Format,
}

impl Global {
    /// Where results go.
    #[must_use]
    pub const fn output(&self) -> Output {
        Output::new(self.output)
    }

    /// The profile named, as flags and environment change it.
    ///
    /// # Errors
    /// When no profile is named or found, or the file is wrong.
    pub fn read_profile(&self) -> Result<Profile, Failure> {
        let file = locate(self.profile.as_deref())?;
        Ok(self.overrides().apply(Profile::read(&file)?))
    }

    /// What flags and environment change in any profile.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        Overrides {
            identity: self.identity.clone(),
            timeout: self.timeout,
            channel: self.channel.clone(),
            chaincode: self.chaincode.clone(),
            msp_id: self.msp_id.clone(),
        }
    }
}

/// Reads a positive number of seconds, at most a day.
fn seconds(text: &str) -> Result<Duration, String> {
    const DAY: f64 = 86_400.0;
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= DAY => Ok(Duration::from_secs_f64(value)),
        _ => Err("give seconds above 0 and at most 86400, for example 2.5".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::CommandFactory;

    use super::{Cli, seconds};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seconds_are_bounded() {
        assert_eq!(seconds("2.5").unwrap(), Duration::from_millis(2500));
        for wrong in ["0", "-1", "NaN", "inf", "1e9", "soon"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
