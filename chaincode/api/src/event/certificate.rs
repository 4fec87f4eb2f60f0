//! Certificates of origin.

use der_market::calendar::Date;
use der_market::id::{ParticipantId, PlantId};

event! {
    /// A day of a plant's energy was accrued.
    CertificatesAccrued {
        /// Which plant.
        plant: PlantId,
        /// Which day.
        date: Date,
    }
    /// Certificates of origin have another holder.
    CertificatesTransferred {
        /// Of which plant.
        plant: PlantId,
        /// From whom.
        from: ParticipantId,
        /// To whom.
        to: ParticipantId,
    }
    /// Energy of certificates of origin is claimed.
    CertificatesClaimed {
        /// Of which plant.
        plant: PlantId,
        /// By whom.
        holder: ParticipantId,
    }
}
