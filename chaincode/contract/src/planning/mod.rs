//! `TSSC:Plan`: ends confirmation; what no confirmed contract takes goes to OGSC and PPSC.

use std::collections::BTreeMap;

use der_api::bytes::Digest;
use der_api::event::SlotPlanned;
use der_api::reply::{Confirmation, ContractStatus, PlanView};
use der_api::request::Plan;
use der_api::{ErrorCode, codec};
use der_market::grid::{Point, Rooms};
use der_market::id::{ContractId, OrderId, ParticipantId};
use der_market::order::Order;
use der_market::participant::Side;
use der_market::planning::{Planned, plan};
use der_market::slot::{Auction, Slot};
use der_market::units::{Energy, UnitError};

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{PlanRow, StoredContract};
use crate::schema::{self, Row};
use crate::trading::{points, status};
use crate::view::LedgerView;

struct Inputs {
    slot: Slot,
    book: Vec<Order>,
    points: Vec<Point>,
    contracts: Vec<(StoredContract, ContractStatus)>,
}

pub(crate) async fn plan_slot<V: LedgerView>(cx: &Context<'_, V>, request: Plan) -> Result<Decision, ContractError> {
    decide(read(cx, request.slot).await?)
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<Inputs, ContractError> {
    let auction = Auction::from(slot);
    let wrong = |what: &str| ContractError::new(ErrorCode::WrongStage, format!("slot {slot} is {what}"));
    let (clearing, plan) = (schema::clearing(&auction), schema::plan(&slot));
    let answers = cx.ledger.many(&[clearing.key.clone(), plan.key.clone()]).await?;
    answers.get(&clearing)?.ok_or_else(|| wrong("not matched"))?;
    if answers.get(&plan)?.is_some() {
        return Err(wrong("planned already"));
    }
    let book = cx.ledger.scan(&schema::book_of(&auction)).await?;
    let points = points(cx, &book).await?;
    let contracts = cx.ledger.scan(&schema::contracts_of(&auction)).await?;
    let sides = |contract: &StoredContract| answer_rows(auction, &contract.terms.contract);
    let rows: Vec<_> = contracts.iter().flat_map(sides).collect();
    let mut given = cx.ledger.all(&rows).await?.into_iter();
    let decided = |contract: StoredContract| {
        let answers: Vec<Confirmation> = given.by_ref().take(2).flatten().collect();
        (contract, status(&answers, true))
    };
    let contracts = contracts.into_iter().map(decided).collect();
    Ok(Inputs {
        slot,
        book,
        points,
        contracts,
    })
}

/// Both sides' answers, the buyer's first.
pub(crate) async fn answers_to<V: LedgerView>(
    cx: &Context<'_, V>,
    auction: Auction,
    id: &ContractId,
) -> Result<Vec<Confirmation>, ContractError> {
    Ok(cx
        .ledger
        .all(&answer_rows(auction, id))
        .await?
        .into_iter()
        .flatten()
        .collect())
}

fn answer_rows(auction: Auction, id: &ContractId) -> [Row<Confirmation>; 2] {
    [
        schema::answer(&auction, id, &Side::Buyer),
        schema::answer(&auction, id, &Side::Seller),
    ]
}

fn decide(inputs: Inputs) -> Result<Decision, ContractError> {
    let Inputs {
        slot,
        book,
        points,
        contracts,
    } = inputs;
    let (confirmed, lapsed): (Vec<_>, Vec<_>) = contracts
        .into_iter()
        .partition(|(_, status)| *status == ContractStatus::Confirmed);
    let mut rooms = Rooms::whole(&points);
    let mut direct: BTreeMap<(ParticipantId, OrderId), Energy> = BTreeMap::new();
    for (StoredContract { terms, .. }, _) in &confirmed {
        rooms.take_trade(&terms.seller_point, &terms.buyer_point, terms.energy_wh);
        add(
            &mut direct,
            (terms.buyer.clone(), terms.buyer_order.clone()),
            terms.energy_wh,
        )?;
        add(
            &mut direct,
            (terms.seller.clone(), terms.seller_order.clone()),
            terms.energy_wh,
        )?;
    }
    let orders: Vec<Planned> = book
        .into_iter()
        .map(|order| {
            let direct = direct.get(&(order.participant.clone(), order.order.clone()));
            Planned {
                direct_wh: direct.copied().unwrap_or(Energy::ZERO),
                order,
            }
        })
        .collect();
    let lines = plan(slot, &orders, rooms);
    let digest = Digest::of(&codec::encode(&lines)?);
    let ids = |list: Vec<(StoredContract, ContractStatus)>| -> Vec<ContractId> {
        list.into_iter().map(|(contract, _)| contract.terms.contract).collect()
    };
    let row = PlanRow {
        view: PlanView { slot, lines, digest },
        confirmed: ids(confirmed),
        lapsed: ids(lapsed),
    };
    let count = |ids: &[ContractId]| u32::try_from(ids.len()).map_err(|_| ErrorCode::ArithmeticOverflow);
    let mut decision = Decision::replying(&row.view)?;
    decision.put(schema::plan(&slot), &row)?;
    let (confirmed, lapsed) = (count(&row.confirmed)?, count(&row.lapsed)?);
    decision.emit(SlotPlanned {
        slot,
        confirmed,
        lapsed,
        plan: digest,
    })?;
    Ok(decision)
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Energy>, key: K, energy: Energy) -> Result<(), UnitError> {
    let sum = sums.entry(key).or_insert(Energy::ZERO);
    *sum = sum.plus(energy)?;
    Ok(())
}
