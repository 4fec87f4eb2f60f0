//! One page of a settlement: lines taken back, lines booked, and the rows that they write.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_market::id::{ContractId, ParticipantId};
use der_market::journal::{Account, Posting, sum};
use der_market::settlement::{Change, Place, PointLine, Settled, Trade, TradeLine};
use der_market::slot::Slot;
use der_market::units::{Energy, Money, Ppm};

use super::inputs::Rules;
use super::prices::PriceList;
use super::stores::{Stores, Way};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::money::Kepts;
use crate::rows::{Postings, SettlementPage, SlotVolume, Supplied};
use crate::schema;
use crate::view::LedgerView;

/// A page that is ready to be written.
pub(super) struct Page {
    pub(super) row: SettlementPage,
    volume: SlotVolume,
    supplied: BTreeMap<Place, i64>,
    /// What its parties kept; nothing where credit plays no part.
    kepts: Kepts,
    band: Ppm,
    stores: Stores,
}

/// Builds a page from its own part: the contracts that it names, the lines that it takes back, its prices. None while a page whose
/// lines it takes back is not booked.
pub(super) async fn build<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    change: &Change,
    trades: &[Trade],
    rules: &Rules,
) -> Result<Option<Page>, ContractError> {
    let mut lines = Lines::default();
    for page in change.taken_back() {
        let Some(row) = cx.ledger.get(&schema::settlement_page(&slot, &page)).await? else {
            return Ok(None);
        };
        lines.add(page, row);
    }
    let trades: BTreeMap<&ContractId, &Trade> = trades.iter().map(|trade| (&trade.contract, trade)).collect();
    let stores = Stores::read(cx, participants(change, &trades)).await?;
    let prices = PriceList::read(cx, slot, rules, participants(change, &trades)).await?;
    let building = Building {
        slot,
        trades,
        lines,
        prices,
        judges: rules.parameters.credit.is_some(),
        band: rules.parameters.band,
    };
    building.page(change, stores).map(Some)
}

/// Everybody whom a page books for.
fn participants<'a>(change: &'a Change, trades: &BTreeMap<&ContractId, &'a Trade>) -> BTreeSet<&'a ParticipantId> {
    let traded = change.trades.iter().filter_map(|shift| trades.get(&shift.contract));
    let parties = traded.flat_map(|trade| [&trade.buyer, &trade.seller]);
    parties
        .chain(change.places.iter().map(|shift| &shift.place.participant))
        .collect()
}

/// Lines that are booked, by page.
#[derive(Default)]
struct Lines {
    trades: BTreeMap<(u32, ContractId), TradeLine>,
    points: BTreeMap<(u32, Place), PointLine>,
}

impl Lines {
    fn add(&mut self, page: u32, row: SettlementPage) {
        for line in row.trades {
            self.trades.insert((page, line.contract.clone()), line);
        }
        for line in row.points {
            let place = Place::new(line.participant.clone(), line.point.clone());
            self.points.insert((page, place), line);
        }
    }
}

struct Building<'a> {
    slot: Slot,
    trades: BTreeMap<&'a ContractId, &'a Trade>,
    lines: Lines,
    prices: PriceList,
    /// Whether conduct counts.
    judges: bool,
    band: Ppm,
}

impl Building<'_> {
    fn page(&self, change: &Change, mut stores: Stores) -> Result<Page, ContractError> {
        let mut settled = Settled::default();
        let kepts = self.trades(change, &mut settled, &mut stores)?;
        let supplied = self.places(change, &mut settled, &mut stores)?;
        let postings = settled.journal.postings().to_vec();
        if sum(&postings)? != Money::ZERO {
            return Err(ContractError::new(
                ErrorCode::Internal,
                "the postings do not sum to zero",
            ));
        }
        let reversed = change.taken_back().next().map(|_| settled.reversed);
        Ok(Page {
            row: SettlementPage {
                trades: settled.trades,
                points: settled.points,
                postings,
            },
            volume: SlotVolume {
                slot: self.slot,
                volume: settled.volume,
                reversed,
            },
            supplied,
            kepts,
            band: self.band,
            stores,
        })
    }

    /// Books the contracts and says what their parties kept.
    fn trades(&self, change: &Change, settled: &mut Settled, stores: &mut Stores) -> Result<Kepts, ContractError> {
        let mut kepts = Kepts::default();
        for shift in &change.trades {
            let id = &shift.contract;
            let trade = self.trades.get(id).ok_or_else(|| lost(&format!("contract {id}")))?;
            if let Some(page) = shift.before {
                let line = self.lines.trades.get(&(page, id.clone()));
                let line = line.ok_or_else(|| lost(&format!("the line of contract {id}")))?;
                settled.reverse_trade(trade, line)?;
                kepts.take_back(trade, line);
                stores.trade(trade, line, Way::Back);
            }
            if let Some(dealt) = shift.after {
                let (buyer, seller) = (self.prices.at(&trade.taken_at()), self.prices.at(&trade.given_at()));
                let line = TradeLine::new(trade, &dealt, &buyer, &seller)?;
                kepts.book(trade, &line);
                stores.trade(trade, &line, Way::Forth);
                settled.book_trade(trade, line)?;
            }
        }
        Ok(if self.judges { kepts } else { Kepts::default() })
    }

    /// Books the places' rests and says by how much each place's supply changes.
    fn places(
        &self,
        change: &Change,
        settled: &mut Settled,
        stores: &mut Stores,
    ) -> Result<BTreeMap<Place, i64>, ContractError> {
        let mut supplied = BTreeMap::new();
        for shift in &change.places {
            let place = &shift.place;
            let (mut before, mut after) = (Energy::ZERO, Energy::ZERO);
            if let Some(page) = shift.before {
                let line = self.lines.points.get(&(page, place.clone()));
                let line = line.ok_or_else(|| lost(&format!("the line of {}", place.participant)))?;
                settled.reverse_point(line)?;
                stores.place(line, Way::Back);
                before = line.injected_wh;
            }
            if let Some(rest) = shift.after {
                let line = PointLine::new(place, &rest, &self.prices.at(place))?;
                stores.place(&line, Way::Forth);
                settled.book_point(line)?;
                after = rest.injected_wh;
            }
            supplied.insert(place.clone(), difference(after, before)?);
        }
        Ok(supplied)
    }
}

fn lost(what: &str) -> ContractError {
    ContractError::new(ErrorCode::CorruptState, format!("{what} is missing"))
}

fn difference(after: Energy, before: Energy) -> Result<i64, ContractError> {
    let wh = |energy: Energy| i64::try_from(energy.get()).map_err(|_| ErrorCode::ArithmeticOverflow);
    Ok(wh(after)?.saturating_sub(wh(before)?))
}

/// Writes a page's rows; all are new, and none is another page's.
pub(super) fn put(
    decision: &mut Decision,
    slot: Slot,
    number: u32,
    version: u32,
    page: &Page,
) -> Result<(), ContractError> {
    for (account, postings) in by_account(&page.row.postings) {
        decision.put(schema::posting(account, &slot, &number), &Postings { postings })?;
    }
    for (place, delta_wh) in &page.supplied {
        let row = Supplied { delta_wh: *delta_wh };
        let Place { participant, point } = place;
        if version > 1 {
            decision.put(schema::supply_change(&slot, participant, point, &number), &row)?;
        } else {
            decision.put(schema::supplied(&slot, participant, point), &row)?;
        }
    }
    page.kepts.put(decision, slot, number, page.band)?;
    page.stores.put(decision, slot, number)?;
    decision.put(schema::volume(&slot, &number), &page.volume)?;
    decision.put(schema::settlement_page(&slot, &number), &page.row)
}

pub(super) fn by_account(postings: &[Posting]) -> BTreeMap<&Account, Vec<Posting>> {
    let mut accounts: BTreeMap<&Account, Vec<Posting>> = BTreeMap::new();
    for posting in postings {
        accounts.entry(&posting.account).or_default().push(posting.clone());
    }
    accounts
}
