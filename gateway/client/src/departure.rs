//! A member leaves the market: no new guard names it, and then no guard does.

use der_api::reply::GuardedKey;
use der_api::request::{DismissMember, KEYS_LIMIT, QueryGuardsOf, QueryMembers, RewriteGuards};
use der_market::id::MspId;

use crate::{ClientError, MarketClient};

/// A pass that finds nothing is the proof; a key whose write was under way needs a second one.
const PASSES: u32 = 5;

/// The departure of one organisation, led by an operator or regulator of the grid company or the regulator.
///
/// Finish one before the next begins: a record of the second organisation, guarded while the first was a member, may need the first
/// among those who rewrite it.
#[derive(Debug, Clone)]
pub struct Departure {
    client: MarketClient,
    leaver: MspId,
}

/// How far a departure has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepartureStep {
    /// The organisation is no member any more.
    Dismissed {
        /// By which transaction.
        transaction_id: String,
    },
    /// So many keys have been looked at, since the beginning.
    Examined {
        /// How many.
        keys: u64,
    },
    /// Guards were rewritten.
    Rewritten {
        /// In this transaction.
        guards: u64,
        /// Since the beginning.
        done: u64,
    },
}

/// What a departure has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepartureDone {
    /// Guards rewritten by this run.
    pub rewritten: u64,
    /// Keys examined by this run; a key counts once per pass.
    pub examined: u64,
    /// Guards that still named the organisation in the last pass; zero unless someone goes on making them.
    pub remaining: u64,
}

impl Departure {
    /// The departure of `leaver`, as `client` leads it.
    #[must_use]
    pub fn new(client: MarketClient, leaver: MspId) -> Self {
        let client = client.without([leaver.clone()]);
        Self { client, leaver }
    }

    /// Further members that cannot endorse because their peers are down. Guards may need them: then a transaction is invalid by
    /// [`der_api::ErrorCode::EndorsementPolicyFailure`].
    #[must_use]
    pub fn without(mut self, absent: impl IntoIterator<Item = MspId>) -> Self {
        self.client = self.client.without(absent.into_iter().chain([self.leaver.clone()]));
        self
    }

    /// How many guards name the organisation. Nothing is written.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn remaining(&self) -> Result<u64, ClientError> {
        let (mut found, mut after) = (0_u64, None);
        loop {
            let page = self.page(after).await?;
            found += page.keys.len() as u64;
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    /// Dismisses the organisation where it is a member, then rewrites guards until none names it. Each step can be repeated: after a
    /// failure, run it again.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code; what was done stays done.
    pub async fn run(&self, mut told: impl FnMut(DepartureStep)) -> Result<DepartureDone, ClientError> {
        self.client.learn_members().await?;
        self.dismiss(&mut told).await?;
        let mut done = DepartureDone {
            rewritten: 0,
            examined: 0,
            remaining: 0,
        };
        for _ in 0..PASSES {
            done.remaining = self.pass(&mut done, &mut told).await?;
            if done.remaining == 0 {
                break;
            }
        }
        Ok(done)
    }

    async fn dismiss(&self, told: &mut impl FnMut(DepartureStep)) -> Result<(), ClientError> {
        let members = self.client.query(&QueryMembers {}).await?.members;
        if !members.iter().any(|member| member.msp == self.leaver) {
            return Ok(());
        }
        let msp = self.leaver.clone();
        let receipt = self.client.submit(&DismissMember { msp }).await?;
        let transaction_id = receipt.transaction_id;
        told(DepartureStep::Dismissed { transaction_id });
        self.client.learn_members().await?;
        Ok(())
    }

    /// Once through all guarded keys; returns how many named the organisation.
    async fn pass(&self, done: &mut DepartureDone, told: &mut impl FnMut(DepartureStep)) -> Result<u64, ClientError> {
        let (mut found, mut after) = (0_u64, None);
        loop {
            let page = self.page(after).await?;
            done.examined += u64::from(page.examined);
            told(DepartureStep::Examined { keys: done.examined });
            let guards = page.keys.len() as u64;
            if guards > 0 {
                self.client.submit(&RewriteGuards { keys: page.keys }).await?;
                (found, done.rewritten) = (found + guards, done.rewritten + guards);
                let done = done.rewritten;
                told(DepartureStep::Rewritten { guards, done });
            }
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    async fn page(&self, after: Option<GuardedKey>) -> Result<der_api::reply::GuardsView, ClientError> {
        let msp = self.leaver.clone();
        let page = u32::try_from(KEYS_LIMIT).unwrap_or(1);
        self.client.query(&QueryGuardsOf { msp, after, page }).await
    }
}
