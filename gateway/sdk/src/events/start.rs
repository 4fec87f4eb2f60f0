//! Where to begin listening.

use fabric_protos::{
    orderer::{SeekNewest, SeekPosition, SeekSpecified, seek_position::Type},
    protos::{DeliverResponse, deliver_response},
};
use tokio::time::timeout;
use tonic::Status;

use super::{EventsError, Position, block_form::FILTERED, block_request::signed_seek};
use crate::{CallFailure, Error, connection::Connection};

/// Where to begin.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// With the block after the newest one.
    Now,
    At(Position),
}

impl Start {
    pub(crate) fn block(number: u64) -> Self {
        Self::At(Position {
            block_number: number,
            transaction_id: String::new(),
        })
    }

    /// The position to begin at. "Now" is fixed to a block number at once: if it were left to the gateway, a stream that
    /// breaks before its first event would begin at a later now.
    pub(crate) async fn resolve(self, connection: &Connection, channel: &str) -> Result<Position, Error> {
        match self {
            Self::At(position) => Ok(position),
            Self::Now => Ok(Position::after_block(newest_block(connection, channel).await?)),
        }
    }
}

pub(crate) fn specified(number: u64) -> SeekPosition {
    SeekPosition {
        r#type: Some(Type::Specified(SeekSpecified { number })),
    }
}

async fn newest_block(connection: &Connection, channel: &str) -> Result<u64, Error> {
    let limit = connection.limits.deadlines.evaluate;
    let mut last = None;
    for index in 0..connection.pool.len() {
        let node = connection.pool.node(connection.pool.preferred() + index);
        let newest = SeekPosition {
            r#type: Some(Type::Newest(SeekNewest {})),
        };
        let envelope = signed_seek(connection, node, channel, newest, newest)?;
        let opening = (FILTERED.open)(node, envelope);
        let asked = timeout(limit, async { opening.await?.message().await });
        let failure = match asked.await {
            Ok(Ok(Some(DeliverResponse {
                r#type: Some(deliver_response::Type::FilteredBlock(block)),
            }))) => {
                return Ok(block.number);
            }
            Ok(Ok(_)) => {
                CallFailure::from_status(&Status::not_found("the newest block was not delivered"), &node.address)
            }
            Ok(Err(status)) => CallFailure::from_status(&status, &node.address),
            Err(_) => CallFailure::overdue(&node.address, format!("no newest block within {limit:?}"), true),
        };
        let away = failure.is_away();
        last = Some(failure);
        if !away {
            break;
        }
    }
    match last {
        Some(failure) => Err(EventsError::Refused(Box::new(failure)).into()),
        None => Err(EventsError::Malformed("there is no endpoint").into()),
    }
}
