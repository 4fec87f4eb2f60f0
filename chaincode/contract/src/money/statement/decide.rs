//! `Statement:Decide`: the regulator lets a disputed line stand, or books it back.

use der_api::ErrorCode;
use der_api::event::LineDecided;
use der_api::reply::LineState;
use der_api::request::DecideLine;
use der_market::journal::{Account, Purpose};
use der_market::units::Money;

use super::super::funds::Book;
use super::standing::Standing;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Booking, Ruling};
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn decide_line<V: LedgerView>(
    cx: &Context<'_, V>,
    request: DecideLine,
) -> Result<Decision, ContractError> {
    let mut standing = Standing::of(cx, &request.account, request.month).await?;
    let amount = standing.require(request.line)?;
    if standing.line(request.line) != LineState::Disputed {
        let detail = format!("line {} is {:?}", request.line, standing.line(request.line));
        return Err(ContractError::new(ErrorCode::LineNotDisputed, detail));
    }
    let ruling = if request.stands { Ruling::Stands } else { Ruling::Falls };
    standing.state.disputed.insert(request.line, ruling);
    let mut decision = standing.put()?;
    standing.put_head(&mut decision)?;
    if !request.stands {
        book_back(&mut decision, &standing, request.line, amount)?;
    }
    let DecideLine {
        month,
        account,
        line,
        stands,
    } = request;
    decision.emit(LineDecided {
        month,
        account,
        line,
        stands,
    })?;
    Ok(decision)
}

/// The other side of the line carries what falls until its meters are corrected; between participants that is the selling company.
fn book_back(decision: &mut Decision, standing: &Standing, line: u32, amount: Money) -> Result<(), ContractError> {
    let row = &standing.statement;
    let place = usize::try_from(line).ok();
    let purpose = place.and_then(|place| row.lines.get(place)).map(|line| line.purpose);
    let other = match purpose {
        Some(Purpose::Tariff) => Account::Grid,
        _ => Account::Retail,
    };
    let book = Book::of(&row.account, &other, Purpose::Decision, amount)?;
    for account in [&row.account, &other] {
        let postings = book.of_account(account);
        let at = schema::decided(account, &row.month, &row.account, &line);
        decision.put(at, &Booking { postings })?;
    }
    Ok(())
}
