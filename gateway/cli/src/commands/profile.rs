//! `der profile show`.

use clap::Subcommand;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::profile::{Profile, read_identity};

const EXAMPLE: &str = r#"A profile is a TOML file; its paths are relative to it:
  channel = "market"
  chaincode = "der"
  msp_id = "MicrogridMSP"
  identity = "../crypto/peerOrganizations/microgrid.example/users/user1@microgrid.example/msp"
  [[endpoints]]
  address = "127.0.0.1:7051"
  server_name = "peer0.microgrid.example"
  tls_roots = "../crypto/peerOrganizations/microgrid.example/tlsca/ca.pem"
  [timeouts]                # optional, milliseconds: connect_ms, evaluate_ms, endorse_ms, submit_ms, commit_status_ms
  endorse_ms = 15000

Example:
  der profile show --profile profiles/microgrid-user1.toml"#;

/// What a command would act with.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Shows the profile as flags and environment change it, and whether its key is well kept.
    #[command(after_help = EXAMPLE)]
    Show,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    profile: Profile,
    key_file: String,
    warnings: Vec<String>,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let profile = global.read_profile()?;
        let identity = read_identity(&profile.identity)?;
        let key_file = identity.key_file.display().to_string();
        global.output().result(&Shown {
            profile,
            key_file,
            warnings: identity.warnings,
        })?;
        Ok(Exit::Done)
    }
}
