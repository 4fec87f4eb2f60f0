//! The profile's peers: whether they answer, agree and tell of blocks.

use std::sync::Arc;
use std::time::Duration;

use fabric_doctor::dial::{DialError, Target, dial};
use fabric_doctor::{Calendar, Finding};
use fabric_gateway::{Network, Signer};
use fabric_protos::common::BlockchainInfo;
use prost::Message;
use tokio::time::{Instant, timeout};

use crate::connection;
use crate::failure::Failure;
use crate::profile::{Endpoint, Profile, read_pem};

/// How long a peer may take to reach the height that another one had when it was asked.
const CATCH_UP: Duration = Duration::from_secs(10);

/// How often a peer is asked meanwhile.
const PAUSE: Duration = Duration::from_millis(200);

/// Shakes hands with every endpoint. Gives the findings, and the endpoints that are good.
pub(super) async fn dial_all(profile: &Profile, calendar: &mut Calendar) -> (Vec<Finding>, Vec<Endpoint>) {
    let limit = Duration::from_millis(profile.timeouts.connect_ms);
    let mut findings = Vec::new();
    let mut good = Vec::new();
    for endpoint in &profile.endpoints {
        let finding = dial_one(endpoint, calendar, limit).await;
        if finding.state == fabric_doctor::State::Ok {
            good.push(endpoint.clone());
        }
        findings.push(finding);
    }
    (findings, good)
}

async fn dial_one(endpoint: &Endpoint, calendar: &mut Calendar, limit: Duration) -> Finding {
    let check = format!("peer {}", endpoint.address);
    let shown = match target(endpoint) {
        Err(failure) => {
            return Finding::fail(
                check,
                failure.to_string(),
                "Correct the endpoint's files in the profile.",
            );
        }
        Ok(target) => dial(&target, limit).await,
    };
    let shown = match shown {
        Err(error) => return Finding::fail(check, error.to_string(), unreachable(&error)),
        Ok(shown) => shown,
    };
    for der in &shown.chain {
        // What is no certificate is spoken of by the fault below.
        let _unreadable = calendar.add_certificate(&check, der);
    }
    match (shown.fault, shown.refusal) {
        (Some(fault), _) => {
            let advice = "Correct server_name and tls_roots of this endpoint, or let its operator renew the peer's TLS certificate.";
            Finding::fail(check, format!("its TLS certificate is not good: {fault}"), advice)
        }
        (None, Some(refusal)) => {
            let advice = "Give the endpoint client_cert and client_key: this peer asks for a client's certificate.";
            Finding::fail(check, format!("it refuses this client: {refusal}"), advice)
        }
        (None, None) => Finding::ok(check, format!("TLS as {}", endpoint.server_name)),
    }
}

/// The endpoint as a TLS server to dial.
///
/// # Errors
/// When one of its files cannot be read.
pub(crate) fn target(endpoint: &Endpoint) -> Result<Target, Failure> {
    let client = match (&endpoint.client_cert, &endpoint.client_key) {
        (Some(certificate), Some(key)) => Some((read_pem(certificate)?, read_pem(key)?)),
        _ => None,
    };
    Ok(Target {
        address: endpoint.address.clone(),
        server_name: Some(endpoint.server_name.clone()),
        roots: read_pem(&endpoint.tls_roots)?,
        client,
    })
}

fn unreachable(error: &DialError) -> &'static str {
    match error {
        DialError::Unreachable(..) => "Start the peer, or correct the endpoint's address in the profile.",
        DialError::Handshake(..) => {
            "The port speaks no TLS or refuses this client: compare the address with the peer's listenAddress."
        }
        DialError::Target(_) => "Correct the endpoint's files in the profile.",
    }
}

/// The channel through each good peer, and through all of them.
pub(super) struct Peers {
    pub(super) channel: Network,
    pub(super) chaincode: String,
    each: Vec<(String, Network)>,
    limit: Duration,
}

impl Peers {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// The finding that says why nothing can be asked; none where it has been told before.
    pub(super) fn connect(profile: &Profile, good: &[Endpoint]) -> Result<Self, Option<Finding>> {
        let signer: Arc<dyn Signer> = Arc::new(connection::identity(profile).map_err(|_| None)?);
        if good.is_empty() {
            let found = "no peer of the profile can be asked: channel, chaincode and rules were not looked at";
            return Err(Some(Finding::fail(
                "channel",
                found,
                "Mend what is said of the peers above.",
            )));
        }
        let network = |endpoints: &[Endpoint]| -> Result<Network, Option<Finding>> {
            let one = Profile {
                endpoints: endpoints.to_vec(),
                ..profile.clone()
            };
            let gateway = connection::gateway(&one, &signer);
            let failed = |failure: Failure| Some(Finding::fail("gateway", failure.to_string(), "Correct the profile."));
            Ok(gateway.map_err(failed)?.network(&profile.channel))
        };
        let each = good
            .iter()
            .map(|one| Ok((one.address.clone(), network(std::slice::from_ref(one))?)));
        Ok(Self {
            channel: network(good)?,
            chaincode: profile.chaincode.clone(),
            each: each.collect::<Result<_, Option<Finding>>>()?,
            limit: Duration::from_millis(profile.timeouts.evaluate_ms),
        })
    }

    /// Whether every peer has the blocks that another one has. A peer that is a block behind for a moment is not lagging.
    pub(super) async fn heights(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut heights = Vec::new();
        for (address, network) in &self.each {
            match height(network).await {
                Ok(height) => heights.push((address, network, height)),
                Err(error) => findings.push(Finding::fail(
                    format!("block height {address}"),
                    error,
                    "Let the peer join the channel, and let this user's organisation be a member of it.",
                )),
            }
        }
        let highest = heights.iter().map(|(.., height)| *height).max().unwrap_or_default();
        for (address, network, height) in heights {
            findings.push(caught_up(address, network, height, highest).await);
        }
        findings
    }

    /// Whether blocks are told: the newest one must come at once.
    pub(super) async fn events(&self) -> Finding {
        let check = "event stream";
        let opened = async {
            let newest = height(&self.channel).await?.saturating_sub(1);
            let stream = self.channel.block_events().start_block(newest).open_filtered().await;
            let mut stream = stream.map_err(|error| error.to_string())?;
            stream.next().await.map(|_| newest).map_err(|error| error.to_string())
        };
        let advice = "Let this user be a reader of the channel, and look at the peer's log.";
        match timeout(self.limit, opened).await {
            Ok(Ok(number)) => Finding::ok(check, format!("block {number} came")),
            Ok(Err(error)) => Finding::fail(check, error, advice),
            Err(_) => Finding::fail(
                check,
                format!("no block came within {} s", self.limit.as_secs()),
                advice,
            ),
        }
    }
}

async fn height(network: &Network) -> Result<u64, String> {
    let answer = network
        .contract("qscc")
        .evaluate("GetChainInfo", [network.name()])
        .await;
    let answer = answer.map_err(|error| error.to_string())?;
    BlockchainInfo::decode(answer)
        .map(|info| info.height)
        .map_err(|error| error.to_string())
}

async fn caught_up(address: &str, network: &Network, mut now: u64, highest: u64) -> Finding {
    let check = format!("block height {address}");
    let limit = Instant::now() + CATCH_UP;
    while now < highest && Instant::now() < limit {
        tokio::time::sleep(PAUSE).await;
        now = height(network).await.unwrap_or(now);
    }
    match highest.saturating_sub(now) {
        0 => Finding::ok(check, now.to_string()),
        behind => Finding::warn(
            check,
            format!("{now}, {behind} blocks behind another peer"),
            "Let its operator look at the peer's log: it does not get blocks, or does not keep up.",
        ),
    }
}
