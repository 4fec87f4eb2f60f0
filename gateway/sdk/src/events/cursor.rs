//! Where a stream of chaincode events is, and which of the events that come are new.

use fabric_protos::gateway::ChaincodeEventsResponse;

use super::{ChaincodeEvent, EventsError, Position};

/// The place of a stream in the ledger.
///
/// It asks the gateway for whole blocks only and drops what it already has. `after_transaction_id` is never sent: when
/// that transaction has no event, Fabric's gateway delivers nothing for ever (chaincodeevents.go, chaincodeEventMatcher).
#[derive(Debug)]
pub(crate) struct Cursor {
    chaincode: String,
    block: u64,
    /// The last transaction delivered of `block`.
    within: Option<String>,
    /// Whether this connection has delivered `block` again since it was made.
    caught_up: bool,
}

impl Cursor {
    pub(crate) fn new(chaincode: String, position: Position) -> Self {
        let within = Some(position.transaction_id).filter(|id| !id.is_empty());
        Self {
            chaincode,
            block: position.block_number,
            within,
            caught_up: false,
        }
    }

    /// The first block to ask for.
    pub(crate) fn start_block(&self) -> u64 {
        self.block
    }

    /// A new connection starts again with the whole of the current block.
    pub(crate) fn reconnected(&mut self) {
        self.caught_up = false;
    }

    /// The new events of one message. Fabric sends one message per block.
    ///
    /// # Errors
    /// When the block lies before the current one, or the current block lacks the transaction delivered from it.
    pub(crate) fn accept(&mut self, message: ChaincodeEventsResponse) -> Result<Vec<ChaincodeEvent>, EventsError> {
        let block = message.block_number;
        if block < self.block {
            return Err(EventsError::OutOfOrder {
                expected: self.block,
                found: block,
            });
        }
        let known = self.known_events(&message)?;
        let events = message.events.into_iter().skip(known).map(|event| ChaincodeEvent {
            block_number: block,
            transaction_id: event.tx_id,
            chaincode: event.chaincode_id,
            name: event.event_name,
            payload: event.payload,
        });
        let events: Vec<_> = events.collect();
        if block > self.block {
            self.within = None;
        }
        self.block = block;
        self.caught_up = true;
        if let Some(last) = events.last() {
            self.within = Some(last.transaction_id.clone());
        }
        Ok(events)
    }

    fn known_events(&self, message: &ChaincodeEventsResponse) -> Result<usize, EventsError> {
        let Some(delivered) = &self.within else { return Ok(0) };
        let place = message.events.iter().position(|event| event.tx_id == *delivered);
        match (message.block_number == self.block, place) {
            (true, Some(place)) => Ok(place + 1),
            _ if self.caught_up => Ok(0),
            _ => Err(EventsError::UnknownPosition {
                position: Position {
                    block_number: self.block,
                    transaction_id: delivered.clone(),
                },
                chaincode: self.chaincode.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use fabric_protos::protos::ChaincodeEvent as EventMessage;
    use proptest::prelude::*;

    use super::*;

    fn message(block_number: u64, ids: &[String]) -> ChaincodeEventsResponse {
        let event = |id: &String| EventMessage {
            tx_id: id.clone(),
            chaincode_id: "cc".to_owned(),
            ..Default::default()
        };
        ChaincodeEventsResponse {
            block_number,
            events: ids.iter().map(event).collect(),
        }
    }

    fn at(block_number: u64, transaction_id: &str) -> Cursor {
        Cursor::new(
            "cc".to_owned(),
            Position {
                block_number,
                transaction_id: transaction_id.to_owned(),
            },
        )
    }

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_position_whose_transaction_has_no_event_is_an_error_and_not_silence() {
        let same_block = at(3, "x").accept(message(3, &ids(&["a"])));
        assert!(matches!(same_block, Err(EventsError::UnknownPosition { .. })));
        let later_block = at(3, "x").accept(message(4, &ids(&["a"])));
        assert!(matches!(later_block, Err(EventsError::UnknownPosition { .. })));
    }

    #[test]
    fn an_earlier_block_is_refused() {
        let mut cursor = at(3, "");
        cursor.accept(message(5, &ids(&["a"]))).unwrap();
        assert!(matches!(
            cursor.accept(message(4, &ids(&["b"]))),
            Err(EventsError::OutOfOrder { expected: 5, found: 4 })
        ));
    }

    #[test]
    fn a_block_sent_twice_or_in_parts_is_delivered_once() {
        let mut cursor = at(0, "");
        assert_eq!(cursor.accept(message(1, &ids(&["a", "b"]))).unwrap().len(), 2);
        assert_eq!(cursor.accept(message(1, &ids(&["a", "b"]))).unwrap().len(), 0);
        assert_eq!(cursor.accept(message(1, &ids(&["c"]))).unwrap().len(), 1);
    }

    proptest! {
        /// The ledger is a list of blocks with events. Each connection starts at the block asked for, and breaks after a
        /// random number of messages; a listener that stores its position after each event may also be restarted.
        #[test]
        fn random_breaks_and_restarts_lose_and_double_nothing(
            sizes in proptest::collection::vec(0_usize..4, 1..20),
            lives in proptest::collection::vec((0_usize..5, any::<bool>(), 0_usize..4), 0..40),
        ) {
            let block = |number: usize| (0..sizes[number]).map(|place| format!("{number}-{place}")).collect::<Vec<_>>();
            let ledger: Vec<_> = (0..sizes.len()).map(|number| (number as u64, block(number))).filter(|(_, ids)| !ids.is_empty()).collect();
            let whole: Vec<String> = ledger.iter().flat_map(|(_, ids)| ids.clone()).collect();
            let mut seen: Vec<String> = Vec::new();
            let mut stored = Position { block_number: 0, transaction_id: String::new() };
            let mut cursor = at(0, "");
            for (messages, restart, handled_before_crash) in lives.into_iter().chain([(usize::MAX, false, usize::MAX)]) {
                cursor.reconnected();
                let start = cursor.start_block();
                let mut left = if restart { handled_before_crash } else { usize::MAX };
                'connection: for (number, ids) in ledger.iter().filter(|(number, _)| *number >= start).take(messages) {
                    for event in cursor.accept(message(*number, ids)).unwrap() {
                        if left == 0 {
                            break 'connection;
                        }
                        left -= 1;
                        stored = Position::after_event(&event);
                        seen.push(event.transaction_id);
                    }
                }
                if restart {
                    cursor = Cursor::new("cc".to_owned(), stored.clone());
                }
            }
            prop_assert_eq!(seen, whole);
        }
    }
}
