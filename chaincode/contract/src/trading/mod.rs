//! DTSC and TSSC: orders, clearing, contracts.

mod agency;
mod answer;
mod answers;
mod batch;
mod book;
mod clear;
mod contracts_page;
mod delegate;
mod desk;
mod enter;
mod mandate;
mod merits;
mod post;
mod welfare;
mod withdraw;
mod withdraw_all;

pub(crate) use answer::{confirm, put_penalty, refuse, status};
pub(crate) use answers::{answers_to, expiry};
pub(crate) use batch::{amend_orders, reveal_orders, seal_orders, withdraw_many};
pub(crate) use book::{book, unrevealed};
pub(crate) use clear::{clear, points, would_record};
pub(crate) use contracts_page::{unwritten_pages, write_contracts};
pub(crate) use delegate::{delegations, grant_delegation, revoke_delegation};
pub(crate) use desk::{entered_order, seals};
pub(crate) use enter::post_many;
pub(crate) use mandate::{grant_mandate, mandate_view, revoke_mandate};
pub(crate) use merits::of_sellers;
pub(crate) use post::{post_bid, post_offer};
pub(crate) use welfare::{propose_welfare, welfare_inputs, welfare_view};
pub(crate) use withdraw::{view as order_view, withdraw};
pub(crate) use withdraw_all::{withdraw_all, withdraw_from};
