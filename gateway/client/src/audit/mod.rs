//! A slot computed again from what one member's own peer says, and compared with what the ledger holds.

mod checks;
pub(crate) mod evidence;

use der_api::reply::{AuctionsView, Stage};
use der_api::request::{QueryAuctions, QueryPlan, QuerySettlement};
use der_market::slot::{Auction, Slot};
use serde::Serialize;

pub use evidence::Evidence;

use crate::{ClientError, MarketClient};

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was compared.
    pub what: String,
    /// What the ledger holds.
    pub ledger: String,
    /// What was computed again.
    pub computed: String,
    /// Whether they agree.
    pub holds: bool,
}

/// All comparisons of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Which slot.
    pub slot: Slot,
    /// How far its last auction has come.
    pub stage: Stage,
    /// Every comparison, in the order of the slot's stages.
    pub checks: Vec<Check>,
    /// Whether all agree.
    pub holds: bool,
}

impl Audit {
    /// Computes every auction of a slot again, then its plan and its settlement as far as it has come.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code. A disagreement is no error: it is a check that does not hold.
    pub async fn of_slot(client: &MarketClient, slot: Slot) -> Result<Self, ClientError> {
        let AuctionsView { auctions, .. } = client.query(&QueryAuctions { slot }).await?;
        let stage = auctions.last().map_or(Stage::Open, |last| last.stage);
        let (mut checks, mut cleared) = (Vec::new(), Vec::new());
        for auction in auctions.iter().filter(|auction| auction.stage >= Stage::Matched) {
            let audited = audit_auction(client, auction.slot, &mut checks).await?;
            checks.push(checks::used_room(&cleared, &audited)?);
            cleared.push(audited);
        }
        if stage >= Stage::Planned {
            let plan = client.plan_view(&QueryPlan { slot }).await?;
            checks.push(checks::plan(slot, &cleared, &plan)?);
        }
        if stage >= Stage::Settled {
            let settlement = client.settlement(&QuerySettlement { slot }).await?;
            checks.extend(checks::settlement(&cleared, &settlement)?);
        }
        let holds = checks.iter().all(|check| check.holds);
        Ok(Self {
            slot,
            stage,
            checks,
            holds,
        })
    }
}

async fn audit_auction(
    client: &MarketClient,
    slot: Auction,
    checks: &mut Vec<Check>,
) -> Result<checks::Cleared, ClientError> {
    let evidence = Evidence::of(client, slot).await?;
    let contracts = evidence::contracts(client, &evidence.view).await?;
    checks.extend(checks::auction(&evidence, &contracts)?);
    Ok(checks::Cleared { evidence, contracts })
}
