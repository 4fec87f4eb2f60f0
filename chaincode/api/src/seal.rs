//! Sealed orders: a salted hash before the gate closes, the order and its salt after it.

use der_market::filters::Filters;
use der_market::id::{MarketId, OrderId, ParticipantId};
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::{Energy, Price};
use serde::Serialize;

use crate::bytes::{Digest, HexBytes};
use crate::codec;
use crate::error_code::{ApiError, ErrorCode};
use crate::request::NewOrder;

/// Bytes of a salt. An order alone has little entropy: without the salt a reader would find it by trying.
pub const SALT_LENGTH: usize = 32;

/// What a seal covers; the field order is the order of the hashed bytes.
#[derive(Serialize)]
struct Covered<'a> {
    market: &'a MarketId,
    participant: &'a ParticipantId,
    slot: Auction,
    order: &'a OrderId,
    side: Side,
    energy_wh: Energy,
    min_wh: Energy,
    price: Price,
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<&'a Filters>,
    salt: &'a HexBytes,
}

/// The bytes that a seal is the hash of: the line `der.seal.v1`, then compact JSON of market, owner, auction, order and salt.
///
/// # Errors
/// [`ErrorCode::SealMismatch`] for a salt of another length than [`SALT_LENGTH`].
pub fn canonical_bytes(
    market: &MarketId,
    participant: &ParticipantId,
    order: &NewOrder,
    salt: &HexBytes,
) -> Result<Vec<u8>, ApiError> {
    if salt.as_slice().len() != SALT_LENGTH {
        let detail = format!("a salt has {SALT_LENGTH} bytes");
        return Err(ApiError::new(ErrorCode::SealMismatch, detail));
    }
    let mut bytes = b"der.seal.v1\n".to_vec();
    bytes.extend(codec::encode(&Covered {
        market,
        participant,
        slot: order.slot,
        order: &order.order,
        side: order.side,
        energy_wh: order.energy_wh,
        min_wh: order.min_wh,
        price: order.price,
        filters: order.filters.as_ref(),
        salt,
    })?);
    Ok(bytes)
}

/// An order's seal: SHA-256 of its canonical bytes.
///
/// # Errors
/// As [`canonical_bytes`].
pub fn seal(
    market: &MarketId,
    participant: &ParticipantId,
    order: &NewOrder,
    salt: &HexBytes,
) -> Result<Digest, ApiError> {
    Ok(Digest::of(&canonical_bytes(market, participant, order, salt)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_market::slot::Slot;
    use proptest::prelude::*;

    fn order(wh: u64, price: i64, order: &str, slot: u64) -> NewOrder {
        NewOrder {
            participant: None,
            order: order.parse().unwrap(),
            side: Side::Buyer,
            slot: Slot::new(slot).unwrap().into(),
            energy_wh: Energy::new(wh).unwrap(),
            min_wh: Energy::ZERO,
            price: Price::new(price).unwrap(),
            filters: None,
        }
    }

    fn sealed(who: &str, order: &NewOrder, salt: &[u8]) -> Result<Digest, ApiError> {
        let salt = HexBytes::new(salt.to_vec()).unwrap();
        seal(&"paper".parse().unwrap(), &who.parse().unwrap(), order, &salt)
    }

    #[test]
    fn the_hashed_bytes() {
        let salt = HexBytes::new([7; 32]).unwrap();
        let (market, who) = ("paper".parse().unwrap(), "M:alice".parse().unwrap());
        let bytes = canonical_bytes(&market, &who, &order(1_000, 590_000, "B-1", 100), &salt).unwrap();
        let text = concat!(
            "der.seal.v1\n",
            r#"{"market":"paper","participant":"M:alice","slot":100,"order":"B-1","side":"buyer","#,
            r#""energy_wh":1000,"min_wh":0,"price":590000,"#,
            r#""salt":"0707070707070707070707070707070707070707070707070707070707070707"}"#
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), text);
    }

    #[test]
    fn a_salt_is_never_shorter() {
        for length in [0, 16, 31, 33] {
            let refused = sealed("M:alice", &order(1, 1, "B", 1), &vec![1; length]).unwrap_err();
            assert_eq!(refused.code, ErrorCode::SealMismatch, "{length}");
        }
    }

    /// A reader who knows everything but the salt, and tries every price that is likely, finds nothing.
    #[test]
    fn a_low_entropy_order_is_not_found_by_trying() {
        let secret = sealed("M:alice", &order(1_000, 590_000, "B-1", 100), &[9; 32]).unwrap();
        let guessed = |price| sealed("M:alice", &order(1_000, price, "B-1", 100), &[0; 32]).unwrap();
        assert!((400_000..657_000).step_by(1_000).all(|price| guessed(price) != secret));
        assert_eq!(
            sealed("M:alice", &order(1_000, 590_000, "B-1", 100), &[9; 32]).unwrap(),
            secret
        );
    }

    proptest! {
        #[test]
        fn whatever_differs_has_another_seal(
            a in (1_u64..99, 0_i64..99, "[a-c]", 1_u64..9, "[x-z]", prop::array::uniform32(0_u8..2)),
            b in (1_u64..99, 0_i64..99, "[a-c]", 1_u64..9, "[x-z]", prop::array::uniform32(0_u8..2)),
        ) {
            let of = |x: &(u64, i64, String, u64, String, [u8; 32])| {
                sealed(&format!("M:{}", x.4), &order(x.0, x.1, &x.2, x.3), &x.5).unwrap()
            };
            prop_assert_eq!(of(&a) == of(&b), a == b);
        }
    }
}
