//! Participants whom the network does not let in, and without whom the market goes on.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_market::id::ParticipantId;
use der_market::slot::Slot;

use super::DayError;
use crate::{ClientError, MarketClient};

/// Whom the network does not let in. Not asked again in the slot: at each refusal Fabric's gateway closes its connection to the peer that
/// refused, and with it breaks off what others have under way there.
pub(super) type Out = BTreeSet<ParticipantId>;

pub(super) fn nobody_is(out: &Out, slot: Slot, act: &str) -> Result<(), DayError> {
    match count(out) {
        0 => Ok(()),
        some => Err(DayError::Broken {
            slot,
            what: format!("{some} participants cannot {act}"),
        }),
    }
}

pub(super) fn count(out: &Out) -> u32 {
    u32::try_from(out.len()).unwrap_or(u32::MAX)
}

/// What a participant does, unless it is out.
pub(super) async fn unless_known<T>(
    out: &Out,
    client: &MarketClient,
    act: impl Future<Output = Result<T, ClientError>>,
) -> Result<Option<T>, ClientError> {
    if out.contains(client.participant()) {
        return Ok(None);
    }
    act.await.map(Some)
}

/// Notes who is out when all have acted; the first other refusal is passed on.
pub(super) fn note(
    outcomes: impl IntoIterator<Item = Result<Option<ParticipantId>, ClientError>>,
    out: &mut Out,
) -> Result<(), ClientError> {
    let mut refused = Ok(());
    for outcome in outcomes {
        match outcome {
            Ok(who) => out.extend(who),
            Err(error) => refused = refused.and(Err(error)),
        }
    }
    refused
}

/// The network does not accept this identity, now or ever.
pub(super) fn is_shut_out(error: &ClientError) -> bool {
    matches!(
        error.code(),
        ErrorCode::IdentityRefused
            | ErrorCode::BadCreatorSignature
            | ErrorCode::NotAuthenticated
            | ErrorCode::Suspended
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_are_out_are_noted_and_the_first_other_refusal_is_passed_on() {
        let who = |name: &str| ParticipantId::new("EnergyMSP".parse().unwrap(), name.parse().unwrap());
        let mut out = Out::new();
        let outcomes = [
            Ok(Some(who("a"))),
            Err(ClientError::internal("first")),
            Ok(None),
            Err(ClientError::internal("second")),
            Ok(Some(who("b"))),
        ];
        let refused = note(outcomes, &mut out).unwrap_err();
        assert_eq!(refused.detail(), "first");
        assert_eq!(out, Out::from([who("a"), who("b")]));
        assert!(note([Ok(None)], &mut out).is_ok());
    }
}
