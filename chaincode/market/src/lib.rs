#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::float_arithmetic
    )
)]

pub mod billing;
pub mod calendar;
pub mod clearing;
pub mod credit;
pub mod eligibility;
pub mod filters;
pub mod grid;
pub mod id;
pub mod journal;
pub mod matching;
pub mod merit;
pub mod metering;
pub mod money;
pub mod order;
pub mod order_rules;
pub mod paper;
pub mod parameters;
pub mod participant;
pub mod planning;
pub mod pricing;
pub mod schedule;
pub mod settlement;
pub mod slot;
pub mod statement;
pub mod tariff;
pub mod units;
