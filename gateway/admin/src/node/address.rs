use std::{fmt, time::Duration};

use bytes::Bytes;
use fabric_protos::{
    common::{Envelope, Status as FabricStatus},
    msp::FabricMspConfig,
    orderer::atomic_broadcast_client::AtomicBroadcastClient,
};
use tokio::time::timeout;
use tonic::{
    Request,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{AdminError, ChannelConfig, channel_config::msp, consortium::endpoints, new_organization::host_and_port};

/// An ordering node's address with the authorities that must have issued the certificate it shows. Both are taken from
/// the channel's own configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAddress {
    /// Host and port.
    pub address: String,
    /// Whose it is.
    pub msp_id: String,
    /// PEM of the authorities.
    pub tls_roots: Vec<Bytes>,
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.address, self.msp_id)
    }
}

impl NodeAddress {
    /// Every endpoint that the orderers' organisations name.
    ///
    /// # Errors
    /// When a group of the configuration cannot be read, or none names an endpoint.
    pub fn all(config: &ChannelConfig) -> Result<Vec<Self>, AdminError> {
        let mut all = Vec::new();
        for organization in config.orderer()?.groups.values() {
            let msp = msp(organization)?.to_config();
            let nodes = endpoints(organization)?.into_iter();
            all.extend(nodes.map(|address| Self::new(address, &msp)));
        }
        if all.is_empty() {
            return Err(AdminError::Absent("orderer endpoint".to_owned()));
        }
        Ok(all)
    }

    /// A node of the organisation with this MSP.
    #[must_use]
    pub fn new(address: String, msp: &FabricMspConfig) -> Self {
        let roots = msp.tls_root_certs.iter().chain(&msp.tls_intermediate_certs);
        Self {
            address,
            msp_id: msp.name.clone(),
            tls_roots: roots.cloned().collect(),
        }
    }

    /// Hands an envelope to the node; the answer, or its absence within the limit, in words.
    ///
    /// # Errors
    /// Why the node did not take it.
    pub async fn broadcast(&self, envelope: &Envelope, limit: Duration) -> Result<(), String> {
        let answer = async {
            let mut client = self.client(limit)?;
            let stream = Request::new(tokio_stream::once(envelope.clone()));
            let answers = client.broadcast(stream).await.map_err(|status| words(&status))?;
            let answer = answers.into_inner().message().await.map_err(|status| words(&status))?;
            let answer = answer.ok_or_else(|| "it closed the stream without an answer".to_owned())?;
            match answer.status == FabricStatus::Success as i32 {
                true => Ok(()),
                false => Err(format!("{}: {}", status_name(answer.status), answer.info)),
            }
        };
        let overdue = |_| Err(format!("no answer within {} s", limit.as_secs()));
        timeout(limit, answer).await.unwrap_or_else(overdue)
    }

    pub(super) fn client(&self, limit: Duration) -> Result<AtomicBroadcastClient<Channel>, String> {
        let (host, _) = host_and_port(&self.address).map_err(|error| error.to_string())?;
        let roots = self.tls_roots.iter().map(Certificate::from_pem);
        let tls = ClientTlsConfig::new()
            .ca_certificates(roots)
            .domain_name(host)
            .timeout(limit);
        let endpoint = Endpoint::from_shared(format!("https://{}", self.address)).map_err(|error| error.to_string())?;
        let endpoint = endpoint
            .connect_timeout(limit)
            .tls_config(tls)
            .map_err(|error| error.to_string())?;
        // A configuration block holds every certificate of the channel.
        Ok(AtomicBroadcastClient::new(endpoint.connect_lazy()).max_decoding_message_size(MAX_BLOCK))
    }
}

/// The longest message that Fabric sends: 100 MiB. Source: Fabric `internal/pkg/comm/config.go`.
const MAX_BLOCK: usize = 100 * 1024 * 1024;

/// A failed call with its cause: tonic's own words stop at "transport error".
pub(super) fn words(status: &tonic::Status) -> String {
    let mut words = format!("{}: {}", status.code(), status.message());
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = error.source();
    }
    words
}

pub(super) fn status_name(status: i32) -> String {
    FabricStatus::try_from(status).map_or_else(|_| status.to_string(), |status| status.as_str_name().to_owned())
}
