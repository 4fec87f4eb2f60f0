//! `Governance:PublishParameters`: the next version of the rules. A slot keeps the version that it was opened under.

use der_api::ErrorCode;
use der_api::event::ParametersPublished;
use der_api::guard::Guard;
use der_api::reply::MarketView;
use der_api::request::PublishParameters;
use der_api::schema::WHOLE_MARKET;

use crate::context::{Context, require_schema};
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::Market;
use crate::schema;

pub(crate) fn publish_parameters<V>(
    cx: &Context<'_, V>,
    request: PublishParameters,
) -> Result<Decision, ContractError> {
    if cx.schema >= WHOLE_MARKET {
        let detail = "at this schema rules are proposed (Governance:Propose), approved and enacted";
        return Err(ContractError::new(ErrorCode::ProposeInstead, detail));
    }
    let parameters = request.parameters;
    let invalid =
        |e: der_market::parameters::ParametersError| ContractError::new(ErrorCode::ParametersInvalid, e.to_string());
    parameters.validate().map_err(invalid)?;
    if let Some(what) = parameters.of_the_whole_market() {
        require_schema(cx.schema, WHOLE_MARKET, what)?;
    }
    let version = cx
        .market
        .parameters
        .checked_add(1)
        .ok_or(ErrorCode::ArithmeticOverflow)?;
    let row = Market {
        parameters: version,
        ..cx.market.clone()
    };
    let mut decision = Decision::replying(&MarketView {
        market: row.market.clone(),
        organisations: row.organisations.clone(),
        version,
        parameters: parameters.clone(),
        suspended: false,
    })?;
    let guard = Guard::of_grid_and_regulator(&row.organisations);
    decision.put_guarded(schema::parameters(&version), &parameters, guard)?;
    decision.put_market(cx.schema, &row)?;
    decision.emit(ParametersPublished { version })?;
    Ok(decision)
}
