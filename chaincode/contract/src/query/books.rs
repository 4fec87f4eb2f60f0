//! Balances, statements and volumes: sums over append-only rows.

use der_api::reply::{BalanceView, StatementView, VolumesView};
use der_api::request::{QueryBalance, QueryStatement, QueryVolumes};
use der_api::schema::WHOLE_MARKET;
use der_market::journal::{Account, sum};
use der_market::settlement::Volume;
use der_market::units::Money;

use super::money::{bookings, rest};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Opening, Postings};
use crate::schema;
use crate::view::LedgerView;

/// What an account began with: its own opening row, or the other side of all of them.
pub(super) async fn opening<V: LedgerView>(cx: &Context<'_, V>, account: &Account) -> Result<Money, ContractError> {
    let rows: Vec<Opening> = match account {
        Account::Deposits => cx.ledger.scan(&schema::openings()).await?,
        other => cx.ledger.get(&schema::opening(other)).await?.into_iter().collect(),
    };
    Ok(sum(rows
        .iter()
        .flat_map(|row| &row.postings)
        .filter(|posting| posting.account == *account))?)
}

pub(crate) async fn statement<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryStatement,
) -> Result<Decision, ContractError> {
    let QueryStatement { account, slot } = request;
    cx.ledger.require(&schema::settlement(&slot)).await?;
    let pages: Vec<Postings> = cx.ledger.scan(&schema::postings_in(&account, &slot)).await?;
    let postings: Vec<_> = pages.into_iter().flat_map(|page| page.postings).collect();
    let opening = opening(cx, &account).await?;
    let net = sum(&postings)?;
    Decision::replying(&StatementView {
        account,
        slot,
        opening,
        postings,
        net,
        closing: opening.plus(net)?,
    })
}

pub(crate) async fn balance<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryBalance,
) -> Result<Decision, ContractError> {
    let account = request.account;
    let pages: Vec<Postings> = cx.ledger.scan(&schema::postings_of(&account)).await?;
    let opening = opening(cx, &account).await?;
    let mut moved = sum(pages.iter().flat_map(|page| &page.postings))?;
    if cx.schema >= WHOLE_MARKET {
        moved = moved.plus(outside(cx, &account).await?)?;
    }
    Decision::replying(&BalanceView {
        account,
        opening,
        balance: opening.plus(moved)?,
    })
}

/// What payments, decisions and rounding moved on an account.
async fn outside<V: LedgerView>(cx: &Context<'_, V>, account: &Account) -> Result<Money, ContractError> {
    let rest = rest(cx, account).await?;
    let booked = sum(&bookings(cx, account).await?)?;
    Ok(match account {
        Account::Rounding => booked.plus(rest)?,
        _ => booked.minus(rest)?,
    })
}

pub(crate) async fn volumes<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryVolumes,
) -> Result<Decision, ContractError> {
    let mut volume = Volume::default();
    for row in cx.ledger.scan(&schema::volumes()).await? {
        if row.slot <= request.through {
            volume = volume.plus(row.volume)?.less(row.reversed.unwrap_or_default());
        }
    }
    Decision::replying(&VolumesView {
        through: request.through,
        volume,
        traded_wh: volume.traded()?,
    })
}
