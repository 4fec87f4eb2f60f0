//! Members and guards.

use der_market::id::MspId;

use crate::organisations::Part;

event! {
    /// An organisation is a member.
    MemberAdmitted {
        /// Which.
        msp: MspId,
        /// Its part.
        part: Part,
    }
    /// An organisation is no member any more.
    MemberDismissed {
        /// Which.
        msp: MspId,
        /// The part it played.
        part: Part,
    }
    /// Guards follow the present membership.
    GuardsRewritten {
        /// How many.
        guards: u32,
    }
}
