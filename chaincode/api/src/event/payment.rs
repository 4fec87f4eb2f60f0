//! Payments.

use der_market::id::{ParticipantId, PaymentId};

use crate::reply::PaymentKind;

event! {
    /// A participant asked for a payment.
    PaymentRequested {
        /// Who.
        participant: ParticipantId,
        /// Paid in or out.
        kind: PaymentKind,
        /// Which.
        payment: PaymentId,
    }
    /// The selling company answered a payment.
    PaymentSettled {
        /// Whose.
        participant: ParticipantId,
        /// Paid in or out.
        kind: PaymentKind,
        /// Which.
        payment: PaymentId,
        /// True when the money has moved.
        accepted: bool,
    }
    /// A participant collected payments, released holds or set money aside.
    FundsMoved {
        /// Who.
        participant: ParticipantId,
    }
}
