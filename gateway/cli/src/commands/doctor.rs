//! `der doctor`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use fabric_doctor::{Finding, State, peer_config, service_folder, worst};

use crate::args::Global;
use crate::doctor::{WARN_DAYS, examine, today};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Output, line};
use crate::session::runtime;

const EXAMPLE: &str = "\
With a profile it judges the user's keys and certificates, every peer, the channel, the chaincode's definition, whether one organisation
could act alone, whether every organisation's peers answer, events and block heights. It changes nothing.

Exits with 4 when a check fails; warnings alone exit with 0.

Examples:
  der doctor --profile profiles/grid-operator.toml
  der doctor --service /var/lib/der/service --core /etc/hyperledger/fabric/core.yaml --output json";

/// Whether this user, the network and its rules are in order.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Doctor {
    /// The folder from which a peer takes address and TLS material of its chaincode service; dials it.
    #[arg(long, value_name = "DIR")]
    service: Option<PathBuf>,
    /// A peer's core.yaml.
    #[arg(long, value_name = "FILE")]
    core: Option<PathBuf>,
    /// Warn so many days before a certificate ends.
    #[arg(long, value_name = "N", default_value_t = WARN_DAYS)]
    warn_days: u32,
}

impl Doctor {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let mut findings = Vec::new();
        let alone = self.service.is_none() && self.core.is_none();
        if global.profile.is_some() || alone {
            let profile = global.read_profile()?;
            findings.extend(runtime()?.block_on(examine(&profile, self.warn_days)));
        }
        if let Some(folder) = &self.service {
            let limit = global.timeout.unwrap_or(Duration::from_secs(5));
            let judged = service_folder::judge(folder, today(self.warn_days), limit);
            findings.extend(runtime()?.block_on(judged));
        }
        if let Some(file) = &self.core {
            findings.extend(core(file)?);
        }
        print(global.output(), &findings)?;
        Ok(match worst(&findings) {
            State::Fail => Exit::Refused,
            State::Ok | State::Warn => Exit::Done,
        })
    }
}

fn core(file: &Path) -> Result<Vec<Finding>, Failure> {
    let failed = |why: String| Failure::usage(format!("cannot read {}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut findings = peer_config::judge(&text, folder).map_err(failed)?;
    let names: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .collect();
    findings.extend(peer_config::overriding(names.iter().map(String::as_str)));
    Ok(findings)
}

fn print(output: Output, findings: &[Finding]) -> Result<(), Failure> {
    if output.format() == Format::Json {
        return output.result(&findings);
    }
    for finding in findings {
        let state = match finding.state {
            State::Ok => "ok  ",
            State::Warn => "warn",
            State::Fail => "FAIL",
        };
        line(&format!("{state}  {}: {}", finding.check, finding.found))?;
        if !finding.advice.is_empty() {
            line(&format!("      {}", finding.advice))?;
        }
    }
    Ok(())
}
