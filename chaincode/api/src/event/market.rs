//! The market as a whole.

use der_market::id::MarketId;

event! {
    /// The market was founded.
    MarketBootstrapped {
        /// Its id.
        market: MarketId,
        /// Version of its rules.
        parameters: u32,
    }
    /// The ledger has another schema.
    SchemaMigrated {
        /// The one before.
        from: u32,
        /// The one from now on.
        to: u32,
    }
    /// The next version of the rules is in force for slots opened from now on.
    ParametersPublished {
        /// Which version.
        version: u32,
    }
    /// The regulator stopped the market.
    MarketSuspended {}
    /// The market goes on.
    MarketResumed {}
}
