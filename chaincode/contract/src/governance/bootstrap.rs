//! `Market:Bootstrap`.

use der_api::event::MarketBootstrapped;
use der_api::guard::Guard;
use der_api::reply::MarketView;
use der_api::request::Bootstrap;
use der_api::schema::{FIRST as FIRST_SCHEMA, WHOLE_MARKET};
use der_api::{ErrorCode, Function};
use der_market::journal::{Account, Journal, Purpose};
use der_market::units::Money;

use super::suspension::bear_suspension;
use crate::access::Identified;
use crate::context::require_schema;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::release::Release;
use crate::rows::{Market, Opening};
use crate::schema;

const FIRST: u32 = 1;

/// Founds the market; the caller must be an operator of the organisation that it names as the grid company.
pub(crate) fn bootstrap(release: Release, caller: &Identified, request: &Bootstrap) -> Result<Decision, ContractError> {
    caller.authorise(Function::Bootstrap, &request.organisations, request.schema)?;
    release.require(request.schema)?;
    let organisations = &request.organisations;
    if !organisations.are_distinct() || (request.schema == FIRST_SCHEMA && !organisations.are_four()) {
        return Err(ErrorCode::OrganisationsInvalid.into());
    }
    let invalid =
        |e: der_market::parameters::ParametersError| ContractError::new(ErrorCode::ParametersInvalid, e.to_string());
    request.parameters.validate().map_err(invalid)?;
    if let Some(what) = request.parameters.of_the_whole_market() {
        require_schema(request.schema, WHOLE_MARKET, what)?;
    }
    decide(request)
}

fn decide(request: &Bootstrap) -> Result<Decision, ContractError> {
    let guard = Guard::of_grid_and_regulator(&request.organisations);
    let row = Market {
        market: request.market.clone(),
        organisations: request.organisations.clone(),
        parameters: FIRST,
    };
    let mut decision = Decision::replying(&MarketView {
        market: request.market.clone(),
        organisations: request.organisations.clone(),
        version: FIRST,
        parameters: request.parameters.clone(),
        suspended: false,
    })?;
    decision.put_market(request.schema, &row)?;
    decision.guard(schema::market().key, guard.clone());
    decision.put_guarded(schema::parameters(&FIRST), &request.parameters, guard)?;
    if request.schema >= WHOLE_MARKET {
        bear_suspension(&mut decision, &request.organisations)?;
    }
    let opening = request.parameters.opening;
    put_opening(&mut decision, Account::Grid, opening.grid)?;
    put_opening(&mut decision, Account::Retail, opening.retail)?;
    decision.emit(MarketBootstrapped {
        market: request.market.clone(),
        parameters: FIRST,
    })?;
    Ok(decision)
}

/// Posts an opening balance against the deposits.
pub(crate) fn put_opening(decision: &mut Decision, account: Account, amount: Money) -> Result<(), ContractError> {
    let mut journal = Journal::default();
    journal.transfer(Account::Deposits, account.clone(), Purpose::Opening, amount)?;
    decision.put(
        schema::opening(&account),
        &Opening {
            postings: journal.postings().to_vec(),
        },
    )
}
