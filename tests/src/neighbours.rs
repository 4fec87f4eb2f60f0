//! A market with any number of sellers and buyers, each a user with a certificate and a meter of its own.

use std::{ops::Deref, sync::Arc};

use anyhow::Result;
use der_client::day::{Listener, MarketDay};
pub use der_client::day::{Pair, Sale};
use der_market::slot::Slot;

use crate::{World, quarter::people};

/// A founded market with authenticated pairs: a [`MarketDay`] of a world's own.
pub struct Neighbours(MarketDay);

impl Neighbours {
    /// Founds the market with the paper's rules and brings so many pairs to where they may trade, from `first` on.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn found(world: &World, pairs: usize, first: Slot) -> Result<Self> {
        Self::found_telling(world, pairs, first, Arc::new(|_| {})).await
    }

    /// As [`Neighbours::found`]; every commit and every trouble is told.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn found_telling(world: &World, pairs: usize, first: Slot, listener: Listener) -> Result<Self> {
        let people = people(world);
        let wrong = |failure| anyhow::anyhow!("{failure:?}");
        let traders = people.pairs(pairs).map_err(wrong)?;
        let staff = people.staff().map_err(wrong)?;
        Ok(Self(MarketDay::found(staff, traders, first, listener).await?))
    }

    /// As [`Neighbours::found`], where orders are sealed.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn found_sealed(world: &World, pairs: usize, first: Slot) -> Result<Self> {
        let people = people(world);
        let wrong = |failure| anyhow::anyhow!("{failure:?}");
        let traders = people.pairs(pairs).map_err(wrong)?;
        let (staff, salts) = (people.staff().map_err(wrong)?, people.salts().map_err(wrong)?);
        let day = MarketDay::found_sealed(staff, traders, first, Arc::new(|_| {}), salts);
        Ok(Self(day.await?))
    }
}

impl Deref for Neighbours {
    type Target = MarketDay;

    fn deref(&self) -> &MarketDay {
        &self.0
    }
}
