//! Certificates of origin.

use der_market::calendar::Date;
use der_market::id::{ParticipantId, PlantId};
use der_market::origin::OriginMonth;
use der_market::units::Energy;

use super::request;
use crate::reply::{AccrualView, HoldingView, OriginView};

request! { AccrueCertificates => OriginView,
    /// Takes into a plant's account what its own meters measured on a local day, as far as the day's slots are settled. It may be
    /// repeated after later settlements and corrections.
    AccrueCertificates {
        /// Which plant.
        plant: PlantId,
        /// Which day at UTC+8.
        date: Date,
    }
}
request! { TransferCertificates => HoldingView,
    /// Moves certificates of the caller that are whole and not claimed.
    TransferCertificates {
        /// Of which plant.
        plant: PlantId,
        /// To whom.
        to: ParticipantId,
        /// How many.
        certificates: u64,
    }
}
request! { ClaimCertificates => HoldingView,
    /// Claims energy of the caller's certificates as consumed, for ever.
    ClaimCertificates {
        /// Of which plant.
        plant: PlantId,
        /// How much, Wh.
        energy_wh: Energy,
    }
}
request! { QueryOrigin => OriginView,
    /// A plant's account.
    QueryOrigin {
        /// Which plant.
        plant: PlantId,
    }
}
request! { QueryHolding => HoldingView,
    /// What one participant holds of a plant's certificates.
    QueryHolding {
        /// Which plant.
        plant: PlantId,
        /// Who.
        holder: ParticipantId,
    }
}
request! { QueryAccrual => AccrualView,
    /// A plant's accruals of a month.
    QueryAccrual {
        /// Which plant.
        plant: PlantId,
        /// Which month.
        month: OriginMonth,
    }
}
