//! One JSON argument in, one JSON reply out, and codes for what does not fit.

use der_market::id::IdError;
use der_market::units::UnitErrorKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bytes::HEX_START;
use crate::error_code::{ApiError, ErrorCode};

/// Writes compact JSON in the order of the fields.
///
/// # Errors
/// [`ErrorCode::Internal`] where a type cannot be written as JSON; none of this crate's is.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(value).map_err(|e| ApiError::new(ErrorCode::Internal, format!("cannot write JSON: {e}")))
}

/// Reads an argument of at most `limit` bytes.
///
/// # Errors
/// [`ErrorCode::ArgumentTooLarge`], or the code of the first thing in it that is not as it should be.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, ApiError> {
    if bytes.len() > limit {
        let detail = format!("the argument has {} bytes, {limit} are allowed", bytes.len());
        return Err(ApiError::new(ErrorCode::ArgumentTooLarge, detail));
    }
    serde_json::from_slice(bytes).map_err(|e| {
        let text = e.to_string();
        ApiError::new(code_of(&text), text)
    })
}

fn code_of(text: &str) -> ErrorCode {
    match UnitErrorKind::of_text(text) {
        Some(UnitErrorKind::Negative) => ErrorCode::NegativeQuantity,
        Some(UnitErrorKind::NotAnInteger) => ErrorCode::QuantityNotAnInteger,
        Some(UnitErrorKind::OutOfRange | UnitErrorKind::Overflow) => ErrorCode::QuantityOutOfRange,
        None if text.starts_with(IdError::START) => ErrorCode::BadIdentifier,
        None if text.starts_with(HEX_START) => ErrorCode::BadHex,
        None => ErrorCode::MalformedArgument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{OpenSlot, PostOffer};

    fn refusal(json: &str) -> ErrorCode {
        decode::<PostOffer>(json.as_bytes(), 1_000).unwrap_err().code
    }

    #[test]
    fn each_fault_has_its_code() {
        let offer = |energy: &str, order: &str| {
            format!(r#"{{"order":"{order}","slot":7,"point":"p1","energy_wh":{energy},"min_wh":0,"price":5}}"#)
        };
        assert!(decode::<PostOffer>(offer("5", "o1").as_bytes(), 1_000).is_ok());
        assert_eq!(refusal(&offer("-5", "o1")), ErrorCode::NegativeQuantity);
        assert_eq!(refusal(&offer("0.5", "o1")), ErrorCode::QuantityNotAnInteger);
        assert_eq!(
            refusal(&offer("99999999999999999999999", "o1")),
            ErrorCode::QuantityOutOfRange
        );
        assert_eq!(refusal(&offer("\"5\"", "o1")), ErrorCode::MalformedArgument);
        assert_eq!(refusal(&offer("5", "a\\u0000b")), ErrorCode::BadIdentifier);
        assert_eq!(
            refusal(&offer("5", "o1").replace("\"min_wh\"", "\"role\":\"grid\",\"min_wh\"")),
            ErrorCode::MalformedArgument
        );
        assert_eq!(refusal(&format!("{} ", " ".repeat(1_000))), ErrorCode::ArgumentTooLarge);
        assert_eq!(
            decode::<OpenSlot>(b"\xff", 10).unwrap_err().code,
            ErrorCode::MalformedArgument
        );
    }
}
