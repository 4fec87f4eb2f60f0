//! Blocks come one after the other, none left out.

use fabric_protos::{
    common::Status as CommonStatus,
    protos::{DeliverResponse, deliver_response::Type},
};
use tonic::Status;

use super::{EventsError, block_form::BlockForm};

/// What one message of a peer's deliver service says.
pub(crate) enum Delivered<B> {
    Block(u64, B),
    Status(Status),
}

pub(crate) fn read<B>(form: BlockForm<B>, message: DeliverResponse) -> Result<Delivered<B>, EventsError> {
    match message.r#type {
        Some(Type::Status(code)) => Ok(Delivered::Status(as_grpc(code))),
        Some(content) => match (form.read)(content) {
            Some((number, block)) => Ok(Delivered::Block(number, block)),
            None => Err(EventsError::Malformed("a block of another form, or without a header")),
        },
        None => Err(EventsError::Malformed("a message without content")),
    }
}

/// Fabric's deliver service ends with a status of its own, numbered like HTTP's (common.Status).
fn as_grpc(code: i32) -> Status {
    let known = CommonStatus::try_from(code);
    let name = known.map_or("an unknown status", |status| status.as_str_name());
    let words = format!("the peer ended the delivery with {name} ({code})");
    match known {
        Ok(CommonStatus::Forbidden) => Status::permission_denied(words),
        Ok(CommonStatus::NotFound) => Status::not_found(words),
        Ok(CommonStatus::BadRequest) => Status::invalid_argument(words),
        _ => Status::unavailable(words),
    }
}

/// The next block that is due.
#[derive(Debug)]
pub(crate) struct BlockOrder {
    next: u64,
}

impl BlockOrder {
    pub(crate) fn new(next: u64) -> Self {
        Self { next }
    }

    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Whether the block is new; one that was delivered before is not.
    ///
    /// # Errors
    /// When a block was left out.
    pub(crate) fn accept(&mut self, number: u64) -> Result<bool, EventsError> {
        if number > self.next {
            return Err(EventsError::Gap {
                expected: self.next,
                found: number,
            });
        }
        let new = number == self.next;
        if new {
            self.next = number.saturating_add(1);
        }
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_blocks_are_dropped_and_gaps_refused() {
        let mut order = BlockOrder::new(4);
        assert!(!order.accept(3).unwrap());
        assert!(order.accept(4).unwrap());
        assert!(!order.accept(4).unwrap());
        assert!(matches!(
            order.accept(6),
            Err(EventsError::Gap { expected: 5, found: 6 })
        ));
        assert!(order.accept(5).unwrap());
    }

    #[test]
    fn a_forbidden_delivery_is_told_from_an_ended_one() {
        assert_eq!(
            as_grpc(CommonStatus::Forbidden as i32).code(),
            tonic::Code::PermissionDenied
        );
        assert_eq!(
            as_grpc(CommonStatus::ServiceUnavailable as i32).code(),
            tonic::Code::Unavailable
        );
        assert_eq!(as_grpc(CommonStatus::Success as i32).code(), tonic::Code::Unavailable);
    }
}
