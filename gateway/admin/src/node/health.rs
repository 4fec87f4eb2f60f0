use std::time::Duration;

use bytes::Bytes;
use fabric_msp::{Certificate, Signer};
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, HeaderType, Payload, Status as FabricStatus},
    orderer::{
        SeekInfo, SeekNewest, SeekPosition, deliver_response::Type as Answer, seek_info::SeekErrorResponse,
        seek_position::Type as Seek,
    },
};
use prost::Message;
use prost_types::Timestamp;
use serde::Serialize;
use tokio::time::timeout;
use tonic::Request;

use super::{
    NodeAddress,
    address::{status_name, words},
    certificate::shown,
};
use crate::{
    AdminError, ChannelConfig, Consensus,
    channel_config::{APPLICATION, ORDERER, msp},
    group, update,
};

/// What an ordering node that is well has said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Host and port.
    pub address: String,
    /// The number of its newest block; a node that does not order yet serves none.
    pub newest_block: Option<u64>,
}

/// Checks a consenter: it listens, shows a certificate with the key that is expected, and serves the channel's blocks.
///
/// # Errors
/// [`AdminError::Node`] with the first of these that does not hold.
pub async fn check(
    channel: &str,
    node: &NodeAddress,
    expected_pem: &[u8],
    signer: &dyn Signer,
    limit: Duration,
) -> Result<Health, AdminError> {
    let health = ask(channel, node, expected_pem, signer, limit).await?;
    if health.newest_block.is_none() {
        return Err(node.wrong("it is to order, and does not know the channel"));
    }
    Ok(health)
}

/// Checks a node that is to become a consenter: it listens, shows a certificate with the key that is expected, and answers.
/// Whether it has joined the channel cannot be seen from outside: Fabric's followers serve no blocks. One that does
/// was a consenter before; SmartBFT stops such a node for good until it is started again.
///
/// # Errors
/// As [`check`].
pub async fn check_new(
    channel: &str,
    node: &NodeAddress,
    expected_pem: &[u8],
    signer: &dyn Signer,
    limit: Duration,
) -> Result<Health, AdminError> {
    let health = ask(channel, node, expected_pem, signer, limit).await?;
    if health.newest_block.is_some() {
        return Err(
            node.wrong("it was a consenter before and has stood still since; start it again, so that it follows")
        );
    }
    Ok(health)
}

async fn ask(
    channel: &str,
    node: &NodeAddress,
    expected_pem: &[u8],
    signer: &dyn Signer,
    limit: Duration,
) -> Result<Health, AdminError> {
    let expected = Certificate::from_pem(expected_pem)
        .map_err(|error| node.wrong(format!("the expected TLS certificate cannot be read: {error}")))?;
    let shown = shown(node, limit).await.map_err(|reason| node.wrong(reason))?;
    if !same_key(&shown, &expected) {
        return Err(node.wrong("it shows a TLS certificate with another key than the one expected of it"));
    }
    let seek = seek_newest(channel, signer)?;
    let newest_block = newest(node, seek, limit).await.map_err(|reason| node.wrong(reason))?;
    Ok(Health {
        address: node.address.clone(),
        newest_block,
    })
}

/// Checks every consenter of the configuration but those at `except`: a change of consenters needs all the others.
///
/// # Errors
/// As [`check`], for the first that is not well.
pub async fn check_all(
    config: &ChannelConfig,
    except: &[&str],
    signer: &dyn Signer,
    limit: Duration,
) -> Result<Vec<Health>, AdminError> {
    let mut well = Vec::new();
    for consenter in Consensus::of(config)?.consenters {
        if except.contains(&consenter.address.as_str()) {
            continue;
        }
        let msp_id = consenter.msp_id.unwrap_or_default();
        let node = of_member(config, consenter.address, &msp_id)?;
        well.push(check(config.channel(), &node, &consenter.server_tls_cert, signer, limit).await?);
    }
    Ok(well)
}

impl NodeAddress {
    fn wrong(&self, reason: impl Into<String>) -> AdminError {
        AdminError::Node {
            address: self.address.clone(),
            msp_id: self.msp_id.clone(),
            reason: reason.into(),
        }
    }

    /// A node that an organisation of the channel brings, with that organisation's TLS authorities.
    ///
    /// # Errors
    /// When the organisation is not in the channel.
    pub fn of_organization(config: &ChannelConfig, address: &str, msp_id: &str) -> Result<Self, AdminError> {
        of_member(config, address.to_owned(), msp_id)
    }
}

fn of_member(config: &ChannelConfig, address: String, msp_id: &str) -> Result<NodeAddress, AdminError> {
    for place in [ORDERER, APPLICATION] {
        for organization in group::below(config.root(), place)?.groups.values() {
            let msp = msp(organization)?;
            if msp.id() == msp_id {
                return Ok(NodeAddress::new(address, &msp.to_config()));
            }
        }
    }
    Err(AdminError::Unknown(format!("MSP {msp_id}")))
}

/// Fabric compares keys: a node that renewed its certificate and kept its key is still itself. Source: Fabric
/// `common/crypto/expiration.go`, `CertificatesWithSamePublicKey`.
fn same_key(shown: &Certificate, expected: &Certificate) -> bool {
    match (shown.public_key(), expected.public_key()) {
        (Ok(shown), Ok(expected)) => shown == expected,
        _ => shown.der() == expected.der(),
    }
}

/// The newest block's number; nothing from a node that does not order for the channel.
async fn newest(node: &NodeAddress, seek: Envelope, limit: Duration) -> Result<Option<u64>, String> {
    let asked = async {
        let mut client = node.client(limit)?;
        let stream = Request::new(tokio_stream::once(seek));
        let answers = client.deliver(stream).await.map_err(|status| words(&status))?;
        let answer = answers.into_inner().message().await.map_err(|status| words(&status))?;
        match answer.and_then(|answer| answer.r#type) {
            Some(Answer::Block(block)) => Ok(Some(block.header.unwrap_or_default().number)),
            Some(Answer::Status(status)) if status == FabricStatus::NotFound as i32 => Ok(None),
            Some(Answer::Status(status)) => Err(format!("it serves no blocks: {}", status_name(status))),
            None => Err("it closed the stream without a block".to_owned()),
        }
    };
    let overdue = |_| Err(format!("no block within {} s", limit.as_secs()));
    timeout(limit, asked).await.unwrap_or_else(overdue)
}

/// A signed request for the newest block. An orderer that follows and does not order is to answer too.
fn seek_newest(channel: &str, signer: &dyn Signer) -> Result<Envelope, AdminError> {
    let newest = || {
        Some(SeekPosition {
            r#type: Some(Seek::Newest(SeekNewest {})),
        })
    };
    let seek = SeekInfo {
        start: newest(),
        stop: newest(),
        error_response: SeekErrorResponse::BestEffort.into(),
        ..SeekInfo::default()
    };
    let channel_header = ChannelHeader {
        r#type: HeaderType::DeliverSeekInfo.into(),
        channel_id: channel.to_owned(),
        timestamp: Some(Timestamp::from(std::time::SystemTime::now())),
        ..ChannelHeader::default()
    };
    let payload = Payload {
        header: Some(Header {
            channel_header: channel_header.encode_to_vec().into(),
            signature_header: update::header(signer)?.encode_to_vec().into(),
        }),
        data: seek.encode_to_vec().into(),
    };
    let payload: Bytes = payload.encode_to_vec().into();
    let signature = signer
        .sign(&payload)
        .map_err(|error| AdminError::Sign(error.to_string()))?;
    Ok(Envelope {
        payload,
        signature: signature.into(),
    })
}
