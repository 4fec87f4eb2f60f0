//! The paper's case on a network: each step and each event as it happens, then Table 2 beside the paper's values.

use std::path::Path;
use std::time::Duration;

use der_api::Event;
use der_client::MarketClient;
use der_client::follow::{Follow, Kind, MarketEvent, Start};
use der_client::paper::{CaseError, Cast, PaperCase, Progress, Role, Row, Step};
use der_market::slot::Slot;

use crate::connection::connect;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::profile::{Overrides, Profile};

/// How long the last event may take after the last transaction was committed.
const LAST_EVENT: Duration = Duration::from_secs(10);
/// Longest shown part of an event's content, in characters.
const SHOWN: usize = 100;

/// A client for each player of the case, by the profiles in a folder. Must be called inside a Tokio runtime.
///
/// # Errors
/// When a player's profile is missing or wrong.
pub fn cast(profiles: &Path, overrides: &Overrides) -> Result<Cast, Failure> {
    Cast::gather(|role| {
        let profile = Profile::read(&profiles.join(format!("{}.toml", profile_name(role))))?;
        connect(&overrides.apply(profile))
    })
}

/// `grid-operator` for the operator of GridMSP.
fn profile_name(role: Role) -> String {
    let organisation = role.msp_id().trim_end_matches("MSP").to_lowercase();
    format!("{organisation}-{}", role.user().to_lowercase())
}

/// Plays the case and returns its rows. Steps and events go to stderr while they happen.
///
/// # Errors
/// The first refusal, or an event stream that breaks for good.
pub async fn play(cast: Cast, output: Output) -> Result<Vec<Row>, Failure> {
    let mut hearing = Hearing::start(cast.client(Role::Regulator), output).await?;
    let mut told = Told { output };
    let case = PaperCase::new(cast);
    let rows = {
        let mut playing = std::pin::pin!(case.play(&mut told));
        loop {
            tokio::select! {
                rows = &mut playing => break rows.map_err(|error| case_failure(&error))?,
                heard = hearing.next() => heard?,
            }
        }
    };
    if let Some(last) = rows.last() {
        hearing.out(last.slot).await?;
    }
    Ok(rows)
}

/// The market's events, shown as they arrive.
struct Hearing {
    events: Follow,
    output: Output,
    settled: Option<Slot>,
}

impl Hearing {
    async fn start(listener: &MarketClient, output: Output) -> Result<Self, Failure> {
        let events = listener
            .follow(Kind::All, Start::Now)
            .await
            .map_err(|error| Failure::from(&error))?;
        Ok(Self {
            events,
            output,
            settled: None,
        })
    }

    async fn next(&mut self) -> Result<(), Failure> {
        let event = self.events.next().await.map_err(|error| Failure::from(&error))?;
        show(self.output, &event);
        if let Event::SlotSettled(settled) = &event.event {
            self.settled = Some(settled.slot);
        }
        Ok(())
    }

    /// Listens on until the last slot's settlement was heard: an event may come after its transaction's status.
    async fn out(&mut self, last: Slot) -> Result<(), Failure> {
        let heard = tokio::time::timeout(LAST_EVENT, async {
            while self.settled != Some(last) {
                self.next().await?;
            }
            Ok(())
        });
        heard.await.unwrap_or_else(|_| {
            let missing = format!("slot {last}: no settlement event within {LAST_EVENT:?}");
            Err(Failure::new(Exit::Network, missing).at_stage("events"))
        })
    }
}

struct Told {
    output: Output,
}

impl Progress for Told {
    fn step(&mut self, step: &Step) {
        let test = step
            .test
            .map_or_else(|| "setting up".to_owned(), |test| format!("test {test}"));
        let block = step.block.map_or_else(String::new, |block| block.to_string());
        let (role, function) = (step.role.to_string(), step.function.name());
        self.output.progress(&format!(
            "step   {block:>4}  {test:<10}  {role:<26}  {function:<21}  {}",
            step.what
        ));
    }
}

fn show(output: Output, event: &MarketEvent) {
    let payload = event.event.payload().unwrap_or_default();
    let content: String = String::from_utf8_lossy(&payload).chars().take(SHOWN).collect();
    let (block, transaction) = (
        event.position.block,
        event.position.transaction.get(..8).unwrap_or_default(),
    );
    let name = event.event.name();
    output.progress(&format!("event  {block:>4}  {transaction}…  {name:<26}  {content}"));
}

fn case_failure(error: &CaseError) -> Failure {
    match error {
        CaseError::Refused { role, function, source } => {
            Failure::from(source).context(format!("{role}, calling {}", function.name()))
        }
        CaseError::Client(source) => Failure::from(source),
        CaseError::OtherRules | CaseError::NoFreeSlots => Failure::new(Exit::Refused, error),
        other => Failure::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use der_client::paper::Role;
    use fabric_cryptogen::Consortium;

    use super::profile_name;
    use crate::network::{CONSORTIUM, Layout};

    #[test]
    fn every_player_has_a_profile_in_a_local_network() {
        let consortium = Consortium::from_toml(CONSORTIUM).unwrap();
        let layout = Layout::new("/net".into());
        for role in Role::ALL {
            let one = consortium
                .organisations
                .iter()
                .find(|one| one.msp_id == role.msp_id())
                .unwrap();
            let user = one.users.iter().find(|user| user.name == role.user()).unwrap();
            let expected = layout.profiles().join(format!("{}.toml", profile_name(role)));
            assert_eq!(layout.profile(one, &user.name), expected, "{role}");
        }
    }
}
