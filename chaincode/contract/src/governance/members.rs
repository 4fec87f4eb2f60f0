//! `Governance:AdmitMember`, `Governance:DismissMember`.

use der_api::event::{MemberAdmitted, MemberDismissed};
use der_api::guard::Guard;
use der_api::organisations::Organisations;
use der_api::reply::{Member, MembersView};
use der_api::request::{AdmitMember, DismissMember};
use der_api::{ErrorCode, Event};

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::Market;
use crate::schema;

/// From its block on its users may register and trade, and guards name it. It is the channel that lets it endorse.
pub(crate) fn admit_member<V>(cx: &Context<'_, V>, request: AdmitMember) -> Result<Decision, ContractError> {
    let AdmitMember { msp, part } = request;
    let mut organisations = cx.market.organisations.clone();
    match organisations.part_of(&msp) {
        Some(present) if present == part => return unchanged(cx),
        Some(present) => return Err(refused(format!("{msp} is a member as {present:?}"))),
        None => {}
    }
    if !organisations.admit(msp.clone(), part) || !organisations.are_distinct() {
        return Err(refused(format!("{msp} cannot be admitted as {part:?}")));
    }
    change(cx, organisations, MemberAdmitted { msp, part }.into())
}

/// From its block on no new guard names it and its users may neither order nor confirm. Their open orders are not matched, their
/// unconfirmed contracts lapse, their confirmed contracts are metered by the grid company and settled.
pub(crate) fn dismiss_member<V>(cx: &Context<'_, V>, request: DismissMember) -> Result<Decision, ContractError> {
    let msp = request.msp;
    let mut organisations = cx.market.organisations.clone();
    let Some(part) = organisations.part_of(&msp) else {
        return unchanged(cx);
    };
    organisations.dismiss(&msp);
    if organisations.part_of(&msp).is_some() {
        return Err(refused(format!("{msp} is the market's only {part:?}")));
    }
    change(cx, organisations, MemberDismissed { msp, part }.into())
}

/// The market's row gets the guard of the new membership together with it; the old guard decides at commit.
fn change<V>(cx: &Context<'_, V>, organisations: Organisations, event: Event) -> Result<Decision, ContractError> {
    let mut decision = Decision::replying(&members_view(cx.schema, &organisations)?)?;
    let guard = Guard::of_grid_and_regulator(&organisations);
    let row = Market {
        organisations,
        ..cx.market.clone()
    };
    decision.put_market(cx.schema, &row)?;
    decision.guard(schema::market().key, guard);
    decision.emit(event)?;
    Ok(decision)
}

fn unchanged<V>(cx: &Context<'_, V>) -> Result<Decision, ContractError> {
    Decision::replying(&members_view(cx.schema, &cx.market.organisations)?)
}

/// What is told of the members.
pub(crate) fn members_view(schema: u32, organisations: &Organisations) -> Result<MembersView, ContractError> {
    let member = |(part, msp): (_, &der_market::id::MspId)| Member { msp: msp.clone(), part };
    Ok(MembersView {
        schema,
        members: organisations.members().into_iter().map(member).collect(),
        majority: u32::try_from(organisations.majority()).map_err(|_| ErrorCode::ArithmeticOverflow)?,
    })
}

fn refused(detail: String) -> ContractError {
    ContractError::new(ErrorCode::MembershipRefused, detail)
}
