//! A kilowatt-hour from the meter to the money: every row that a contract's energy left on the ledger, with its transaction.

use der_api::ErrorCode;
use der_api::contract::ContractTerms;
use der_api::reply::{ContractView, GuardedKey, SettlementView};
use der_api::request::{
    QueryAccrual, QueryClearing, QueryContract, QueryHistory, QueryMeter, QueryOrigin, QueryReadings, QuerySettlement,
    QueryStatement, Request,
};
use der_market::id::{ContractId, MeterId, ParticipantId, PlantId, PointId};
use der_market::journal::Account;
use der_market::origin::OriginMonth;
use der_market::slot::Auction;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{ClientError, MarketClient};

/// One station on the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// reading, fill, contract, confirmation, settlement, place, posting or certificate.
    pub what: &'static str,
    /// The row's key: its table and its parts.
    pub key: String,
    /// The latest transaction that wrote it; none where the peer keeps no history.
    pub transaction: Option<String>,
    /// What it says.
    pub value: Value,
}

/// The auction that a contract's id names before its rank; none for a text that clearing never gives.
#[must_use]
pub fn auction_of(contract: &ContractId) -> Option<Auction> {
    contract.as_str().rsplit_once('-')?.0.parse().ok()
}

/// Follows a contract as far as it has come: what is not there yet is left out.
///
/// # Errors
/// [`ErrorCode::RecordNotFound`] where there is no such contract; the contract's refusal or Fabric's, as a code.
pub async fn trace(client: &MarketClient, auction: Auction, contract: &ContractId) -> Result<Vec<Step>, ClientError> {
    let query = QueryContract {
        slot: auction,
        contract: contract.clone(),
    };
    let view = client.query(&query).await?;
    let mut tracing = Tracing {
        client,
        auction,
        steps: Vec::new(),
    };
    tracing.readings(&view.terms).await?;
    tracing.fill(contract).await?;
    tracing.contract(&view).await?;
    tracing.settlement(&view.terms).await?;
    tracing.certificates(&view.terms).await?;
    Ok(tracing.steps)
}

struct Tracing<'a> {
    client: &'a MarketClient,
    auction: Auction,
    steps: Vec<Step>,
}

impl Tracing<'_> {
    async fn step(
        &mut self,
        what: &'static str,
        table: &str,
        parts: Vec<String>,
        value: Value,
    ) -> Result<(), ClientError> {
        let key = GuardedKey {
            table: table.to_owned(),
            parts,
        };
        let text = std::iter::once(key.table.as_str()).chain(key.parts.iter().map(String::as_str));
        let text = text.collect::<Vec<_>>().join("/");
        let history = self.client.query(&QueryHistory { key, most: 1 }).await;
        let transaction = match history {
            Ok(history) => history.changes.into_iter().next().map(|change| change.transaction),
            Err(error) if error.code() == ErrorCode::LedgerUnreadable => None,
            Err(error) => return Err(error),
        };
        self.steps.push(Step {
            what,
            key: text,
            transaction,
            value,
        });
        Ok(())
    }

    async fn readings(&mut self, terms: &ContractTerms) -> Result<(), ClientError> {
        let places = [(&terms.seller, &terms.seller_point), (&terms.buyer, &terms.buyer_point)];
        for (participant, point) in places {
            for signed in self.readings_of(participant, point).await? {
                let mut parts = vec![self.auction.slot.padded()];
                parts.extend(of(participant));
                parts.extend([point.to_string(), signed.reading.meter.to_string()]);
                self.step("reading", "reading", parts, json!(signed)).await?;
            }
        }
        Ok(())
    }

    async fn readings_of(
        &self,
        participant: &ParticipantId,
        point: &PointId,
    ) -> Result<Vec<der_api::metering::SignedReading>, ClientError> {
        let query = QueryReadings {
            slot: self.auction.slot,
            participant: participant.clone(),
            point: point.clone(),
        };
        Ok(self.client.query(&query).await?.readings)
    }

    async fn fill(&mut self, contract: &ContractId) -> Result<(), ClientError> {
        let Some(clearing) = self.found(&QueryClearing { slot: self.auction }).await? else {
            return Ok(());
        };
        let contracts = clearing
            .contract_ids()
            .map_err(|e| ClientError::unreadable(&e.to_string()))?;
        let rank = contracts.iter().position(|one| one == contract);
        let value = json!({
            "rank": rank.map(|rank| rank + 1),
            "of": contracts.len(),
            "fills": clearing.fills,
            "matched_wh": clearing.matched_wh,
        });
        self.step("fill", "clearing", vec![self.auction.padded()], value).await
    }

    async fn contract(&mut self, view: &ContractView) -> Result<(), ClientError> {
        let id = vec![self.auction.padded(), view.terms.contract.to_string()];
        let value = json!({ "terms": view.terms, "hash": view.hash, "status": view.status });
        self.step("contract", "contract", id.clone(), value).await?;
        for confirmation in &view.confirmations {
            let side = json!(confirmation.side).as_str().unwrap_or_default().to_owned();
            let parts = id.iter().cloned().chain([side]).collect();
            self.step("confirmation", "answer", parts, json!(confirmation)).await?;
        }
        Ok(())
    }

    async fn settlement(&mut self, terms: &ContractTerms) -> Result<(), ClientError> {
        let slot = self.auction.slot;
        let Some(settlement) = self.found(&QuerySettlement { slot }).await? else {
            return Ok(());
        };
        let key = || vec![slot.padded()];
        for line in lines(&settlement, terms) {
            self.step("settlement", "settlement", key(), line).await?;
        }
        for account in [&terms.buyer, &terms.seller] {
            let account = Account::Participant(account.clone());
            let statement = self
                .client
                .query(&QueryStatement {
                    account: account.clone(),
                    slot,
                })
                .await?;
            if let Account::Participant(who) = &account {
                let mut parts = vec!["participant".to_owned()];
                parts.extend(of(who));
                parts.extend([slot.padded(), format!("{:010}", 0)]);
                let value = json!({ "account": account, "postings": statement.postings, "net": statement.net });
                self.step("posting", "posting", parts, value).await?;
            }
        }
        Ok(())
    }

    async fn certificates(&mut self, terms: &ContractTerms) -> Result<(), ClientError> {
        let readings = self.readings_of(&terms.seller, &terms.seller_point).await?;
        for signed in readings {
            if let Some(plant) = self.plant_of(signed.reading.meter).await? {
                self.certificate(plant).await?;
            }
        }
        Ok(())
    }

    async fn plant_of(&self, meter: MeterId) -> Result<Option<PlantId>, ClientError> {
        Ok(self.client.query(&QueryMeter { meter }).await?.plant)
    }

    async fn certificate(&mut self, plant: PlantId) -> Result<(), ClientError> {
        let day = self.client.days().await?.date_of(self.auction.slot);
        let month = OriginMonth::of(day);
        let accrual = self
            .found(&QueryAccrual {
                plant: plant.clone(),
                month,
            })
            .await?;
        if let Some(accrual) = accrual {
            let parts = vec![plant.to_string(), month.to_string()];
            let value = json!({ "plant": plant, "day": day, "wh": accrual.days.get(&day) });
            self.step("accrual", "accrual", parts, value).await?;
        }
        if let Some(origin) = self.found(&QueryOrigin { plant: plant.clone() }).await? {
            self.step("certificate", "origin", vec![plant.to_string()], json!(origin))
                .await?;
        }
        Ok(())
    }

    /// The answer, or none where the record is not there yet.
    async fn found<R: Request>(&self, request: &R) -> Result<Option<R::Reply>, ClientError> {
        match self.client.query(request).await {
            Ok(reply) => Ok(Some(reply)),
            Err(error) if error.code() == ErrorCode::RecordNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The contract's line and those of its two places.
fn lines(settlement: &SettlementView, terms: &ContractTerms) -> Vec<Value> {
    let places = [(&terms.seller, &terms.seller_point), (&terms.buyer, &terms.buyer_point)];
    let trades = settlement.trades.iter().filter(|line| line.contract == terms.contract);
    let points = settlement
        .points
        .iter()
        .filter(|line| places.contains(&(&line.participant, &line.point)));
    trades
        .map(|line| json!(line))
        .chain(points.map(|line| json!(line)))
        .collect()
}

fn of(who: &ParticipantId) -> [String; 2] {
    [who.msp.to_string(), who.user.to_string()]
}

#[cfg(test)]
mod tests {
    use super::auction_of;

    #[test]
    fn a_contract_s_id_names_its_auction() {
        let named = |id: &str| auction_of(&id.parse().unwrap()).map(|auction| auction.to_string());
        assert_eq!(named("1980000-00001").as_deref(), Some("1980000"));
        assert_eq!(named("1980000.2-00001").as_deref(), Some("1980000.2"));
        assert_eq!(named("nothing"), None);
    }
}
