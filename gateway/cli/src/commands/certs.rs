//! `der certs`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use fabric_admin::ChannelConfig;
use fabric_doctor::dial::dial;
use fabric_doctor::{Calendar, Dated, Standing, add_channel, add_folder};
use fabric_gateway::Signer;

use crate::args::Global;
use crate::connection;
use crate::doctor::{WARN_DAYS, collect, target, today};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Output, line, table};
use crate::profile::Profile;
use crate::session::runtime;

const EXAMPLE: &str = "\
Lists certificates and revocation lists, the most urgent first, the same bytes once. A profile gives the user's own and the TLS roots;
--network adds what its peers show and what the channel's configuration holds: roots, administrators, ordering nodes, lists of revoked.

Exits with 4 when a certificate has expired. `der crypto inspect` tells roles and who is revoked.

Examples:
  der certs crypto/peerOrganizations/grid.der.example
  der certs --profile profiles/grid-operator.toml --network --warn-days 60 --output json";

/// Certificates by the day on which they end.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Certs {
    /// Folders with PEM files: material, an MSP folder, a peer's TLS folder.
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Dial the profile's peers, and read the channel's configuration.
    #[arg(long)]
    network: bool,
    /// Call a certificate urgent so many days before its end.
    #[arg(long, value_name = "N", default_value_t = WARN_DAYS)]
    warn_days: u32,
}

impl Certs {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let mut calendar = today(self.warn_days);
        let mut trouble = |what: String| anstream::eprintln!("warning: {what}");
        for folder in &self.folders {
            add_folder(&mut calendar, folder, &mut trouble)
                .map_err(|error| Failure::usage(format!("cannot read {}: {error}", folder.display())))?;
        }
        if self.network || self.folders.is_empty() || global.profile.is_some() {
            let profile = global.read_profile()?;
            collect(&profile, &mut calendar, &mut trouble);
            if self.network {
                runtime()?.block_on(dialled(&profile, &mut calendar))?;
            }
        }
        let dated = calendar.into_dated();
        print(global.output(), &dated)?;
        let expired = dated.iter().any(|one| one.standing == Standing::Expired);
        Ok(if expired { Exit::Refused } else { Exit::Done })
    }
}

fn print(output: Output, dated: &[Dated]) -> Result<(), Failure> {
    if output.format() == Format::Json {
        return output.result(&dated);
    }
    let mut table = table(&["days left", "until", "standing", "kind", "subject", "where"]);
    for one in dated {
        let place = match one.copies {
            0 => one.source.clone(),
            more => format!("{} and {more} more", one.source),
        };
        let days = one.days_left.to_string();
        table.add_row([
            &days,
            &one.until,
            one.standing.word(),
            one.kind.word(),
            &one.subject,
            &place,
        ]);
    }
    line(&table.to_string())
}

/// What peers show, and what the channel holds.
async fn dialled(profile: &Profile, calendar: &mut Calendar) -> Result<(), Failure> {
    let limit = Duration::from_millis(profile.timeouts.connect_ms);
    for endpoint in &profile.endpoints {
        match dial(&target(endpoint)?, limit).await {
            Err(error) => anstream::eprintln!("warning: {error}"),
            Ok(shown) => {
                for der in shown.chain {
                    let source = format!("peer {}", endpoint.address);
                    calendar.add_certificate(&source, &der).map_err(Failure::usage)?;
                }
            }
        }
    }
    let signer: Arc<dyn Signer> = Arc::new(connection::identity(profile)?);
    let network = connection::gateway(profile, &signer)?.network(&profile.channel);
    let failed = |why: String| {
        Failure::new(Exit::Network, why).advise("`der doctor` says what is wrong with peers and channel.")
    };
    let channel = ChannelConfig::read(&network)
        .await
        .map_err(|error| failed(error.to_string()))?;
    add_channel(calendar, channel.root()).map_err(failed)
}
