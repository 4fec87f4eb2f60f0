//! `User:Authenticate`, `User:Suspend`, `User:Reinstate`.

use der_api::event::{UserAuthenticated, UserReinstated, UserSuspended};
use der_api::guard::Guard;
use der_api::request::{Authenticate, Reinstate, Suspend};
use der_api::{ErrorCode, Event};
use der_market::id::ParticipantId;
use der_market::journal::Account;

use super::standing::{Standing, fingerprints};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::put_opening;
use crate::rows::{Accreditation, Suspension};
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn authenticate<V: LedgerView>(
    cx: &Context<'_, V>,
    request: Authenticate,
) -> Result<Decision, ContractError> {
    let who = request.participant;
    let mut standing = Standing::of(cx, &who).await?;
    if standing.accredited {
        return Err(ContractError::new(
            ErrorCode::RecordExists,
            format!("{who} is accredited"),
        ));
    }
    standing.accredited = true;
    let opening = cx.parameters(cx.market.parameters).await?.opening.participant;
    let guard = Guard::of_regulator(&cx.market.organisations);
    let mut decision = Decision::replying(&standing.view(fingerprints(cx, &who).await?))?;
    decision.put_guarded(
        schema::accreditation(&who),
        &Accreditation { by: cx.caller.clone() },
        guard.clone(),
    )?;
    decision.put_guarded(
        schema::suspension(&who),
        &Suspension {
            suspended: false,
            moved_out: None,
        },
        guard,
    )?;
    put_opening(&mut decision, Account::Participant(who.clone()), opening)?;
    decision.emit(UserAuthenticated { participant: who })?;
    Ok(decision)
}

pub(crate) async fn suspend<V: LedgerView>(cx: &Context<'_, V>, request: Suspend) -> Result<Decision, ContractError> {
    let event = UserSuspended {
        participant: request.participant.clone(),
    };
    set_suspension(cx, request.participant, true, event.into()).await
}

pub(crate) async fn reinstate<V: LedgerView>(
    cx: &Context<'_, V>,
    request: Reinstate,
) -> Result<Decision, ContractError> {
    let event = UserReinstated {
        participant: request.participant.clone(),
    };
    set_suspension(cx, request.participant, false, event.into()).await
}

async fn set_suspension<V: LedgerView>(
    cx: &Context<'_, V>,
    who: ParticipantId,
    suspended: bool,
    event: Event,
) -> Result<Decision, ContractError> {
    let mut standing = Standing::of(cx, &who).await?;
    if !standing.accredited {
        return Err(ContractError::new(
            ErrorCode::NotAuthenticated,
            format!("{who} is not accredited"),
        ));
    }
    standing.require_resident()?;
    if standing.suspended == suspended {
        let detail = format!("{who} is {}suspended already", if suspended { "" } else { "not " });
        return Err(ContractError::new(ErrorCode::RecordExists, detail));
    }
    standing.suspended = suspended;
    let mut decision = Decision::replying(&standing.view(fingerprints(cx, &who).await?))?;
    decision.put(
        schema::suspension(&who),
        &Suspension {
            suspended,
            moved_out: None,
        },
    )?;
    decision.emit(event)?;
    Ok(decision)
}
