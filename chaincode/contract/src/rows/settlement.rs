//! Rows of a settlement's course: versions, and what each page of them books.

use der_api::reply::{Pinned, VersionView};
use der_market::id::ContractId;
use der_market::settlement::{Change, Dealt, Place, PlaceShift, Rest, TradeShift};
use der_market::slot::Slot;
use der_market::storage::Flow;
use serde::{Deserialize, Serialize};

use super::{SettlementPage, SettlementRow};

row! {
    /// How far a settlement has come.
    Course {
        /// Version of the rules that every version of it keeps.
        parameters: u32,
        /// Versions of schedule and calendar that every version of it keeps, if there are any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<Pinned>,
        /// Its versions, the latest last.
        versions: Vec<VersionView>,
        /// Contracts that wait for a reading.
        pending: Vec<ContractId>,
        /// The places whose readings they wait for.
        missing: Vec<Place>,
    }
}
row! {
    /// What one page books, in Wh.
    Allotment {
        /// The version that it belongs to.
        version: u32,
        /// Which page of the slot.
        page: u32,
        /// The contracts and places.
        change: Change,
    }
}

row! {
    /// What one page of a slot's settlement says that a store took in and gave out.
    StoreFlow {
        /// Which slot.
        slot: Slot,
        /// Which page.
        page: u32,
        /// Wh.
        flow: Flow,
    }
}

impl SettlementRow {
    /// Its versions; the first schemas settled in one.
    pub(crate) fn versions(&self) -> Vec<VersionView> {
        let only = || VersionView {
            version: 1,
            first_page: 0,
            pages: self.pages,
            hash: self.hash,
        };
        self.course
            .as_ref()
            .map_or_else(|| vec![only()], |course| course.versions.clone())
    }

    /// The latest version.
    pub(crate) fn version(&self) -> u32 {
        self.versions().last().map_or(0, |version| version.version)
    }
}

impl SettlementPage {
    /// What the page books, told by its lines: for pages of the first schemas, which have no allotment.
    pub(crate) fn change(&self) -> Change {
        let trades = self.trades.iter().map(|line| TradeShift {
            contract: line.contract.clone(),
            before: None,
            after: Some(Dealt {
                delivered_wh: line.delivered_wh,
                buyer_short_wh: line.buyer_short_wh,
                seller_short_wh: line.seller_short_wh,
                buyer_estimated: line.buyer_estimated,
                seller_estimated: line.seller_estimated,
            }),
        });
        let places = self.points.iter().map(|line| PlaceShift {
            place: Place::new(line.participant.clone(), line.point.clone()),
            before: None,
            after: Some(Rest {
                consumed_wh: line.consumed_wh,
                injected_wh: line.injected_wh,
                bought_wh: line.bought_wh,
                sold_wh: line.sold_wh,
                grid_supply_wh: line.grid_supply_wh,
                feed_in_wh: line.feed_in_wh,
                estimated: line.estimated,
            }),
        });
        Change {
            trades: trades.collect(),
            places: places.collect(),
        }
    }
}
