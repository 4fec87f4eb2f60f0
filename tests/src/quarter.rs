//! A district of a world's own: members of every kind, with certificates, and a market with the district's rules.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Result;
use der_cli::{day::People, profile::Overrides};
use der_client::district::{District, Population, rules};
use der_market::session::SessionRules;

use crate::World;

/// Members, points and seed of a district under test: eight members have every kind of device.
#[derive(Debug, Clone, Copy)]
pub struct Quarter {
    /// Members.
    pub members: usize,
    /// Connection points.
    pub points: usize,
    /// Seed.
    pub seed: u64,
}

/// A founded district; nobody has joined yet.
#[derive(Debug)]
pub struct Founded(District);

impl Quarter {
    /// Founds the market with these gate times, or the usual ones.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn found(self, world: &World, sessions: Option<SessionRules>) -> Result<Founded> {
        eprintln!("seed {}", self.seed);
        let population = Population::of(self.seed, self.members, self.points);
        Founded::of(world, population, sessions).await
    }
}

impl Founded {
    /// Founds the market of a population.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn of(world: &World, population: Population, sessions: Option<SessionRules>) -> Result<Self> {
        let people = people(world);
        let wrong = |failure| anyhow::anyhow!("{failure:?}");
        let newcomers = people.district(&population).map_err(wrong)?;
        let staff = people.staff().map_err(wrong)?;
        let rules = rules(sessions)?;
        let district = District::found(staff, population, newcomers, rules, Arc::new(|_| {})).await?;
        Ok(Self(district))
    }
}

impl Deref for Founded {
    type Target = District;

    fn deref(&self) -> &District {
        &self.0
    }
}

/// Who can be had on a world.
pub(crate) fn people(world: &World) -> People {
    let layout = world.layout();
    People {
        profiles: layout.profiles(),
        crypto: layout.crypto().root().to_owned(),
        keys: layout.root().join("meters"),
        overrides: Overrides::default(),
    }
}
