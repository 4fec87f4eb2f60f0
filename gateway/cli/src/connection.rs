//! From a profile to a client of the market.

use std::sync::Arc;
use std::time::Duration;

use der_client::MarketClient;
use fabric_gateway::{Deadlines, Endpoint, Gateway, Limits, Signer};
use fabric_msp::{PrivateKey, SigningIdentity};

use crate::failure::Failure;
use crate::profile::{self, Profile, read_identity, read_pem};

/// The market as the profile's user sees it. Must be called inside a Tokio runtime; connects at the first call.
///
/// # Errors
/// When a key, a certificate or an endpoint of the profile is missing or wrong.
pub fn connect(profile: &Profile) -> Result<MarketClient, Failure> {
    let signer: Arc<dyn Signer> = Arc::new(identity(profile)?);
    let gateway = gateway(profile, &signer)?;
    let organisations = match &profile.organisations {
        Some(organisations) => organisations.clone(),
        None => MarketClient::consortium().map_err(|error| Failure::internal(&error))?,
    };
    MarketClient::new(
        gateway.network(&profile.channel),
        &profile.chaincode,
        signer,
        organisations,
    )
    .map_err(|error| Failure::from(&error))
}

/// The profile's peers, for a signer. Must be called inside a Tokio runtime; connects at the first call.
///
/// # Errors
/// When an endpoint of the profile is missing or wrong.
pub fn gateway(profile: &Profile, signer: &Arc<dyn Signer>) -> Result<Gateway, Failure> {
    let endpoints: Vec<Endpoint> = profile.endpoints.iter().map(endpoint).collect::<Result<_, _>>()?;
    Gateway::builder()
        .endpoints(endpoints)
        .signer(Arc::clone(signer))
        .limits(limits(profile))
        .connect()
        .map_err(|error| Failure::usage(&error).advise(error.advice()))
}

/// The profile's user with its key.
///
/// # Errors
/// When certificate or key is missing, or they do not belong together.
pub fn identity(profile: &Profile) -> Result<SigningIdentity, Failure> {
    let files = read_identity(&profile.identity)?;
    let wrong = |why: String| Failure::usage(format!("{}: {why}", profile.identity.display()));
    let key = String::from_utf8(files.key).map_err(|_| wrong("the key is not PEM".into()))?;
    let key = PrivateKey::from_pem(&key).map_err(|error| wrong(error.to_string()))?;
    SigningIdentity::new(&profile.msp_id, &files.certificate, key).map_err(|error| wrong(error.to_string()))
}

fn endpoint(from: &profile::Endpoint) -> Result<Endpoint, Failure> {
    let endpoint = Endpoint::new(&from.address)
        .server_name(&from.server_name)
        .tls_roots_pem(read_pem(&from.tls_roots)?);
    match (&from.client_cert, &from.client_key) {
        (Some(certificate), Some(key)) => Ok(endpoint.client_identity_pem(read_pem(certificate)?, read_pem(key)?)),
        _ => Ok(endpoint),
    }
}

fn limits(profile: &Profile) -> Limits {
    let timeouts = profile.timeouts;
    let deadlines = Deadlines {
        evaluate: Duration::from_millis(timeouts.evaluate_ms),
        endorse: Duration::from_millis(timeouts.endorse_ms),
        submit: Duration::from_millis(timeouts.submit_ms),
        commit_status: Duration::from_millis(timeouts.commit_status_ms),
    };
    Limits {
        deadlines,
        connect: Duration::from_millis(timeouts.connect_ms),
        ..Limits::default()
    }
}
