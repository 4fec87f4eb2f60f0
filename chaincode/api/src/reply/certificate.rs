//! Certificates of origin.

use std::collections::BTreeMap;

use der_market::calendar::Date;
use der_market::id::{ParticipantId, PlantId};
use der_market::origin::OriginMonth;
use serde::{Deserialize, Serialize};

reply! {
    /// A plant's account of certificates.
    OriginView {
        /// Which plant.
        plant: PlantId,
        /// Wh of all settled slots that were accrued.
        accrued_wh: u64,
        /// Certificates that are out, of 1 MWh each.
        issued: u64,
        /// Wh that they stand for beyond what was accrued; later energy pays it first.
        deficit_wh: u64,
    }
}
reply! {
    /// What one participant holds of a plant's certificates.
    HoldingView {
        /// Which plant.
        plant: PlantId,
        /// Who.
        holder: ParticipantId,
        /// Certificates.
        certificates: u64,
        /// Wh of them that are claimed.
        claimed_wh: u64,
    }
}
reply! {
    /// A plant's accruals of a month.
    AccrualView {
        /// Which plant.
        plant: PlantId,
        /// Which month.
        month: OriginMonth,
        /// Wh by local day.
        days: BTreeMap<Date, u64>,
        /// Their sum.
        total_wh: u64,
    }
}
