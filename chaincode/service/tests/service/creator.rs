//! Callers with certificates that an authority has signed, and the request most of them make.

use bytes::Bytes;
use der_api::codec;
use der_api::organisations::Organisations;
use der_api::request::Bootstrap;
use der_market::id::MspId;
use fabric_protos::msp::SerializedIdentity;
use prost::Message;
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair};

/// Where a Fabric CA writes attributes.
const ATTRIBUTES: &[u64] = &[1, 2, 3, 4, 5, 6, 7, 8, 1];

/// A `SerializedIdentity` whose certificate has one attribute extension for each of these values.
pub(crate) fn creator_with_extensions(msp_id: &str, extensions: &[&[u8]]) -> Bytes {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, format!("ca.{msp_id}"));
    let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "clock");
    let extension = |value: &&[u8]| CustomExtension::from_oid_content(ATTRIBUTES, value.to_vec());
    params.custom_extensions.extend(extensions.iter().map(extension));
    let certificate = params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
    SerializedIdentity {
        mspid: msp_id.to_owned(),
        id_bytes: certificate.pem().into(),
    }
    .encode_to_vec()
    .into()
}

/// A `SerializedIdentity` with these attributes.
pub(crate) fn creator(msp_id: &str, attributes: &str) -> Bytes {
    creator_with_extensions(msp_id, &[attributes.as_bytes()])
}

/// Who runs the market's clock for the grid company.
pub(crate) fn operator() -> Bytes {
    creator("GridMSP", r#"{"attrs":{"der.role":"operator"}}"#)
}

/// The paper's market among four organisations.
pub(crate) fn bootstrap() -> Bootstrap {
    Bootstrap {
        market: "m".parse().unwrap(),
        organisations: Organisations {
            grid: "GridMSP".parse().unwrap(),
            regulator: "RegulatorMSP".parse().unwrap(),
            energy: "EnergyMSP".parse::<MspId>().unwrap().into(),
            microgrid: "MicrogridMSP".parse::<MspId>().unwrap().into(),
        },
        parameters: der_market::paper::parameters().unwrap(),
        schema: der_api::SCHEMA,
    }
}

/// The arguments of `Market:Bootstrap`.
pub(crate) fn bootstrap_call() -> Vec<Vec<u8>> {
    vec![b"Market:Bootstrap".to_vec(), codec::encode(&bootstrap()).unwrap()]
}
