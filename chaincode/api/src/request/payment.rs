//! Money paid in and out: asked for by the participant, answered by the selling company.

use der_market::id::{ParticipantId, PaymentId};
use der_market::units::Money;

use super::request;
use crate::reply::{PaymentKind, PaymentView};

request! { RequestDeposit => PaymentView,
    /// The caller says that it pays money in. The same amount under the same id is answered the same way and writes nothing.
    RequestDeposit {
        /// The caller's id for it.
        payment: PaymentId,
        /// How much, nyuan, above zero.
        amount: Money,
    }
}
request! { AnswerDeposit => PaymentView,
    /// The selling company has the money, or will not have it.
    AnswerDeposit {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        payment: PaymentId,
        /// True when the money is there.
        accepted: bool,
    }
}
request! { RequestWithdrawal => PaymentView,
    /// The caller asks for money back; it leaves what is available at once.
    RequestWithdrawal {
        /// The caller's id for it.
        payment: PaymentId,
        /// How much, nyuan, above zero.
        amount: Money,
    }
}
request! { AnswerWithdrawal => PaymentView,
    /// The selling company has paid the money out, or will not.
    AnswerWithdrawal {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        payment: PaymentId,
        /// True when the money is paid out.
        accepted: bool,
    }
}
request! { QueryPayment => PaymentView,
    /// A deposit or a withdrawal by its owner's id.
    QueryPayment {
        /// Whose.
        participant: ParticipantId,
        /// Paid in or out.
        kind: PaymentKind,
        /// Which.
        payment: PaymentId,
    }
}
