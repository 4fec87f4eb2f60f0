//! A running market: slot after slot from opening to settlement, from wherever the ledger says it stands.
//!
//! Every step first asks the ledger for the slot's stage and does what comes next, so that a day can be broken off anywhere and taken up
//! again by another process. What the network refuses for a time is tried again within a limit, and told.

mod audit;
mod error;
mod found;
mod out;
mod pair;
mod report;
mod round;
mod sealing;

pub use error::DayError;
pub(crate) use found::known;
pub use pair::{Pair, Sale, Trader};
pub use report::{SlotReport, Told};

use std::sync::{Arc, Mutex};
use std::time::Duration;

use der_api::Function;
use der_market::slot::Slot;

use crate::sealed::SaltFile;
use crate::{ClientError, MarketClient, Receipt};

/// How long a step is tried without any progress.
const PATIENCE: Duration = Duration::from_secs(120);

/// Hears of every commit and every trouble.
pub type Listener = Arc<dyn Fn(Told) + Send + Sync>;

/// Who runs the market.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The grid company.
    pub grid: MarketClient,
    /// Its metering service.
    pub meters: MarketClient,
    /// The market's clock.
    pub clock: MarketClient,
    /// The regulator.
    pub regulator: MarketClient,
}

/// A founded market with those who run it and those who trade in it.
pub struct MarketDay {
    /// The grid company.
    pub grid: MarketClient,
    /// Its metering service.
    pub meters: MarketClient,
    /// The market's clock.
    pub clock: MarketClient,
    /// The regulator.
    pub regulator: MarketClient,
    /// Who trades.
    pub pairs: Vec<Pair>,
    listener: Listener,
    patience: Duration,
    /// The pairs' salts, where the market takes sealed orders.
    salts: Option<Mutex<SaltFile>>,
}

impl MarketDay {
    /// Has every commit and every trouble told.
    #[must_use]
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listener = listener;
        self
    }

    /// Sets how long a step is tried without any progress; two minutes if nothing is said.
    #[must_use]
    pub fn patience(mut self, limit: Duration) -> Self {
        self.patience = limit;
        self
    }

    fn tell(&self, told: Told) {
        (self.listener)(told);
    }

    /// Tells of a commit, and gives its reply.
    fn committed<T>(&self, slot: Option<Slot>, function: Function, receipt: Receipt<T>) -> T {
        self.tell(Told::Committed {
            slot,
            function,
            transaction_id: receipt.transaction_id,
            block: receipt.block,
        });
        receipt.reply
    }

    fn trouble(&self, slot: Option<Slot>, error: &ClientError) {
        self.tell(Told::Trouble {
            slot,
            code: error.code(),
            what: error.to_string(),
        });
    }
}
