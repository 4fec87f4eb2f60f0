//! One peer's link to one chaincode: dialled when first needed, dialled again after a break.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fabric_protos::protos::{ChaincodeAdditionalParams, ChaincodeMessage};
use tokio::sync::Mutex;

use super::{ChaincodeService, Invocation, InvokeError, session::Session};

/// Limits and offers of a link.
#[derive(Debug, Clone)]
pub struct LinkSettings {
    /// What READY offers to the chaincode.
    pub offers: ChaincodeAdditionalParams,
    /// How long a transaction may run (`chaincode.executetimeout`).
    pub execute_timeout: Duration,
    /// How long dialling and registration may take together.
    pub dial_timeout: Duration,
    /// Rows after which a query is cut without a word (`ledger.state.totalQueryLimit`).
    pub total_query_limit: usize,
}

/// One peer's link to one chaincode.
#[derive(Debug)]
pub struct ChaincodeLink {
    msp_id: String,
    package: String,
    service: ChaincodeService,
    settings: LinkSettings,
    state: Mutex<LinkState>,
}

#[derive(Debug, Default)]
struct LinkState {
    session: Option<Arc<Session>>,
    failed: Option<(Instant, InvokeError)>,
}

impl ChaincodeLink {
    /// A link of `msp_id`'s peer to the chaincode with this package id. Nothing is dialled yet.
    pub fn new(msp_id: &str, package: &str, service: ChaincodeService, settings: LinkSettings) -> Self {
        Self {
            msp_id: msp_id.to_owned(),
            package: package.to_owned(),
            service,
            settings,
            state: Mutex::new(LinkState::default()),
        }
    }

    /// The package id that the service must register with.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// Runs one transaction function and returns the chaincode's COMPLETED or ERROR message.
    ///
    /// # Errors
    /// The service cannot be reached, its stream breaks, or it does not answer in time.
    pub async fn invoke(&self, invocation: Invocation) -> Result<ChaincodeMessage, InvokeError> {
        let session = self.session().await?;
        session
            .execute(invocation, self.settings.execute_timeout)
            .await
            .map_err(|error| error.of(self))
    }

    async fn session(&self) -> Result<Arc<Session>, InvokeError> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(session) = state.session.as_ref().filter(|session| session.is_open()) {
            return Ok(session.clone());
        }
        // Those who waited while a dial failed share its failure, so that a dead service costs one time-out, not many.
        if let Some((at, error)) = state.failed.as_ref().filter(|(at, _)| *at > asked) {
            tracing::debug!(msp_id = self.msp_id, ?at, "sharing the failure of a dial");
            return Err(error.clone());
        }
        let opened = tokio::time::timeout(self.settings.dial_timeout, self.open()).await;
        let opened = opened.unwrap_or_else(|_| {
            Err(format!(
                "no registration within {} ms",
                self.settings.dial_timeout.as_millis()
            ))
        });
        match opened {
            Ok(session) => {
                tracing::info!(
                    msp_id = self.msp_id,
                    address = self.service.address,
                    "chaincode is ready"
                );
                state.session = Some(session.clone());
                Ok(session)
            }
            Err(cause) => {
                let error = self.launch_error(cause);
                tracing::warn!(%error, "chaincode is not available");
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn open(&self) -> Result<Arc<Session>, String> {
        let channel = self.service.dial(self.settings.dial_timeout).await?;
        Session::open(channel, &self.package, &self.settings).await
    }

    fn launch_error(&self, cause: String) -> InvokeError {
        InvokeError::Launch {
            package: self.package.clone(),
            msp_id: self.msp_id.clone(),
            address: self.service.address.clone(),
            cause,
        }
    }
}

/// What a session reports; the link adds where it happened.
#[derive(Debug)]
pub(super) enum SessionError {
    Ended(String),
    Timeout,
    Reentered { txid: String, channel: String },
}

impl SessionError {
    fn of(self, link: &ChaincodeLink) -> InvokeError {
        match self {
            Self::Ended(cause) => InvokeError::Terminated {
                package: link.package.clone(),
                msp_id: link.msp_id.clone(),
                address: link.service.address.clone(),
                cause,
            },
            Self::Timeout => InvokeError::Timeout,
            Self::Reentered { txid, channel } => InvokeError::Reentered { txid, channel },
        }
    }
}
