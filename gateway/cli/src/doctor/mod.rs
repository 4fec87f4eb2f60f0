//! Checks that dial and explain: what `der doctor` looks at, from the user's own files to the channel's rules.

mod material;
mod network;
mod rules;

use std::time::{SystemTime, UNIX_EPOCH};

use fabric_doctor::{Calendar, Finding};

use crate::profile::Profile;

pub use material::collect;
pub(crate) use network::target;

/// How many days before its end a certificate is spoken of, where nothing else is said.
pub const WARN_DAYS: u32 = 30;

/// An empty calendar of today.
#[must_use]
pub fn today(warn_days: u32) -> Calendar {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    Calendar::new(i64::try_from(now).unwrap_or(i64::MAX), warn_days)
}

/// Judges a profile: its files, its peers, its channel and the market's chaincode there.
pub async fn examine(profile: &Profile, warn_days: u32) -> Vec<Finding> {
    let mut calendar = today(warn_days);
    let mut findings = material::modes(profile);
    findings.extend(material::read(profile, &mut calendar));
    let (dialled, reachable) = network::dial_all(profile, &mut calendar).await;
    findings.extend(dialled);
    match network::Peers::connect(profile, &reachable) {
        Err(finding) => findings.extend(finding),
        Ok(peers) => match rules::judge(&peers, &mut calendar).await {
            // Whoever may not read the channel is refused everything else for the same reason.
            Err(refused) => findings.push(refused),
            Ok(judged) => {
                findings.extend(judged);
                findings.extend(peers.heights().await);
                findings.push(peers.events().await);
            }
        },
    }
    let dated = calendar.into_dated();
    let urgent: Vec<Finding> = dated.iter().filter_map(fabric_doctor::service_folder::dated).collect();
    if urgent.is_empty() {
        let nearest = dated.first().map_or(0, |first| first.days_left);
        let found = format!("{} looked at, the first ends in {nearest} days", dated.len());
        findings.push(Finding::ok("certificates", found));
    }
    findings.extend(urgent);
    findings
}
