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
pub mod cleanliness;
pub mod clearing;
pub mod credit;
pub mod days;
pub mod eligibility;
pub mod filters;
pub mod forecast;
pub mod grid;
pub mod id;
pub mod journal;
pub mod matching;
pub mod merit;
pub mod metering;
pub mod money;
pub mod order;
pub mod order_rules;
pub mod origin;
pub mod paper;
pub mod parameters;
pub mod participant;
pub mod penalty;
pub mod planning;
pub mod pricing;
pub mod schedule;
pub mod session;
pub mod settlement;
pub mod slot;
pub mod statement;
pub mod storage;
pub mod tariff;
pub mod units;
pub mod welfare;
