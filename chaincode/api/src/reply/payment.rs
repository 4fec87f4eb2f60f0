//! Deposits and withdrawals.

use der_market::id::{ParticipantId, PaymentId};
use der_market::units::Money;
use serde::{Deserialize, Serialize};

/// Which way a payment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentKind {
    /// Paid in.
    Deposit,
    /// Paid out.
    Withdrawal,
}

/// What the selling company said to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Nothing yet.
    Requested,
    /// The money has moved.
    Accepted,
    /// The money will not move.
    Refused,
}

reply! {
    /// A payment.
    PaymentView {
        /// Whose.
        participant: ParticipantId,
        /// Paid in or out.
        kind: PaymentKind,
        /// Its owner's id for it.
        payment: PaymentId,
        /// How much, nyuan.
        amount: Money,
        /// What the selling company said.
        state: PaymentState,
    }
}
