//! Reading a chain page by page.

use std::str::FromStr;

use der_api::reply::{ChainPage, ChainRow, GuardedKey};
use der_api::request::{KEYS_LIMIT, QueryEnergyChain, QueryGridChain, QueryUserChain};

use crate::{ClientError, MarketClient};

/// One of the three chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Users, their keys, accreditations, suspensions, devices and meters.
    User,
    /// Connection points, connections and distances.
    Grid,
    /// Plants, plans and supplied energy.
    Energy,
}

/// A text that names no chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a chain is user, grid or energy")]
pub struct NoChain;

impl FromStr for Chain {
    type Err = NoChain;

    fn from_str(text: &str) -> Result<Self, NoChain> {
        match text {
            "user" => Ok(Self::User),
            "grid" => Ok(Self::Grid),
            "energy" => Ok(Self::Energy),
            _ => Err(NoChain),
        }
    }
}

impl Chain {
    /// All three.
    pub const ALL: [Self; 3] = [Self::User, Self::Grid, Self::Energy];
}

impl MarketClient {
    /// A page of a chain, as one peer has it.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn chain_page(
        &self,
        chain: Chain,
        after: Option<GuardedKey>,
        page: u32,
    ) -> Result<ChainPage, ClientError> {
        match chain {
            Chain::User => self.query(&QueryUserChain { after, page }).await,
            Chain::Grid => self.query(&QueryGridChain { after, page }).await,
            Chain::Energy => self.query(&QueryEnergyChain { after, page }).await,
        }
    }
}

/// Every row of the three chains, as one peer has them; `told` hears how many there are so far.
///
/// The pages are read one after another: what is committed meanwhile may be in the later ones only.
///
/// # Errors
/// The contract's refusal or Fabric's, as a code.
pub async fn chains(client: &MarketClient, mut told: impl FnMut(usize)) -> Result<Vec<ChainRow>, ClientError> {
    let page = u32::try_from(KEYS_LIMIT).unwrap_or(1);
    let mut rows = Vec::new();
    // The rows that refer to others are read first, so that what they refer to is read later and thus there.
    for chain in [Chain::Energy, Chain::User, Chain::Grid] {
        let mut after = None;
        loop {
            let answer = client.chain_page(chain, after, page).await?;
            rows.extend(answer.rows);
            told(rows.len());
            after = answer.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(rows)
}
