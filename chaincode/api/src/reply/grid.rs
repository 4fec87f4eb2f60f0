//! Connection points and distances.

use der_market::id::PointId;
use der_market::units::{Distance, Power};
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;

reply! {
    /// A connection point.
    PointView {
        /// Which.
        point: PointId,
        /// M, W.
        capacity_w: Power,
        /// Supply area.
        area: PointId,
        /// Voltage level.
        level: u8,
    }
}
reply! {
    /// A version of the distance matrix.
    DistancesView {
        /// Which version.
        version: u32,
        /// D_ref: the lower median.
        reference_mohm: Distance,
        /// SHA-256 of points and rows.
        root: Digest,
    }
}
