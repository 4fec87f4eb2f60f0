//! Standing mandates.

use der_market::id::ParticipantId;
use der_market::slot::Auction;

use super::request;
use crate::bytes::HexBytes;
use crate::mandate::MandateTerms;
use crate::reply::MandateView;

request! { GrantMandate => MandateView,
    /// The caller confirms beforehand every contract within limits. It counts for orders that are entered, amended or revealed from
    /// then on, and replaces the mandate before it.
    GrantMandate {
        /// Its terms.
        terms: MandateTerms,
        /// ECDSA P-256 over the canonical bytes, low-S DER, by the caller's registered key.
        signature: HexBytes,
    }
}
request! { RevokeMandate => MandateView,
    /// Ends the caller's mandate: for orders that are entered from then on, and for the caller's orders in the named auctions, whose
    /// gates must be open.
    RevokeMandate {
        /// At most 1 000.
        slots: Vec<Auction>,
    }
}
request! { QueryMandate => MandateView,
    /// A participant's standing mandate.
    QueryMandate {
        /// Whose.
        participant: ParticipantId,
    }
}
