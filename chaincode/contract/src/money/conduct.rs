//! How a slot's contracts were kept, put down for the next roll of credit.

use std::collections::BTreeMap;

use der_market::credit::{Kept, News};
use der_market::id::ParticipantId;
use der_market::participant::Side;
use der_market::settlement::{Trade, TradeLine};
use der_market::slot::Slot;
use der_market::units::{Energy, Ppm};

use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::Conduct;
use crate::schema;

/// What each party of a page's contracts kept, and what it was said to have kept by the lines that the page takes back. What rests on
/// an estimate does not count.
#[derive(Default)]
pub(crate) struct Kepts(BTreeMap<ParticipantId, News>);

impl Kepts {
    /// A line that the page books.
    pub(crate) fn book(&mut self, trade: &Trade, line: &TradeLine) {
        self.sides(trade, line, |news| &mut news.kept);
    }

    /// A line that the page takes back.
    pub(crate) fn take_back(&mut self, trade: &Trade, line: &TradeLine) {
        self.sides(trade, line, |news| &mut news.taken_back);
    }

    fn sides(&mut self, trade: &Trade, line: &TradeLine, list: fn(&mut News) -> &mut Vec<Kept>) {
        let mut add = |who: &ParticipantId, other: &ParticipantId, side, short_wh| {
            let kept = kept(other, side, line.energy_wh, short_wh);
            list(self.0.entry(who.clone()).or_default()).push(kept);
        };
        if !line.buyer_estimated {
            add(&trade.buyer, &trade.seller, Side::Buyer, line.buyer_short_wh);
        }
        if !line.seller_estimated {
            add(&trade.seller, &trade.buyer, Side::Seller, line.seller_short_wh);
        }
    }

    /// Puts it down. A row is its participant's, slot's and page's own, so that neither two pages nor two slots ever meet.
    pub(crate) fn put(&self, decision: &mut Decision, slot: Slot, page: u32, band: Ppm) -> Result<(), ContractError> {
        for (who, news) in &self.0 {
            let News { kept, taken_back } = news.clone();
            let row = Conduct {
                slot,
                page,
                band,
                kept,
                taken_back,
            };
            decision.put(schema::conduct(who, &slot, &page), &row)?;
        }
        Ok(())
    }
}

fn kept(counterparty: &ParticipantId, side: Side, energy_wh: Energy, short_wh: Energy) -> Kept {
    Kept {
        counterparty: counterparty.clone(),
        side,
        energy_wh,
        short_wh,
    }
}
