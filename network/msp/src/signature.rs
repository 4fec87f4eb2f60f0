//! ECDSA signatures over P-256 as Fabric demands them: strict DER, and `s` not above half the group order.
//!
//! Source: fabric-lib-go `bccsp/utils/ecdsa.go` and `bccsp/sw/ecdsa.go`.

use std::cmp::Ordering;

/// The order of P-256's group, big endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Half of [`ORDER`], rounded down: the largest `s` that Fabric accepts.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d,
    0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The bytes are not one strict DER `SEQUENCE` of two positive 256-bit integers.
    #[error("the signature is not strict DER of two positive 256-bit integers")]
    Malformed,
    /// `s` is above half the group order. Sign with a low-S signer.
    #[error("the signature's s is above half the group order, which Fabric refuses: sign with low S")]
    HighS,
    /// The signature is well formed but was not made by this key over these bytes.
    #[error("the signature was not made by this key over these bytes")]
    Mismatch,
}

/// The two numbers of a signature, big endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scalars {
    r: [u8; 32],
    s: [u8; 32],
}

impl Scalars {
    /// Reads the fixed form `r‖s` of 64 bytes.
    pub(crate) fn from_fixed(fixed: &[u8]) -> Option<Self> {
        let (r, s) = fixed.split_at_checked(32)?;
        Some(Self {
            r: r.try_into().ok()?,
            s: s.try_into().ok()?,
        })
    }

    /// Reads strict DER: minimal lengths, minimal positive integers, nothing after them.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, SignatureError> {
        let (body, rest) = element(der, SEQUENCE)?;
        let (r, body) = element(body, INTEGER)?;
        let (s, body) = element(body, INTEGER)?;
        if !rest.is_empty() || !body.is_empty() {
            return Err(SignatureError::Malformed);
        }
        Ok(Self {
            r: scalar(r)?,
            s: scalar(s)?,
        })
    }

    pub(crate) fn to_der(self) -> Vec<u8> {
        let mut body = Vec::with_capacity(70);
        push_integer(&mut body, &self.r);
        push_integer(&mut body, &self.s);
        let mut out = Vec::with_capacity(body.len() + 2);
        // Two integers of at most 35 bytes each: the length always fits the short form.
        out.extend([SEQUENCE, body.len() as u8]);
        out.extend(body);
        out
    }

    pub(crate) fn is_low(&self) -> bool {
        self.s <= HALF_ORDER
    }

    /// The same signature with `s` replaced by `n - s` where `s` is high.
    pub(crate) fn low(self) -> Self {
        if self.is_low() {
            self
        } else {
            Self {
                s: subtract(&ORDER, &self.s),
                ..self
            }
        }
    }

    /// The same signature with `s` replaced by `n - s`: the other one that verifies.
    #[cfg(test)]
    pub(crate) fn flipped(self) -> Self {
        Self {
            s: subtract(&ORDER, &self.s),
            ..self
        }
    }
}

/// Splits one DER element of `tag` with a short-form length from the front of `bytes`.
fn element(bytes: &[u8], tag: u8) -> Result<(&[u8], &[u8]), SignatureError> {
    match bytes {
        [found, length, rest @ ..] if *found == tag && *length < 0x80 => rest
            .split_at_checked(usize::from(*length))
            .ok_or(SignatureError::Malformed),
        _ => Err(SignatureError::Malformed),
    }
}

/// Reads a minimal, positive DER integer of at most 256 bits that is below the group order.
fn scalar(content: &[u8]) -> Result<[u8; 32], SignatureError> {
    let magnitude = match content {
        [0, next, ..] if *next < 0x80 => return Err(SignatureError::Malformed),
        [0, rest @ ..] => rest,
        [first, ..] if *first >= 0x80 => return Err(SignatureError::Malformed),
        other => other,
    };
    let mut out = [0; 32];
    let start = out
        .len()
        .checked_sub(magnitude.len())
        .ok_or(SignatureError::Malformed)?;
    if let Some(target) = out.get_mut(start..) {
        target.copy_from_slice(magnitude);
    }
    let in_range = out != [0; 32] && out.cmp(&ORDER) == Ordering::Less;
    in_range.then_some(out).ok_or(SignatureError::Malformed)
}

fn push_integer(out: &mut Vec<u8>, value: &[u8; 32]) {
    let leading = value.iter().take(31).take_while(|byte| **byte == 0).count();
    let magnitude = value.get(leading..).unwrap_or_default();
    let sign = magnitude.first().is_some_and(|byte| *byte >= 0x80);
    out.extend([INTEGER, magnitude.len() as u8 + u8::from(sign)]);
    out.extend(sign.then_some(0));
    out.extend(magnitude);
}

/// `left - right`, where `left` is not smaller.
fn subtract(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    let mut borrow = false;
    for ((target, left), right) in out.iter_mut().zip(left).zip(right).rev() {
        let (difference, first) = left.overflowing_sub(*right);
        let (difference, second) = difference.overflowing_sub(u8::from(borrow));
        *target = difference;
        borrow = first || second;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn below_order() -> impl Strategy<Value = [u8; 32]> {
        any::<[u8; 32]>().prop_filter("a scalar", |value| *value != [0; 32] && *value < ORDER)
    }

    #[test]
    fn half_the_order_is_the_last_low_value() {
        let one = {
            let mut one = [0; 32];
            one[31] = 1;
            one
        };
        let limit = Scalars { r: one, s: HALF_ORDER };
        assert!(limit.is_low());
        assert!(!limit.flipped().is_low(), "n - (n-1)/2 is one more than half");
        assert_eq!(limit.flipped().low(), limit);
    }

    #[test]
    fn loose_der_is_refused() {
        let good = Scalars { r: [1; 32], s: [2; 32] }.to_der();
        assert!(Scalars::from_der(&good).is_ok());
        let trailing = [good.as_slice(), &[0]].concat();
        let padded = [&[0x30, 7, 2, 2, 0, 1, 2, 1, 1][..]].concat();
        let negative = [0x30, 6, 2, 1, 0x80, 2, 1, 1];
        let zero = [0x30, 6, 2, 1, 0, 2, 1, 1];
        let long_form = [&[0x30, 0x81, good[1]][..], &good[2..]].concat();
        let empty_integer = [0x30, 5, 2, 0, 2, 1, 1];
        for bad in [
            &trailing[..],
            &padded,
            &negative,
            &zero,
            &long_form,
            &empty_integer,
            &good[..good.len() - 1],
            &[],
        ] {
            assert_eq!(Scalars::from_der(bad), Err(SignatureError::Malformed), "{bad:02x?}");
        }
    }

    proptest! {
        #[test]
        fn der_round_trips_and_low_is_idempotent(r in below_order(), s in below_order()) {
            let scalars = Scalars { r, s };
            prop_assert_eq!(Scalars::from_der(&scalars.to_der()), Ok(scalars));
            prop_assert!(scalars.low().is_low());
            prop_assert_eq!(scalars.low().low(), scalars.low());
            prop_assert_eq!(scalars.flipped().flipped(), scalars);
        }

        #[test]
        fn accepted_bytes_are_the_only_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(scalars) = Scalars::from_der(&bytes) {
                prop_assert_eq!(scalars.to_der(), bytes);
            }
        }
    }
}
