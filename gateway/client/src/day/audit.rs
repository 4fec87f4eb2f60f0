//! What must hold of every settlement.

use der_api::reply::SettlementView;
use der_market::journal;
use der_market::settlement::PointLine;
use der_market::slot::Slot;
use der_market::units::Energy;

use super::{DayError, SlotReport};

/// Money sums to zero; what was bought under contracts was sold under contracts, and is what the contracts delivered; every participant's
/// energy is accounted for.
pub(super) fn check(slot: Slot, settlement: &SettlementView) -> Result<SlotReport, DayError> {
    let holds = |holds: bool, what: &dyn Fn() -> String| {
        if holds {
            Ok(())
        } else {
            Err(DayError::Broken { slot, what: what() })
        }
    };
    holds(settlement.slot == slot, &|| {
        format!("the settlement is of slot {}", settlement.slot)
    })?;
    let sum = journal::sum(&settlement.postings)?;
    holds(sum.get() == 0, &|| format!("postings sum to {} nyuan", sum.get()))?;
    let points = &settlement.points;
    let total = |part: fn(&PointLine) -> Energy| points.iter().map(|line| u128::from(part(line).get())).sum::<u128>();
    let delivered: u128 = settlement
        .trades
        .iter()
        .map(|trade| u128::from(trade.delivered_wh.get()))
        .sum();
    let (bought, sold) = (total(|line| line.bought_wh), total(|line| line.sold_wh));
    holds(bought == sold && bought == delivered, &|| {
        format!("{bought} Wh bought, {sold} Wh sold, {delivered} Wh delivered")
    })?;
    let taken = bought + total(|line| line.grid_supply_wh);
    let consumed = total(|line| line.consumed_wh);
    holds(taken == consumed, &|| {
        format!("{consumed} Wh consumed, {taken} Wh bought")
    })?;
    let given = sold + total(|line| line.feed_in_wh);
    let injected = total(|line| line.injected_wh);
    holds(given == injected, &|| {
        format!("{injected} Wh injected, {given} Wh sold")
    })?;
    Ok(SlotReport {
        slot,
        settlement: settlement.settlement,
        contracts: settlement.trades.len(),
        direct_wh: settlement.volume.direct_wh,
        grid_supply_wh: settlement.volume.grid_supply_wh,
        feed_in_wh: settlement.volume.feed_in_wh,
        postings: settlement.postings.len(),
        sum,
        troubles: 0,
        out: 0,
        took_ms: 0,
    })
}
