//! One test: from two orders to a row of Table 2.

use der_api::Function;
use der_api::reply::{ContractView, SettlementView, StatementView};
use der_api::request::{
    Clear, CloseGate, OpenSlot, Plan, PostBid, PostOffer, QueryContract, QueryStatement, RecordReadings, SealBook,
    Settle,
};
use der_market::id::{ContractId, OrderId};
use der_market::journal::Account;
use der_market::paper::{self, Case};
use der_market::slot::Slot;
use der_market::units::{Energy, Price};

use super::progress::Teller;
use super::setup::{Player, Stage};
use super::{CaseError, Cast, Progress, Role, Row};

/// Plays one row of Table 1. The accumulated volume is the caller's to add.
pub(super) async fn play(
    cast: &Cast,
    stage: &Stage,
    case: &Case,
    slot: Slot,
    progress: &mut dyn Progress,
) -> Result<Row, CaseError> {
    let mut test = Test {
        cast,
        stage,
        case,
        slot,
        teller: Teller {
            progress,
            test: Some(case.number),
        },
    };
    test.publish().await?;
    let contract = test.match_orders().await?;
    let confirmed = test.confirm(&contract).await?;
    test.deliver().await?;
    let settlement = test
        .teller
        .submit(cast, Role::Clock, "settle the slot", &Settle { slot })
        .await?;
    test.row(&confirmed, settlement).await
}

struct Test<'a> {
    cast: &'a Cast,
    stage: &'a Stage,
    case: &'a Case,
    slot: Slot,
    teller: Teller<'a>,
}

impl Test<'_> {
    async fn publish(&mut self) -> Result<(), CaseError> {
        let Self {
            cast,
            stage,
            case,
            slot,
            ..
        } = *self;
        self.teller
            .submit(cast, Role::Clock, "open the gate", &OpenSlot { slot: slot.into() })
            .await?;
        let energy_wh = paper::contract_energy()?;
        let min_wh = Energy::ZERO;
        let offer = PostOffer {
            order: self.order("offer")?,
            slot: slot.into(),
            point: stage.seller.point.clone(),
            energy_wh,
            min_wh,
            price: Price::new(case.offer_price)?,
            filters: None,
        };
        let bid = PostBid {
            order: self.order("bid")?,
            slot: slot.into(),
            point: stage.buyer.point.clone(),
            energy_wh,
            min_wh,
            price: Price::new(case.bid_price)?,
            filters: None,
        };
        let (offered, demanded) = tokio::join!(cast.seller.post_offer(&offer), cast.buyer.post_bid(&bid));
        self.teller
            .tell(cast, Role::Seller, Function::PostOffer, "publish the sale", offered)
            .await?;
        self.teller
            .tell(cast, Role::Buyer, Function::PostBid, "publish the demand", demanded)
            .await?;
        Ok(())
    }

    async fn match_orders(&mut self) -> Result<ContractId, CaseError> {
        let (cast, slot) = (self.cast, self.slot);
        self.teller
            .submit(cast, Role::Clock, "close the gate", &CloseGate { slot: slot.into() })
            .await?;
        self.teller
            .submit(cast, Role::Clock, "seal the book", &SealBook { slot: slot.into() })
            .await?;
        let clearing = self
            .teller
            .submit(
                cast,
                Role::Clock,
                "match the orders (TSSC)",
                &Clear { slot: slot.into() },
            )
            .await?;
        match clearing.contracts.as_slice() {
            [contract] => Ok(contract.clone()),
            others => Err(CaseError::Unmatched {
                test: self.case.number,
                contracts: others.len(),
            }),
        }
    }

    async fn confirm(&mut self, contract: &ContractId) -> Result<ContractView, CaseError> {
        let (cast, slot) = (self.cast, self.slot);
        let (bought, sold) = tokio::join!(cast.buyer.confirm(slot, contract), cast.seller.confirm(slot, contract));
        self.teller
            .tell(cast, Role::Buyer, Function::Confirm, "sign the contract", bought)
            .await?;
        self.teller
            .tell(cast, Role::Seller, Function::Confirm, "sign the contract", sold)
            .await?;
        let query = QueryContract {
            slot: slot.into(),
            contract: contract.clone(),
        };
        let signed = cast.buyer.contract_view(&query).await;
        signed.map_err(|e| CaseError::refused(Role::Buyer, Function::QueryContract, e))
    }

    async fn deliver(&mut self) -> Result<(), CaseError> {
        let Self {
            cast,
            stage,
            case,
            slot,
            ..
        } = *self;
        self.teller
            .submit(cast, Role::Clock, "end confirmation, plan the rest", &Plan { slot })
            .await?;
        let consumed = Energy::new(case.consumed_wh)?;
        let generated = Energy::new(case.generated_wh)?;
        let readings = vec![
            stage.buyer.meter.measure(slot, consumed, Energy::ZERO, 1)?,
            stage.seller.meter.measure(slot, Energy::ZERO, generated, 1)?,
        ];
        self.teller
            .submit(
                cast,
                Role::Meters,
                "deliver the meters' readings",
                &RecordReadings { readings },
            )
            .await?;
        Ok(())
    }

    async fn row(&self, contract: &ContractView, settlement: SettlementView) -> Result<Row, CaseError> {
        let Self {
            cast,
            stage,
            case,
            slot,
            ..
        } = *self;
        let own = |player: &Player| Account::Participant(cast.id(player.role).clone());
        let buyer = self.statement(Role::Buyer, own(&stage.buyer)).await?;
        let seller = self.statement(Role::Seller, own(&stage.seller)).await?;
        let grid = self.statement(Role::Grid, Account::Grid).await?;
        let retail = self.statement(Role::Grid, Account::Retail).await?;
        let line = |role| settlement.points.iter().find(|line| line.participant == *cast.id(role));
        let (Some(bought), Some(sold)) = (line(Role::Buyer), line(Role::Seller)) else {
            return Err(CaseError::Unsettled(case.number));
        };
        Ok(Row {
            paper: *case,
            slot,
            price: contract.terms.price,
            consumed_wh: bought.consumed_wh,
            generated_wh: sold.injected_wh,
            buyer_pays: buyer.net.negated()?,
            generator_gets: seller.net,
            company_nets: grid.net.plus(retail.net)?,
            balances: [buyer.closing, seller.closing, grid.closing.plus(retail.closing)?],
            volume_wh: Energy::ZERO,
            branches: settlement.branches,
        })
    }

    async fn statement(&self, role: Role, account: Account) -> Result<StatementView, CaseError> {
        let query = QueryStatement {
            account,
            slot: self.slot,
        };
        let statement = self.cast.client(role).statement(&query).await;
        statement.map_err(|e| CaseError::refused(role, Function::QueryStatement, e))
    }

    fn order(&self, kind: &str) -> Result<OrderId, CaseError> {
        Ok(format!("paper-{}-{kind}", self.slot).parse()?)
    }
}
