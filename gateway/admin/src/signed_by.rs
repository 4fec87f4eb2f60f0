//! Which authority of a list has issued a certificate.

use bytes::Bytes;
use fabric_msp::Certificate;

/// Whether one of the authorities, each a PEM certificate, has signed the certificate. One step: an intermediate counts
/// as an authority here, as it does for TLS where a server shows its own certificate only.
pub(crate) fn any_signed<'a>(authorities: impl IntoIterator<Item = &'a Bytes>, certificate: &Certificate) -> bool {
    authorities
        .into_iter()
        .filter_map(|pem| Certificate::from_pem(pem).ok())
        .any(|authority| {
            authority.subject() == certificate.issuer() && certificate.verify_signed_by(&authority).is_ok()
        })
}
