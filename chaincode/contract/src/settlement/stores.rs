//! What a page of a settlement says that stores took in and gave out, line by line.

use std::collections::{BTreeMap, BTreeSet};

use der_market::id::ParticipantId;
use der_market::participant::Source;
use der_market::settlement::{PointLine, Trade, TradeLine};
use der_market::slot::Slot;
use der_market::storage::Flow;
use der_market::units::Energy;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::StoreFlow;
use crate::schema;
use crate::view::LedgerView;

/// Flows of a page's stores.
pub(super) struct Stores {
    sources: BTreeMap<ParticipantId, Source>,
    flows: BTreeMap<ParticipantId, Flow>,
}

/// Whether a line is booked or taken back.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Forth,
    Back,
}

impl Way {
    fn of(self, energy: Energy) -> i64 {
        let wh = i64::try_from(energy.get()).unwrap_or(i64::MAX);
        match self {
            Self::Forth => wh,
            Self::Back => wh.saturating_neg(),
        }
    }
}

impl Stores {
    pub(super) async fn read<V: LedgerView>(
        cx: &Context<'_, V>,
        participants: BTreeSet<&ParticipantId>,
    ) -> Result<Self, ContractError> {
        let rows: Vec<_> = participants.into_iter().map(schema::user).collect();
        let users = cx.ledger.all(&rows).await?.into_iter().flatten();
        Ok(Self {
            sources: users.map(|user| (user.participant, user.source)).collect(),
            flows: BTreeMap::new(),
        })
    }

    pub(super) fn trade(&mut self, trade: &Trade, line: &TradeLine, way: Way) {
        let wh = way.of(line.delivered_wh);
        let seller = self.sources.get(&trade.seller).copied().unwrap_or(Source::Storage);
        if let Some(flow) = self.of(&trade.buyer) {
            flow.buy(seller, wh);
        }
        if let Some(flow) = self.of(&trade.seller) {
            flow.give(wh);
        }
    }

    pub(super) fn place(&mut self, line: &PointLine, way: Way) {
        if let Some(flow) = self.of(&line.participant) {
            flow.supply(way.of(line.grid_supply_wh));
            flow.give(way.of(line.feed_in_wh));
        }
    }

    fn of(&mut self, who: &ParticipantId) -> Option<&mut Flow> {
        let stores = self.sources.get(who) == Some(&Source::Storage);
        stores.then(|| self.flows.entry(who.clone()).or_default())
    }

    pub(super) fn put(&self, decision: &mut Decision, slot: Slot, page: u32) -> Result<(), ContractError> {
        for (who, flow) in self.flows.iter().filter(|(_, flow)| !flow.is_empty()) {
            let flow = flow.clone();
            decision.put(schema::store_flow(who, &slot, &page), &StoreFlow { slot, page, flow })?;
        }
        Ok(())
    }
}
