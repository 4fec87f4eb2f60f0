//! Money: what a participant may dispose of, what its orders hold, folds of accounts, credit and monthly statements.

mod collect;
mod conduct;
mod fold;
mod funds;
mod holding;
mod payment;
mod release;
mod roll;
mod score;
mod set_aside;
mod statement;
mod store;
mod tiers;
mod time;

pub(crate) use collect::collect;
pub(crate) use conduct::Kepts;
pub(crate) use fold::fold_accounts;
pub(crate) use funds::{accredited, funds_of, funds_view};
pub(crate) use holding::Holdings;
pub(crate) use payment::{answer_deposit, answer_withdrawal, payment_view, request_deposit, request_withdrawal};
pub(crate) use release::release_holds;
pub(crate) use roll::roll_credit;
pub(crate) use set_aside::{set_aside, set_aside_view};
pub(crate) use statement::{
    acknowledge_statement, close_statements, decide_line, declare_default, dispute_statement, month_statement,
    pay_statement,
};
pub(crate) use store::store_cleanliness;
pub(crate) use tiers::{barred, stabilities, tiers};
pub(crate) use time::reached;
