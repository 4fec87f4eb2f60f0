//! How a slot's contracts were kept, put down for the next roll of credit.

use std::collections::BTreeMap;

use der_market::credit::Kept;
use der_market::id::{ContractId, ParticipantId};
use der_market::participant::Side;
use der_market::settlement::{Trade, TradeLine};
use der_market::slot::Slot;
use der_market::units::Energy;

use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::Conduct;
use crate::schema;

/// Puts down what each party of a page's contracts kept. A row is its participant's, slot's and page's own, so that neither two pages
/// nor two slots ever meet; a correction that writes it again counts at the next roll. What rests on an estimate does not count.
pub(crate) fn put_conduct(
    decision: &mut Decision,
    slot: Slot,
    page: u32,
    trades: &[Trade],
    lines: &[TradeLine],
) -> Result<(), ContractError> {
    let trades: BTreeMap<&ContractId, &Trade> = trades.iter().map(|trade| (&trade.contract, trade)).collect();
    let mut all: BTreeMap<&ParticipantId, Vec<Kept>> = BTreeMap::new();
    for line in lines {
        let Some(trade) = trades.get(&line.contract) else {
            continue;
        };
        if !line.buyer_estimated {
            let kept = kept(&trade.seller, Side::Buyer, line.energy_wh, line.buyer_short_wh);
            all.entry(&trade.buyer).or_default().push(kept);
        }
        if !line.seller_estimated {
            let kept = kept(&trade.buyer, Side::Seller, line.energy_wh, line.seller_short_wh);
            all.entry(&trade.seller).or_default().push(kept);
        }
    }
    for (who, kept) in all {
        decision.put(schema::conduct(who, &slot, &page), &Conduct { slot, page, kept })?;
    }
    Ok(())
}

fn kept(counterparty: &ParticipantId, side: Side, energy_wh: Energy, short_wh: Energy) -> Kept {
    Kept {
        counterparty: counterparty.clone(),
        side,
        energy_wh,
        short_wh,
    }
}
