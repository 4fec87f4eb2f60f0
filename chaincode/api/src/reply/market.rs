//! The market, its members and its guards.

use der_market::id::{MarketId, MspId};
use der_market::parameters::Parameters;
use serde::{Deserialize, Serialize};

use crate::organisations::{Organisations, Part};

reply! {
    /// The market.
    MarketView {
        /// Its id.
        market: MarketId,
        /// Who plays which part.
        organisations: Organisations,
        /// Version of the rules in force.
        version: u32,
        /// The rules in force.
        parameters: Parameters,
        /// True while the regulator has stopped the market.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        suspended: bool,
    }
}
reply! {
    /// A member of the market.
    Member {
        /// Which organisation.
        msp: MspId,
        /// Its part.
        part: Part,
    }
}
reply! {
    /// The members and the ledger's schema.
    MembersView {
        /// Version of the ledger's schema.
        schema: u32,
        /// Grid company, regulator, generation companies, users' organisations.
        members: Vec<Member>,
        /// How many of them are a majority.
        majority: u32,
    }
}
reply! {
    /// A guarded key.
    #[derive(PartialOrd, Ord)]
    GuardedKey {
        /// Its table.
        table: String,
        /// Its parts.
        parts: Vec<String>,
    }
}
reply! {
    /// A page of the keys whose guard names an organisation.
    GuardsView {
        /// Those of the examined keys.
        keys: Vec<GuardedKey>,
        /// How many keys were examined.
        examined: u32,
        /// Where the next page begins; none after the last key.
        next: Option<GuardedKey>,
    }
}
reply! {
    /// Guards are rewritten.
    GuardsRewrittenView {
        /// How many.
        rewritten: u32,
    }
}
