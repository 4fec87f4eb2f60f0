//! PEM framing of certificates and CRLs.

use std::io::Cursor;

use base64::{Engine, prelude::BASE64_STANDARD};
use rustls_pki_types::pem::{SectionKind, from_buf};
use zeroize::Zeroizing;

/// Why a text is not the PEM that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is no PEM block at all.
    #[error("no PEM block found: the text must hold a -----BEGIN {0}----- block")]
    Missing(&'static str),
    /// The first block is of another kind.
    #[error("the first PEM block is not a {0}")]
    WrongKind(&'static str),
    /// The framing or the base64 is damaged.
    #[error("damaged PEM: {0}")]
    Damaged(String),
}

/// The bytes of the first block, which must be a `CERTIFICATE`.
///
/// # Errors
/// When there is no block, it is another kind of block, or its framing is damaged.
pub fn certificate(pem: &[u8]) -> Result<Vec<u8>, PemError> {
    first(pem, "CERTIFICATE", SectionKind::Certificate)
}

/// The bytes of the first block, which must be an `X509 CRL`.
///
/// # Errors
/// As [`certificate`].
pub fn crl(pem: &[u8]) -> Result<Vec<u8>, PemError> {
    first(pem, "X509 CRL", SectionKind::Crl)
}

/// Frames `der` under `label`, 64 characters a line, as Go and OpenSSL do.
pub fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(BASE64_STANDARD.encode(der));
    let mut out = Zeroizing::new(String::with_capacity(
        body.len() + body.len() / 64 + 2 * label.len() + 40,
    ));
    out.push_str(&format!("-----BEGIN {label}-----\n"));
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

fn first(pem: &[u8], label: &'static str, kind: SectionKind) -> Result<Vec<u8>, PemError> {
    match from_buf(&mut Cursor::new(pem)) {
        Ok(Some((found, der))) if found == kind => Ok(der),
        Ok(Some(_)) => Err(PemError::WrongKind(label)),
        Ok(None) => Err(PemError::Missing(label)),
        Err(error) => Err(PemError::Damaged(format!("{error:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_bytes_come_back() {
        let der: Vec<u8> = (0..200).collect();
        assert_eq!(certificate(encode("CERTIFICATE", &der).as_bytes()), Ok(der));
    }

    #[test]
    fn other_kinds_and_plain_text_are_refused() {
        let key = encode("PRIVATE KEY", b"k");
        assert_eq!(certificate(key.as_bytes()), Err(PemError::WrongKind("CERTIFICATE")));
        assert_eq!(crl(b"hello"), Err(PemError::Missing("X509 CRL")));
        assert!(matches!(
            certificate(b"-----BEGIN CERTIFICATE-----\nAAAA\n"),
            Err(PemError::Damaged(_))
        ));
    }
}
