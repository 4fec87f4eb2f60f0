//! Block delivery as peers and orderers share it. Source: `common/deliver/deliver.go`.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fabric_protos::{
    common::{Block, ChannelHeader, Envelope, Payload, SignatureHeader, Status as FabricStatus},
    orderer::{SeekInfo, SeekPosition, seek_info, seek_position},
};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{Core, STREAM_BUFFER, session::Session};
use crate::{
    channel::SignedData,
    ledger::block,
    notify::{BlockFollower, CommittedBlock},
};

/// How far a request's clock may be off (`peer.authentication.timewindow`).
const TIME_WINDOW: Duration = Duration::from_secs(15 * 60);

/// How one delivery service words its answers.
pub(super) struct Wording<T> {
    pub(super) status: fn(i32) -> T,
    /// The block as it is sent, and as it was committed.
    pub(super) block: fn(Block, &CommittedBlock) -> T,
    /// What readers must have a right to: a resource of the configuration's ACLs, or a policy by its path.
    pub(super) resource: &'static str,
}

/// Answers seek requests one after the other, until one fails or the client leaves.
pub(super) fn deliver<T: Send + 'static>(
    core: Arc<Core>,
    mut requests: Streaming<Envelope>,
    wording: Wording<T>,
) -> ReceiverStream<Result<T, Status>> {
    let (sender, receiver) = mpsc::channel(STREAM_BUFFER);
    tokio::spawn(async move {
        loop {
            let request = tokio::select! {
                request = requests.message() => request,
                () = sender.closed() => return,
                () = Core::stopped(core.stopping.clone()) => return,
            };
            let Ok(Some(envelope)) = request else { return };
            let Some(status) = run(&core, &envelope, &wording, &sender).await else {
                return;
            };
            let sent = sender.send(Ok((wording.status)(status.into()))).await;
            if status != FabricStatus::Success || sent.is_err() {
                return;
            }
        }
    });
    ReceiverStream::new(receiver)
}

/// One request; `None` when the client has left.
async fn run<T>(
    core: &Arc<Core>,
    envelope: &Envelope,
    wording: &Wording<T>,
    sender: &mpsc::Sender<Result<T, Status>>,
) -> Option<FabricStatus> {
    let (mut session, seek) = match open(core, envelope, wording.resource) {
        Ok(opened) => opened,
        Err(status) => return Some(status),
    };
    let mut blocks = BlockFollower::new(core.ledger.clone(), seek.first);
    loop {
        if seek.fail_if_not_ready && blocks.position() >= core.ledger.height() {
            return Some(FabricStatus::NotFound);
        }
        let committed = tokio::select! {
            committed = blocks.next() => committed,
            () = sender.closed() => return None,
            () = Core::stopped(core.stopping.clone()) => return None,
        };
        let Ok(committed) = committed else {
            return Some(FabricStatus::InternalServerError);
        };
        if session.evaluate().is_err() {
            return Some(FabricStatus::Forbidden);
        }
        let last = committed.number() == seek.last;
        let message = (wording.block)(seek.content(&committed), &committed);
        sender.send(Ok(message)).await.ok()?;
        if last {
            return Some(FabricStatus::Success);
        }
    }
}

struct Seek {
    first: u64,
    last: u64,
    fail_if_not_ready: bool,
    headers_only: bool,
}

impl Seek {
    fn content(&self, committed: &CommittedBlock) -> Block {
        let whole = committed.block().as_ref().clone();
        let is_config = || block::envelopes(&whole).first().is_some_and(block::is_configuration);
        if self.headers_only && !is_config() {
            Block { data: None, ..whole }
        } else {
            whole
        }
    }
}

fn open(core: &Arc<Core>, envelope: &Envelope, resource: &'static str) -> Result<(Session, Seek), FabricStatus> {
    let bad = |error: prost::DecodeError| {
        tracing::warn!(%error, "a deliver request does not decode");
        FabricStatus::BadRequest
    };
    let payload = Payload::decode(envelope.payload.clone()).map_err(bad)?;
    let header = payload.header.ok_or(FabricStatus::BadRequest)?;
    let channel = ChannelHeader::decode(header.channel_header).map_err(bad)?;
    let signature = SignatureHeader::decode(header.signature_header).map_err(bad)?;
    if !in_time(&channel) {
        return Err(FabricStatus::BadRequest);
    }
    if channel.channel_id != core.channel.id() {
        return Err(FabricStatus::NotFound);
    }
    let info = SeekInfo::decode(payload.data).map_err(bad)?;
    let signed = SignedData {
        message: envelope.payload.clone(),
        identity: signature.creator,
        signature: envelope.signature.clone(),
    };
    let mut session = Session::new(core.clone(), signed, resource);
    session.evaluate().map_err(|_| FabricStatus::Forbidden)?;
    Ok((session, range(core.ledger.height(), &info)?))
}

fn in_time(header: &ChannelHeader) -> bool {
    let Some(timestamp) = &header.timestamp else {
        return false;
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let sent = u64::try_from(timestamp.seconds).unwrap_or_default();
    now.abs_diff(sent) <= TIME_WINDOW.as_secs()
}

fn range(height: u64, info: &SeekInfo) -> Result<Seek, FabricStatus> {
    let (Some(start), Some(stop)) = (&info.start, &info.stop) else {
        return Err(FabricStatus::BadRequest);
    };
    let newest = height.saturating_sub(1);
    let first = match &start.r#type {
        Some(seek_position::Type::Oldest(_)) => 0,
        Some(seek_position::Type::Newest(_)) => newest,
        Some(seek_position::Type::NextCommit(_)) => height,
        Some(seek_position::Type::Specified(specified)) if specified.number <= height => specified.number,
        _ => return Err(FabricStatus::NotFound),
    };
    let last = last_block(first, newest, start, stop)?;
    Ok(Seek {
        first,
        last,
        fail_if_not_ready: info.behavior() == seek_info::SeekBehavior::FailIfNotReady,
        headers_only: info.content_type() == seek_info::SeekContentType::HeaderWithSig,
    })
}

fn last_block(first: u64, newest: u64, start: &SeekPosition, stop: &SeekPosition) -> Result<u64, FabricStatus> {
    match &stop.r#type {
        Some(seek_position::Type::Oldest(_)) => Ok(first),
        Some(seek_position::Type::Newest(_)) => Ok(if start == stop { first } else { newest }),
        Some(seek_position::Type::Specified(specified)) if specified.number < first => Err(FabricStatus::BadRequest),
        Some(seek_position::Type::Specified(specified)) => Ok(specified.number),
        Some(seek_position::Type::NextCommit(_)) | None => Ok(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use fabric_protos::orderer::{SeekNewest, SeekOldest, SeekSpecified};

    use super::*;

    fn position(r#type: seek_position::Type) -> Option<SeekPosition> {
        Some(SeekPosition { r#type: Some(r#type) })
    }

    fn at(number: u64) -> Option<SeekPosition> {
        position(seek_position::Type::Specified(SeekSpecified { number }))
    }

    fn bounds(start: Option<SeekPosition>, stop: Option<SeekPosition>) -> Result<(u64, u64), FabricStatus> {
        range(
            10,
            &SeekInfo {
                start,
                stop,
                ..Default::default()
            },
        )
        .map(|seek| (seek.first, seek.last))
    }

    #[test]
    fn positions_are_fabrics() {
        let oldest = || position(seek_position::Type::Oldest(SeekOldest {}));
        let newest = || position(seek_position::Type::Newest(SeekNewest {}));
        assert_eq!(bounds(oldest(), newest()), Ok((0, 9)));
        assert_eq!(bounds(newest(), newest()), Ok((9, 9)));
        assert_eq!(bounds(at(3), at(u64::MAX)), Ok((3, u64::MAX)));
        assert_eq!(bounds(at(10), at(12)), Ok((10, 12)));
        assert_eq!(bounds(at(11), at(12)), Err(FabricStatus::NotFound));
        assert_eq!(bounds(at(5), at(4)), Err(FabricStatus::BadRequest));
        assert_eq!(bounds(None, at(4)), Err(FabricStatus::BadRequest));
    }
}
